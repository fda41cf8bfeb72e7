// Cascades: decisions about a cluster with thousands of nodepools. One is taken at a time, over as many turns of the event loop as it needs, so
// that other requests are served in between. Writes about its cluster, about a nodepool of it, or about its name, wait until it is durable, and
// are then decided in the order of their arrival. So each of them is decided as if the cascade had been taken in one piece.
import type { Resource } from '../state/records.ts'
import type { Steps } from './deletion.ts'
import type { Unavailable } from './outcome.ts'

/** A cascade is decided at once up to this many nodepools: about half a millisecond of work. */
export const MAX_NODEPOOLS_AT_ONCE = 16
/** Records that a cascade reads in one turn: less than a millisecond of work. */
const RECORDS_PER_TURN = 24
/** Writes that are decided in one turn after a cascade. */
const WRITES_PER_TURN = 16
/** Most writes that wait for cascades. They are requests in flight, of which there are at most 4,096 by default. */
const MAX_WAITING = 1024

const CASCADE_BUSY: Unavailable = {
  kind: 'unavailable',
  reason: 'cascade-busy',
  detail: 'Too many writes are waiting for the deletion of a cluster with many nodepools; retry',
}

export interface CascadeOptions {
  /** Calls back in the next turn of the event loop; `setImmediate` unless given. */
  readonly nextTurn?: (callback: () => void) => void
  readonly maxNodepoolsAtOnce?: number
  readonly recordsPerTurn?: number
}

/** A cluster that a cascade is about, with its nodepools, and the clusters that have its name later. */
export interface Family {
  /** True while the cascade is decided or becomes durable. */
  isUnderWay: boolean
  /** The decisions that wait, in the order of their arrival. */
  readonly waiting: (() => void)[]
}

export class Cascades {
  readonly maxNodepoolsAtOnce: number
  readonly #nextTurn: (callback: () => void) => void
  readonly #recordsPerTurn: number
  /**
   * By the name of the cluster, until nothing waits for it any more. A name says more than an id: creations that wait for the name become clusters
   * that are deleted in turn.
   */
  readonly families = new Map<string, Family>()
  /** Settles with the newest cascade. */
  #newest: Promise<unknown> = Promise.resolve()
  #waiting = 0
  readonly #onIdle: (() => void)[] = []

  constructor(options: CascadeOptions = {}) {
    this.maxNodepoolsAtOnce = options.maxNodepoolsAtOnce ?? MAX_NODEPOOLS_AT_ONCE
    this.#nextTurn = options.nextTurn ?? setImmediate
    this.#recordsPerTurn = options.recordsPerTurn ?? RECORDS_PER_TURN
  }

  /** Resolves when there is no cascade, and no write waits for one. */
  over(): Promise<void> {
    if (this.families.size === 0) return Promise.resolve()
    return new Promise(resolve => this.#onIdle.push(resolve))
  }

  /**
   * Decides a write about a cluster or its nodepools: after a cascade of the cluster, and after the writes that wait for it already. Refuses
   * it if too many wait.
   *
   * @param name the name of the cluster; undefined if there is none
   */
  after<T>(name: string | undefined, decide: () => Promise<T>): Promise<T | Unavailable> {
    const family = name === undefined ? undefined : this.families.get(name)
    if (family === undefined) return decide()
    if (this.#waiting >= MAX_WAITING) return Promise.resolve(CASCADE_BUSY)
    this.#waiting++
    return new Promise((resolve, reject) => {
      family.waiting.push(() => {
        this.#waiting--
        decide().then(resolve, reject)
      })
    })
  }

  /** Runs the cascade of a cluster after those before it. A write that waits for a cascade may be one itself. */
  async run<T>({ name }: Pick<Resource, 'name'>, decide: () => Promise<T>): Promise<T> {
    const family = this.families.get(name) ?? { isUnderWay: true, waiting: [] }
    family.isUnderWay = true
    this.families.set(name, family)
    const cascade = this.#newest.then(decide)
    this.#newest = cascade.catch(() => {})
    try {
      return await cascade
    } finally {
      family.isUnderWay = false
      this.#decideWaiting(name, family)
    }
  }

  /** Takes the steps of a decision, some in each turn of the event loop. */
  async inTurns<T>(steps: Steps<T>): Promise<T> {
    for (;;) {
      for (let records = 0; records < this.#recordsPerTurn; ) {
        const step = steps.next()
        if (step.done) return step.value
        records += step.value
      }
      await new Promise<void>(resolve => this.#nextTurn(resolve))
    }
  }

  #decideWaiting(name: string, family: Family): void {
    for (let decided = 0; !family.isUnderWay; decided++) {
      const next = family.waiting.shift()
      if (next === undefined) {
        this.families.delete(name)
        if (this.families.size === 0) for (const resolve of this.#onIdle.splice(0)) resolve()
        return
      }
      next()
      // If it was a cascade, its end continues here.
      if (decided < WRITES_PER_TURN || family.isUnderWay) continue
      this.#nextTurn(() => this.#decideWaiting(name, family))
      return
    }
  }
}
