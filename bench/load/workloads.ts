// Workloads of the load benchmark.
import { creationBody } from '../../tools/simulate/plan.ts'
import { clusterId, plannedLoadCluster, REPORT_TIME, STALE_BEFORE, wellBody } from './fleet.ts'
import type { Load } from './traffic/closed-loop.ts'
import { getRequest, inTurn, postRequest, queryString } from './traffic/requests.ts'

export const CLUSTERS_PATH = '/api/hyperfleet/v1/clusters'
export const LABEL_SEARCH = "labels.environment='production' and labels.region='europe-west1'"
/** A search that no index answers, and that matches nothing. */
const UNINDEXED = "name like '%nobody%has%this%name%'"
const READ_CONNECTIONS = 64
/** Number of resources that single requests address, spread evenly over the fleet. */
const ADDRESSED = 16_384
/** Names of created clusters. */
const CREATED_NAME = 'new-##########'

/** A measured workload. */
export interface Workload {
  readonly name: string
  readonly load: Load
  /** True if every request is a write; the ceiling then writes to a journal. */
  readonly isWrite: boolean
  /** Bytes that the bare journal writes for each request; as many as our journal writes by default. */
  readonly bareEntryBytes?: number
}

/**
 * Bytes that the bare journal writes for a report. They are fixed at what our journal wrote when the bars were set. A
 * smaller journal of ours would otherwise make its own ceiling cheaper.
 */
const BARE_REPORT_BYTES = 3940

export const GET_BY_ID = 'GET by id'

export function getById(clusters: number): Workload {
  return read(
    GET_BY_ID,
    spreadOver(clusters, number => getRequest(`${CLUSTERS_PATH}/${clusterId(number)}`)),
  )
}

export const newest20 = read('list of the newest 20', [getRequest(`${CLUSTERS_PATH}?pageSize=20`)])
export const newest100 = read('list of the default 100', [getRequest(CLUSTERS_PATH)])
/** Query of a Sentinel, with another time in every request. */
export const stale = read('stale query, page of 20', [
  listRequest({ search: staleSearch(STALE_BEFORE), pageSize: 20 }),
])
/** The same for a Sentinel that reads only what it needs to decide (contract 13.7). */
export const staleFields = read('stale query, page of 20, three fields', [
  listRequest({
    search: staleSearch(STALE_BEFORE),
    pageSize: 20,
    fields: 'id,generation,status.conditions.Ready',
  }),
])
/** The same for one that reads the members of the condition that it decides by. */
export const staleMembers = read('stale query, page of 20, members of a condition', [
  listRequest({
    search: staleSearch(STALE_BEFORE),
    pageSize: 20,
    fields:
      'id,generation,status.conditions.Ready.status,status.conditions.Ready.observed_generation,status.conditions.Ready.last_updated_time',
  }),
])
export const label = read('label query, page of 20', [listRequest({ search: LABEL_SEARCH, pageSize: 20 })])

/** Polls of Sentinels, which run in the background of other measurements. */
export const polls: Load = { ...stale.load, connections: 16 }

export const UNINDEXED_NAME = 'a search that no index answers'

/** Slow queries, one after the other. */
export const expensive: readonly Workload[] = [
  alone(UNINDEXED_NAME, listRequest({ search: UNINDEXED, pageSize: 20 })),
  alone('a page of 1000', listRequest({ pageSize: 1000 })),
]

export function reportName(connections: number): string {
  return `report, ${connections} connection${connections === 1 ? '' : 's'}`
}

/**
 * Heartbeats of about 700 bytes, each about another cluster than the one before: one workload for each number of
 * connections. They share their requests, so that times never go back.
 */
export function reports(clusters: number, connections: readonly number[]): Workload[] {
  const requests = spreadOver(clusters, number =>
    postRequest(`${CLUSTERS_PATH}/${clusterId(number)}/statuses`, wellBody(number, 0, REPORT_TIME)),
  )
  const source = inTurn(requests)
  return connections.map(count => ({
    name: reportName(count),
    load: { connections: count, source, status: 201 },
    isWrite: true,
    bareEntryBytes: BARE_REPORT_BYTES,
  }))
}

export function creates(connections: number): Workload {
  const body = creationBody({ ...plannedLoadCluster(0), name: CREATED_NAME })
  const load = { connections, source: inTurn([postRequest(CLUSTERS_PATH, body)]), status: 201 }
  return { name: `create, ${connections} connections`, load, isWrite: true }
}

function read(name: string, requests: readonly string[]): Workload {
  const load = { connections: READ_CONNECTIONS, source: inTurn(requests), status: 200 }
  return { name, load, isWrite: false }
}

function alone(name: string, request: string): Workload {
  const workload = read(name, [request])
  return { ...workload, load: { ...workload.load, connections: 1 } }
}

function listRequest(parameters: Readonly<Record<string, string | number>>): string {
  return getRequest(`${CLUSTERS_PATH}?${queryString(parameters)}`)
}

/** Makes one of each for clusters that are spread evenly over the fleet. */
export function spreadOver<T>(clusters: number, make: (number: number) => T): T[] {
  const count = Math.min(ADDRESSED, clusters)
  return Array.from({ length: count }, (_, i) => make(Math.floor((i * clusters) / count)))
}

/** The search of a Sentinel for what no adapter has looked at since a time. */
export function staleSearch(before: string): string {
  return `status.conditions.Ready='True' and status.conditions.Ready.last_updated_time < '${before}'`
}
