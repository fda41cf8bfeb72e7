// The handlers that read: single resources and lists, all from the visible state.
import type { Positions } from '../search/order-page.ts'
import type { Query } from '../search/query.ts'
import type { Found, ResourceSearch } from '../search/resource-search.ts'
import { select } from '../search/run.ts'
import type { RecordOf, SearchTarget } from '../search/search.ts'
import type { ResourceKind } from '../store/records.ts'
import type { FleetState, ResourceEntry, StatusEntry } from '../store/state.ts'
import type { Answer, Exchange, OperationHandler } from './exchange.ts'
import { explain } from './explain.ts'
import { type PageLimits, readPage, readQuery } from './list-parameters.ts'
import { clusterNotFound, nodepoolNotFound } from './not-found.ts'
import { isProblem, type ProblemAnswer } from './problems.ts'
import { parseQuery } from './query.ts'

export interface ReadContext {
  readonly state: FleetState
  readonly searches: Readonly<Record<ResourceKind, ResourceSearch>>
  readonly pageLimits: PageLimits
}

/** What is shown of a list: how many rows match, and those of the page as they are stored. */
interface ListPage {
  readonly total: number
  readonly items: readonly { readonly json: Buffer }[]
}

const COMMA = Buffer.from(',')
const LIST_END = Buffer.from(']}')

/** The handlers of all reading operations on resources and statuses. */
export function createReads(context: ReadContext) {
  const { state, searches } = context
  return {
    getClusterById: ({ parameters: [id = ''] }) => {
      const entry = state.resource('Cluster', id)
      return entry === undefined ? clusterNotFound(id) : document(entry.json)
    },
    getNodePoolById: ({ parameters: [id = ''] }) => {
      const entry = state.resource('NodePool', id)
      return entry === undefined ? nodepoolNotFound(id) : document(entry.json)
    },
    getClusterNodePoolById: ({ parameters: [clusterId = '', id = ''] }) => {
      const entry = findNodepool(state, clusterId, id)
      return isProblem(entry) ? entry : document(entry.json)
    },
    getClusters: exchange =>
      list('Cluster', exchange, context, (query, page) => resources(searches.Cluster.find(query, page))),
    getNodePools: exchange =>
      list('NodePool', exchange, context, (query, page) => resources(searches.NodePool.find(query, page))),
    getNodePoolsByClusterId: exchange => {
      const [id = ''] = exchange.parameters
      if (state.resource('Cluster', id) === undefined) return clusterNotFound(id)
      return list('NodePool', exchange, context, (query, page) =>
        resources(searches.NodePool.findOwned(id, query, page)),
      )
    },
    getClusterStatuses: exchange => {
      const [id = ''] = exchange.parameters
      const entry = state.resource('Cluster', id)
      return entry === undefined ? clusterNotFound(id) : listStatuses(entry, exchange, context)
    },
    getNodePoolStatuses: exchange => {
      const [clusterId = '', id = ''] = exchange.parameters
      const entry = findNodepool(state, clusterId, id)
      return isProblem(entry) ? entry : listStatuses(entry, exchange, context)
    },
    explainClusters: exchange => explain('Cluster', exchange, context),
    explainNodePools: exchange => explain('NodePool', exchange, context),
  } as const satisfies Record<string, OperationHandler>
}

function resources({ total, entries }: Found): ListPage {
  return { total, items: entries }
}

/** The few statuses of one resource are searched row by row (contract 7.6). */
function listStatuses(entry: ResourceEntry, exchange: Exchange, context: ReadContext): Answer {
  const source = { rows: [...entry.statuses.values()], record: (row: StatusEntry) => row.status }
  return list('AdapterStatus', exchange, context, (query, { offset, limit }) => {
    const found = select(query, source)
    return { total: found.length, items: found.slice(offset, offset + limit) }
  })
}

function findNodepool(state: FleetState, clusterId: string, id: string): ResourceEntry | ProblemAnswer {
  if (state.resource('Cluster', clusterId) === undefined) return clusterNotFound(clusterId)
  const entry = state.resource('NodePool', id)
  return entry?.resource.ownerId === clusterId ? entry : nodepoolNotFound(id)
}

/** One page of a list: the rows' stored bytes between a head and a tail (contract 7.1-7.3). */
function list<T extends SearchTarget>(
  target: T,
  { request }: Exchange,
  { pageLimits }: ReadContext,
  find: (query: Query<RecordOf[T]>, positions: Positions) => ListPage,
): Answer {
  const parameters = parseQuery(request.query)
  if (isProblem(parameters)) return parameters
  const page = readPage(parameters, pageLimits)
  if (isProblem(page)) return page
  const query = readQuery(parameters, target)
  if (isProblem(query)) return query
  const offset = (page.page - 1) * page.pageSize
  const { total, items } = find(query, { offset, limit: page.pageSize })
  const head = `{"kind":"${target}List","page":${page.page},"size":${items.length},"total":${total},"items":[`
  const body: Buffer[] = [Buffer.from(head)]
  items.forEach((item, index) => {
    if (index > 0) body.push(COMMA)
    body.push(item.json)
  })
  body.push(LIST_END)
  return document(body)
}

function document(body: Buffer | readonly Buffer[]): Answer {
  return { kind: 'document', status: 200, body }
}
