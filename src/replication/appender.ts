// Appends entries, one at a time. An entry goes right after the last one applied, or nowhere. When an answer is lost, the entry that is
// found in its place decides: ours was stored, another's means that ours never was and never will be (contract 14.3, 14.4).
import { type Clock, sleep } from './clock.ts'
import type { Engine } from './engine.ts'
import { type EncodedEntry, type Entry, type EntryKind, encodeEntry } from './entry.ts'
import type { Follower } from './follower.ts'
import type { Timing } from './timing.ts'

export type Outcome =
  /** The entry is durable and applied. */
  | { readonly kind: 'stored'; readonly entry: Entry }
  /** The entry is not stored and never will be: another server is the writer. */
  | { readonly kind: 'fenced' }
  /** The entry is not stored and never will be: there is no room, the database refuses, or the journal has a fault. */
  | { readonly kind: 'refused'; readonly reason: string }

export interface AppenderParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly timing: Timing
  /** A number from 0 to 1, without 1. */
  readonly random: () => number
  readonly journal: string
  /** The id of this process. */
  readonly writer: string
  readonly follower: Follower
}

/** An append that waits for its turn. `Own` is what the caller gets back when its entry is applied. */
interface Waiting<Own> {
  readonly kind: EntryKind
  /** The epoch as of the call: what was decided in one is not stored in another. */
  readonly epoch: number
  readonly body: Buffer
  readonly own: Own | undefined
  readonly done: Promise<Outcome>
  readonly resolve: (outcome: Outcome) => void
}

/** The append whose turn it is. */
interface Pending<Own> extends Waiting<Own> {
  readonly entry: EncodedEntry
  readonly beganMs: number
  /** A try may have stored it, or may yet. */
  isInDoubt: boolean
  /** It is stored, and takes several turns to apply. */
  isApplying: boolean
}

export class Appender<Own> {
  readonly #parts: AppenderParts
  readonly #waiting: Waiting<Own>[] = []
  #pending: Pending<Own> | undefined
  #isRunning = false
  #serial = 0
  #confirmedMs: number | undefined
  #isClosed = false

  constructor(parts: AppenderParts) {
    this.#parts = parts
  }

  /** The beginning of the last append that was stored; undefined before the first. */
  get confirmedMs(): number | undefined {
    return this.#confirmedMs
  }

  /** An append is neither known to be stored nor known not to be. */
  get isInDoubt(): boolean {
    const pending = this.#pending
    return pending?.isInDoubt === true && !pending.isApplying
  }

  /** The beginning of the append that has no outcome yet. */
  get pendingMs(): number | undefined {
    return this.#pending?.isApplying === false ? this.#pending.beganMs : undefined
  }

  /**
   * Appends an entry of the writer, or one that opens an epoch. Resolves when its outcome is certain, and not before; never when this is
   * closed before that.
   */
  append(kind: EntryKind, body: Buffer, own?: Own): Promise<Outcome> {
    let resolve: (outcome: Outcome) => void = () => {}
    const done = new Promise<Outcome>(settle => {
      resolve = settle
    })
    const { epoch } = this.#parts.follower.cursor
    this.#waiting.push({ kind, epoch, body, own, done, resolve })
    if (!this.#isRunning) void this.#run()
    return done
  }

  /** Resolves with the outcome of an append that begins after this call. Calls that wait at the same time share one. */
  barrier(): Promise<Outcome> {
    return this.#waiting.at(-1)?.done ?? this.append('barrier', Buffer.alloc(0))
  }

  /** The caller's part of an entry that is about to be applied, if this process appends it. */
  ownOf({ place }: Entry): Own | undefined {
    return this.#pending?.entry.place.checksum.equals(place.checksum) ? this.#pending.own : undefined
  }

  /** This entry is in its place, and is applied over several turns. That it is stored is known from the first one on. */
  onApplying(entry: Entry): void {
    const pending = this.#pending
    if (pending === undefined || !entry.place.checksum.equals(pending.entry.place.checksum)) return
    pending.isApplying = true
    this.#confirmedMs = pending.beganMs
  }

  /** Decides about the pending append: this entry is in its place. */
  onApplied(entry: Entry): void {
    const pending = this.#pending
    if (pending === undefined || entry.place.position !== pending.entry.place.position) return
    this.#pending = undefined
    const isOurs = entry.place.checksum.equals(pending.entry.place.checksum)
    if (isOurs) this.#confirmedMs = pending.beganMs
    pending.resolve(isOurs ? { kind: 'stored', entry } : { kind: 'fenced' })
  }

  close(): void {
    this.#isClosed = true
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    for (
      let next = this.#waiting.shift();
      next !== undefined && !this.#isClosed;
      next = this.#waiting.shift()
    ) {
      const refusal = this.#refusal(next)
      if (refusal !== undefined) next.resolve(refusal)
      else await this.#settle(this.#begin(next))
    }
    this.#isRunning = false
  }

  /** The reason for which an append need not be tried. */
  #refusal({ kind, epoch }: Waiting<Own>): Outcome | undefined {
    const { follower, writer } = this.#parts
    const isWriter = follower.cursor.leader?.writer === writer
    if (epoch !== follower.cursor.epoch || isWriter === (kind === 'epoch')) return { kind: 'fenced' }
    return follower.fault && { kind: 'refused', reason: follower.fault.message }
  }

  #begin({ kind, epoch, body, own, done, resolve }: Waiting<Own>): Pending<Own> {
    const { journal, writer, follower, clock } = this.#parts
    const head = { kind, writer, serial: ++this.#serial, epoch: kind === 'epoch' ? epoch + 1 : epoch }
    const entry = encodeEntry(journal, follower.cursor.place, head, body)
    const beganMs = clock.now()
    const outcome = { beganMs, isInDoubt: false, isApplying: false }
    const pending = { kind, epoch, body, own, done, resolve, entry, ...outcome }
    this.#pending = pending
    return pending
  }

  /** Tries until the outcome is certain. */
  async #settle(pending: Pending<Own>): Promise<void> {
    const { engine, follower, clock, timing, random } = this.#parts
    const after = follower.cursor.place
    const isOpen = () => this.#pending === pending && !this.#isClosed
    const [first, longest] = timing.retryMs
    for (let tries = 0; isOpen(); tries++) {
      if (follower.fault === undefined) {
        const answer = await engine.append(after, pending.entry)
        if (!isOpen()) return
        const applied = answer.kind === 'stored' ? follower.accept(pending.entry) : undefined
        if (applied !== undefined) await applied
        if (!isOpen()) return
        if (answer.kind === 'refused' && !pending.isInDoubt) return this.#refuse(pending, answer.reason)
        // Even a place that is taken is no proof: an engine may compare with entries that it has not stored yet.
        pending.isInDoubt = true
      }
      // Whatever is in the place is applied by this look, and decides.
      await follower.look()
      if (!isOpen()) return
      await sleep(clock, Math.min(longest, first * 2 ** tries) * (0.5 + random() / 2))
    }
  }

  #refuse(pending: Pending<Own>, reason: string): void {
    this.#pending = undefined
    pending.resolve({ kind: 'refused', reason })
  }
}
