// Looks at searches with relative times as time passes (contract 12.7). For each leaf with relative times, which many searches may share, a look asks
// the indexes for the resources whose time is between two moments of its operand. All others answer as before. The zone maps of the columns skip
// nearly everything. So a look at which nothing is due takes some microseconds, whatever the size of the fleet.
import {
  type Questions,
  queryOfAny,
  type Searches,
  type SharedMovingLeaf,
  TurnsBusyError,
  UnwantedError,
} from '../search/search.ts'
import type { ResourceEntry } from '../state/entry.ts'
import { RESOURCE_KINDS, type Resource, type ResourceKind } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import type { Schedule, Sender, Timing } from './schedule.ts'
import type { WatchedSearch } from './watched-search.ts'

export interface PassingTimeOptions {
  readonly questions: Readonly<Record<ResourceKind, Questions<Resource>>>
  readonly searches: Searches
  readonly timing: Timing
  readonly schedule: Schedule
  /** Presents a resource to the questions of its kind. */
  readonly present: (entry: ResourceEntry) => void
  /** Reports a defect. */
  readonly onError: (error: unknown) => void
}

/** Interval of looks, so that a change is on its way within a second. */
const LOOK_MS = 800

/** A leaf with relative times, and the searches that have it. */
interface Tracked {
  readonly kind: ResourceKind
  readonly leaf: SharedMovingLeaf<Resource>
  readonly searches: Set<WatchedSearch>
  /** The bounds of the moments as of which its searches were answered since the last look. */
  low: Instant
  high: Instant
}

export class PassingTime implements Sender {
  readonly #options: PassingTimeOptions
  readonly #tracked = new Map<SharedMovingLeaf<Resource>, Tracked>()
  /** The leaves that are left in a round of looks. */
  #left: Tracked[] = []
  /** True while a look takes many turns of the event loop. The others wait: a jump of the clock must not fill the queue of long searches. */
  #isLooking = false
  #isTicking = false
  isQueued = false

  constructor(options: PassingTimeOptions) {
    this.#options = options
  }

  /** The number of different leaves that are looked at. */
  get size(): number {
    return this.#tracked.size
  }

  /** Looks at a search from the present moment of its questions on. */
  add(search: WatchedSearch): void {
    const { kind } = search.subject
    for (const leaf of search.moving) {
      const known = this.#tracked.get(leaf)
      if (known !== undefined) {
        known.searches.add(search)
        continue
      }
      const { moment } = this.#options.questions[kind]
      this.#tracked.set(leaf, { kind, leaf, searches: new Set([search]), low: moment, high: moment })
    }
    if (this.#tracked.size === 0 || this.#isTicking) return
    this.#isTicking = true
    this.#options.timing.after(LOOK_MS, () => this.#tick())
  }

  drop(search: WatchedSearch): void {
    for (const leaf of search.moving) {
      const tracked = this.#tracked.get(leaf)
      tracked?.searches.delete(search)
      if (tracked?.searches.size === 0) this.#tracked.delete(leaf)
    }
  }

  /** Looks at one leaf. */
  step(): boolean {
    if (this.#isLooking) return false
    const tracked = this.#left.pop()
    if (tracked === undefined) return false
    if (tracked.searches.size > 0) this.#look(tracked)
    return !this.#isLooking && this.#left.length > 0
  }

  #tick(): void {
    this.#isTicking = this.#tracked.size > 0
    if (!this.#isTicking) return
    if (this.#left.length === 0 && !this.#isLooking) this.#beginRound()
    this.#options.timing.after(LOOK_MS, () => this.#tick())
  }

  /** Moves the moment of all questions to the present. The clock may have been set forward or back. */
  #beginRound(): void {
    const { questions, schedule } = this.#options
    const before = { Cluster: questions.Cluster.moment, NodePool: questions.NodePool.moment }
    for (const kind of RESOURCE_KINDS) questions[kind].moveToPresent()
    for (const tracked of this.#tracked.values()) {
      widen(tracked, before[tracked.kind])
      widen(tracked, questions[tracked.kind].moment)
      this.#left.push(tracked)
    }
    schedule.enqueue(this)
  }

  #look(tracked: Tracked): void {
    const { questions, searches } = this.#options
    const { kind, leaf, searches: watched } = tracked
    const { moment } = questions[kind]
    widen(tracked, moment)
    const { low, high } = tracked
    if (low === high) return
    tracked.low = moment
    tracked.high = moment
    const again = () => {
      widen(tracked, low)
      widen(tracked, high)
    }
    const reader = {
      get aborted() {
        return watched.size === 0
      },
    }
    const query = queryOfAny(leaf.changing(low, high))
    try {
      const looked = searches[kind].visit({ query, ownerId: undefined, reader }, entry =>
        this.#ask(watched, entry),
      )
      if (looked !== undefined) this.#wait(looked, again)
    } catch (error) {
      if (!(error instanceof TurnsBusyError)) throw error
      again()
    }
  }

  #ask(searches: ReadonlySet<WatchedSearch>, entry: ResourceEntry): void {
    this.#options.present(entry)
    for (const search of searches) search.notePassingTime(entry)
  }

  /** @param again lets the next round look once more */
  #wait(looked: Promise<undefined>, again: () => void): void {
    this.#isLooking = true
    const onFailure = (error: unknown) => {
      again()
      if (!(error instanceof UnwantedError)) this.#options.onError(error)
    }
    void looked.catch(onFailure).then(() => {
      this.#isLooking = false
      this.#options.schedule.enqueue(this)
    })
  }
}

function widen(tracked: Tracked, moment: Instant): void {
  if (moment < tracked.low) tracked.low = moment
  if (moment > tracked.high) tracked.high = moment
}
