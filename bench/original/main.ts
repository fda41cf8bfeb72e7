// Compares the server with the original one in Go on PostgreSQL, through the same API: `npm run bench:original -- --address
// http://host:port`. The original must be empty, without authentication, and require the adapters `validator` and `dns` of
// clusters. It is filled through its API, like a server of ours that is started here. `-- --short` shows in seconds that
// this runs; it needs no address, because a second server of ours takes the place of the original.
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { alternate } from '../load/alternate.ts'
import { ADAPTER_NAMES } from '../load/fleet.ts'
import { quotients, spreadOf } from '../load/spread.ts'
import { startTestedServer, type TestedServer } from '../load/tested-server.ts'
import { runClosedLoop } from '../load/traffic/closed-loop.ts'
import { describeMachine, inWords } from '../machine.ts'
import type { Dialect } from './dialect.ts'
import { readOriginalOptions } from './options.ts'
import { type Comparison, comparisonReport } from './report.ts'
import { fill, probe, type Side, STATUSES, WORKLOADS, type WorkloadName } from './side.ts'

const options = readOriginalOptions(process.argv.slice(2))
const { clusters, rounds, span } = options
const folder = mkdtempSync(join(options.folder, 'hyperfleet-original-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const standIn = options.address === undefined ? await startServer('stand-in', 'documents') : undefined
const dialect = await probe(options.address ?? addressOf(standIn))
console.error(`filling the original: ${clusters} clusters`)
const original = await fill(options.address ?? addressOf(standIn), clusters, dialect)
const server = await startServer('ours', dialect.compatibility)
console.error('filling our server')
await probe(server.host)
const ours = await fill(server.host, clusters, dialect)
const comparisons: Comparison[] = []
for (const name of WORKLOADS) comparisons.push(await compare(name, ours, original))
console.log(comparisonReport({ clusters, rounds, comparisons }, inWords(describeMachine())))
await server.stop()
await standIn?.stop()

function startServer(name: string, compatibility: Dialect['compatibility']): Promise<TestedServer> {
  const required = JSON.stringify(ADAPTER_NAMES.slice(0, STATUSES))
  const flags = ['--compatibility', compatibility, '--adapters-required-cluster', required]
  return startTestedServer({ folder: join(folder, name), engine: 'uws', flags })
}

function addressOf(server: TestedServer | undefined) {
  if (server === undefined) throw new Error('there is no stand-in')
  return server.host
}

async function compare(name: WorkloadName, ours: Side, original: Side): Promise<Comparison> {
  console.error(name)
  const targets = [
    { name: 'ours', side: ours },
    { name: 'original', side: original },
  ] as const
  const rates = await alternate(
    targets,
    rounds,
    async () => {},
    async ({ side }) => {
      const { requests, passedMs } = await runClosedLoop(
        side.address,
        side.loads[name],
        span,
        () => undefined,
      )
      return { perSecond: (1000 * requests) / passedMs }
    },
  )
  const perSecond = (target: 'ours' | 'original') => (rates.get(target) ?? []).map(rate => rate.perSecond)
  const [found, foundThere] = [ours.found[name], original.found[name]]
  return {
    name,
    ours: spreadOf(perSecond('ours')),
    original: spreadOf(perSecond('original')),
    times: spreadOf(quotients(rates.get('ours'), rates.get('original'), 'perSecond')),
    found:
      found === undefined || foundThere === undefined ? undefined : { ours: found, original: foundThere },
  }
}
