// Memory and disk of a server by the size of its fleet: `npm run bench:sizing` (about 15 minutes, 16 GB of memory, 15 GB of
// disk). It measures bytes, not times, so other work on the machine does not matter. `-- --short` shows in seconds that it
// runs, and writes no results.
import { writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FleetFolders } from '../load/fleet-folder.ts'
import { describeMachine, inWords } from '../machine.ts'
import { refreshQuotes } from '../quotes.ts'
import { measureSize, type SizeResult } from './measure.ts'
import { sizingReport } from './report.ts'

const ROOT = join(import.meta.dirname, '../../..')
const RESULTS = join(ROOT, 'bench/results/sizing.md')
/** The page that quotes the results. */
const QUOTING = join(ROOT, 'README.md')

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    folder: { type: 'string', default: tmpdir() },
  },
})
const sizes = values.short ? [100, 200] : [1000, 10_000, 100_000, 1_000_000]

const folders = new FleetFolders(values.folder, false)
process.once('exit', () => folders.close())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const results: SizeResult[] = []
for (const clusters of sizes) {
  console.error(`${clusters.toLocaleString('en-US')} clusters`)
  results.push(await measureSize(folders, clusters))
}
const report = sizingReport(results, inWords(describeMachine()))
console.log(report)
if (!values.short) {
  writeFileSync(RESULTS, report)
  refreshQuotes(QUOTING, report)
}
