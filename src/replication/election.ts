// Decides when to claim to be the writer. A claim is an entry like any other: it has one place, so it is harmless when it comes too early.
// Times only keep claims rare, and keep them away from reads that the writer answers alone.
import type { Appender, Outcome } from './appender.ts'
import { type Clock, Pause } from './clock.ts'
import { encodeLeader, type Leader } from './cursor.ts'
import type { Engine, Look } from './engine.ts'
import type { Entry } from './entry.ts'
import type { Follower, LookResult } from './follower.ts'
import type { Timing } from './timing.ts'

export interface ElectionParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly timing: Timing
  readonly random: () => number
  /** This process as a writer. */
  readonly self: Leader
  readonly follower: Follower
  readonly appender: Appender<unknown>
  /** Called after each claim. */
  readonly onClaim: (outcome: Outcome) => void
  /** The database did not take a beat. */
  readonly onError: (error: unknown) => void
}

/** Longest random pause before a claim when there is no writer, in milliseconds. */
const SPREAD_MS = 100
/**
 * Longest further pause then of a server that has run for `SETTLED_MS`, in milliseconds; a younger one pauses for less. So during a rolling restart the part
 * of a writer that stops goes to a server that has been restarted, and not to one whose restart would move it again.
 */
const YIELD_MS = 400
const SETTLED_MS = 10 * 60_000

export class Election {
  readonly #parts: ElectionParts
  readonly #pause: Pause
  readonly #beatPause: Pause
  readonly #startedMs: number
  /** The newest entry was applied then. */
  #entryMs: number
  /** The last sign of the writer. */
  #signMs: number
  /** The database has answered every look since then. */
  #reachableMs: number | undefined
  #lastBeat: string | undefined
  #patience: number
  #beats = 0
  #claiming: Promise<Outcome> | undefined
  #isWilling = true
  #isClosed = false

  constructor(parts: ElectionParts) {
    this.#parts = parts
    this.#pause = new Pause(parts.clock)
    this.#beatPause = new Pause(parts.clock)
    this.#startedMs = parts.clock.now()
    this.#entryMs = this.#startedMs
    this.#signMs = this.#entryMs
    this.#patience = parts.random()
  }

  get isClaiming(): boolean {
    return this.#claiming !== undefined
  }

  start(): void {
    void this.#watch()
    void this.#beat()
  }

  /** Makes no further claim. Resolves when the outcome of the present one is certain. */
  async retire(): Promise<void> {
    this.#isWilling = false
    await this.#claiming
  }

  close(): void {
    this.#isClosed = true
    this.#pause.end()
    this.#beatPause.end()
  }

  onApplied({ kind }: Entry): void {
    this.#entryMs = this.#parts.clock.now()
    this.#signMs = this.#entryMs
    if (kind === 'group' || kind === 'barrier') return
    this.#patience = this.#parts.random()
    this.#pause.end()
    this.#beatPause.end()
  }

  onLook(result: LookResult, beganMs: number, look: Look | undefined): void {
    // Nobody can be silent while nobody is heard: after an outage of the database the silence begins with the first answer.
    if (result === 'unreachable') this.#reachableMs = undefined
    else if (this.#reachableMs === undefined) {
      this.#reachableMs = beganMs
      this.#pause.end()
    }
    if (look?.beat === undefined || look.beat === this.#lastBeat) return
    this.#lastBeat = look.beat
    if (this.#isOfWriter(look.beat)) this.#signMs = this.#parts.clock.now()
  }

  /** A beat of the writer, or of one whose epoch this server has not seen yet. */
  #isOfWriter(beat: string): boolean {
    const [epoch, writer] = beat.split(' ')
    const { cursor } = this.#parts.follower
    return (
      Number(epoch) > cursor.epoch || (Number(epoch) === cursor.epoch && writer === cursor.leader?.writer)
    )
  }

  get #isLeading(): boolean {
    const { follower, self } = this.#parts
    return follower.cursor.leader?.writer === self.writer
  }

  /** The time from which this server may claim. */
  get #dueMs(): number {
    if (this.#isLeading || this.#reachableMs === undefined || !this.#isWilling)
      return Number.POSITIVE_INFINITY
    const { timing, follower } = this.#parts
    const since = Math.max(this.#signMs, this.#reachableMs)
    if (follower.cursor.leader === undefined) return since + this.#patience * SPREAD_MS + this.#yieldMs
    const [least, greatest] = timing.patienceMs
    const patienceMs = least + this.#patience * (greatest - least)
    return Math.max(since + patienceMs, this.#entryMs + timing.quietMs)
  }

  get #yieldMs(): number {
    const ageMs = Math.max(0, this.#entryMs - this.#startedMs)
    return Math.min(1, ageMs / SETTLED_MS) * YIELD_MS
  }

  async #watch(): Promise<void> {
    const { clock, timing } = this.#parts
    while (!this.#isClosed) {
      const leftMs = this.#dueMs - clock.now()
      if (leftMs > 0) await this.#pause.of(Math.min(leftMs, timing.patienceMs[0]))
      else await this.#claim()
    }
  }

  async #claim(): Promise<void> {
    const { clock, follower, appender, timing, self, random, onClaim } = this.#parts
    this.#patience = random()
    const result = await follower.look()
    // A claim comes after everything that is in the journal, and the look may have brought a sign of the writer.
    if (result !== 'current' || this.#dueMs > clock.now() || this.#isClosed) {
      if (result !== 'news') await this.#pause.of(timing.retryMs[1] * (0.5 + random() / 2))
      return
    }
    this.#claiming = appender.append('epoch', encodeLeader(self))
    const outcome = await this.#claiming
    this.#claiming = undefined
    onClaim(outcome)
    if (outcome.kind === 'refused') await this.#pause.of(timing.patienceMs[0])
  }

  /**
   * Shows the others that the writer is there, also when it writes nothing. One that gets no answers from the database keeps silent, so that
   * another server takes over.
   */
  async #beat(): Promise<void> {
    const { timing, engine, follower, self, onError } = this.#parts
    while (!this.#isClosed) {
      if (this.#isLeading && this.#isWell)
        await engine.beat(`${follower.cursor.epoch} ${self.writer} ${++this.#beats}`).catch(onError)
      await this.#beatPause.of(timing.beatMs)
    }
  }

  get #isWell(): boolean {
    const { clock, timing, follower, appender } = this.#parts
    const hangsMs = appender.pendingMs === undefined ? 0 : clock.now() - appender.pendingMs
    return this.#reachableMs !== undefined && follower.fault === undefined && hangsMs < timing.patienceMs[0]
  }
}
