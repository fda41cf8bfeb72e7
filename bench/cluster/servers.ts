// The servers that are measured: processes on a PostgreSQL of the benchmark's own, and one that is alone.

import {
  type ClusterServer,
  type ShownPart,
  TestCluster,
  until,
  writing,
} from '../../test/harness/cluster.ts'
import { readProcessorTime } from '../load/linux-process.ts'
import { CLUSTERS_PATH } from '../load/workloads.ts'

/** Writes that are sent before the first of them is answered. */
const AT_ONCE = 50

export interface MeasuredServers {
  readonly database: TestCluster['postgres']
  /** Servers of the cluster that run. */
  readonly servers: readonly ClusterServer[]
  /** Starts another server, which has all that the journal holds when this resolves. */
  add(): Promise<void>
  /** The part of each server. */
  parts(): Promise<readonly ShownPart[]>
  /** The server that decides. Waits until there is one. */
  writer(): Promise<ClusterServer>
  remove(): Promise<void>
}

/** Begins a cluster of one server, which is its writer. */
export async function beginServers(programs: string): Promise<MeasuredServers> {
  const cluster = await TestCluster.start(programs)
  const servers: ClusterServer[] = []
  const add = async () => {
    const server = await cluster.server({ HYPERFLEET_CLUSTER_READS: 'any' })
    if (servers.length === 0) {
      const begun = await server.run(['cluster', 'init'])
      if (begun.code !== 0) throw new Error(begun.stderr)
    }
    await server.start()
    servers.push(server)
    if (servers.length === 1) await writing(server)
  }
  await add()
  const partOf = (server: ClusterServer) =>
    until(
      'a server says what its part is',
      async () => (await server.ready().catch(() => undefined))?.cluster,
    )
  return {
    database: cluster.postgres,
    servers,
    add,
    parts: () => Promise.all(servers.map(partOf)),
    writer: () =>
      until('a server is the writer', async () => {
        for (const server of servers.filter(({ isRunning }) => isRunning))
          if ((await partOf(server)).role === 'writer') return server
        return undefined
      }),
    remove: () => cluster.remove(),
  }
}

/** Creates clusters, and returns their ids. */
export async function createClusters(origin: string, count: number): Promise<string[]> {
  const ids: string[] = []
  while (ids.length < count) {
    const length = Math.min(AT_ONCE, count - ids.length)
    const created = Array.from({ length }, (_, i) => create(origin, `cluster-${ids.length + i}`))
    ids.push(...(await Promise.all(created)))
  }
  return ids
}

async function create(origin: string, name: string): Promise<string> {
  const body = JSON.stringify({
    kind: 'Cluster',
    name,
    labels: { env: 'bench' },
    spec: { region: 'europe-west1' },
  })
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${origin}${CLUSTERS_PATH}`, { method: 'POST', headers, body })
  const { id } = (await answer.json()) as { id?: string }
  if (id === undefined) throw new Error(`a creation was answered ${answer.status}`)
  return id
}

/** Processor time of these processes so far, in milliseconds. */
export function processorMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const { userMs, systemMs } = readProcessorTime(pid)
    return sum + userMs + systemMs
  }, 0)
}

export function pidOf(server: ClusterServer): number {
  const { pid } = server.process.child
  if (pid === undefined) throw new Error('the server is not running')
  return pid
}
