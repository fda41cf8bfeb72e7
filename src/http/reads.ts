// Read handlers: single resources and lists, all from the visible state.
import {
  type PageRequest,
  type ResourceSearch,
  rowsScanned,
  type Searches,
  type SearchPage,
  TurnsBusyError,
  UnwantedError,
} from '../search/search.ts'
import type { ResourceEntry, StatusEntry, StoredDocument } from '../state/entry.ts'
import type { FleetState } from '../state/fleet-state.ts'
import type { ResourceKind } from '../state/records.ts'
import type { Call, OperationHandler, Reply } from './call.ts'
import { type EntityTags, isKnownTo } from './entity-tags.ts'
import { planDocument } from './explain.ts'
import { type PageLimits, readExplainRequest, readListRequest } from './list-request.ts'
import { clusterNotFound, isProblem, nodepoolNotFound, type ProblemReply, unavailable } from './problems.ts'
import type { SpanAttributes } from './tracing/tracer.ts'
import type { Body, WritableBody } from './transport/transport.ts'

export interface ReadContext {
  readonly state: FleetState
  readonly searches: Searches
  readonly pageLimits: PageLimits
  readonly tags: EntityTags
}

/** The answer to a read, before its body is made. It is good for this turn of the event loop. */
interface Found {
  readonly kind: 'found'
  /** Its entity tag (contract 12.10). */
  readonly tag: string
  /** The number of the state that it shows (contract 12.3). */
  readonly sequence: number
  body(): Body
}

/** Reply to a client that disconnected during its search. */
const NO_READER: Reply = { kind: 'no-content' }

/** Handlers of all read operations on resources and statuses. */
export function createReads(context: ReadContext) {
  const { state } = context
  const cluster = ({ parameters: [id = ''] }: Call) =>
    state.resource('Cluster', id) ?? clusterNotFound(id, state.sequence)
  const nodepool = ({ parameters: [clusterId = '', id = ''] }: Call) => findNodepool(state, clusterId, id)
  const flatNodepool = ({ parameters: [id = ''] }: Call) =>
    state.resource('NodePool', id) ?? nodepoolNotFound(id, state.sequence)
  const read = (find: (call: Call) => ResourceEntry | ProblemReply) => (call: Call) => {
    const entry = find(call)
    return isProblem(entry) ? entry : replyTo(call, resourceFound(entry, context))
  }
  const statuses = (find: (call: Call) => ResourceEntry | ProblemReply) => (call: Call) => {
    const entry = find(call)
    return isProblem(entry) ? entry : replyTo(call, findStatuses(entry, call, context))
  }
  return {
    getClusterById: read(cluster),
    getNodePoolById: read(flatNodepool),
    getClusterNodePoolById: read(nodepool),
    getClusters: call => listResources('Cluster', undefined, call, context),
    getNodePools: call => listResources('NodePool', undefined, call, context),
    getNodePoolsByClusterId: call => {
      const owner = cluster(call)
      return isProblem(owner) ? owner : listResources('NodePool', owner.id, call, context)
    },
    getClusterStatuses: statuses(cluster),
    getNodePoolStatuses: statuses(nodepool),
    getFlatNodePoolStatuses: statuses(flatNodepool),
    explainClusters: call => explain('Cluster', call, context),
    explainNodePools: call => explain('NodePool', call, context),
  } as const satisfies Record<string, OperationHandler>
}

/** The reply to a read: nothing new, if the client has the answer (contract 12.10). */
function replyTo({ request }: Call, found: Found | Reply): Reply {
  if (found.kind !== 'found') return found
  const { tag, sequence } = found
  return isKnownTo(request, tag)
    ? { kind: 'not-modified', tag, sequence }
    : { kind: 'document', status: 200, body: found.body(), tag, sequence }
}

function resourceFound(entry: ResourceEntry, { state, tags }: ReadContext): Found {
  return {
    kind: 'found',
    tag: tags.ofResource(entry),
    sequence: state.sequence,
    body: () => new ResourceDocument(entry),
  }
}

/** Resources of a kind; with an owner, only the nodepools of one cluster. */
function listResources(
  kind: ResourceKind,
  ownerId: string | undefined,
  call: Call,
  context: ReadContext,
): Reply | Promise<Reply> {
  const { request, span } = call
  const search = context.searches[kind]
  const asked = readListRequest(search, request.query, context.pageLimits)
  if (asked.kind === 'problem') return asked
  const { query, page, positions } = asked
  const part = span?.part('plan')
  const found = find(search, { query, positions, ownerId, reader: request })
  if ('kind' in found) return found
  if (found instanceof Promise)
    return found.then(late => {
      part?.end(planAttributes(late))
      return replyTo(call, pageFound(kind, page, late, context))
    }, unwanted)
  part?.end(planAttributes(found))
  return replyTo(call, pageFound(kind, page, found, context))
}

function pageFound(
  kind: ResourceKind,
  page: number,
  { total, entries, sequence }: SearchPage,
  { tags }: ReadContext,
): Found {
  return {
    kind: 'found',
    tag: tags.ofPage(page, total, entries),
    sequence,
    body: () => new ListDocument(kind, page, total, entries),
  }
}

