// Garbage of a request: what the JavaScript heap gets for it, and what survives two scavenges. Sizes come from the
// heap statistics around each collection. Other work on the machine does not change them.
import type { Host } from './host.ts'
import type { Collection, CollectionPeriod } from './hosts/collections.ts'
import type { GarbageFigures, GarbageResult } from './results.ts'
import { sampleOf } from './rounds.ts'
import type { TestedServer } from './tested-server.ts'
import { keepBusy, type Span } from './traffic/closed-loop.ts'
import type { Workload } from './workloads.ts'

export async function measureGarbage(
  { server, bare }: { readonly server: TestedServer; readonly bare: Host },
  clusters: number,
  workload: Workload,
  span: Span,
): Promise<GarbageResult> {
  const { answer, journalBytes } = await sampleOf(server, workload)
  await bare.serve({ read: answer, write: answer, entryBytes: workload.bareEntryBytes ?? journalBytes })
  return {
    name: workload.name,
    clusters,
    server: await garbageOf(server.host, workload, span),
    bare: await garbageOf(bare, workload, span),
  }
}

async function garbageOf(
  host: Host,
  { load }: Workload,
  { warmupMs, durationMs }: Span,
): Promise<GarbageFigures> {
  await keepBusy(host, load, warmupMs)
  let requests = 0
  const period = await host.collectionsDuring(async () => {
    requests = await keepBusy(host, load, durationMs)
  })
  return garbagePerRequest(period, requests)
}

export function garbagePerRequest(period: CollectionPeriod, requests: number): GarbageFigures {
  const { collections } = period
  const scavenges = collections.filter(({ isScavenge }) => isScavenge)
  return {
    requests,
    allocatedBytes: allocatedBytes(period) / requests,
    promotedBytes:
      sumOf(scavenges, ({ oldBeforeBytes, oldAfterBytes }) => oldAfterBytes - oldBeforeBytes) / requests,
    scavenges: scavenges.length,
    majors: collections.length - scavenges.length,
    longestMs: Math.max(0, ...collections.map(({ ms }) => ms)),
  }
}

/** Growth of the heap between collections. */
function allocatedBytes({ usedAtStartBytes, collections, usedAtEndBytes }: CollectionPeriod): number {
  let sum = 0
  let used = usedAtStartBytes
  for (const { usedBeforeBytes, usedAfterBytes } of collections) {
    sum += usedBeforeBytes - used
    used = usedAfterBytes
  }
  return sum + usedAtEndBytes - used
}

function sumOf(collections: readonly Collection[], bytesOf: (collection: Collection) => number): number {
  return collections.reduce((sum, collection) => sum + bytesOf(collection), 0)
}
