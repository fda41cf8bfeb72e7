// Memory of a server by part, some time after its start and after every status has been rewritten.
import { setTimeout as wait } from 'node:timers/promises'
import { clusterId, rewriteTime, wellBody } from './fleet.ts'
import type { MemoryParts, MemoryResult } from './results.ts'
import type { TestedServer } from './tested-server.ts'
import { Crowd } from './traffic/crowd.ts'
import { sendEach } from './traffic/each-once.ts'
import { postRequest } from './traffic/requests.ts'
import { CLUSTERS_PATH } from './workloads.ts'

const REPORTING_CONNECTIONS = 64
const STEADY_PART = 0.005
const STEADY_WITHIN_MS = 60_000

export interface MemoryOptions {
  /** Folder of the server's data. */
  readonly folder: string
  /** Pause without requests before memory is read. */
  readonly settleMs: number
  /** Number of reports of each adapter about each cluster before memory is read again. */
  readonly rewrites: number
}

/** Resident memory of a server after `settleMs` without requests. */
export async function restingMemory({ host }: TestedServer, settleMs: number): Promise<number> {
  await wait(settleMs)
  return host.residentMemory.rssBytes
}

/** Reads a server's memory before any request. */
export async function measureStarted(
  server: TestedServer,
  { folder, settleMs }: Omit<MemoryOptions, 'rewrites'>,
): Promise<Pick<MemoryResult, 'started' | 'collected'>> {
  await wait(settleMs)
  const started = await partsOf(server, folder)
  await server.host.collectGarbage()
  await wait(settleMs)
  return { started, collected: await partsOf(server, folder) }
}

/** Rewrites every status, then reads the memory. */
export async function measureRewritten(
  server: TestedServer,
  { clusters, statuses }: { readonly clusters: number; readonly statuses: number },
  { folder, settleMs, rewrites }: MemoryOptions,
): Promise<NonNullable<MemoryResult['rewritten']>> {
  const crowd = await Crowd.open(server.host, REPORTING_CONNECTIONS, 201)
  for (let time = 0; time < rewrites; time++) {
    await sendEach(crowd, clusters * statuses, number => {
      const cluster = Math.floor(number / statuses)
      const body = wellBody(cluster, number % statuses, rewriteTime(time))
      return Buffer.from(postRequest(`${CLUSTERS_PATH}/${clusterId(cluster)}/statuses`, body))
    })
  }
  crowd.close()
  await steady(server, settleMs)
  return { times: rewrites, parts: await partsOf(server, folder) }
}

/** Waits until resident memory hardly changes: a checkpoint may be running. */
async function steady({ host }: TestedServer, settleMs: number): Promise<void> {
  const deadlineMs = performance.now() + STEADY_WITHIN_MS
  for (let before = 0; performance.now() < deadlineMs; ) {
    await wait(settleMs)
    const { rssBytes } = host.residentMemory
    if (Math.abs(rssBytes / before - 1) < STEADY_PART) return
    before = rssBytes
  }
}

async function partsOf(server: TestedServer, folder: string): Promise<MemoryParts> {
  const { host } = server
  const { rssBytes, anonymousBytes } = host.residentMemory
  const mappedBytes = host.mappedBytes(folder)
  const metrics = await server.metrics()
  return {
    rssBytes,
    anonymousBytes,
    mappedBytes,
    ...(await host.nodeMemory()),
    indexBytes: metrics.get('hyperfleet_api_index_bytes') ?? 0,
    servedBytes: metrics.get('hyperfleet_api_served_bytes') ?? 0,
  }
}

/** Memory beside what is served, of a server with this much resident memory. */
export function bytesBesideServed(
  { emptyRssBytes }: MemoryResult,
  { rssBytes, servedBytes }: MemoryParts,
): number {
  return rssBytes - emptyRssBytes - servedBytes
}

/** The same without resident pages of the journal and the snapshot, which the system takes back when it needs them. */
export function bytesWithoutFiles(memory: MemoryResult, parts: MemoryParts): number {
  return bytesBesideServed(memory, parts) - parts.mappedBytes
}
