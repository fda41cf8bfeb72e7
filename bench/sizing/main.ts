// Memory and disk of a server by the size of its fleet: `npm run bench:sizing` (about 15 minutes, 16 GB of memory, 15 GB of
// disk). It measures bytes, not times, so other work on the machine does not matter. `-- --clusters 1000,10000` measures these
// sizes and keeps the results of the others; `-- --short` shows in seconds that it runs, and writes no results.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { FleetFolders } from '../load/fleet-folder.ts'
import { describeMachine, inWords } from '../machine.ts'
import { refreshQuotes } from '../quotes.ts'
import { measureSize, type SizeResult } from './measure.ts'
import { sizingReport } from './report.ts'

const ROOT = join(import.meta.dirname, '../../..')
const REPORT = join(ROOT, 'bench/results/sizing.md')
/** The results of all sizes, whenever they were measured. */
const RESULTS = join(ROOT, 'bench/results/sizing.json')
/** The page that quotes the results. */
const QUOTING = join(ROOT, 'README.md')

const { values } = parseArgs({
  options: {
    short: { type: 'boolean', default: false },
    clusters: { type: 'string', default: '1000,10000,100000,1000000' },
    folder: { type: 'string', default: tmpdir() },
  },
})
const sizes = values.short ? [100, 200] : values.clusters.split(',').map(Number)

const folders = new FleetFolders(values.folder, false)
process.once('exit', () => folders.close())
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const results = new Map(kept().map(result => [result.clusters, result]))
for (const clusters of sizes) {
  console.error(`${clusters.toLocaleString('en-US')} clusters`)
  results.set(clusters, await measureSize(folders, clusters))
  if (!values.short) conclude()
}
if (values.short) console.log(sizingReport(sorted(), inWords(describeMachine())))

function kept(): SizeResult[] {
  return !values.short && existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : []
}

function sorted(): SizeResult[] {
  return [...results.values()].sort((a, b) => a.clusters - b.clusters)
}

function conclude(): void {
  const report = sizingReport(sorted(), inWords(describeMachine()))
  writeFileSync(RESULTS, `${JSON.stringify(sorted(), null, 1)}\n`)
  writeFileSync(REPORT, report)
  refreshQuotes(QUOTING, report)
}
