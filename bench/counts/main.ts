// Counts over a fleet, and searches by values in the spec without an index. `npm run bench:counts` prints a report for a hundred thousand clusters.
// With `-- --long` it counts a million, and writes the report and the rows that the documentation quotes. `-- --short` only shows that it runs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine, inWords } from '../machine.ts'
import { refreshQuotes } from '../quotes.ts'
import { measureCounts } from './measure.ts'
import { reportOf } from './report.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const RESULTS = 'bench/results/counts.md'
const QUOTING = ['docs/internals/performance.md']

const FORMS = {
  short: { counted: 2000, scanned: 500, times: 1 },
  usual: { counted: 100_000, scanned: 20_000, times: 9 },
  long: { counted: 1_000_000, scanned: 100_000, times: 25 },
}

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, long: { type: 'boolean', default: false } },
})
const form = values.short ? FORMS.short : values.long ? FORMS.long : FORMS.usual
const run = await measureCounts({ ...form, progress: message => console.error(message) })
const report = reportOf(run, inWords(describeMachine()))
console.log(report)
if (form === FORMS.long) {
  writeFileSync(join(ROOT, RESULTS), report)
  for (const page of QUOTING) refreshQuotes(join(ROOT, page), report)
}
