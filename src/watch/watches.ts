// Watches: streams of the changes of what matches a search (contract 12.1 to 12.9). All watchers of one search share its questions and its rendered
// events. They follow the state: each applied change asks the searches that it may concern, and the events are sent in later turns of the event loop.
import {
  nowOf,
  type Query,
  Questions,
  queryAt,
  type Searches,
  TurnsBusyError,
  UnwantedError,
} from '../search/search.ts'
import type { ResourceEntry } from '../state/entry.ts'
import type { Effect, FleetState } from '../state/fleet-state.ts'
import type { Resource, ResourceKind } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import { AwaitedChanges } from './awaited-changes.ts'
import {
  type EndReason,
  type ResetReason,
  type WatchContext,
  type WatcherOptions,
  WatchStatistics,
} from './context.ts'
import { EventWriter } from './events.ts'
import { PassingTime } from './passing-time.ts'
import { RESUMPTION_LIMITS, type ResumptionLimits, Resumptions } from './resumption.ts'
import { Schedule, type Timing } from './schedule.ts'
import { keyOf, SinceTexts, type Subject } from './since.ts'
import { WatchedSearch } from './watched-search.ts'
import { Watcher } from './watcher.ts'

export interface WatchesOptions {
  readonly state: FleetState
  readonly searches: Searches
  /** The name of the history that sequences are numbers of. */
  readonly history: string
  readonly timing: Timing
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
  /** The server's clock (contract 3.4), for relative times. */
  readonly clock: () => Instant
  /** Time without a `BOOKMARK` after which one comes (contract 12.6). */
  readonly bookmarkIntervalMs: number
  /**
   * Longest wait for a change after which a stream goes on, and that this server has not applied (contract 14.9). Undefined for a server that is
   * alone: it has applied every change of its history.
   */
  readonly aheadWaitMs?: number | undefined
  /** The usual limits unless a test sets others. */
  readonly resumption?: ResumptionLimits
  /** Reports a defect. */
  readonly onError: (error: unknown) => void
}

export interface WatchRequest extends WatcherOptions {
  readonly subject: Subject
  readonly query: Query<Resource>
}

/** An open watch, for the side that sends its bytes. */
export interface Watch {
  /** The number of events about resources that it was sent. */
  readonly events: number
  /** The number of times that it began with everything that matches. */
  readonly resets: number
  /** The client has taken something. */
  ready(): void
  /** Nothing can be sent any more. */
  over(): void
}

/** The watches that are open, for metrics. */
export interface WatchesUse {
  readonly watches: number
  readonly searches: number
  /** The different relative times in them, which are looked at as time passes. */
  readonly relativeTimes: number
  /** Watches that have something to send, and the changed resources that they have not sent. */
  readonly behind: number
  readonly behindResources: number
  /** The same of the watch with the most. */
  readonly furthestBehind: number
  readonly retainedRemovals: number
  /** The number of changes up to the present for which all removals are retained. */
  readonly resumableChanges: number
}

/** Interval in which bookmarks and the ends of tokens are looked at. */
const BEAT_MS = 500
/** Time for watchers to take the last bytes at a stop. */
const FAREWELL_MS = 1000
/** Time before a search is tried again for which there were too many long ones. */
const RETRY_MS = 100

export class Watches {
  readonly statistics = new WatchStatistics()
  readonly #options: WatchesOptions
  readonly #context: WatchContext
  readonly #questions: Readonly<Record<ResourceKind, Questions<Resource>>>
  readonly #passingTime: PassingTime
  /** Undefined for a server that is alone. */
  readonly #awaited: AwaitedChanges | undefined
  readonly #byKey = new Map<string, WatchedSearch>()
  /** The searches of whole kinds. */
  readonly #byKind: Readonly<Record<ResourceKind, WatchedSearch[]>> = { Cluster: [], NodePool: [] }
  /** The searches of the nodepools of one cluster, by its id. */
  readonly #byOwner = new Map<string, WatchedSearch[]>()
  readonly #watchers = new Set<Watcher>()
  /** The resource that was written last, and if it has been presented to the questions. */
  #written: ResourceEntry | undefined
  #isPresented = false
  #isBeating = false
  #onLast: (() => void) | undefined

  /** Follows the state from now on. */
  constructor(options: WatchesOptions) {
    const { state, searches, history, timing, clock, aheadWaitMs: waitMs, onError } = options
    this.#options = options
    this.#awaited = waitMs === undefined ? undefined : new AwaitedChanges({ state, timing, waitMs })
    this.#questions = { Cluster: new Questions(clock), NodePool: new Questions(clock) }
    const questions = this.#questions
    const schedule = new Schedule(timing, () => state.application?.over)
    this.#context = {
      state,
      history,
      nowMs: () => timing.nowMs(),
      schedule,
      resumptions: new Resumptions(options.resumption ?? RESUMPTION_LIMITS),
      statistics: this.statistics,
      writer: new EventWriter(),
      present: entry => questions[entry.kind].present(entry.resource),
    }
    const { present } = this.#context
    this.#passingTime = new PassingTime({ questions, searches, timing, schedule, present, onError })
    state.watch(effect => this.#update(effect))
  }

