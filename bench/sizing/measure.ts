// One server on a fleet of one size: its memory after a start and under reports, and its data folder.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { clusterId, REPORT_TIME, wellBody } from '../load/fleet.ts'
import type { FleetFolders } from '../load/fleet-folder.ts'
import { startTestedServer, type TestedServer } from '../load/tested-server.ts'
import { Crowd } from '../load/traffic/crowd.ts'
import { sendEach } from '../load/traffic/each-once.ts'
import { inTurn, postRequest } from '../load/traffic/requests.ts'
import { CLUSTERS_PATH } from '../load/workloads.ts'

/** Adapters that report about each cluster. */
export const STATUSES = 2
/** Reports that come in: one of each adapter about each cluster, or so many, spread evenly over a larger fleet. */
export const REPORTS_MAX = 200_000
const CONNECTIONS = 64
const LOOK_EVERY_MS = 500
/** A server that is asked nothing for so long has its memory read. */
const SETTLE_MS = 3000
const BLOCK_BYTES = 512

export interface SizeResult {
  readonly clusters: number
  /** The JSON of all clusters and statuses, as it is served. */
  readonly servedBytes: number
  /** Resident memory after a start. */
  readonly startedBytes: number
  /** The most resident memory while the reports came in. */
  readonly busiestBytes: number
  /** The most disk that the data folder had in that time. */
  readonly fullestDiskBytes: number
  /** The data folder after an orderly stop. */
  readonly stoppedDiskBytes: number
}

export async function measureSize(folders: FleetFolders, clusters: number): Promise<SizeResult> {
  const folder = await folders.copy({ clusters, statuses: STATUSES })
  const server = await startTestedServer({ folder, engine: 'uws' })
  await wait(SETTLE_MS)
  const startedBytes = server.host.residentMemory.rssBytes
  let busiestBytes = 0
  let fullestDiskBytes = 0
  const look = () => {
    busiestBytes = Math.max(busiestBytes, server.host.residentMemory.rssBytes)
    fullestDiskBytes = Math.max(fullestDiskBytes, diskBytes(folder))
  }
  await report(server, clusters, look)
  look()
  const servedBytes = (await server.metrics()).get('hyperfleet_api_served_bytes') ?? 0
  await server.stop()
  const stoppedDiskBytes = diskBytes(folder)
  folders.remove(folder)
  return { clusters, servedBytes, startedBytes, busiestBytes, fullestDiskBytes, stoppedDiskBytes }
}

/** Sends the reports; looks at the server again and again meanwhile. */
async function report(server: TestedServer, clusters: number, look: () => void): Promise<void> {
  const crowd = await Crowd.open(server.host, CONNECTIONS, 201)
  const reporting = Math.min(clusters, REPORTS_MAX / STATUSES)
  const looking = setInterval(look, LOOK_EVERY_MS)
  try {
    await sendEach(crowd, reporting * STATUSES, number =>
      reportRequest(Math.floor((Math.floor(number / STATUSES) * clusters) / reporting), number % STATUSES),
    )
  } finally {
    clearInterval(looking)
    crowd.close()
  }
}

function reportRequest(cluster: number, adapter: number): Buffer {
  const path = `${CLUSTERS_PATH}/${clusterId(cluster)}/statuses`
  return inTurn([postRequest(path, wellBody(cluster, adapter, REPORT_TIME))]).next()
}

/** Disk usage of a folder, whose files have holes. */
function diskBytes(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files.reduce(
    (sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.blocks ?? 0) * BLOCK_BYTES,
    0,
  )
}
