// Measures the processor time of the main thread in each turn of the event loop. A busy machine delays a turn, but hardly changes that time.
import { closeSync, openSync, readSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'

/** Processor time of one turn, in milliseconds, and if the collector of garbage ran in it. */
export interface Turn {
  readonly ms: number
  readonly hasCollection: boolean
}

/** The turns of a piece of work, the shortest first. */
export type TurnTimes = readonly Turn[]

/** The main thread has the number of the process. Its first figure is nanoseconds on a processor. */
const SCHEDULE = `/proc/self/task/${process.pid}/schedstat`
const PAUSE_MS = 0.001
/** Time for the collections of the last turns to be reported. */
const SETTLE_MS = 20

const cell = new Int32Array(new SharedArrayBuffer(4))
const text = Buffer.alloc(64)

/** Processor time of the main thread so far, in milliseconds. The kernel counts it up when the thread pauses. It makes little garbage. */
function threadMs(schedule: number): number {
  Atomics.wait(cell, 0, 0, PAUSE_MS)
  readSync(schedule, text, 0, text.length, 0)
  let ns = 0
  for (let at = 0; text[at] !== SPACE; at++) ns = ns * 10 + (text[at] ?? 0) - ZERO
  return ns / 1e6
}

const SPACE = ' '.charCodeAt(0)
const ZERO = '0'.charCodeAt(0)

/** The turns as they end: processor time, and the ends on the clock of `performance`. */
interface Measured {
  readonly times: number[]
  readonly ends: number[]
}

/** Measures the turns until some work has ended. `work` is called in a turn of its own, which counts. */
export async function measureTurns(work: () => Promise<unknown>): Promise<TurnTimes> {
  const collections: { readonly startTime: number }[] = []
  const observer = new PerformanceObserver(list => collections.push(...list.getEntries()))
  observer.observe({ entryTypes: ['gc'] })
  const schedule = openSync(SCHEDULE, 'r')
  try {
    const beganMs = performance.now()
    const { times, ends } = await run(work, schedule)
    await new Promise(resolve => setTimeout(resolve, SETTLE_MS))
    const turns = turnsOf(
      times,
      ends,
      collections.map(each => each.startTime).filter(ms => ms >= beganMs),
    )
    return turns.sort((a, b) => a.ms - b.ms)
  } finally {
    observer.disconnect()
    closeSync(schedule)
  }
}

function run(work: () => Promise<unknown>, schedule: number): Promise<Measured> {
  const measured: Measured = { times: [], ends: [] }
  let isOver = false
  return new Promise((resolve, reject) => {
    let last = threadMs(schedule)
    const turn = () => {
      measured.times.push(threadMs(schedule) - last)
      measured.ends.push(performance.now())
      // The time that the look itself takes is not counted.
      last = threadMs(schedule)
      if (isOver) resolve(measured)
      else setImmediate(turn)
    }
    setImmediate(() => {
      setImmediate(turn)
      last = threadMs(schedule)
      work().then(() => {
        isOver = true
      }, reject)
    })
  })
}

/** @param startsMs the beginnings of collections, rising */
function turnsOf(times: readonly number[], ends: readonly number[], startsMs: readonly number[]): Turn[] {
  let next = 0
  return times.map((ms, i) => {
    const first = next
    while ((startsMs[next] ?? Number.POSITIVE_INFINITY) < (ends[i] ?? 0)) next++
    return { ms, hasCollection: next > first }
  })
}
