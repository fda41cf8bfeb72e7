// A fleet of 10,000 clusters after 1,000,000 others have come and gone, beside a fresh fleet: `npm run bench:churn` writes
// bench/results/churn.md in a few minutes. `-- --short` only shows that it runs. A process for each fleet measures its memory.
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, inWords } from '../machine.ts'
import { type Memory, type Moment, measureChurned, measureFresh } from './measure.ts'
import { churnReport } from './report.ts'

const RESULTS = join(import.meta.dirname, '../../../bench/results/churn.md')

const FORMS = {
  short: { churn: { size: 200, changes: 3000 }, bursts: 3 },
  usual: { churn: { size: 10_000, changes: 1_000_000 }, bursts: 2000 },
}

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, fleet: { type: 'string' } },
})
const { churn, bursts } = values.short ? FORMS.short : FORMS.usual
if (values.fleet === 'fresh') console.log(JSON.stringify(measureFresh(churn)))
else if (values.fleet === 'churned') console.log(JSON.stringify(await measureChurned(churn, bursts)))
else {
  const fresh: Memory = measured('fresh')
  const moments: Moment[] = measured('churned')
  const report = churnReport({ churn, fresh, moments }, inWords(describeMachine()))
  console.log(report)
  if (!values.short) writeFileSync(RESULTS, report)
}

/** Measures a fleet in a process of its own. */
function measured(fleet: string) {
  const options = values.short ? ['--short'] : []
  const output = execFileSync(process.execPath, [import.meta.filename, '--fleet', fleet, ...options])
  return JSON.parse(String(output))
}
