// The measurements of several servers, in their order.
import { KillableServer } from '../../test/harness/killable-server.ts'
import { timeWithoutWrites } from './deaths.ts'
import { beginServers, createClusters, type MeasuredServers, pidOf } from './servers.ts'
import { type Rate, rateOf, readsOf, reportsOn, type Span } from './throughput.ts'

export interface RunOptions {
  /** The folder of the programs of PostgreSQL. */
  readonly programs: string
  readonly clusters: number
  readonly span: Span
  readonly kills: number
  readonly stops: number
  readonly progress: (message: string) => void
}

export interface ClusterRun {
  readonly options: RunOptions
  /** Reads of single clusters, by the number of servers. */
  readonly reads: readonly Rate[]
  /** Reports, by the way that they take. */
  readonly reports: ReadonlyMap<string, Rate>
  /** Times without acknowledged writes, in milliseconds. */
  readonly killedMs: readonly number[]
  readonly stoppedMs: readonly number[]
}

const SERVERS = 3
/** A report is answered so. */
const CREATED = 201
const OK = 200

export async function measureCluster(options: RunOptions): Promise<ClusterRun> {
  const { progress, programs, clusters } = options
  const reports = new Map<string, Rate>()
  progress('reports to a server that is alone')
  reports.set('one server, its own journal', await reportsAlone(options))
  const cluster = await beginServers(programs)
  try {
    progress(`creating ${clusters} clusters`)
    const [first] = cluster.servers
    if (first === undefined) throw new Error('there is no server')
    const ids = await createClusters(first.origin, clusters)
    const source = reportsOn(ids)
    const reportsTo = (origins: readonly string[]) =>
      rateOf(origins, cluster.servers.map(pidOf), source, CREATED, options.span)
    const reads: Rate[] = []
    for (let servers = 1; servers <= SERVERS; servers++) {
      if (servers > 1) await cluster.add()
      progress(`reads of ${servers} servers`)
      reads.push(await readsOfAll(cluster, ids, options.span))
      if (servers > 1) continue
      progress('reports to one server with a database')
      reports.set('one server, the database', await reportsTo([first.origin]))
    }
    progress('reports to three servers')
    const writer = await cluster.writer()
    const others = cluster.servers.filter(server => server !== writer).map(({ origin }) => origin)
    reports.set('three servers, to the writer', await reportsTo([writer.origin]))
    reports.set('three servers, to the other two', await reportsTo(others))
    const killedMs = await timesWithoutWrites(cluster, 'kill', options.kills, progress)
    const stoppedMs = await timesWithoutWrites(cluster, 'stop', options.stops, progress)
    return { options, reads, reports, killedMs, stoppedMs }
  } finally {
    await cluster.remove()
  }
}

async function reportsAlone({ clusters, span }: RunOptions): Promise<Rate> {
  const server = await KillableServer.start('uws')
  try {
    const ids = await createClusters(server.origin, clusters)
    return await rateOf([server.origin], [server.pid], reportsOn(ids), CREATED, span)
  } finally {
    await server.stop()
  }
}

function readsOfAll({ servers }: MeasuredServers, ids: readonly string[], span: Span): Promise<Rate> {
  const origins = servers.map(({ origin }) => origin)
  return rateOf(origins, servers.map(pidOf), readsOf(ids), OK, span)
}

async function timesWithoutWrites(
  cluster: MeasuredServers,
  ending: 'kill' | 'stop',
  times: number,
  progress: (message: string) => void,
): Promise<number[]> {
  const found: number[] = []
  for (let time = 1; time <= times; time++) {
    const ms = await timeWithoutWrites(cluster, ending)
    progress(`${ending} ${time} of the writer: ${Math.round(ms)} ms without an acknowledged write`)
    found.push(ms)
  }
  return found
}
