// Memory of a server by what it holds: the difference to an empty one, split into what is served, the indexes, the rest.
import { setTimeout as wait } from 'node:timers/promises'
import type { FleetShape } from './fleet.ts'
import type { MemoryResult } from './results.ts'
import type { TestedServer } from './tested-server.ts'

/** Resident memory of a server that is asked nothing for `settleMs`. */
export async function restingMemory({ host }: TestedServer, settleMs: number): Promise<number> {
  await wait(settleMs)
  return (await host.usage()).rssBytes
}

/** Reads a server's memory before anything else is asked of it. */
export async function measureMemory(
  server: TestedServer,
  { clusters, statuses }: FleetShape,
  emptyRssBytes: number,
  settleMs: number,
): Promise<MemoryResult> {
  const rssBytes = await restingMemory(server, settleMs)
  const metrics = await server.metrics()
  await server.host.collectGarbage()
  const collectedRssBytes = await restingMemory(server, settleMs)
  return {
    clusters,
    statuses,
    rssBytes,
    collectedRssBytes,
    emptyRssBytes,
    servedBytes: metrics.get('hyperfleet_api_served_bytes') ?? 0,
    indexBytes: metrics.get('hyperfleet_api_index_bytes') ?? 0,
  }
}

/** What a cluster with its statuses takes beside the bytes that are served of it. */
export function extraBytesPerCluster(memory: MemoryResult): number {
  const { rssBytes, emptyRssBytes, servedBytes, clusters } = memory
  return (rssBytes - emptyRssBytes - servedBytes) / clusters
}
