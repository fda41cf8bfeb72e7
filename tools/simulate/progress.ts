// Progress of the simulation: one line that is redrawn on a terminal, a line every few seconds elsewhere.

import type { ProgressOutput } from '../../src/cli/terminal/progress.ts'
import { count } from '../../src/cli/terminal/text.ts'
import type { Traffic } from './persistence.ts'

const TERMINAL_INTERVAL_MS = 250
const PLAIN_INTERVAL_MS = 5000
const CLEAR_LINE = '\r\x1b[K'

export class Progress {
  readonly #output: ProgressOutput
  readonly #nowMs: () => number
  readonly #traffic: Readonly<Traffic>
  #timer: NodeJS.Timeout | undefined
  #describe: () => string = () => ''
  #lastMs = 0
  #lastRequests = 0

  constructor(output: ProgressOutput, nowMs: () => number, traffic: Readonly<Traffic>) {
    this.#output = output
    this.#nowMs = nowMs
    this.#traffic = traffic
  }

  /**
   * Shows the progress of work until it ends.
   * @param describe the current phase and its progress
   */
  async during<T>(describe: () => string, work: () => Promise<T>): Promise<T> {
    this.#describe = describe
    this.#lastMs = this.#nowMs()
    this.#lastRequests = this.#traffic.requests
    const { isTerminal } = this.#output
    this.#timer = setInterval(() => this.#show(), isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS)
    try {
      return await work()
    } finally {
      clearInterval(this.#timer)
      if (isTerminal) this.#output.write(CLEAR_LINE)
    }
  }

  /** Prints a permanent line. */
  note(text: string): void {
    this.#output.write(`${this.#output.isTerminal ? CLEAR_LINE : ''}${text}\n`)
  }

  #show(): void {
    const line = `${this.#describe()}, ${this.#requestsPerSecond()} requests/s, ${this.#traffic.retries} retries`
    this.#output.write(this.#output.isTerminal ? CLEAR_LINE + line : `${line}\n`)
  }

  /** Requests per second since the previous line. */
  #requestsPerSecond(): string {
    const nowMs = this.#nowMs()
    const rate = ((this.#traffic.requests - this.#lastRequests) * 1000) / Math.max(1, nowMs - this.#lastMs)
    this.#lastMs = nowMs
    this.#lastRequests = this.#traffic.requests
    return count(rate)
  }
}
