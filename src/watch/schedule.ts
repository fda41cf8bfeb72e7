// Schedules the work for watchers, at most about a millisecond of it in a turn of the event loop (contract 12.6). Watchers that keep up come first,
// because their events are rendered already. One of the others gets on in each turn. While a change is applied over several turns, all wait.

/** A search with watchers. */
export interface Watched {
  /** Cuts off the changes so far, for delivery. */
  flush(): void
  /** Delivers the cuts to one more watcher. Returns false once all watchers have them. */
  deliver(): boolean
}

/** A watcher with events of its own. */
export interface Sender {
  isQueued: boolean
  /** Sends some events, in some tens of microseconds. Returns false if there is nothing more to do for now. */
  step(): boolean
}

/** Time as the watches see it. */
export interface Timing {
  /** A monotonic clock in milliseconds. */
  nowMs(): number
  /** Calls back in the next turn of the event loop. */
  nextTurn(callback: () => void): void
  /** Calls back after some milliseconds, unless the returned function is called before. */
  after(delayMs: number, callback: () => void): () => void
}

/** The time of the process. */
export function processTiming(nowMs: () => number): Timing {
  return {
    nowMs,
    nextTurn: callback => setImmediate(callback),
    after(delayMs, callback) {
      const timeout = setTimeout(callback, delayMs)
      return () => clearTimeout(timeout)
    },
  }
}

const SLICE_MS = 1

export class Schedule {
  readonly #timing: Timing
  readonly #applicationOver: () => Promise<void> | undefined
  /** Searches to flush now, and those with a time for that. */
  readonly #due = new Set<Watched>()
  readonly #later = new Map<Watched, number>()
  /** Searches with cuts that some watchers do not have. */
  readonly #delivering = new Set<Watched>()
  readonly #senders = new Queue<Sender>()
  #wakeMs = Number.POSITIVE_INFINITY
  #cancelWake = () => {}
  #isScheduled = false

  /** @param applicationOver resolves with the end of the application that is under way; undefined without one */
  constructor(timing: Timing, applicationOver: () => Promise<void> | undefined) {
    this.#timing = timing
    this.#applicationOver = applicationOver
  }

  /** Flushes a search at this time, or before. */
  flushAt(search: Watched, atMs: number): void {
    if (atMs <= this.#timing.nowMs()) {
      this.#later.delete(search)
      this.#due.add(search)
      this.#schedule()
    } else if (!this.#due.has(search) && atMs < (this.#later.get(search) ?? Number.POSITIVE_INFINITY)) {
      this.#later.set(search, atMs)
      this.#wakeAt(atMs)
    }
  }

  /** A search has cuts to deliver. */
  deliver(search: Watched): void {
    this.#delivering.add(search)
    this.#schedule()
  }

  enqueue(sender: Sender): void {
    if (sender.isQueued) return
    sender.isQueued = true
    this.#senders.push(sender)
    this.#schedule()
  }

  /** Forgets a search. */
  drop(search: Watched): void {
    this.#due.delete(search)
    this.#later.delete(search)
    this.#delivering.delete(search)
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#timing.nextTurn(() => this.#begin())
  }

  #begin(): void {
    const over = this.#applicationOver()
    if (over !== undefined) {
      void over.then(() => this.#timing.nextTurn(() => this.#begin()))
      return
    }
    this.#isScheduled = false
    this.#turn()
  }

  #turn(): void {
    const timing = this.#timing
    const endMs = timing.nowMs() + SLICE_MS
    this.#stepOne()
    // At least one unit of the rest follows. Else steps of over a millisecond would keep it from its turn for ever.
    do {
      if (!(this.#flushOne() || this.#deliverOne() || this.#stepOne())) break
    } while (timing.nowMs() < endMs)
    if (this.#due.size > 0 || this.#delivering.size > 0 || this.#senders.length > 0) this.#schedule()
  }

  #flushOne(): boolean {
    for (const search of this.#due) {
      this.#due.delete(search)
      search.flush()
      return true
    }
    return false
  }

  #deliverOne(): boolean {
    for (const search of this.#delivering) {
      if (!search.deliver()) this.#delivering.delete(search)
      return true
    }
    return false
  }

  #stepOne(): boolean {
    const sender = this.#senders.shift()
    if (sender === undefined) return false
    sender.isQueued = false
    if (sender.step()) this.enqueue(sender)
    return true
  }

  #wakeAt(atMs: number): void {
    if (atMs >= this.#wakeMs) return
    this.#wakeMs = atMs
    this.#cancelWake()
    this.#cancelWake = this.#timing.after(Math.max(1, atMs - this.#timing.nowMs()), () => this.#wake())
  }

  /** Makes due what is to be flushed by now. */
  #wake(): void {
    const nowMs = this.#timing.nowMs()
    let nextMs = Number.POSITIVE_INFINITY
    for (const [search, atMs] of this.#later) {
      if (atMs <= nowMs) this.flushAt(search, atMs)
      else nextMs = Math.min(nextMs, atMs)
    }
    this.#wakeMs = Number.POSITIVE_INFINITY
    this.#wakeAt(nextMs)
  }
}

/** A queue in an array, of which a beginning is free. */
class Queue<T> {
  #items: (T | undefined)[] = []
  #first = 0

  get length(): number {
    return this.#items.length - this.#first
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#first]
    this.#items[this.#first++] = undefined
    if (this.#first >= 1024 && this.#first * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#first)
      this.#first = 0
    }
    return item
  }
}
