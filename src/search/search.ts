// The search of lists: it prepares the parameters of a list, and finds a page. A page shows one moment, so `total` and the items
// agree (contract 7.1), even if the search takes many turns of the event loop: it reads the indexes in the first turn, and the
// records through a view of that moment.
import type { FleetIndex, IndexPlace } from '../index/fleet-index.ts'
import { listSlots } from '../index/posting-list.ts'
import type { EntriesView, ResourceIndex } from '../index/resource-index.ts'
import type { ResourceEntry, ResourceVersion } from '../state/entry.ts'
import type { AdapterStatus, Resource, ResourceKind } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import type { Leaf } from './check/checked.ts'
import { CATALOGUES, type Catalogue, fieldName, specIndexHint, withSpecIndexes } from './check/fields.ts'
import type { CountPace, Facet } from './facets/countings.ts'
import { Facets } from './facets/facets.ts'
import { type FacetField, type FacetFieldsResult, readFacetFields } from './facets/fields.ts'
import { Matches } from './facets/matches.ts'
import { estimate } from './plan/estimate.ts'
import type { PlanNode } from './plan/plan.ts'
import { type Filter, type PlanCacheStatistics, PreparedQueries } from './plan/prepared.ts'
import { leavesOf, recordTest } from './plan/record-test.ts'
import { type Candidates, list, NONE, Workspace } from './run/candidates.ts'
import { askRecords, Execution, type Narrowing } from './run/execute.ts'
import { compareRecords, type OrderKey, readOrder } from './run/order.ts'
import { Pace } from './run/pace.ts'
import { type OrderedPage, OrderedPages, type Positions } from './run/page.ts'
import { type PlanStep, STEP_OPERATIONS, type StepOperation } from './run/step.ts'
import type { Turns, Work } from './run/turns.ts'
import type { SearchFault } from './syntax/syntax-error.ts'

export { isSearchableLabelKey } from './check/fields.ts'
export type { Bucket as TimeBucket, Facet } from './facets/countings.ts'
export { UnindexedError } from './facets/facets.ts'
export { type FacetField, MAX_FACETS, unindexedFault } from './facets/fields.ts'
export { type Question, Questions, type SharedMovingLeaf } from './plan/questions.ts'
export type { Positions } from './run/page.ts'
export type { PlanStep } from './run/step.ts'
export { Turns, TurnsBusyError, UnwantedError } from './run/turns.ts'
export type { ParameterFault, SearchFault } from './syntax/syntax-error.ts'

/** The parameters of a list as the client sent them. */
export interface QueryTexts {
  readonly search?: string | undefined
  readonly orderBy?: string | undefined
  readonly order?: string | undefined
}

/** A prepared list request: its filter and its order. */
export interface Query<R> {
  readonly kind: 'query'
  /** Undefined means no filter. */
  readonly filter: Filter<R> | undefined
  readonly order: readonly OrderKey<R>[]
}

/** The time that `now` is in a query. Undefined if it has no relative times (contract 13.1): it asks the same at any time. */
export function nowOf<R>({ filter }: Query<R>): Instant | undefined {
  return filter?.relative?.now
}

/** The same query at another time. A query without relative times is returned unchanged. */
export function queryAt<R>(query: Query<R>, now: Instant): Query<R> {
  const { filter, order } = query
  if (filter?.relative === undefined) return query
  const { root, cached } = filter
  const relative = { now, leavesAt: filter.relative.leavesAt }
  const leaves = relative.leavesAt(now)
  return { kind: 'query', filter: { kind: 'filter', root, leaves, cached, relative }, order }
}

/** The query of the records that pass any of some leaves. */
export function queryOfAny<R>(leaves: readonly Leaf<R>[]): Query<R> {
  const operands = leaves.map((_, number): PlanNode => ({ kind: 'leaf', number, negated: false }))
  const [only] = operands
  const root: PlanNode = operands.length === 1 && only !== undefined ? only : { kind: 'or', operands }
  return {
    kind: 'query',
    filter: { kind: 'filter', root, leaves, cached: 'hit', relative: undefined },
    order: [],
  }
}

export type QueryResult<R> = Query<R> | { readonly kind: 'fault'; readonly fault: SearchFault }

/** The lists of one kind of record. */
export interface ListSearch<R> {
  /**
   * Trims, parses, checks and plans `search` (contract 8.1-8.10), and reads the order (contract 7.4, 7.6). `now` in it is the present
   * time (contract 13.1).
   */
  prepare(texts: QueryTexts): QueryResult<R>
}

