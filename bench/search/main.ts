// Planned searches and their parts as the fleet grows. `npm run bench:search` prints a report up to a hundred thousand clusters.
// With `-- --long` it measures up to a million, and writes the report and the rows that the documentation quotes. `-- --short`
// only shows that it runs.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { describeMachine, inWords } from '../machine.ts'
import { refreshQuotes } from '../quotes.ts'
import { measureSearch } from './measure.ts'
import { reportOf } from './report.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const RESULTS = 'bench/results/search.md'
const QUOTING = ['docs/internals/query.md']

const FORMS = {
  short: { sizes: [1000], timeMs: 5 },
  usual: { sizes: [1000, 10_000, 100_000], timeMs: 300 },
  long: { sizes: [1000, 10_000, 100_000, 1_000_000], timeMs: 500 },
}

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, long: { type: 'boolean', default: false } },
})
const form = values.short ? FORMS.short : values.long ? FORMS.long : FORMS.usual
const run = await measureSearch({ ...form, progress: message => console.error(message) })
const report = reportOf(run, inWords(describeMachine()))
console.log(report)
if (form === FORMS.long) {
  writeFileSync(join(ROOT, RESULTS), report)
  for (const page of QUOTING) refreshQuotes(join(ROOT, page), report)
}
