// Measures the processor time of the main thread in each turn of the event loop. A busy machine delays a turn, but hardly changes that time.
import { readFileSync } from 'node:fs'

/** Processor time of each turn of a piece of work, in milliseconds, rising. */
export type TurnTimes = readonly number[]

/** The main thread has the number of the process. Its first figure is nanoseconds on a processor. */
const SCHEDULE = `/proc/self/task/${process.pid}/schedstat`
const PAUSE_MS = 0.001

const cell = new Int32Array(new SharedArrayBuffer(4))

/** Processor time of the main thread so far, in milliseconds. The kernel counts it up when the thread pauses. */
function threadMs(): number {
  Atomics.wait(cell, 0, 0, PAUSE_MS)
  return Number(readFileSync(SCHEDULE, 'latin1').split(' ')[0]) / 1e6
}

/** Measures the turns until some work has ended. `work` is called in a turn of its own, which counts. */
export async function measureTurns(work: () => Promise<unknown>): Promise<TurnTimes> {
  const times: number[] = []
  let isOver = false
  const over = new Promise<void>((resolve, reject) => {
    let last = threadMs()
    const turn = () => {
      const now = threadMs()
      times.push(now - last)
      // The time that the look itself takes is not counted.
      last = threadMs()
      if (isOver) resolve()
      else setImmediate(turn)
    }
    setImmediate(() => {
      setImmediate(turn)
      last = threadMs()
      work().then(() => {
        isOver = true
      }, reject)
    })
  })
  await over
  return times.sort((a, b) => a - b)
}