/** Prepares the queries of one kind of record. */
export class Queries<R> implements ListSearch<R> {
  readonly #catalogue: Catalogue<R>
  readonly #defaultOrder: readonly OrderKey<R>[]
  readonly #clock: () => Instant
  readonly cache: PreparedQueries<R>

  /** @param clock the server's clock (contract 3.4), for relative times */
  constructor(catalogue: Catalogue<R>, clock: () => Instant) {
    this.#catalogue = catalogue
    this.#clock = clock
    const order = readOrder(undefined, undefined, catalogue)
    this.#defaultOrder = order.kind === 'order' ? order.keys : []
    this.cache = new PreparedQueries(catalogue)
  }

  prepare({ search, orderBy, order }: QueryTexts): QueryResult<R> {
    const text = search?.trim() ?? ''
    const filter = text === '' ? undefined : this.cache.prepare(text, this.#clock)
    if (filter?.kind === 'fault') return filter
    if (orderBy === undefined && order === undefined)
      return { kind: 'query', filter, order: this.#defaultOrder }
    const keys = readOrder(orderBy, order, this.#catalogue)
    return keys.kind === 'fault' ? keys : { kind: 'query', filter, order: keys.keys }
  }
}

export interface ResourceSearchOptions {
  readonly index: IndexPlace
  /** Shared by all searches of the process. */
  readonly turns: Turns
  /** The server's clock (contract 3.4), for relative times. */
  readonly clock: () => Instant
  /** As in `ExecutionOptions`. */
  readonly indexBudgetNs?: number
  /** The amount of work of a count between two yields. */
  readonly countPace?: CountPace
  /** A monotonic clock in milliseconds, for the steps' durations. */
  readonly nowMs: () => number
}

export interface PageRequest {
  readonly query: Query<Resource>
  readonly positions: Positions
  /** Restricts the search to the nodepools of this cluster, whatever the query says (contract 8.11). */
  readonly ownerId: string | undefined
  /** The client that waits for the page. A long search ends early once it has left. */
  readonly reader: { readonly aborted: boolean }
  /** Takes the rows of the page, for work that may last more than one turn of the event loop. */
  readonly writer?: RowWriter | undefined
}

/** Takes the rows of a page one after another, each in a turn of the event loop in which its bytes are good. */
export interface RowWriter {
  /** Begins with the first row. A search that has to wait begins once more. */
  begin(): void
  /** Returns about the number of bytes that were read and written. */
  add(row: ResourceVersion): number
}

export interface SearchPage {
  /** The number of the newest change in the state that it shows (contract 12.3). */
  readonly sequence: number
  /** Number of rows that match. */
  readonly total: number
  /** The rows at the requested positions. */
  readonly entries: readonly ResourceVersion[]
  /** Undefined without a filter. */
  readonly plan: 'hit' | 'miss' | undefined
  readonly steps: readonly PlanStep[]
}

/** A visit of everything that matches. */
export type VisitRequest = Omit<PageRequest, 'positions'>

/** A count of everything that matches, by the values of fields. */
export interface CountRequest extends Omit<PageRequest, 'positions'> {
  readonly fields: readonly FacetField[]
  /** Most values of a field, at least 1. */
  readonly limit: number
  /** The bounds between the buckets of times: milliseconds before the time of the query, rising. */
  readonly agesMs: readonly number[]
}

export interface Counts {
  /** The number of the state that was counted. */
  readonly sequence: number
  /** Number of rows that match. */
  readonly total: number
  /** In the order of the fields. */
  readonly facets: readonly Facet[]
}

const INDEX_BUDGET_NS = 5_000_000
/** Visits between two yields. A visit for a watched search takes some ten microseconds. */
const VISITS_PER_STOP = 16

/** The parts that one search works with. */
interface SearchParts {
  readonly sequence: number
  readonly index: ResourceIndex
  readonly view: EntriesView
  readonly workspace: Workspace
}

/** The search of one kind of resource, over its indexes. */
export class ResourceSearch implements ListSearch<Resource> {
  readonly #options: ResourceSearchOptions
  readonly #queries: Queries<Resource>
  readonly #statistics = new SearchStatistics()

  constructor(options: ResourceSearchOptions) {
    this.#options = options
    const { kind, specs } = options.index.current
    this.#queries = new Queries(withSpecIndexes(CATALOGUES[kind], specs.paths), options.clock)
  }

  get planCache(): PlanCacheStatistics {
    return this.#queries.cache.statistics
  }

  get statistics(): Pick<SearchStatistics, 'steps' | 'rowsScanned'> {
    return this.#statistics
  }

  prepare(texts: QueryTexts): QueryResult<Resource> {
    return this.#queries.prepare(texts)
  }

  /**
   * Returns the page if one slice of work finds it, otherwise a promise, which rejects once no client waits for the page. The
   * entries are read in the turn of the event loop in which the caller gets them.
   * @throws TurnsBusyError if too many long searches are waiting
   */
  find(request: PageRequest): SearchPage | Promise<SearchPage> {
    const begun = this.#begin(request)
    const page = this.#pageAtOnce(begun, request)
    if (page !== undefined) return page
    let first: BegunSearch | undefined = begun
    const begin = () => {
      const search = this.#continue(first ?? this.#begin(request), request)
      first = undefined
      return search
    }
    return this.#run(begin, request)
  }

  /** Reads the fields of a count (contract 15.1, 15.4). */
  readFields(by: string | undefined): FacetFieldsResult {
    return readFacetFields(by, this.#options.index.current)
  }

  /**
   * Counts everything that matches (contract 15), as of the moment at which the search begins. Otherwise as `find`.
   * @throws UnindexedError for a label whose index has gone since its field was read
   */
  count(request: CountRequest): Counts | Promise<Counts> {
    const now = nowOf(request.query) ?? this.#options.clock()
    return this.#run(() => this.#count(this.#begin(request), request, now), request)
  }

  /** Ends the search when it ends itself, also early. */
  *#count(
    begun: BegunSearch,
    { query: { filter }, fields, limit, agesMs }: CountRequest,
    now: Instant,
  ): Work<Counts> {
    const { sequence, index, workspace } = begun.parts
    let facets: Facets | undefined
    try {
      facets = new Facets(fields, { limit, agesMs, now }, index, this.#options.countPace)
      const steps = stepsOf(begun.narrowing)
      const candidates = yield* this.#decide(begun, filter, steps)
      this.#statistics.add(steps)
      const matches = new Matches(candidates, workspace)
      return { sequence, total: matches.total, facets: yield* facets.count(matches) }
    } finally {
      facets?.end()
      end(begun.parts)
    }
  }

  /**
   * Visits the resources that match at one moment of the call, in creation order, but for those that are written or removed before their
   * visit. Returns undefined if one slice of work was enough, otherwise a promise, which rejects once no client waits for it.
   * @throws TurnsBusyError if too many long searches are waiting
   */
  visit(request: VisitRequest, visit: (entry: ResourceEntry) => void): undefined | Promise<undefined> {
    return this.#run(() => this.#visit(this.#begin(request), request, visit), request)
  }

  /** Ends the search when it ends itself, also early. */
  *#visit(
    begun: BegunSearch,
    { query: { filter } }: VisitRequest,
    visit: (entry: ResourceEntry) => void,
  ): Work<undefined> {
    const { workspace, view } = begun.parts
    try {
      const candidates = yield* this.#decide(begun, filter, [])
      let visited = 0
      for (const slots of workspace.chunksOf(candidates))
        for (const slot of slots) {
          const entry = view.unchangedAt(slot)
          if (entry !== undefined) visit(entry)
          if (++visited % VISITS_PER_STOP === 0) yield
        }
      return undefined
    } finally {
      end(begun.parts)
    }
  }

  /** Runs a search. One that had to wait does not begin while a change is being applied to what it is about. */
  #run<T>(
    begin: () => Work<T>,
    { reader, ownerId }: Pick<PageRequest, 'reader' | 'ownerId'>,
  ): T | Promise<T> {
    const { turns, index } = this.#options
    return turns.run(
      begin,
      () => !reader.aborted,
      () => index.current.isWhole(ownerId),
    )
  }

  /** Reads the indexes. The caller ends the search. */
  #begin({ query: { filter }, ownerId }: Pick<PageRequest, 'query' | 'ownerId'>): BegunSearch {
    const index = this.#options.index.current
    const view = index.view()
    const workspace = new Workspace(index.living.kernels, view)
    const parts: SearchParts = { sequence: index.sequence, index, view, workspace }
    try {
      const within = ownedBy(ownerId, parts)
      const narrowing = filter === undefined ? allOf(within) : this.#narrow(parts, filter, within)
      return { parts, narrowing }
    } catch (error) {
      end(parts)
      throw error
    }
  }

  #narrow(
    { index, workspace }: SearchParts,
    { root, leaves }: Filter<Resource>,
    within: Candidates,
  ): Narrowing {
    const { nowMs, indexBudgetNs = INDEX_BUDGET_NS } = this.#options
    const execution = new Execution({ index, workspace, indexBudgetNs, nowMs })
    return execution.narrow(estimate(root, leaves, index), within)
  }