/** Trace attributes of a search: how it was answered, not its text. */
function planAttributes({ total, plan, steps }: SearchPage): SpanAttributes {
  return {
    'hyperfleet.search.total': total,
    'hyperfleet.search.rows_scanned': steps.reduce((sum, step) => sum + rowsScanned(step), 0),
    'hyperfleet.search.operations': steps.map(({ operation }) => operation).join(' '),
    ...(plan === undefined ? {} : { 'hyperfleet.search.plan_cache': plan }),
  }
}

/** A resource has few statuses, so searches over them scan row by row (contract 7.6). */
function findStatuses(
  { statuses }: ResourceEntry,
  { request }: Call,
  { state, searches, pageLimits, tags }: ReadContext,
): Found | ProblemReply {
  const asked = readListRequest(searches.AdapterStatus, request.query, pageLimits)
  if (asked.kind === 'problem') return asked
  const matching = searches.AdapterStatus.find<StatusEntry>(asked.query, statuses)
  const total = matching.length
  const { page, positions } = asked
  const items = matching.slice(positions.offset, positions.offset + positions.limit)
  return {
    kind: 'found',
    tag: tags.ofStatuses(page, total, items),
    sequence: state.sequence,
    body: () => new ListDocument('AdapterStatus', page, total, items),
  }
}

function findNodepool(state: FleetState, clusterId: string, id: string): ResourceEntry | ProblemReply {
  if (state.resource('Cluster', clusterId) === undefined) return clusterNotFound(clusterId, state.sequence)
  const entry = state.resource('NodePool', id)
  return entry?.ownerId === clusterId ? entry : nodepoolNotFound(id, state.sequence)
}

/** One resource, copied straight into the answer. */
class ResourceDocument implements WritableBody {
  readonly length: number
  readonly #entry: ResourceEntry

  constructor(entry: ResourceEntry) {
    this.#entry = entry
    this.length = entry.jsonLength
  }

  writeTo(target: Buffer, at: number): number {
    return this.#entry.copyJson(target, at)
  }

  pieces(): readonly Buffer[] {
    return this.#entry.jsonPieces()
  }
}

const COMMA = Buffer.from(',')
const LIST_END = Buffer.from(']}')

/**
 * One page of a list: the rows' stored bytes between a head and a tail (contract 7.1-7.3). They are copied straight into the
 * answer. (A buffer for each item took 5 of 45 microseconds for a page of 20.)
 */
class ListDocument implements WritableBody {
  readonly length: number
  readonly #head: string
  readonly #items: readonly StoredDocument[]

  constructor(kind: string, page: number, total: number, items: readonly StoredDocument[]) {
    this.#head = `{"kind":"${kind}List","page":${page},"size":${items.length},"total":${total},"items":[`
    this.#items = items
    let length = this.#head.length + LIST_END.length + Math.max(0, items.length - 1) * COMMA.length
    for (let i = 0; i < items.length; i++) length += items[i]?.jsonLength ?? 0
    this.length = length
  }

  writeTo(target: Buffer, at: number): number {
    let end = at + target.write(this.#head, at, 'latin1')
    for (let i = 0; i < this.#items.length; i++) {
      if (i > 0) target[end++] = COMMA[0] ?? 0
      end = this.#items[i]?.copyJson(target, end) ?? end
    }
    for (let i = 0; i < LIST_END.length; i++) target[end++] = LIST_END[i] ?? 0
    return end
  }

  pieces(): readonly Buffer[] {
    const pieces: Buffer[] = [Buffer.from(this.#head)]
    for (const [i, item] of this.#items.entries()) {
      if (i > 0) pieces.push(COMMA)
      pieces.push(...item.jsonPieces())
    }
    pieces.push(LIST_END)
    return pieces
  }
}

/** Runs the search of a list's first page and returns its plan in place of the items (contract, section 2). */
function explain(target: ResourceKind, { request }: Call, context: ReadContext): Reply | Promise<Reply> {
  const asked = readExplainRequest(context.searches[target], request.query)
  if (asked.kind === 'problem') return asked
  const { query, search } = asked
  const positions = { offset: 0, limit: context.pageLimits.pageSizeDefault }
  const found = find(context.searches[target], { query, positions, ownerId: undefined, reader: request })
  if ('kind' in found) return found
  return found instanceof Promise
    ? found.then(late => planDocument(search, query, late), unwanted)
    : planDocument(search, query, found)
}

/**
 * Finds a page. Synchronous if the search took one turn of the event loop, so a quick read costs no promise. The reply is a
 * 503 if too many long searches are waiting.
 */
function find(search: ResourceSearch, request: PageRequest): SearchPage | Promise<SearchPage> | ProblemReply {
  try {
    return search.find(request)
  } catch (error) {
    if (error instanceof TurnsBusyError) return searchesBusy()
    throw error
  }
}

/** The 503 for a long search that found too many others waiting. */
export function searchesBusy(): ProblemReply {
  return unavailable(
    'searches-busy',
    'Too many long searches are waiting; retry later. /explain shows why a search is slow',
  )
}

/** A search stops early if its client disconnects. Any other error is a defect. */
export function unwanted(error: unknown): Reply {
  if (error instanceof UnwantedError) return NO_READER
  throw error
}
