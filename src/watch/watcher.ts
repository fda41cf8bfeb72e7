// One watcher. While it keeps up it takes the rendered cuts of its search. At its beginning it walks over the resources that match. While it is behind it
// has a table of the changed resources, and sends the newest version of each. A resumption fills the table with what its client does not know. Once
// nothing is left, a `BOOKMARK` says so (contract 12.4, 12.5).
import { NumberTable } from '../state/number-table.ts'
import type { EndReason, ResetReason, WatchContext, WatcherOptions } from './context.ts'
import { includes } from './events.ts'
import type { Resumption } from './resumption.ts'
import {
  type Cut,
  type Follower,
  type Known,
  sequenceOf,
  UNKNOWN,
  type Variant,
  type WatchedSearch,
} from './watched-search.ts'

/** Bytes of events after which they are written, and most resources that are looked at for them. */
const CHUNK_BYTES = 16 * 1024
const CHUNK_RESOURCES = 64
/** Most bytes of cuts that are written at once. */
const MAX_CUTS_BYTES = 64 * 1024
/** Most resources that a watcher may be behind (contract 12.5). */
export const MAX_BEHIND = 100_000
/** Most resources by which those that were changed may outnumber those that match, in a resumption (contract 12.4). */
export const MAX_MORE_CHANGED = 1000

export class Watcher implements Follower {
  readonly search: WatchedSearch
  readonly #context: WatchContext
  readonly #options: WatcherOptions
  readonly #variant: Variant
  /** The changes that it has not sent, by the number of the resource. */
  readonly #pending = new NumberTable()
  /** The number from which the walk over what matches goes on; undefined after the walk. */
  #walkFrom: number | undefined
  /** The number of cuts that it has taken. */
  #taken: number
  /** True if it has sent everything up to the cuts that it has taken. */
  #keepsUp = false
  /** True if the client has to take something first. */
  #isBlocked = false
  #owesRetry: boolean
  #owesReset = false
  #owesBookmark = true
  /** Its client has a list as of this change, until the walk over what was changed since has ended. */
  #since: number | undefined
  #resumption: Resumption | undefined
  #ending: EndReason | undefined
  #isOver = false
  #events = 0
  #resets = 0
  isQueued = false

  constructor(search: WatchedSearch, options: WatcherOptions, context: WatchContext) {
    this.search = search
    this.#options = options
    this.#context = context
    this.#variant = search.variantOf(options)
    this.#owesRetry = options.retryMs !== undefined
    this.#taken = search.cuts
  }

  /** The machine's time at which it ends, in milliseconds. */
  get expiresMs(): number {
    return this.#options.expiresMs
  }

  /** The number of changed resources that it has not sent. Those that the walk has not reached are not among them. */
  get behind(): number {
    return this.#pending.size
  }

  /** True if it has sent everything, or takes the rendered cuts. */
  get keepsUp(): boolean {
    return this.#keepsUp
  }

  /** The number of events about resources that it was sent. */
  get events(): number {
    return this.#events
  }

  /** The number of times that it began with everything that matches. */
  get resets(): number {
    return this.#resets
  }

  /**
   * Begins, in this turn of the event loop.
   * @param beginning the number of the change as of which its client has the list, or the reason to begin with everything that matches
   */
  begin(beginning: number | ResetReason): void {
    if (typeof beginning === 'number') this.#since = beginning
    else this.#reset(beginning)
    if (this.step()) this.#context.schedule.enqueue(this)
  }

