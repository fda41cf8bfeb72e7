// Progress of work: a bar on a terminal, a line every few seconds elsewhere.
import type { Advance } from '../../ops/backup/advance.ts'
import { count } from './text.ts'

const TERMINAL_INTERVAL_MS = 100
const PLAIN_INTERVAL_MS = 5000
const CLEAR_LINE = '\r\x1b[K'
const BAR_CELLS = 24

export interface ProgressOutput {
  readonly isTerminal: boolean
  readonly write: (text: string) => void
}

export class ProgressBar {
  readonly #output: ProgressOutput
  readonly #nowMs: () => number
  readonly #intervalMs: number
  #lastMs: number

  constructor(output: ProgressOutput, nowMs: () => number) {
    this.#output = output
    this.#nowMs = nowMs
    this.#intervalMs = output.isTerminal ? TERMINAL_INTERVAL_MS : PLAIN_INTERVAL_MS
    this.#lastMs = nowMs()
  }

  /** Shows an advance, at most once per interval. */
  show(advance: Advance): void {
    const nowMs = this.#nowMs()
    if (nowMs - this.#lastMs < this.#intervalMs) return
    this.#lastMs = nowMs
    const { isTerminal, write } = this.#output
    write(isTerminal ? CLEAR_LINE + barLine(advance) : `${plainLine(advance)}\n`)
  }

  /** Removes the bar. */
  end(): void {
    if (this.#output.isTerminal) this.#output.write(CLEAR_LINE)
  }
}

function barLine(advance: Advance): string {
  const { done, total } = advance
  if (total === 0) return plainLine(advance)
  const filled = Math.min(BAR_CELLS, Math.floor((done / total) * BAR_CELLS))
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_CELLS - filled)}] ${plainLine(advance)}`
}

function plainLine({ doing, done, total }: Advance): string {
  if (total === 0) return done === 0 ? doing : `${doing}: ${count(done)}`
  return `${doing}: ${count(done)} of ${count(total)} (${Math.floor((Math.min(done, total) / total) * 100)} %)`
}

/** Standard error. Progress that cannot be written is dropped: the work continues. */
export function progressOutput(): ProgressOutput {
  const { stderr } = process
  stderr.on('error', () => {})
  return {
    isTerminal: stderr.isTTY === true,
    write: text => {
      stderr.write(text)
    },
  }
}
