// The handlers that read: single resources and lists, all from the visible state.

import type { Query } from '../search/query.ts'
import type { Found } from '../search/resource-search.ts'
import type { Positions } from '../search/run/page.ts'
import { select } from '../search/run/run.ts'
import { rowsScanned } from '../search/run/step.ts'
import type { RecordOf, SearchTarget } from '../search/search.ts'
import type { ResourceEntry, StatusEntry } from '../state/entry.ts'
import type { FleetState } from '../state/fleet-state.ts'
import type { ResourceKind } from '../state/records.ts'
import type { Answer, Exchange, OperationHandler } from './call.ts'
import { explain, type SearchContext } from './explain.ts'
import { type PageLimits, readPage, readQuery } from './list-parameters.ts'
import { clusterNotFound, nodepoolNotFound } from './not-found.ts'
import { isProblem, type ProblemAnswer } from './problems.ts'
import { parseQuery } from './query-string.ts'
import type { SpanAttributes } from './tracing/span.ts'
import type { HttpRequest } from './transport/transport.ts'
import { whenFound } from './when-found.ts'

export interface ReadContext extends SearchContext {
  readonly state: FleetState
}

const COMMA = Buffer.from(',')
const LIST_END = Buffer.from(']}')

/** The handlers of all reading operations on resources and statuses. */
export function createReads(context: ReadContext) {
  const { state } = context
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
    getClusters: exchange => listResources('Cluster', undefined, exchange, context),
    getNodePools: exchange => listResources('NodePool', undefined, exchange, context),
    getNodePoolsByClusterId: exchange => {
      const [id = ''] = exchange.parameters
      if (state.resource('Cluster', id) === undefined) return clusterNotFound(id)
      return listResources('NodePool', id, exchange, context)
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

/** The resources of a kind; with an owner, those of one cluster. */
function listResources(
  kind: ResourceKind,
  ownerId: string | undefined,
  { request, span }: Exchange,
  { searches, pageLimits }: ReadContext,
): Answer | Promise<Answer> {
  const asked = readList(kind, request, pageLimits)
  if (isProblem(asked)) return asked
  const isWanted = () => !request.aborted
  const part = span?.part('plan')
  return whenFound(
    () => searches[kind].find({ ...asked, ownerId, isWanted }),
    found => {
      part?.end(planAttributes(found))
      return listDocument(kind, asked.page, found.total, found.entries)
    },
  )
}

/** What a trace tells of a search: how it was answered, and nothing of what was asked. */
function planAttributes({ total, plan, steps }: Found): SpanAttributes {
  return {
    'hyperfleet.search.total': total,
    'hyperfleet.search.rows_scanned': steps.reduce((sum, step) => sum + rowsScanned(step), 0),
    'hyperfleet.search.operations': steps.map(({ operation }) => operation).join(' '),
    ...(plan === undefined ? {} : { 'hyperfleet.search.plan_cache': plan }),
  }
}

/** The few statuses of one resource are searched row by row (contract 7.6). */
function listStatuses(
  { statuses }: ResourceEntry,
  { request }: Exchange,
  { pageLimits }: ReadContext,
): Answer {
  const asked = readList('AdapterStatus', request, pageLimits)
  if (isProblem(asked)) return asked
  const found = select(asked.query, {
    rows: statuses,
    record: (row: StatusEntry) => row.status,
  })
  const { offset, limit } = asked.positions
  return listDocument('AdapterStatus', asked.page, found.length, found.slice(offset, offset + limit))
}

function findNodepool(state: FleetState, clusterId: string, id: string): ResourceEntry | ProblemAnswer {
  if (state.resource('Cluster', clusterId) === undefined) return clusterNotFound(clusterId)
  const entry = state.resource('NodePool', id)
  return entry?.ownerId === clusterId ? entry : nodepoolNotFound(id)
}

/** What a list is asked for. */
interface AskedList<R> {
  readonly query: Query<R>
  readonly page: number
  readonly positions: Positions
}

function readList<T extends SearchTarget>(
  target: T,
  request: HttpRequest,
  limits: PageLimits,
): AskedList<RecordOf[T]> | ProblemAnswer {
  const parameters = parseQuery(request.query)
  if (isProblem(parameters)) return parameters
  const asked = readPage(parameters, limits)
  if (isProblem(asked)) return asked
  const query = readQuery(parameters, target)
  if (isProblem(query)) return query
  const { page, pageSize } = asked
  return { query, page, positions: { offset: (page - 1) * pageSize, limit: pageSize } }
}

/** One page of a list: the rows' stored bytes between a head and a tail (contract 7.1-7.3). */
function listDocument(
  target: SearchTarget,
  page: number,
  total: number,
  items: readonly { readonly json: Buffer }[],
): Answer {
  const head = `{"kind":"${target}List","page":${page},"size":${items.length},"total":${total},"items":[`
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
