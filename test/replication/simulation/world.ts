// A world with a time of its own: what happens is a list of events, and every choice comes from a seed. A run depends on nothing else.
import type { Clock } from '../../../src/replication/clock.ts'
import type { Random } from '../../harness/random.ts'

interface Happening {
  readonly atMs: number
  /** Events at one moment happen in the order in which they were planned. */
  readonly number: number
  readonly happen: () => void
  isCancelled: boolean
}

export class World {
  readonly random: Random
  #nowMs = 0
  #planned = 0
  /** A binary heap by time. */
  readonly #heap: Happening[] = []

  constructor(random: Random) {
    this.random = random
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** The number of events so far. */
  get events(): number {
    return this.#planned
  }

  /** A number from 0 to 1, without 1. */
  readonly fraction = (): number => this.random.word() / 2 ** 32

  /** A time within bounds, in milliseconds. */
  between(leastMs: number, greatestMs: number): number {
    return leastMs + this.fraction() * (greatestMs - leastMs)
  }

  /** Plans an event. Returns a function that cancels it. */
  after(ms: number, happen: () => void): () => void {
    const happening = {
      atMs: this.#nowMs + Math.max(0, ms),
      number: this.#planned++,
      happen,
      isCancelled: false,
    }
    this.#push(happening)
    return () => {
      happening.isCancelled = true
    }
  }

  /** Lets everything happen until a moment. Promises settle between two events. */
  async run(untilMs: number): Promise<void> {
    for (let next = this.#heap[0]; next !== undefined && next.atMs <= untilMs; next = this.#heap[0]) {
      this.#pop()
      if (next.isCancelled) continue
      this.#nowMs = next.atMs
      next.happen()
      // Node empties the queue of promises before the next tick.
      await new Promise<void>(resolve => process.nextTick(resolve))
    }
    this.#nowMs = untilMs
  }

  #push(happening: Happening): void {
    const heap = this.#heap
    let at = heap.push(happening) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent], happening)) break
      heap[at] = heap[parent] ?? happening
      at = parent
    }
    heap[at] = happening
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      const least = isBefore(heap[left + 1], heap[left]) ? left + 1 : left
      const child = heap[least]
      if (child === undefined || isBefore(last, child)) break
      heap[at] = child
      at = least
    }
    heap[at] = last
  }
}

function isBefore(one: Happening | undefined, other: Happening | undefined): boolean {
  if (one === undefined || other === undefined) return one !== undefined
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.number < other.number)
}

interface Timer {
  readonly dueMs: number
  readonly callback: () => void
  cancel: () => void
}

/**
 * The monotonic clock of a process. It may run at another rate than the world, jump ahead, and stand still; its timers follow it.
 * Nothing happens in the process while it is paused, and nothing ever again when it has ended.
 */
export class ProcessClock implements Clock {
  readonly #world: World
  readonly #timers = new Set<Timer>()
  #deferred: (() => void)[] = []
  #rate = 1
  #readingMs: number
  #readAtMs: number
  #isPaused = false
  #isEnded = false

  constructor(world: World) {
    this.#world = world
    this.#readingMs = world.between(0, 1e6)
    this.#readAtMs = world.nowMs
  }

  now(): number {
    return this.#readingMs + (this.#world.nowMs - this.#readAtMs) * this.#rate
  }

  after(ms: number, callback: () => void): () => void {
    // As Node's: nothing between 0 and 1.
    const timer: Timer = { dueMs: this.now() + (ms > 0 ? Math.max(1, ms) : 0), callback, cancel: () => {} }
    this.#timers.add(timer)
    this.#plan(timer)
    return () => {
      this.#timers.delete(timer)
      timer.cancel()
    }
  }

  /** Runs the clock at a rate from now on; 0: it stops. */
  run(rate: number): void {
    this.#set(this.now(), rate)
  }

  /** Puts the clock ahead. */
  jump(ms: number): void {
    this.#set(this.now() + ms, this.#rate)
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    const deferred = this.#deferred
    this.#deferred = []
    for (const callback of deferred) this.#world.after(0, () => this.enter(callback))
  }

  end(): void {
    this.#isEnded = true
    for (const { cancel } of this.#timers) cancel()
    this.#timers.clear()
  }

  /** Lets something happen in the process, now or when it is no longer paused. */
  enter(callback: () => void): void {
    if (this.#isEnded) return
    if (this.#isPaused) this.#deferred.push(callback)
    else callback()
  }

  #set(readingMs: number, rate: number): void {
    this.#readingMs = readingMs
    this.#readAtMs = this.#world.nowMs
    this.#rate = rate
    for (const timer of this.#timers) this.#plan(timer)
  }

  #plan(timer: Timer): void {
    timer.cancel()
    timer.cancel = () => {}
    if (this.#rate === 0) return
    timer.cancel = this.#world.after((timer.dueMs - this.now()) / this.#rate, () => {
      this.#timers.delete(timer)
      this.enter(timer.callback)
    })
  }
}
