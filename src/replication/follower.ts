// Follows the journal: looks for entries behind the last one applied, checks each against it, and has it applied. One look at a time.
import { type Clock, Pause, sleep } from './clock.ts'
import { advance, type Cursor } from './cursor.ts'
import type { Engine, Look } from './engine.ts'
import { decodeEntry, type Entry, type Place } from './entry.ts'
import { JournalFault } from './fault.ts'
import type { Timing } from './timing.ts'

/** The result of a look. */
export type LookResult =
  /** Nothing new: everything is applied that the journal had when the look began. */
  | 'current'
  /** Entries, which are applied. */
  | 'news'
  /** The database did not answer. */
  | 'unreachable'
  /** A contradiction (see JournalFault). */
  | 'fault'

export interface FollowerParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly timing: Timing
  /** The id of the journal. */
  readonly journal: string
  /** The last entry that is applied already. */
  readonly cursor: Cursor
  /**
   * Applies an entry that is in the journal; `next` is the cursor after it. Resolves later if it takes several turns. A JournalFault 'unreadable' must leave everything as it
   * was. Any other error ends the following.
   */
  readonly apply: (entry: Entry, next: Cursor) => void | Promise<void>
  /** Called when an entry takes several turns of the event loop. No other is applied meanwhile. */
  readonly onApplying: (entry: Entry) => void
  /** Called when the entry is applied and the cursor has advanced. */
  readonly onApplied: (entry: Entry) => void
  /** Called after every look; `look` is what the database answered, if it did. */
  readonly onLook: (result: LookResult, beganMs: number, look: Look | undefined) => void
  /** The state is broken: an entry was applied in part. */
  readonly onFatal: (error: unknown) => void
}

/** A promise with its resolver, for whoever waits for the next look. */
interface Waiting {
  readonly done: Promise<LookResult>
  readonly resolve: (result: LookResult) => void
}

export class Follower {
  readonly #parts: FollowerParts
  readonly #pause: Pause
  #cursor: Cursor
  #fault: JournalFault | undefined
  #error: unknown
  #currentMs: number | undefined
  #seen: number
  #next = waiting()
  /** The application that takes several turns. */
  #applying: Promise<void> | undefined
  #isClosed = false

  constructor(parts: FollowerParts) {
    this.#parts = parts
    this.#cursor = parts.cursor
    this.#seen = parts.cursor.place.position
    this.#pause = new Pause(parts.clock)
  }

  /** The last entry that is applied. */
  get cursor(): Cursor {
    return this.#cursor
  }

  /** The contradiction that the last look with an answer has found. It ends with a look that finds none. */
  get fault(): JournalFault | undefined {
    return this.#fault
  }

  /** The reason for which the last look without an answer had none. */
  get error(): unknown {
    return this.#error
  }

  /** The beginning of the last look that found nothing new; undefined before the first. */
  get currentMs(): number | undefined {
    return this.#currentMs
  }

