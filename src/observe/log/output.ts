// Output of the log. Lines are collected in memory and written in batches by a thread, so no request waits for them. A
// slow or closed reader, or a full disk, costs lines but never stops the server (contract 9.2).
import { write, writeSync } from 'node:fs'
import { performance } from 'node:perf_hooks'

export const STANDARD_OUTPUT = 1

/** Maximum number of buffered characters. Lines beyond are dropped and counted. */
export const MAX_WAITING_LENGTH = 4 << 20
/** Delay before a retry on a pipe that is full. */
const RETRY_MS = 20
/** A longer write is stuck, because the reader has stopped reading. Shutdown does not wait for it. */
const STUCK_MS = 1000

/** Lines being written, and the rest of their bytes. */
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
  /** The write in progress. */
  #piece: Piece | undefined
  #dropped = 0
  #noticed = 0
  #onDropped: ((lines: number) => void) | undefined

  /** @param file an open file descriptor */
  constructor(file: number, maxWaitingLength = MAX_WAITING_LENGTH) {
    this.#file = file
    this.#maxWaitingLength = maxWaitingLength
  }

  /** Number of lines that were never written. */
  get dropped(): number {
    return this.#dropped
  }

  /** Calls back with the number of lines dropped since the last call, as soon as lines can be written again. */
  whenDropped(callback: (lines: number) => void): void {
    this.#onDropped = callback
  }

  /** Takes a line including its line end. Returns at once. */
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

  /** Waits up to `patienceMs` until all lines are written. Returns false if some are not. */
  async flush(patienceMs: number): Promise<boolean> {
    const endMs = performance.now() + patienceMs
    while (this.#isBusy && performance.now() < endMs) await new Promise(resolve => setTimeout(resolve, 5))
    return !this.#isBusy
  }

  /**
   * Writes all lines synchronously, for a process about to exit. pino calls it after a fatal line. Returns false if a write
   * is stuck; an orderly exit would wait for its thread.
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
