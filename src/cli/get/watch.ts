// `--watch` of a table on a terminal, and of a list in an order, with a limit or of names: looks at the server again when its watch says
// that something has changed. Statuses have no watch: they are polled.
import { setTimeout as wait } from 'node:timers/promises'
import { EXIT, FailedError } from '../command.ts'
import type { Api } from '../connection/api.ts'
import { ChangeSignal } from '../resources/change-signal.ts'
import type { Screen } from '../terminal/screen.ts'
import { look, type Shown } from './look.ts'
import type { GetOptions } from './options.ts'
import { isTable, type Piece, pieces, tableOf, titlesOf } from './print.ts'
import { watchOf } from './selection.ts'

/** Moves to the upper left corner, and clears to the end of the line and of the screen (ECMA-48). */
const [HOME, CLEAR_LINE, CLEAR_BELOW] = ['\x1b[H', '\x1b[K', '\x1b[J'] as const
const CLEAR_ALL = `${HOME}${CLEAR_BELOW}`
/** Lines of a terminal beside the table: the head, a blank line, and the cursor's. */
const OTHER_ROWS = 3

export interface Watching {
  readonly screen: Screen
  readonly signal: AbortSignal
  readonly onNote: (note: string) => void
}

/** True for a table that is drawn over the previous one. */
export function isRedrawn(options: GetOptions, { isTerminal }: Screen): boolean {
  return isTable(options) && isTerminal
}

/**
 * Shows the list until the signal aborts. The first look must succeed; later the command waits for a server that does not answer.
 * @throws what a look throws, unless the failure may be transient
 */
export async function watchLooks(api: Api, options: GetOptions, watching: Watching): Promise<void> {
  const { signal, screen } = watching
  const intervalMs = options.intervalS * 1000
  const view = isRedrawn(options, screen) ? new Redrawn(options, screen) : new Appended(options, screen)
  const aborted = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve()))
  const lookAgain = async () => {
    const shown = await Promise.race([look(api, view.wanted), aborted])
    if (shown !== undefined) view.show(shown)
  }
  await lookAgain()
  const news = options.list === 'statuses' ? new Poll(watching) : await signalOf(api, options, watching)
  for (let [isBehind, hasLooked] = [false, true]; !signal.aborted; ) {
    if (hasLooked) await pause(intervalMs, signal)
    hasLooked = false
    if (await news.changed(intervalMs)) isBehind = true
    if (signal.aborted) return
    if (!isBehind) {
      view.age()
      continue
    }
    hasLooked = true
    try {
      await lookAgain()
      isBehind = false
      news.answered()
    } catch (error) {
      if (!(error instanceof FailedError) || error.exitCode !== EXIT.unreachable) throw error
      news.failed(error)
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined)
}

interface News {
  /** Resolves with true if there is reason to look again, after the interval at the latest. */
  changed(intervalMs: number): Promise<boolean>
  answered(): void
  failed(error: FailedError): void
}

/** The watch of the list. It notes its own outages. */
async function signalOf(api: Api, options: GetOptions, { signal, onNote }: Watching): Promise<News> {
  const { path, parameters } = await watchOf(api, options.list, options)
  const request = { path, parameters: new Map([...parameters, ['fields', 'id']]) }
  const changes = ChangeSignal.open(api, request, onNote)
  signal.addEventListener('abort', () => changes.close())
  return { changed: ms => changes.changed(ms), answered: () => {}, failed: () => {} }
}

/** Always gives reason: there is an interval between two looks. */
class Poll implements News {
  readonly #watching: Watching
  #isAway = false

  constructor(watching: Watching) {
    this.#watching = watching
  }

  async changed(): Promise<boolean> {
    return true
  }

  answered(): void {
    this.#isAway = false
  }

  failed(error: FailedError): void {
    if (!this.#isAway) this.#watching.onNote(`${error.message}; still watching`)
    this.#isAway = true
  }
}

/** A table that is drawn over the previous one. */
class Redrawn {
  readonly #options: GetOptions
  readonly #screen: Screen
  #shown: Shown | undefined

  constructor(options: GetOptions, screen: Screen) {
    this.#options = options
    this.#screen = screen
  }

  /** No more rows than the terminal has. */
  get wanted(): GetOptions {
    const { limit } = this.#options
    return { ...this.#options, limit: Math.min(limit, Math.max(1, this.#screen.size().rows)) }
  }

  show(shown: Shown): void {
    const isFirst = this.#shown === undefined
    this.#shown = shown
    const found = shown()
    const head = `${found.total} ${found.list}, ${new Date().toISOString().slice(11, 19)}`
    const table = tableOf(found, this.#options, this.#screen)
    const hidden = Math.min(found.total, this.#options.limit) - found.items.length
    redraw(this.#screen, { head, table, hidden, isFirst })
  }

  /** Shows the ages of now. */
  age(): void {
    if (this.#shown !== undefined) this.show(this.#shown)
  }
}

/** Pieces in a pipe: what is new or different. */
class Appended {
  readonly wanted: GetOptions
  readonly #screen: Screen
  #before: ReadonlyMap<string, Piece> = new Map()
  #hasTitles = false

  constructor(options: GetOptions, screen: Screen) {
    this.wanted = options
    this.#screen = screen
  }

  show(shown: Shown): void {
    const found = shown()
    const now = pieces(found, this.wanted)
    const news = changed(this.#before, now)
    if (!this.#hasTitles && news.length > 0) {
      this.#hasTitles = true
      this.#screen.write(titlesOf(found, this.wanted))
    }
    this.#screen.write(news.join(''))
    this.#before = now
  }

  age(): void {}
}

interface Drawing {
  readonly head: string
  readonly table: readonly string[]
  /** The number of items that are not in the table. */
  readonly hidden: number
  readonly isFirst: boolean
}

/** Draws a table over the previous one. Counts the rows that do not fit. */
export function redraw(screen: Screen, { head, table, hidden, isFirst }: Drawing): void {
  const { rows } = screen.size()
  const fitting = Math.max(1, rows - OTHER_ROWS)
  const more = hidden + Math.max(0, table.length - fitting)
  const shown = more > 0 ? [...table.slice(0, fitting), `… ${more} more`] : table
  const lines = [head, '', ...shown].map(line => `${line}${CLEAR_LINE}\n`).join('')
  screen.write(`${isFirst ? CLEAR_ALL : HOME}${lines}${CLEAR_BELOW}`)
}

/** The pieces that are new or different, in order. */
export function changed(before: ReadonlyMap<string, Piece>, now: ReadonlyMap<string, Piece>): string[] {
  return [...now].filter(([key, { state }]) => before.get(key)?.state !== state).map(([, { text }]) => text)
}
