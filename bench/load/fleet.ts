// Fleet under measurement: the clusters of `hyperfleet simulate` as records, made without a server. Times and ids
// depend only on a cluster's number, so requests about it can be prepared without asking for it.
import { createRequestParser, type Parsed } from '../../src/api/requests.ts'
import { loadSettings } from '../../src/config/settings.ts'
import { createResource } from '../../src/fleet/create.ts'
import { createIdSource } from '../../src/fleet/ids.ts'
import { conditionsUnder, statusFromReport } from '../../src/fleet/report.ts'
import type { RecordPut } from '../../src/state/put.ts'
import type { AdapterStatus } from '../../src/state/records.ts'
import { type Instant, instantFromMs } from '../../src/wire/instant.ts'
import { adaptersOf } from '../../tools/simulate/adapters.ts'
import { creationBody, type PlannedCluster, plannedCluster } from '../../tools/simulate/plan.ts'
import { reportBody } from '../../tools/simulate/reports.ts'

export interface FleetShape {
  readonly clusters: number
  /** Number of adapters that have reported about each cluster. */
  readonly statuses: number
}

const CREATED_MS = Date.UTC(2025, 0, 1)
/** Time of the newest report. */
const FRESH_MS = Date.UTC(2025, 5, 1, 12)
const HOUR_MS = 3_600_000
/** Fresh reports fall into the last ten minutes. */
export const FRESH_SPREAD_MS = 600_000
/** Times between the stale reports and the fresh ones; each `#` is any digit. */
export const STALE_BEFORE = '2025-06-01T11:2#:0#.######Z'
/** Times after all reports; the number made of the digits `#` makes them increase. */
export const REPORT_TIME = '2025-06-02T0#:0#:0#.######Z'
/** Time of the first rewriting of all statuses, after all other reports. */
const REWRITE_MS = Date.UTC(2025, 5, 3)
/** Number of stale clusters in any fleet, spread evenly. */
const STALE_CLUSTERS = 100
/** One cluster of so many is not ready. */
const TROUBLE_EVERY = 50
const TROUBLED = 7
const SETTING = { compatibility: 'documents', required: [] } as const
const BY = 'system@hyperfleet.local'

const SHAPE = { seed: 1, namePrefix: 'load', clusters: Number.POSITIVE_INFINITY }
const ADAPTERS = adaptersOf('Cluster')
/** Names of the adapters in the order of their numbers. */
export const ADAPTER_NAMES = ADAPTERS.map(({ name }) => name)

/** The id of a cluster. */
export function clusterId(number: number): string {
  const digits = number.toString(16)
  return createIdSource(count => Buffer.from(digits.padStart(2 * count, '0'), 'hex'), undefined).next(
    createdTime(number),
  )
}

export function plannedLoadCluster(number: number): PlannedCluster {
  return plannedCluster(SHAPE, number)
}

/** Body of a report that a cluster is well; the time may have places for digits. */
export function wellBody(number: number, adapter: number, observedTime: string): string {
  return reportOf(number, adapter, 'True', observedTime)
}

/** Time of the reports that rewrite every status for the n-th time, from 0 on. */
export function rewriteTime(time: number): string {
  return new Date(REWRITE_MS + time * HOUR_MS).toISOString()
}

/** Yields the records of one cluster, first the cluster itself. */
export function createClusterRecords({ clusters, statuses }: FleetShape): (number: number) => RecordPut[] {
  const parser = createRequestParser(loadSettings([], {}).limits, undefined)
  const reportAbout = fleetReports(clusters)
  return number => {
    const id = clusterId(number)
    const now = createdTime(number)
    const creation = parsed(parser.creation('Cluster', Buffer.from(creationBody(plannedLoadCluster(number)))))
    let resource = createResource(creation, {
      kind: 'Cluster',
      id,
      ownerId: undefined,
      now,
      by: BY,
      ...SETTING,
    })
    const kept: AdapterStatus[] = []
    for (let adapter = 0; adapter < statuses; adapter++) {
      const body = reportAbout(number, adapter)
      const status = statusFromReport(parsed(parser.report(Buffer.from(body))), resource, undefined)
      const conditions = conditionsUnder(status, resource, kept, SETTING)
      if (conditions !== undefined) resource = { ...resource, conditions }
      kept.push(status)
    }
    return [
      { kind: 'resource', record: resource },
      ...kept.map(record => ({ kind: 'status', record }) as const),
    ]
  }
}

/** Times of the first reports in milliseconds: the newest, and how much older the stale ones are. */
export interface FirstReports {
  readonly newestMs: number
  readonly staleAfterMs: number
}

/** Body of the first report of each adapter about each cluster, in a fleet of so many clusters. */
export function fleetReports(
  clusters: number,
  { newestMs, staleAfterMs }: FirstReports = { newestMs: FRESH_MS, staleAfterMs: HOUR_MS },
): (number: number, adapter: number) => string {
  const spread = Math.max(1, Math.floor(clusters / STALE_CLUSTERS))
  return (number, adapter) => {
    const isTrouble = adapter === 0 && number % TROUBLE_EVERY === TROUBLED
    const isStale = number % spread === Math.floor(spread / 2)
    const ageMs = isStale ? staleAfterMs : (number * 7919) % FRESH_SPREAD_MS
    return reportOf(number, adapter, isTrouble ? 'False' : 'True', new Date(newestMs - ageMs).toISOString())
  }
}

function reportOf(number: number, place: number, status: 'True' | 'False', observedTime: string): string {
  const adapter = ADAPTERS[place]
  if (adapter === undefined) throw new Error(`the simulation has no ${place + 1} adapters of clusters`)
  const troubles = status === 'True' ? 0 : 1
  const report = { kind: 'report', adapter, generation: 1, status, troubles } as const
  return reportBody(plannedLoadCluster(number), report, observedTime)
}

/** Creation time of a cluster: one in each millisecond. */
export function createdTime(number: number): Instant {
  return instantFromMs(CREATED_MS + number)
}

function parsed<T>(result: Parsed<T>): T {
  if (result.kind !== 'parsed') throw new Error(`the simulation makes a body that is ${result.kind}`)
  return result.value
}