  step(): boolean {
    if (this.#isOver || this.#isBlocked) return false
    const { writer, state } = this.#context
    const { format } = this.#variant
    const { isReady } = this.search
    if (isReady) this.#absorbAll()
    // Nothing is written before the end of the walk, so that no slow client holds it.
    if (this.#since !== undefined && isReady && this.#resume(this.#since)) return true
    if (this.#since !== undefined && !isReady && this.#ending === undefined) return false
    writer.clear()
    const retryMs = this.#owesRetry ? this.#options.retryMs : undefined
    this.#owesRetry = false
    if (this.#owesReset) writer.reset(format, state.sequence, retryMs)
    else if (retryMs !== undefined) writer.retry(retryMs)
    this.#owesReset = false
    const isDone = isReady && this.#writeSome()
    if (isDone) this.#bookmark()
    const isLast = this.#ending !== undefined && (isDone || !isReady)
    if (isLast) this.#writeError()
    this.#write(writer.bytes, writer.events)
    if (isLast) this.#options.output.end()
    return isReady && !isDone && !this.#isBlocked && !this.#isOver
  }

  takeCuts(): void {
    if (this.#isOver) return
    if (this.search.ending !== undefined) this.finish(this.search.ending)
    if (this.#keepsUp && !this.#isBlocked && this.#takeTexts()) return
    this.#absorb()
    this.#context.schedule.enqueue(this)
  }

  /** The client has taken something. */
  ready(): void {
    this.#isBlocked = false
    this.#context.schedule.enqueue(this)
  }

  /** Ends the stream once everything is sent, with a last `BOOKMARK`. */
  finish(reason: EndReason): void {
    this.#ending ??= reason
    this.#owesBookmark = true
    this.#context.schedule.enqueue(this)
  }

  /** Ends the stream at once, also that of a client that is behind. */
  fail(reason: EndReason): void {
    if (this.#isOver) return
    const { writer } = this.#context
    this.#ending = reason
    writer.clear()
    this.#writeError()
    this.#write(writer.bytes, 0)
    this.#options.output.end()
  }

  cutOff(): void {
    if (!this.#isOver) this.#options.output.cutOff()
  }

  /** Nothing can be sent any more. */
  over(): void {
    this.#isOver = true
    this.#setKeepsUp(false)
    this.#pending.clear()
    this.#endResumption()
  }

  /** Writes the rendered cuts. Returns false if they are not rendered, or too long. */
  #takeTexts(): boolean {
    const texts: Buffer[] = []
    let [bytes, events] = [0, 0]
    for (let place = this.#taken; place < this.search.cuts; place++) {
      const text = this.search.cutAt(place)?.texts.get(this.#variant)
      if (text === undefined) return false
      texts.push(text.bytes)
      bytes += text.bytes.length
      events += text.events
    }
    if (bytes > MAX_CUTS_BYTES && texts.length > 1) return false
    this.#taken = this.search.cuts
    const [first] = texts
    if (first !== undefined) this.#write(texts.length === 1 ? first : Buffer.concat(texts, bytes), events)
    return true
  }

  /** Takes all changes so far into the table. */
  #absorbAll(): void {
    this.search.cut()
    this.#absorb()
    if (this.#pending.size > MAX_BEHIND) this.#reset('behind')
  }

  #absorb(): void {
    for (; this.#taken < this.search.cuts; this.#taken++) {
      const cut = this.search.cutAt(this.#taken)
      if (cut !== undefined) this.#absorbCut(cut)
    }
  }

  #absorbCut({ changes, hasBookmark }: Cut): void {
    // The walk will send the newest version of a resource that it has not reached.
    const end = this.#walkFrom ?? Number.POSITIVE_INFINITY
    const isResuming = this.#since !== undefined
    for (const [number, known] of changes)
      if (number < end) this.#pending.addNew(number, isResuming ? UNKNOWN : known)
    if (changes.size > 0) this.#setKeepsUp(false)
    if (hasBookmark) this.#owesBookmark = true
  }

  /** Finds more of what was changed after this change. Returns false once all is in the table. */
  #resume(since: number): boolean {
    const { state, statistics, resumptions } = this.#context
    this.#resumption ??= resumptions.begin(this.search, since, state)
    if (this.#resumption === undefined) return true
    const goesOn = this.#resumption.step(number => this.#pending.set(number, UNKNOWN))
    if (state.removals.floor > since) this.#reset('removals')
    else if (this.#pending.size > this.search.size + MAX_MORE_CHANGED) this.#reset('changes')
    else if (goesOn) return true
    else statistics.resumptions++
    this.#endResumption()
    return false
  }

  #endResumption(): void {
    this.#resumption?.end()
    this.#resumption = undefined
    this.#since = undefined
  }

  /** Writes some events. Returns true once nothing is left. */
  #writeSome(): boolean {
    const { writer } = this.#context
    for (let count = 0; count < CHUNK_RESOURCES && writer.length < CHUNK_BYTES; count++) {
      if (this.#walkFrom !== undefined) this.#walk(this.#walkFrom)
      else if (this.#pending.size === 0) return true
      else if (!this.#writeOne()) {
        this.#reset('removals')
        return false
      }
    }
    return false
  }

  #walk(from: number): void {
    const entry = this.search.first(from)
    this.#walkFrom = entry === undefined ? undefined : entry.number + 1
    const { format, types, projection } = this.#variant
    if (entry !== undefined && includes(types, 'ADDED'))
      this.#context.writer.object(format, 'ADDED', sequenceOf(entry), entry, projection)
  }

  /** Writes the event of a change. Returns false if it is a removal that is not retained. */
  #writeOne(): boolean {
    let isWritten = true
    this.#pending.take((number, known) => {
      isWritten = this.search.writeEvent(this.#context.writer, this.#variant, number, known as Known)
    })
    return isWritten
  }

  /** The stream adds up to the list. */
  #bookmark(): void {
    this.#setKeepsUp(true)
    if (!this.#owesBookmark) return
    this.#owesBookmark = false
    const { writer, state } = this.#context
    writer.bookmark(this.#variant.format, state.sequence, this.search.since.textOf(state.sequence))
  }

  #write(bytes: Buffer, events: number): void {
    if (bytes.length === 0 || this.#isOver) return
    const { statistics } = this.#context
    statistics.bytes += bytes.length
    statistics.events += events
    this.#events += events
    if (!this.#options.output.write(bytes)) this.#isBlocked = true
  }

  /** Makes void what was sent, and begins with everything that matches. */
  #reset(reason: ResetReason): void {
    this.#context.statistics.resets[reason]++
    this.#resets++
    this.#endResumption()
    this.#pending.clear()
    this.#walkFrom = 0
    this.#taken = this.search.cuts
    this.#setKeepsUp(false)
    this.#owesReset = true
    this.#owesBookmark = true
  }

  #setKeepsUp(keepsUp: boolean): void {
    if (keepsUp !== this.#keepsUp) this.search.keepingUp += keepsUp ? 1 : -1
    this.#keepsUp = keepsUp
  }

  #writeError(): void {
    if (this.#ending !== 'token-expired' && this.#ending !== 'cluster-removed') return
    const { writer, state } = this.#context
    writer.error(this.#variant.format, state.sequence, this.#options.problem(this.#ending))
  }
}