  /** The number of entries that the database is known to have behind the last one applied. */
  get behind(): number {
    return Math.max(0, this.#seen - this.#cursor.place.position)
  }

  /** Follows until `close`. */
  start(): void {
    this.#parts.engine.follow(() => this.#pause.end())
    void this.#run()
  }

  /** Resolves with the result of a look that begins after this call. */
  look(): Promise<LookResult> {
    this.#pause.end()
    return this.#next.done
  }

  /**
   * Applies an entry of this server whose append was answered: in this turn of the event loop, unless it or one that is being applied takes
   * several.
   */
  accept(entry: Entry): void | Promise<void> {
    if (this.#applying !== undefined) return this.#applying.then(() => this.accept(entry))
    // A look may have found it meanwhile.
    const isApplied = entry.place.position <= this.#cursor.place.position
    if (!this.#isClosed && !isApplied) return this.#contain(() => this.#apply(entry))
  }

  close(): void {
    this.#isClosed = true
    this.#pause.end()
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const { resolve } = this.#next
      this.#next = waiting()
      const result = await this.#look()
      resolve(result)
      if (result !== 'news') await this.#pause.of(this.#parts.timing.pollMs)
    }
  }

  async #look(): Promise<LookResult> {
    const { engine, clock, onLook } = this.#parts
    const beganMs = clock.now()
    const { place } = this.#cursor
    let look: Look | undefined
    let result: LookResult = 'unreachable'
    try {
      look = await engine.look(place.position)
    } catch (error) {
      this.#error = error
    }
    if (this.#isClosed) return 'unreachable'
    if (look !== undefined) {
      this.#seen = look.last.position
      result = await this.#take(look, place)
      if (result === 'current') this.#currentMs = beganMs
    }
    onLook(result, beganMs, look)
    return result
  }

  /** Checks and applies what a look behind `asked` found. */
  async #take(look: Look, asked: Place): Promise<LookResult> {
    this.#fault = undefined
    this.#contain(() => checkLook(look, this.#parts.journal, asked, this.#cursor.place.position))
    let position = asked.position
    for (const bytes of this.#fault === undefined ? look.entries : []) {
      // A turn of the event loop for each entry but the first.
      if (position > asked.position) await sleep(this.#parts.clock, 0)
      position++
      // An entry of this server, whose append was answered.
      while (this.#applying !== undefined) await this.#applying
      if (this.#fault !== undefined || this.#isClosed) break
      const applied = this.#contain(() => {
        const entry = decodeEntry(this.#parts.journal, position, bytes)
        if (position > this.#cursor.place.position) return this.#apply(entry)
      })
      if (applied !== undefined) await applied
    }
    if (this.#fault !== undefined) return 'fault'
    return look.last.position > asked.position ? 'news' : 'current'
  }

  #apply(entry: Entry): void | Promise<void> {
    const next = advance(this.#cursor, entry)
    const applied = this.#parts.apply(entry, next)
    if (applied === undefined) return this.#advance(entry, next)
    this.#parts.onApplying(entry)
    const over = applied.then(() => {
      this.#applying = undefined
      this.#advance(entry, next)
    })
    this.#applying = over.catch(() => {
      this.#applying = undefined
    })
    return over
  }

  #advance(entry: Entry, next: Cursor): void {
    this.#cursor = next
    this.#parts.onApplied(entry)
  }

  /** Turns a fault into the state of this follower. */
  #contain(step: () => void | Promise<void>): void | Promise<void> {
    try {
      return step()?.catch(error => this.#fail(error))
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (error instanceof JournalFault) {
      this.#fault = error
      return
    }
    this.close()
    this.#parts.onFatal(error)
  }
}

/**
 * @param asked the place after which the look asked
 * @param applied the position that is applied by now
 * @throws JournalFault if what the database shows is not a continuation of what was applied
 */
function checkLook(
  { journal, first, last, entries }: Look,
  expected: string,
  asked: Place,
  applied: number,
): void {
  const { position, checksum } = asked
  if (journal !== expected)
    throw new JournalFault(
      'other-journal',
      `the database keeps journal ${journal}, and this server follows ${expected}`,
    )
  if (last.position < position)
    throw new JournalFault(
      'went-back',
      `the journal ends with entry ${last.position}, and this server has applied entry ${position}`,
    )
  if (last.position === position && !last.checksum.equals(checksum))
    throw new JournalFault(
      'chain',
      `entry ${position} of the journal is not the one that this server has applied`,
    )
  if (last.position > applied && first > applied + 1)
    throw new JournalFault(
      'behind',
      `this server has applied entry ${applied} of the journal, and the database keeps only entries from ${first} on`,
    )
  if (last.position > position && first <= position + 1 && entries.length === 0)
    throw new JournalFault('gap', `entry ${position + 1} of the journal is missing`)
}

function waiting(): Waiting {
  let resolve: (result: LookResult) => void = () => {}
  const done = new Promise<LookResult>(settle => {
    resolve = settle
  })
  return { done, resolve }
}