  /**
   * The page of a search that reads no record, in the order of slots; undefined for any other. It needs no generators and no
   * closures, which took a fifth of a short list.
   */
  #pageAtOnce(
    { parts, narrowing }: BegunSearch,
    { query, positions, writer }: PageRequest,
  ): SearchPage | undefined {
    if (narrowing.residual !== undefined || writer !== undefined) return undefined
    const startedMs = this.#options.nowMs()
    const ordered = new OrderedPages(parts).inSlotOrder(narrowing.matched, query.order, positions)
    if (ordered === undefined) return undefined
    const { index } = parts
    const entries = new Array<ResourceVersion>(ordered.slots.length)
    for (let i = 0; i < entries.length; i++) entries[i] = index.entryAt(ordered.slots[i] ?? 0)
    const steps = stepsOf(narrowing)
    const page = this.#pageOf(parts, narrowing.matched.count, entries, query, steps, ordered, startedMs)
    end(parts)
    return page
  }

  /** Ends the search when it ends itself, also early. */
  *#continue(begun: BegunSearch, { query, positions, writer }: PageRequest): Work<SearchPage> {
    const { parts, narrowing } = begun
    const { filter, order } = query
    const steps = stepsOf(narrowing)
    try {
      const candidates = yield* this.#decide(begun, filter, steps)
      const { count } = candidates
      const startedMs = this.#options.nowMs()
      const ordered = yield* new OrderedPages(parts).page(candidates, order, positions)
      if (writer !== undefined) yield* writeRows(writer, ordered.slots, parts.view)
      // The versions of a thousand rows take a third of a millisecond.
      yield
      const entries = ordered.slots.map(slot => parts.view.versionAt(slot))
      return this.#pageOf(parts, count, entries, query, steps, ordered, startedMs)
    } finally {
      end(parts)
    }
  }

  /** The candidates that match, after the records of the undecided ones were tested. */
  *#decide(
    { parts: { index, workspace, view }, narrowing: { matched, undecided, residual } }: BegunSearch,
    filter: Filter<Resource> | undefined,
    steps: PlanStep[],
  ): Work<Candidates> {
    if (residual === undefined || filter === undefined) return matched
    const startedMs = this.#options.nowMs()
    const slots = yield* askRecords(view, residual, filter.leaves, yield* workspace.gather(undecided))
    const notes = notesOf(leavesOf(residual, filter.leaves), index)
    steps.push(this.#step('row-scan', undecided.count, slots.length, undecided.count, startedMs, notes))
    return workspace.union([matched, workspace.fromList(slots)])
  }

  #pageOf(
    { sequence }: SearchParts,
    total: number,
    entries: readonly ResourceVersion[],
    { filter }: Query<Resource>,
    steps: PlanStep[],
    { operation, rowsScanned }: OrderedPage,
    startedMs: number,
  ): SearchPage {
    steps.push(this.#step(operation, total, entries.length, rowsScanned, startedMs))
    this.#statistics.add(steps)
    return { sequence, total, entries, plan: filter?.cached, steps }
  }

  #step(
    operation: StepOperation,
    rowsIn: number,
    rowsOut: number,
    rowsScanned: number,
    startedMs: number,
    notes?: ScanNotes,
  ): PlanStep {
    const durationUs = Math.round((this.#options.nowMs() - startedMs) * 1000)
    return {
      operation,
      fields: notes?.fields,
      hint: notes?.hint,
      negated: false,
      estimatedRows: rowsIn,
      rowsIn,
      rowsOut,
      rowsScanned,
      durationUs,
      steps: NO_STEPS,
    }
  }
}

/** A search whose indexes have been read. */
interface BegunSearch {
  readonly parts: SearchParts
  readonly narrowing: Narrowing
}

const NO_STEPS: readonly PlanStep[] = []

function* writeRows(writer: RowWriter, slots: readonly number[], view: EntriesView): Work<void> {
  const pace = new Pace(ROW_WEIGHT)
  writer.begin()
  for (const slot of slots) {
    pace.note(writer.add(view.entryAt(slot)))
    if (pace.isDue()) yield
  }
}

/** The work of writing a row, as a number of usual steps. */
const ROW_WEIGHT = 8

/** Notes on a scan of records. */
interface ScanNotes {
  readonly fields: readonly string[]
  readonly hint: string | undefined
}

/** Names the fields that a scan of records reads, and says how to index them. */
function notesOf(leaves: readonly Leaf<Resource>[], { specs }: ResourceIndex): ScanNotes {
  const fields = new Set<string>()
  const unindexed = new Set<string>()
  for (const { field } of leaves) {
    fields.add(fieldName(field))
    if (field.kind === 'spec' && specs.get(field.name) === undefined) unindexed.add(field.name)
  }
  return { fields: [...fields], hint: unindexed.size === 0 ? undefined : specIndexHint([...unindexed]) }
}

/** Frees the memory of a search. */
function end({ workspace, view }: SearchParts): void {
  workspace.free()
  view.release()
}

/** All candidates match. */
function allOf(within: Candidates): Narrowing {
  return { matched: within, undecided: NONE, residual: undefined, step: undefined }
}

function stepsOf({ step }: Narrowing): PlanStep[] {
  return step === undefined ? [] : [step]
}

function ownedBy(ownerId: string | undefined, { index, workspace }: SearchParts): Candidates {
  if (ownerId === undefined) return workspace.all()
  const owned = index.owners.slotsOf(ownerId)
  return list(owned === undefined ? new Uint32Array(0) : listSlots(owned))
}

/** The number of records that a step and the steps below it read. */
export function rowsScanned(step: PlanStep): number {
  return step.steps.reduce((sum, below) => sum + rowsScanned(below), step.rowsScanned)
}

/** Sums over all searches of one kind of resource since the start. */
export class SearchStatistics {
  readonly #steps = new Map<StepOperation, number>(STEP_OPERATIONS.map(operation => [operation, 0]))
  #rowsScanned = 0

  /** Number of steps by operation. */
  get steps(): ReadonlyMap<StepOperation, number> {
    return this.#steps
  }

  /** Records that were read. */
  get rowsScanned(): number {
    return this.#rowsScanned
  }

  /** Adds the steps of a finished search. Recurses as deep as the plan. */
  add(steps: readonly PlanStep[]): void {
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]
      if (step === undefined) continue
      this.#steps.set(step.operation, (this.#steps.get(step.operation) ?? 0) + 1)
      this.#rowsScanned += step.rowsScanned
      this.add(step.steps)
    }
  }
}

