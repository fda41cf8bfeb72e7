// Latency at a fixed rate: requests are due at fixed times, and each latency counts from that time. A server that stops
// for a second is charged for every request of that second, including those that found no free connection. A client
// that measures from sending leaves these out.
import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { type Spread, spreadOf } from '../spread.ts'
import type { Load } from './closed-loop.ts'
import type { Address, Connection } from './connection.ts'
import { Crowd } from './crowd.ts'

export interface Schedule {
  readonly perSecond: number
  readonly durationMs: number
  /** Requests due before this time are sent and not counted. */
  readonly warmupMs: number
}

/** In milliseconds, except the rate that was reached. */
export interface Latency {
  readonly p50: number
  readonly p99: number
  readonly p999: number
  readonly max: number
  readonly perSecond: number
}

export type LatencySpread = Readonly<Record<keyof Latency, Spread>>

/** The latencies of several rounds. */
export function latencySpread(rounds: readonly Latency[]): LatencySpread {
  const spread = (key: keyof Latency) => spreadOf(rounds.map(round => round[key]))
  return {
    p50: spread('p50'),
    p99: spread('p99'),
    p999: spread('p999'),
    max: spread('max'),
    perSecond: spread('perSecond'),
  }
}

/** An HdrHistogram of nanoseconds, from 1 µs to 2 minutes. */
const HISTOGRAM = { lowest: 1000, highest: 120e9, figures: 3 }
/** Shortest pause worth sleeping. A sleeper wakes that much earlier. */
const MIN_SLEEP_MS = 0.3
const WAKE_EARLY_MS = 0.15
const MAX_SLEEP_MS = 1

/** Never notified: it only provides a timeout. */
const never = new Int32Array(new SharedArrayBuffer(4))

/** Measures loads on one server at the same time, each on its own connections. */
export async function measureLatency<Loads extends readonly (Load & Schedule)[]>(
  address: Address,
  ...loads: Loads
): Promise<{ [Place in keyof Loads]: Latency }> {
  const crowds = await Promise.all(
    loads.map(({ connections, status }) => Crowd.open(address, connections, status)),
  )
  const startMs = performance.now()
  const arrivals = crowds.map((crowd, place) => new Arrivals(crowd, loads[place] ?? fail(), startMs))
  const turns = takeTurns(arrivals)
  try {
    await Promise.all(arrivals.map(({ crowd, finished }) => crowd.during(finished)))
  } finally {
    turns.end()
    for (const crowd of crowds) crowd.close()
  }
  // One for each load, in their order.
  return arrivals.map(({ latency }) => latency) as { [Place in keyof Loads]: Latency }
}

/**
 * Sends requests when they are due. Timers are too coarse for that (1 ms). So it checks in every turn of the event loop
 * while answers are awaited, and sleeps only when there are none.
 */
function takeTurns(arrivals: readonly Arrivals[]): { end(): void } {
  let isOver = false
  const turn = () => {
    if (isOver) return
    if (arrivals.every(({ isIdle }) => isIdle)) {
      const pauseMs = Math.min(...arrivals.map(({ nextDueMs }) => nextDueMs)) - performance.now()
      if (pauseMs > MIN_SLEEP_MS) Atomics.wait(never, 0, 0, Math.min(pauseMs - WAKE_EARLY_MS, MAX_SLEEP_MS))
    }
    for (const each of arrivals) each.sendDue()
    setImmediate(turn)
  }
  turn()
  return {
    end() {
      isOver = true
    },
  }
}

/** One load. Its request number `n` is due `n` intervals after the start. */
class Arrivals {
  readonly crowd: Crowd
  readonly finished: Promise<void>
  readonly #load: Load
  readonly #histogram: RecordableHistogram = createHistogram(HISTOGRAM)
  readonly #free: Connection[]
  readonly #sentAs = new Map<Connection, number>()
  readonly #startMs: number
  readonly #intervalMs: number
  readonly #total: number
  readonly #uncounted: number
  #sent = 0
  #answered = 0
  #lastMs = 0
  #finish: () => void = () => {}

  constructor(crowd: Crowd, load: Load & Schedule, startMs: number) {
    this.crowd = crowd
    this.#load = load
    this.#startMs = startMs
    this.#intervalMs = 1000 / load.perSecond
    this.#uncounted = Math.ceil(load.warmupMs / this.#intervalMs)
    this.#total = this.#uncounted + Math.max(1, Math.floor(load.durationMs / this.#intervalMs))
    this.#free = [...crowd.connections]
    for (const connection of crowd.connections) crowd.onAnswer(connection, () => this.#onAnswer(connection))
    this.finished = new Promise(resolve => {
      this.#finish = resolve
    })
  }

  get isIdle(): boolean {
    return this.#sent === this.#answered
  }

  get nextDueMs(): number {
    return this.#sent < this.#total ? this.#dueMs(this.#sent) : Number.POSITIVE_INFINITY
  }

  get latency(): Latency {
    const at = (percentile: number) => this.#histogram.percentile(percentile) / 1e6
    const passedMs = this.#lastMs - this.#dueMs(this.#uncounted)
    const perSecond = (1000 * (this.#total - this.#uncounted)) / passedMs
    return { p50: at(50), p99: at(99), p999: at(99.9), max: this.#histogram.max / 1e6, perSecond }
  }

  sendDue(): void {
    while (this.nextDueMs <= performance.now()) {
      // In rotation, because the server closes a connection that is idle for long.
      const connection = this.#free.shift()
      if (connection === undefined) return
      this.#sentAs.set(connection, this.#sent++)
      this.crowd.send(connection, this.#load.source.next())
    }
  }

  #dueMs(number: number): number {
    return this.#startMs + number * this.#intervalMs
  }

  #onAnswer(connection: Connection): void {
    const number = this.#sentAs.get(connection) ?? 0
    this.#lastMs = performance.now()
    if (number >= this.#uncounted) {
      const latencyNs = Math.round((this.#lastMs - this.#dueMs(number)) * 1e6)
      this.#histogram.record(Math.max(1, latencyNs))
    }
    this.#answered += 1
    this.crowd.rest(connection)
    this.#free.push(connection)
    this.sendDue()
    if (this.#answered === this.#total) this.#finish()
  }
}

function fail(): never {
  throw new Error('there is a crowd without a load')
}
