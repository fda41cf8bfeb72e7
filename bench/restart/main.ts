// Restart benchmark: compares a start with reading and parsing the same bytes once, and measures polls beside a
// checkpoint. `npm run bench:restart` uses a hundred thousand clusters, with `-- --long` a million. Both write the
// report. `-- --short` checks that it runs.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine, inWords } from '../machine.ts'
import { measureRestart } from './measure.ts'
import { reportOf } from './report.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const RESULTS = 'bench/results/restart.md'
const COMMAND = 'npm run bench:restart'

const FORMS = {
  short: { size: 1000, rounds: 1, heapMib: 1024, command: `${COMMAND} -- --short` },
  usual: { size: 100_000, rounds: 3, heapMib: 4096, command: COMMAND },
  long: { size: 1_000_000, rounds: 3, heapMib: 12_288, command: `${COMMAND} -- --long` },
}

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, long: { type: 'boolean', default: false } },
})
const form = values.short ? FORMS.short : values.long ? FORMS.long : FORMS.usual
const run = await measureRestart({ ...form, parent: tmpdir(), progress: message => console.error(message) })
const report = reportOf(run, form.command, inWords(describeMachine()))
console.log(report)
if (form !== FORMS.short) writeFileSync(join(ROOT, RESULTS), report)
