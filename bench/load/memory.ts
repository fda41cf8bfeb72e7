// Memory of a server by purpose: the difference to an empty server, split into documents, indexes, and the rest.
import { setTimeout as wait } from 'node:timers/promises'
import type { FleetShape } from './fleet.ts'
import type { MemoryResult } from './results.ts'
import type { TestedServer } from './tested-server.ts'

/** Resident memory of a server after `settleMs` without requests. */
export async function restingMemory({ host }: TestedServer, settleMs: number): Promise<number> {
  await wait(settleMs)
  return (await host.usage()).rssBytes
}

/** Reads a server's memory before any request. */
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

/** Memory of a cluster with its statuses, without the bytes of its documents. */
export function extraBytesPerCluster(memory: MemoryResult): number {
  const { rssBytes, emptyRssBytes, servedBytes, clusters } = memory
  return (rssBytes - emptyRssBytes - servedBytes) / clusters
}
