// The handlers that read: single resources, lists and query plans, all from the visible state.

import { select } from '../search/run.ts'
import type { RecordOf, SearchTarget } from '../search/search.ts'
import type { ResourceKind } from '../store/records.ts'
import type { FleetState, ResourceEntry, StatusEntry } from '../store/state.ts'
import type { Answer, Exchange, OperationHandler } from './exchange.ts'
import { type PageLimits, readPage, readQuery } from './list-parameters.ts'
import { clusterNotFound, nodepoolNotFound } from './not-found.ts'
import { isProblem, type ProblemAnswer } from './problems.ts'
import { parseQuery } from './query.ts'

export interface ReadContext {
  readonly state: FleetState
  readonly pageLimits: PageLimits
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
}

interface Listing<Row, T extends SearchTarget> {
  readonly listKind: string
  readonly target: T
  readonly rows: readonly Row[]
  readonly record: (row: Row) => RecordOf[T]
}

const COMMA = Buffer.from(',')
const LIST_END = Buffer.from(']}')

/** The handlers of all reading operations on resources and statuses. */
export function createReads(context: ReadContext) {
  const { state } = context
  const list =
    <Row extends { readonly json: Buffer }, T extends SearchTarget>(
      source: (exchange: Exchange) => Listing<Row, T> | ProblemAnswer,
    ): OperationHandler =>
    exchange => {
      const listing = source(exchange)
      return isProblem(listing) ? listing : answerList(listing, exchange, context)
    }
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
    getClusters: list(() => resources('Cluster', state.resources('Cluster'))),
    getNodePools: list(() => resources('NodePool', state.resources('NodePool'))),
    getNodePoolsByClusterId: list(({ parameters: [id = ''] }) =>
      state.resource('Cluster', id) === undefined
        ? clusterNotFound(id)
        : resources('NodePool', state.nodepoolsOf(id)),
    ),
    getClusterStatuses: list(({ parameters: [id = ''] }) => {
      const entry = state.resource('Cluster', id)
      return entry === undefined ? clusterNotFound(id) : statuses(entry)
    }),
    getNodePoolStatuses: list(({ parameters: [clusterId = '', id = ''] }) => {
      const entry = findNodepool(state, clusterId, id)
      return isProblem(entry) ? entry : statuses(entry)
    }),
    explainClusters: exchange => explain('Cluster', exchange, context),
    explainNodePools: exchange => explain('NodePool', exchange, context),
  } as const satisfies Record<string, OperationHandler>
}

function resources(
  target: ResourceKind,
  rows: readonly ResourceEntry[],
): Listing<ResourceEntry, ResourceKind> {
  return { listKind: `${target}List`, target, rows, record: entry => entry.resource }
}

function statuses(entry: ResourceEntry): Listing<StatusEntry, 'AdapterStatus'> {
  const rows = [...entry.statuses.values()]
  return { listKind: 'AdapterStatusList', target: 'AdapterStatus', rows, record: row => row.status }
}

function findNodepool(state: FleetState, clusterId: string, id: string): ResourceEntry | ProblemAnswer {
  if (state.resource('Cluster', clusterId) === undefined) return clusterNotFound(clusterId)
  const entry = state.resource('NodePool', id)
  return entry?.resource.ownerId === clusterId ? entry : nodepoolNotFound(id)
}

/** One page of a list: the rows' stored bytes between a head and a tail (contract 7.1-7.3). */
function answerList<Row extends { readonly json: Buffer }, T extends SearchTarget>(
  listing: Listing<Row, T>,
  { request }: Exchange,
  context: ReadContext,
): Answer {
  const parameters = parseQuery(request.query)
  if (isProblem(parameters)) return parameters
  const page = readPage(parameters, context.pageLimits)
  if (isProblem(page)) return page
  const query = readQuery(parameters, listing.target)
  if (isProblem(query)) return query
  const found = select(query, rowSource(listing), context.nowMs).rows
  const first = (page.page - 1) * page.pageSize
  const items = found.slice(first, first + page.pageSize)
  const head = `{"kind":"${listing.listKind}","page":${page.page},"size":${items.length},"total":${found.length},"items":[`
  const body: Buffer[] = [Buffer.from(head)]
  items.forEach((item, index) => {
    if (index > 0) body.push(COMMA)
    body.push(item.json)
  })
  body.push(LIST_END)
  return { kind: 'document', status: 200, body }
}

/** How a list would be answered (contract, section 2). */
function explain(target: ResourceKind, { request }: Exchange, context: ReadContext): Answer {
  const parameters = parseQuery(request.query)
  if (isProblem(parameters)) return parameters
  const query = readQuery(parameters, target)
  if (isProblem(query)) return query
  const listing = resources(target, context.state.resources(target))
  const { rows, steps } = select(query, rowSource(listing), context.nowMs)
  const plan = {
    kind: 'QueryPlan',
    search: parameters.get('search')?.trim() ?? '',
    order: query.order.map(({ field, direction }) => ({ field, direction })),
    steps: steps.map(({ operation, rowsIn, rowsOut, durationUs }) => ({
      operation,
      rows_in: rowsIn,
      rows_out: rowsOut,
      duration_us: durationUs,
    })),
    total: rows.length,
  }
  return document(Buffer.from(JSON.stringify(plan)))
}

function rowSource<Row, T extends SearchTarget>({ rows, record, target }: Listing<Row, T>) {
  return { rows, record, inCreationOrder: target !== 'AdapterStatus' }
}

function document(body: Buffer): Answer {
  return { kind: 'document', status: 200, body }
}
