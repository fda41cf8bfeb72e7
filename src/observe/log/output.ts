// Where lines of the log go: collected in memory and written in one piece after another by a thread, so that no request
// waits for them. A reader that is slow or gone, and a disk that is full, cost lines and never the server (contract 9.2).
import { write, writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

export const STANDARD_OUTPUT = 1

/** Characters that may wait to be written; a line beyond is dropped and counted. */
export const MAX_WAITING_LENGTH = 4 << 20
/** A pipe that takes nothing for the moment is tried again after this time. */
const RETRY_MS = 20
/** A write that takes longer waits for a reader that has stopped reading: it is not waited for at the end. */
const STUCK_MS = 1000

/** Lines on their way, and what is left of their bytes. */
interface Piece {
  rest: Buffer
  readonly lines: number
  readonly startMs: number
}

export class LogOutput {
  readonly #file: number
  readonly #maxWaitingLength: number
  #waiting: string[] = []
  #waitingLength = 0
  #isScheduled = false
  /** What is being written. */
  #piece: Piece | undefined
  #dropped = 0
  #noticed = 0
  #onDropped: ((lines: number) => void) | undefined

  /** @param file an open file descriptor */
  constructor(file: number, maxWaitingLength = MAX_WAITING_LENGTH) {
    this.#file = file
    this.#maxWaitingLength = maxWaitingLength
  }

  /** Lines that were not written, and never will be. */
  get dropped(): number {
    return this.#dropped
  }

  /** Calls back with how many lines were dropped since the last time, as soon as lines can be written again. */
  whenDropped(callback: (lines: number) => void): void {
    this.#onDropped = callback
  }

  /** Takes a line with its line end. Returns at once. */
  write(line: string): void {
    if (this.#waitingLength + line.length > this.#maxWaitingLength) {
      this.#dropped++
      return
    }
    this.#waiting.push(line)
    this.#waitingLength += line.length
    if (this.#isScheduled || this.#piece !== undefined) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      if (this.#piece === undefined) this.#next()
    })
  }

  /** Waits until all lines are written, but no longer than so many milliseconds; returns whether they are. */
  async flush(patienceMs: number): Promise<boolean> {
    const endMs = performance.now() + patienceMs
    while (this.#isBusy && performance.now() < endMs) await new Promise(resolve => setTimeout(resolve, 5))
    return !this.#isBusy
  }

  /**
   * Writes all lines before it returns, for a process that is about to end. pino calls it after a fatal line. Returns false
   * when a write is stuck: an orderly exit would wait for its thread.
   */
  flushSync(): boolean {
    if (this.#piece !== undefined && performance.now() - this.#piece.startMs > STUCK_MS) return false
    const lines = this.#take()
    try {
      for (let rest = Buffer.from(lines.join('')); rest.length > 0; )
        rest = rest.subarray(writeSync(this.#file, rest))
    } catch {
      this.#dropped += lines.length
    }
    return true
  }

  get #isBusy(): boolean {
    return this.#piece !== undefined || this.#waiting.length > 0
  }

  #take(): string[] {
    const lines = this.#waiting
    this.#waiting = []
    this.#waitingLength = 0
    return lines
  }

  #next(): void {
    const lines = this.#take()
    if (lines.length === 0) return
    this.#piece = { rest: Buffer.from(lines.join('')), lines: lines.length, startMs: performance.now() }
    this.#write(this.#piece)
  }

  #write(piece: Piece): void {
    write(this.#file, piece.rest, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(() => this.#write(piece), RETRY_MS)
        return
      }
      piece.rest = error === null ? piece.rest.subarray(written) : piece.rest
      if (error === null && piece.rest.length > 0) {
        this.#write(piece)
        return
      }
      this.#piece = undefined
      if (error === null) this.#notice()
      else this.#dropped += piece.lines
      this.#next()
    })
  }

  #notice(): void {
    if (this.#dropped === this.#noticed) return
    const lines = this.#dropped - this.#noticed
    this.#noticed = this.#dropped
    this.#onDropped?.(lines)
  }
}
