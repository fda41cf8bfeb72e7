// One of the two servers: it is filled through its API with the fleet of the load benchmark, and has the same workloads.
import { creationBody } from '../../tools/simulate/plan.ts'
import { FRESH_SPREAD_MS, fleetReports, plannedLoadCluster, wellBody } from '../load/fleet.ts'
import type { Load } from '../load/traffic/closed-loop.ts'
import type { Address } from '../load/traffic/connection.ts'
import { Crowd } from '../load/traffic/crowd.ts'
import { sendEach } from '../load/traffic/each-once.ts'
import { bodyRequest, getRequest, inTurn, postRequest, queryString } from '../load/traffic/requests.ts'
import { CLUSTERS_PATH, LABEL_SEARCH } from '../load/workloads.ts'
import { Api } from './api.ts'
import { type Dialect, dialectOf } from './dialect.ts'

const CONNECTIONS = 64
/** Age of the stale reports. Today's original refuses reports that are half an hour old. */
const STALE_AFTER_MS = 1.5 * FRESH_SPREAD_MS
const STALE_BEFORE_MS = 1.25 * FRESH_SPREAD_MS
/** Adapters that report about each cluster. */
export const STATUSES = 2

export const WORKLOADS = ['GET by id', 'newest 20', 'not ready', 'stale', 'two labels', 'report'] as const
export type WorkloadName = (typeof WORKLOADS)[number]

/** A server that is filled. */
export interface Side {
  readonly address: Address
  readonly loads: Readonly<Record<WorkloadName, Load>>
  /** Number of clusters that each list finds. */
  readonly found: Readonly<Partial<Record<WorkloadName, number>>>
}

/** Creates the first cluster of an empty server, and sees from it which generation the server is. */
export async function probe(address: Address): Promise<Dialect> {
  const api = new Api(address)
  const total = await api.count()
  if (total > 0) throw new Error(`the server at ${api.origin} has ${total} clusters; an empty one is needed`)
  return dialectOf(await api.create(creationBody(plannedLoadCluster(0))))
}

/** Creates all clusters but the first, and sends the reports of each adapter about each. */
export async function fill(address: Address, clusters: number, dialect: Dialect): Promise<Side> {
  await send(address, clusters - 1, number =>
    postRequest(CLUSTERS_PATH, creationBody(plannedLoadCluster(number + 1))),
  )
  const api = new Api(address)
  const ids = await api.idsOf(
    Array.from({ length: clusters }, (_, number) => plannedLoadCluster(number).name),
  )
  const report = (number: number, body: string) =>
    bodyRequest(dialect.reportMethod, `${CLUSTERS_PATH}/${ids[number]}/statuses`, body)
  const newestMs = Date.now()
  const bodyOf = fleetReports(clusters, { newestMs, staleAfterMs: STALE_AFTER_MS })
  await send(address, clusters * STATUSES, each => {
    const [number, adapter] = [Math.floor(each / STATUSES), each % STATUSES]
    return report(number, bodyOf(number, adapter))
  })
  const stale = dialect.stale(withinSecond(newestMs - STALE_BEFORE_MS))
  const reportTime = withinSecond(Date.now())
  return {
    address,
    loads: {
      'GET by id': reading(ids.map(id => getRequest(`${CLUSTERS_PATH}/${id}`))),
      'newest 20': listing({}),
      'not ready': listing({ search: dialect.notReady }),
      stale: listing({ search: stale }),
      'two labels': listing({ search: LABEL_SEARCH }),
      report: {
        connections: CONNECTIONS,
        source: inTurn(ids.map((_, number) => report(number, wellBody(number, 0, reportTime)))),
        status: 201,
      },
    },
    found: {
      'newest 20': await api.count(),
      'not ready': await api.count(dialect.notReady),
      stale: await api.count(stale.replaceAll('#', '0')),
      'two labels': await api.count(LABEL_SEARCH),
    },
  }
}

/** Times within the second of a moment; each `#` is any digit. */
function withinSecond(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, '.######Z')
}

/** Sends requests over connections of their own, because the original closes connections that are idle for seconds. */
async function send(address: Address, count: number, requestOf: (number: number) => string): Promise<void> {
  const crowd = await Crowd.open(address, CONNECTIONS, 201)
  await sendEach(crowd, count, number => Buffer.from(requestOf(number)))
  crowd.close()
}

/** The generations have different names for the size of a page, and ignore the other name. */
function listing(parameters: Readonly<Record<string, string>>): Load {
  return reading([getRequest(`${CLUSTERS_PATH}?${queryString({ ...parameters, size: 20, pageSize: 20 })}`)])
}

function reading(requests: readonly string[]): Load {
  return { connections: CONNECTIONS, source: inTurn(requests), status: 200 }
}
