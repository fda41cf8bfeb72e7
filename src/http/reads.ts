// Read handlers: single resources and lists, all from the visible state.
import {
  nowOf,
  type PageRequest,
  type Query,
  queryAt,
  type ResourceSearch,
  rowsScanned,
  type Searches,
  type SearchPage,
  TurnsBusyError,
  UnwantedError,
} from '../search/search.ts'
import type { ResourceEntry, StatusEntry, StoredDocument } from '../state/entry.ts'
import type { FleetState } from '../state/fleet-state.ts'
import type { Projection } from '../state/projection.ts'
import type { AdapterStatus, Resource, ResourceKind } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import type { ClientAddress } from './admission/client-address.ts'
import { clientName, clientNetwork } from './admission/client-network.ts'
import type { Call, OperationHandler, Reply } from './call.ts'
import { type EntityTags, isKnownTo, namedTags } from './entity-tags.ts'
import { planDocument } from './explain.ts'
import { readFields, readFieldsOf } from './fields.ts'
import type { HeldReads } from './held-reads.ts'
import {
  type ListRequest,
  type PageLimits,
  readExplainRequest,
  readListRequest,
  readWait,
  readWatchableRequest,
} from './list-request.ts'
import { clusterNotFound, isProblem, nodepoolNotFound, type ProblemReply, unavailable } from './problems.ts'
import { ProjectedRows, projectedRows } from './projected-rows.ts'
import type { RequestSpan, SpanAttributes } from './tracing/tracer.ts'
import { BufferedBody } from './transport/pieces.ts'
import type { Body, WritableBody } from './transport/transport.ts'
import type { Found, Looked, Question, Reader, WaitingReads } from './waiting-reads.ts'
import { type WatchParts, watchReply } from './watch.ts'

export interface ReadContext {
  readonly state: FleetState
  readonly searches: Searches
  readonly held: HeldReads
  readonly pageLimits: PageLimits
  readonly tags: EntityTags
  readonly waiting: WaitingReads
  readonly watching: WatchParts
  readonly clientAddress: ClientAddress
  /** The server's clock (contract 3.4), for the relative times of waiting reads. */
  readonly clock: () => Instant
}

/** Reply to a client that disconnected during its search. */
const NO_READER: Reply = { kind: 'no-content' }

/** Handlers of all read operations on resources and statuses. */
export function createReads(context: ReadContext) {
  const { state, held } = context
  const cluster = ({ parameters: [id = ''] }: Call) =>
    state.resource('Cluster', id) ?? clusterNotFound(id, state.sequence)
  const nodepool = ({ parameters: [clusterId = '', id = ''] }: Call) => findNodepool(state, clusterId, id)
  const flatNodepool = ({ parameters: [id = ''] }: Call) =>
    state.resource('NodePool', id) ?? nodepoolNotFound(id, state.sequence)
  const read = (find: Find) => (call: Call) => readResource(find, call, context)
  const statuses = (find: Find) => (call: Call) => listStatuses(find, call, context)
  const noOwner = () => undefined
  return {
    getClusterById: read(cluster),
    getNodePoolById: held.ofNodepool(read(flatNodepool)),
    getClusterNodePoolById: held.ofNodepoolsOfCluster(read(nodepool)),
    getClusters: call => listResources('Cluster', noOwner, call, context),
    getNodePools: held.ofNodepools(call => listResources('NodePool', noOwner, call, context)),
    getNodePoolsByClusterId: held.ofNodepoolsOfCluster(call =>
      listResources('NodePool', cluster, call, context),
    ),
    getClusterStatuses: statuses(cluster),
    getNodePoolStatuses: held.ofNodepoolsOfCluster(statuses(nodepool)),
    getFlatNodePoolStatuses: held.ofNodepool(statuses(flatNodepool)),
    explainClusters: call => explain('Cluster', call, context),
    explainNodePools: held.ofNodepools(call => explain('NodePool', call, context)),
  } as const satisfies Record<string, OperationHandler>
}

/** Finds the resource that a path names. */
type Find = (call: Call) => ResourceEntry | ProblemReply

/** The reply to a read: nothing new, if the client has the answer (contract 12.10). Then it may wait for another one (contract 12.11). */
function replyTo(
  call: Call,
  found: Looked,
  waitMs: number | undefined,
  questionOf: () => Question,
  { waiting, clientAddress }: ReadContext,
): Reply | Promise<Reply> {
  if (found.kind !== 'found') return found
  const { request, subject } = call
  const { tag, sequence } = found
  if (!isKnownTo(request, tag)) return { kind: 'document', status: 200, body: found.body(), tag, sequence }
  const known = waitMs === undefined ? undefined : namedTags(request, 'if-none-match')
  if (waitMs === undefined || known?.kind !== 'tags') return { kind: 'not-modified', tag, sequence }
  const client = clientName(subject, clientNetwork(clientAddress(request)))
  return waiting.wait({ request, client, question: questionOf(), known, found, waitMs })
}

function readResource(find: Find, call: Call, context: ReadContext): Reply | Promise<Reply> {
  const { query } = call.request
  const projection = readFieldsOf(query)
  if (projection !== undefined && isProblem(projection)) return projection
  const entry = find(call)
  if (isProblem(entry)) return entry
  const waitMs = query === '' ? undefined : readWait(query)
  if (typeof waitMs === 'object') return waitMs
  const question = () => ({
    key: questionKey(call),
    search: undefined,
    look: () => {
      const present = find(call)
      return isProblem(present) ? present : resourceFound(present, projection, context)
    },
  })
  return replyTo(call, resourceFound(entry, projection, context), waitMs, question, context)
}