  get use(): WatchesUse {
    const { state } = this.#context
    let [behind, behindResources, furthestBehind] = [0, 0, 0]
    for (const watcher of this.#watchers) {
      if (!watcher.keepsUp) behind++
      behindResources += watcher.behind
      furthestBehind = Math.max(furthestBehind, watcher.behind)
    }
    return {
      watches: this.#watchers.size,
      searches: this.#byKey.size,
      relativeTimes: this.#passingTime.size,
      behind,
      behindResources,
      furthestBehind,
      retainedRemovals: state.removals.size,
      resumableChanges: state.sequence - state.removals.floor,
    }
  }

  get isStopping(): boolean {
    return this.#onLast !== undefined
  }

  /**
   * Opens a watch. Its first bytes are written in this turn of the event loop, unless they take a long search. One that goes on after a change that this
   * server has not applied waits for it, and ends without a byte if it does not come in time.
   */
  open(request: WatchRequest): Watch {
    const sequence = this.#aheadOf(request)
    return this.#awaited === undefined || sequence === undefined
      ? this.#openNow(request)
      : this.#openLater(request, sequence, this.#awaited)
  }

  /** The change after which a stream goes on, if it is not applied yet. */
  #aheadOf({ subject, since }: WatchRequest): number | undefined {
    if (since === undefined || this.#awaited === undefined) return undefined
    const { state, history } = this.#context
    const sequence = new SinceTexts(history, subject).read(since)
    return sequence !== undefined && sequence > state.sequence ? sequence : undefined
  }