/** The search of the few adapter statuses of one resource, row by row: no index covers them (contract 7.6). */
export class StatusSearch implements ListSearch<AdapterStatus> {
  readonly #queries: Queries<AdapterStatus>

  /** @param clock as in `ResourceSearchOptions` */
  constructor(clock: () => Instant) {
    this.#queries = new Queries(CATALOGUES.AdapterStatus, clock)
  }

  prepare(texts: QueryTexts): QueryResult<AdapterStatus> {
    return this.#queries.prepare(texts)
  }

  /** All rows that match, in order. The caller counts them and cuts its page from them. */
  find<Row extends { readonly status: AdapterStatus }>(
    { filter, order }: Query<AdapterStatus>,
    rows: readonly Row[],
  ): readonly Row[] {
    const passes = filter && recordTest(filter.root, filter.leaves)
    const matching = passes === undefined ? rows : rows.filter(row => passes(row.status))
    const compare = compareRecords(order)
    return matching.toSorted((a, b) => compare(a.status, b.status))
  }
}

/** The searches of a process by kind of record. */
export interface Searches extends Readonly<Record<ResourceKind, ResourceSearch>> {
  readonly AdapterStatus: StatusSearch
}

export function createSearches(
  index: FleetIndex,
  shared: Pick<ResourceSearchOptions, 'turns' | 'clock' | 'nowMs'>,
): Searches {
  return {
    Cluster: new ResourceSearch({ ...shared, index: index.placeOf('Cluster') }),
    NodePool: new ResourceSearch({ ...shared, index: index.placeOf('NodePool') }),
    AdapterStatus: new StatusSearch(shared.clock),
  }
}
