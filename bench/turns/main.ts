// The longest turns of the event loop in large pieces of work: `npm run bench:turns` writes bench/results/turns.md in a few minutes. `-- --short`
// only shows that it runs.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { describeMachine, inWords } from '../machine.ts'
import { measureWork } from './measure.ts'
import { turnsReport } from './report.ts'

const RESULTS = join(import.meta.dirname, '../../../bench/results/turns.md')
const COMMAND = 'npm run bench:turns'

const FORMS = {
  short: { clusters: 600, nodepools: 1500, rounds: 1, command: `${COMMAND} -- --short` },
  usual: { clusters: 100_000, nodepools: 10_000, rounds: 3, command: COMMAND },
}

const { values } = parseArgs({ options: { short: { type: 'boolean', default: false } } })
const form = values.short ? FORMS.short : FORMS.usual
const run = await measureWork({ ...form, parent: tmpdir(), progress: message => console.error(message) })
const report = turnsReport(run, form.command, inWords(describeMachine()))
console.log(report)
if (!values.short) writeFileSync(RESULTS, report)