function resourceFound(
  entry: ResourceEntry,
  projection: Projection | undefined,
  { state, tags }: ReadContext,
): Found {
  return {
    kind: 'found',
    tag: tags.ofResource(entry, projection?.hasStatus),
    sequence: state.sequence,
    body: () => (projection === undefined ? new ResourceDocument(entry) : projected(entry, projection)),
  }
}

function projected(entry: ResourceEntry, projection: Projection): Body {
  return new BufferedBody(projectedRows([entry], projection).buffers())
}

/** The request without its wait: equal ones have the same answer. */
function questionKey({ request: { path, query } }: Call): string {
  return `${path}?${query.replaceAll(/(?<=^|&)wait=[^&]*&?/g, '')}`
}

/** Resources of a kind; with an owner, only the nodepools of one cluster. */
function listResources(
  kind: ResourceKind,
  ownerOf: (call: Call) => ReturnType<Find> | undefined,
  call: Call,
  context: ReadContext,
): Reply | Promise<Reply> {
  const search = context.searches[kind]
  const owner = ownerOf(call)
  if (owner !== undefined && isProblem(owner)) return owner
  const asked = readWatchableRequest(search, call.request.query, context.pageLimits)
  if (asked.kind === 'problem') return asked
  const ownerId = owner?.id
  const projection = asked.fields.length === 0 ? undefined : readFields(asked.fields)
  if (projection !== undefined && isProblem(projection)) return projection
  if (asked.kind === 'watch') {
    const { sequence } = context.state
    return watchReply({ call, kind, ownerId, asked, projection, sequence }, context.watching)
  }
  const { page, positions, waitMs } = asked
  const look = (query: Query<Resource>, reader: Reader, span?: RequestSpan) => {
    const part = span?.part('plan')
    const isShort = positions.limit <= ROWS_AT_ONCE && projection?.hasSpec === false
    const rows = projection === undefined || isShort ? undefined : new ProjectedRows(projection)
    const found = find(search, { query, positions, ownerId, reader, writer: rows })
    if ('kind' in found) return found
    const ended = (whole: SearchPage) => {
      part?.end(planAttributes(whole))
      if (rows?.isTooLong) return answerTooLong()
      return pageFound(kind, page, whole, { projection, rows }, context)
    }
    return found instanceof Promise ? found.then(ended, unwanted) : ended(found)
  }
  const question = () => ({
    key: questionKey(call),
    search: { key: questionKey(call), isRelative: nowOf(asked.query) !== undefined },
    look: (reader: Reader) => {
      const present = ownerOf(call)
      if (present !== undefined && isProblem(present)) return present
      return look(queryAt(asked.query, context.clock()), reader)
    },
  })
  const reply = (found: Looked) => replyTo(call, found, waitMs, question, context)
  const found = look(asked.query, call.request, call.span)
  return found instanceof Promise ? found.then(reply) : reply(found)
}

/** Most rows whose fields are written in the turn of the answer. */
const ROWS_AT_ONCE = 32

/** The fields of a page. */
interface PageFields {
  /** Undefined for whole rows. */
  readonly projection: Projection | undefined
  /** The rows with these fields, if they are written already. */
  readonly rows: ProjectedRows | undefined
}

function answerTooLong(): ProblemReply {
  return unavailable(
    'answers-busy',
    'The page has more bytes than can be in flight; ask for fewer rows or fields',
  )
}

function pageFound(
  kind: ResourceKind,
  page: number,
  { total, entries, sequence }: SearchPage,
  { projection, rows }: PageFields,
  { tags }: ReadContext,
): Found {
  return {
    kind: 'found',
    tag: tags.ofPage(page, total, entries, projection?.hasStatus),
    sequence,
    body: () => {
      if (projection === undefined) return new ListDocument(kind, page, total, entries)
      const buffers = (rows ?? projectedRows(entries, projection)).buffers()
      return new BufferedBody([listHead(kind, page, entries.length, total), ...buffers, LIST_END])
    },
  }
}

function listHead(kind: string, page: number, size: number, total: number): Buffer {
  return Buffer.from(listHeadText(kind, page, size, total))
}

function listHeadText(kind: string, page: number, size: number, total: number): string {
  return `{"kind":"${kind}List","page":${page},"size":${size},"total":${total},"items":[`
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
function listStatuses(find: Find, call: Call, context: ReadContext): Reply | Promise<Reply> {
  const { searches, pageLimits, clock } = context
  const entry = find(call)
  if (isProblem(entry)) return entry
  const asked = readListRequest(searches.AdapterStatus, call.request.query, pageLimits)
  if (asked.kind === 'problem') return asked
  const { filter } = asked.query
  const question = () => ({
    key: questionKey(call),
    search: filter && { key: questionKey(call), isRelative: filter.relative !== undefined },
    look: () => {
      const present = find(call)
      return isProblem(present)
        ? present
        : statusesFound(present, asked, queryAt(asked.query, clock()), context)
    },
  })
  return replyTo(call, statusesFound(entry, asked, asked.query, context), asked.waitMs, question, context)
}

function statusesFound(
  { statuses }: ResourceEntry,
  { page, positions }: ListRequest<AdapterStatus>,
  query: Query<AdapterStatus>,
  { state, searches, tags }: ReadContext,
): Found {
  const matching = searches.AdapterStatus.find<StatusEntry>(query, statuses)
  const total = matching.length
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
    this.#head = listHeadText(kind, page, items.length, total)
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
