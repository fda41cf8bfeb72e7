// The handlers that read: single resources and lists, all from the visible state.

import type { QueryPlan, QueryStep } from '../api/service.ts'
import type { Query } from '../search/query.ts'
import type { Found, ResourceSearch } from '../search/resource-search.ts'
import type { Positions } from '../search/run/page.ts'
import { select } from '../search/run/run.ts'
import { type PlanStep, rowsScanned } from '../search/run/step.ts'
import { TurnsBusyError, UnwantedError } from '../search/run/turns.ts'
import type { RecordOf, SearchTarget } from '../search/search.ts'
import type { ResourceEntry, StatusEntry } from '../state/entry.ts'
import type { FleetState } from '../state/fleet-state.ts'
import type { Resource, ResourceKind } from '../state/records.ts'
import type { Answer, Exchange, OperationHandler } from './call.ts'
import { type PageLimits, parseQuery, readPage, readQuery } from './list-request.ts'
import { clusterNotFound, isProblem, nodepoolNotFound, type ProblemAnswer, problem } from './problems.ts'
import type { SpanAttributes } from './tracing/tracer.ts'
import type { HttpRequest } from './transport/transport.ts'

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

// Query plans: how the first page of a list is answered, step by step (contract, section 2).

/** What answers a search. */
export interface SearchContext {
  readonly searches: Readonly<Record<ResourceKind, ResourceSearch>>
  readonly pageLimits: PageLimits
}

/** Answers the list as it would be answered, and hands back the plan instead of the items. */
export function explain(
  target: ResourceKind,
  { request }: Exchange,
  context: SearchContext,
): Answer | Promise<Answer> {
  const parameters = parseQuery(request.query)
  if (isProblem(parameters)) return parameters
  const query = readQuery(parameters, target)
  if (isProblem(query)) return query
  const positions = { offset: 0, limit: context.pageLimits.pageSizeDefault }
  const search = parameters.get('search')?.trim() ?? ''
  return whenFound(
    () =>
      context.searches[target].find({
        query,
        positions,
        ownerId: undefined,
        isWanted: () => !request.aborted,
      }),
    found => planDocument(search, query, found),
  )
}

function planDocument(search: string, { order }: Query<Resource>, { total, plan, steps }: Found): Answer {
  const answer: QueryPlan = {
    kind: 'QueryPlan',
    search,
    order: order.map(({ field, direction }) => ({ field, direction })),
    total,
    rows_scanned: steps.reduce((sum, step) => sum + rowsScanned(step), 0),
    duration_us: steps.reduce((sum, step) => sum + step.durationUs, 0),
    ...(plan === undefined ? {} : { plan_cache: plan }),
    steps: steps.map(stepDocument),
  }
  return { kind: 'document', status: 200, body: Buffer.from(JSON.stringify(answer)) }
}

/** Recurses as deep as the plan, which is no deeper than the query. */
function stepDocument(step: PlanStep): QueryStep {
  return {
    operation: step.operation,
    ...(step.index === undefined ? {} : { index: step.index }),
    ...(step.negated ? { negated: true } : {}),
    estimated_rows: step.estimatedRows,
    rows_in: step.rowsIn,
    rows_out: step.rowsOut,
    rows_scanned: step.rowsScanned,
    duration_us: step.durationUs,
    ...(step.steps.length === 0 ? {} : { steps: step.steps.map(stepDocument) }),
  }
}

// The answer to a search: at once when it was found at once, so that a quick read costs no promise, and later when it
// took many turns of the event loop.

/** A long search takes tenths of a second, and those that wait are many. */
const RETRY_AFTER_SECONDS = '2'

/** Nobody gets it: the client left during its search. */
const TO_NOBODY: Answer = { kind: 'no-content' }

/** Makes the answer of what was found; 503 when too many long searches are waiting. */
export function whenFound(
  find: () => Found | Promise<Found>,
  answer: (found: Found) => Answer,
): Answer | Promise<Answer> {
  try {
    const found = find()
    return found instanceof Promise ? found.then(answer, unwanted) : answer(found)
  } catch (error) {
    if (!(error instanceof TurnsBusyError)) throw error
    return problem(
      'HYPERFLEET-SVC-001',
      'Too many searches that no index can answer are waiting. Ask again later, or look at /explain to see what is slow',
      { headers: [['Retry-After', RETRY_AFTER_SECONDS]], refusal: 'searches-busy' },
    )
  }
}

/** A search ends early for a client that has gone; any other error is a defect. */
function unwanted(error: unknown): Answer {
  if (error instanceof UnwantedError) return TO_NOBODY
  throw error
}