  #openLater(request: WatchRequest, sequence: number, awaited: AwaitedChanges): Watch {
    let watch: Watch | undefined
    const begin = () => {
      watch = this.#openNow(request)
    }
    const end = () => request.output.end()
    const cancel = awaited.wait(sequence, begin, end)
    if (this.isStopping) awaited.end()
    return {
      get events() {
        return watch?.events ?? 0
      },
      get resets() {
        return watch?.resets ?? 0
      },
      ready: () => watch?.ready(),
      over: () => {
        cancel()
        watch?.over()
      },
    }
  }

  #openNow(request: WatchRequest): Watch {
    const search = this.#byKey.get(keyOf(request.subject)) ?? this.#begin(request)
    const watcher = new Watcher(search, request, this.#context)
    search.watchers.add(watcher)
    this.#watchers.add(watcher)
    if (!this.#isBeating) this.#beat()
    watcher.begin(this.#beginningOf(search, request))
    if (this.isStopping) watcher.finish('stopping')
    return {
      get events() {
        return watcher.events
      },
      get resets() {
        return watcher.resets
      },
      ready: () => watcher.ready(),
      over: () => this.#close(watcher),
    }
  }

  /** Ends the watches that are open after a last `BOOKMARK`, because nothing new comes for now (contract 14.11). Others may be opened later. */
  interrupt(): void {
    this.#awaited?.end()
    for (const watcher of this.#watchers) watcher.finish('fault')
  }

  /** Ends all watches after a last `BOOKMARK`. Resolves once all are closed. */
  async stop(): Promise<void> {
    if (this.isStopping) return
    const closed = new Promise<void>(resolve => {
      this.#onLast = resolve
    })
    this.#awaited?.end()
    if (this.#watchers.size === 0) return
    for (const search of this.#byKey.values()) search.end('stopping')
    const cancel = this.#options.timing.after(FAREWELL_MS, () => {
      for (const watcher of this.#watchers) watcher.cutOff()
    })
    await closed
    cancel()
  }

  #begin({ subject, query }: WatchRequest): WatchedSearch {
    const { filter } = query
    const questions = this.#questions[subject.kind]
    const question = filter === undefined ? undefined : questions.add(filter)
    const search = new WatchedSearch(subject, question, this.#context)
    this.#byKey.set(keyOf(subject), search)
    this.#listOf(subject).push(search)
    this.#passingTime.add(search)
    if (!search.isReady) this.#findMembers(search, queryAt(query, questions.moment))
    return search
  }

  /** The number of the change after which a stream goes on, or the reason why it begins with everything (contract 12.4). */
  #beginningOf(search: WatchedSearch, { since, query }: WatchRequest): number | ResetReason {
    if (since === undefined) return 'new'
    const { state } = this.#context
    const sequence = search.since.read(since)
    if (sequence === undefined || sequence > state.sequence) return 'other-since'
    if (nowOf(query) !== undefined) return 'relative-times'
    return sequence < state.removals.floor ? 'removals' : sequence
  }

  #findMembers(search: WatchedSearch, query: Query<Resource>): void {
    const { kind, ownerId } = search.subject
    const isWanted = () => this.#byKey.get(keyOf(search.subject)) === search
    const reader = {
      get aborted() {
        return !isWanted()
      },
    }
    const settle = () => {
      search.settle()
      for (const watcher of search.watchers) watcher.takeCuts()
    }
    try {
      const found = this.#options.searches[kind].visit({ query, ownerId, reader }, entry =>
        search.load(entry.number),
      )
      if (found === undefined) search.settle()
      else found.then(settle, error => this.#noteFailure(error))
    } catch (error) {
      if (!(error instanceof TurnsBusyError)) throw error
      this.#options.timing.after(RETRY_MS, () => {
        if (isWanted()) this.#findMembers(search, query)
      })
    }
  }

  #noteFailure(error: unknown): void {
    if (!(error instanceof UnwantedError)) this.#options.onError(error)
  }

  #close(watcher: Watcher): void {
    const { search } = watcher
    watcher.over()
    search.watchers.delete(watcher)
    this.#watchers.delete(watcher)
    if (search.watchers.size === 0) this.#drop(search)
    if (this.#watchers.size === 0) this.#onLast?.()
  }

  #drop(search: WatchedSearch): void {
    const { subject } = search
    this.#byKey.delete(keyOf(subject))
    const list = this.#listOf(subject)
    list.splice(list.indexOf(search), 1)
    if (subject.ownerId !== undefined && list.length === 0) this.#byOwner.delete(subject.ownerId)
    this.#context.schedule.drop(search)
    this.#passingTime.drop(search)
    search.drop()
  }

  #listOf({ kind, ownerId }: Subject): WatchedSearch[] {
    if (ownerId === undefined) return this.#byKind[kind]
    const known = this.#byOwner.get(ownerId)
    if (known !== undefined) return known
    const list: WatchedSearch[] = []
    this.#byOwner.set(ownerId, list)
    return list
  }

  #update(effect: Effect): void {
    switch (effect.kind) {
      case 'resource':
        this.#noteWrite(effect.entry, effect.previous === undefined, false)
        return
      case 'conditions':
        this.#noteWrite(effect.entry, false, true)
        return
      case 'removal':
        this.#noteRemoval(effect)
        return
      // No resource shows its statuses.
      case 'status':
        return
    }
  }

  #noteWrite(entry: ResourceEntry, isNew: boolean, onlyConditions: boolean): void {
    const searches = this.#byKind[entry.kind]
    const owned = this.#ownedBy(entry)
    if (searches.length === 0 && owned === undefined) return
    this.#written = entry
    this.#isPresented = false
    const { number } = entry
    for (let i = 0; i < searches.length; i++)
      searches[i]?.noteWrite(number, isNew, onlyConditions, this.#presentWritten)
    for (const search of owned ?? NONE) search.noteWrite(number, isNew, onlyConditions, this.#presentWritten)
    this.#written = undefined
  }

  readonly #presentWritten = (): void => {
    if (this.#isPresented || this.#written === undefined) return
    this.#isPresented = true
    this.#context.present(this.#written)
  }

  #noteRemoval({ entry, previous }: Extract<Effect, { kind: 'removal' }>): void {
    const { kind, number } = entry
    if (this.#byKey.size === 0) return
    const { id, ownerId } = previous.resource
    for (const search of this.#byKind[kind]) search.noteRemoval(number)
    if (ownerId !== undefined)
      for (const search of this.#byOwner.get(ownerId) ?? NONE) search.noteRemoval(number)
    if (kind === 'Cluster') for (const search of this.#byOwner.get(id) ?? NONE) search.end('cluster-removed')
  }

  /** The searches of the cluster that a nodepool belongs to. */
  #ownedBy(entry: ResourceEntry): readonly WatchedSearch[] | undefined {
    if (this.#byOwner.size === 0) return undefined
    const { ownerId } = entry
    return ownerId === undefined ? undefined : this.#byOwner.get(ownerId)
  }

  /** Looks after the watches from time to time, as long as there are any. */
  #beat(): void {
    this.#isBeating = this.#watchers.size > 0
    if (!this.#isBeating) return
    this.#look()
    this.#options.timing.after(BEAT_MS, () => this.#beat())
  }

  /** Ends watches whose token has ended, and sends the bookmarks that are due. */
  #look(): void {
    const machineMs = this.#options.machineMs()
    for (const watcher of this.#watchers) if (watcher.expiresMs <= machineMs) watcher.fail(EXPIRED)
    for (const search of this.#byKey.values()) search.beat(this.#options.bookmarkIntervalMs - BEAT_MS)
  }
}

const NONE: readonly WatchedSearch[] = []
const EXPIRED: EndReason = 'token-expired'
