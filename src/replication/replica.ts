// A replica: one server's part in a journal that several servers share. It follows the journal, claims to be the writer when that falls
// silent, and appends as the writer. Clock, random numbers and the database are parameters.
//
//   following --the writer is silent, all is applied--> claiming --the epoch is stored--> leading
//   leading --an append without an answer--> resolving --its entry is found--> leading
//   claiming, leading, resolving --another entry is found in the place--> following
//   any --the journal contradicts what is applied--> lost, or behind if the entries are no longer kept
import { Appender, type Outcome } from './appender.ts'
import type { Clock } from './clock.ts'
import type { Cursor, Leader } from './cursor.ts'
import { Election } from './election.ts'
import type { Engine, Role } from './engine.ts'
import type { Entry } from './entry.ts'
import type { JournalFault } from './fault.ts'
import { Follower, type LookResult } from './follower.ts'
import { Retention } from './retention.ts'
import { TIMING, type Timing } from './timing.ts'

export interface ReplicaOptions<Own> {
  readonly engine: Engine
  readonly clock: Clock
  /** A number from 0 to 1, without 1. */
  readonly random: () => number
  /** The id of the journal: 32 hexadecimal digits. */
  readonly journal: string
  /** This process as a writer. */
  readonly self: Leader
  /** The last entry that is applied already. */
  readonly cursor: Cursor
  /** The newest entry that is on this server's own disk. */
  readonly positionOnDisk: () => number
  /**
   * Applies an entry that is in the journal, in order and once; `own` is what this process gave to `append` with it. A JournalFault
   * 'unreadable' must leave everything as it was. Resolves later if it takes several turns of the event loop; nothing else is applied meanwhile.
   */
  readonly apply: (entry: Entry, cursor: Cursor, own: Own | undefined) => void | Promise<void>
  readonly onEvent: (event: ReplicaEvent) => void
  /** The state is broken: an entry was applied in part. The caller must end the process. */
  readonly onFatal: (error: unknown) => void
  readonly timing?: Timing
}

/** An event for the log, the metrics and the readiness. */
export type ReplicaEvent =
  | { readonly kind: 'role'; readonly from: Role; readonly to: Role }
  /** An entry has made another process the writer, or nobody. */
  | { readonly kind: 'epoch'; readonly epoch: number; readonly leader: Leader | undefined }
  | { readonly kind: 'claimed'; readonly outcome: Outcome['kind'] }
  | { readonly kind: 'fault'; readonly fault: JournalFault }
  | { readonly kind: 'fault-ended' }
  /** The first look without an answer. */
  | { readonly kind: 'unreachable'; readonly error: unknown }
  | { readonly kind: 'reachable' }
  /** A call failed that is tried again later: others may take this writer for silent, or old entries stay. */
  | { readonly kind: 'call-failed'; readonly call: 'beat' | 'register or trim'; readonly error: unknown }

export class Replica<Own> {
  readonly #options: ReplicaOptions<Own>
  readonly #timing: Timing
  readonly #follower: Follower
  readonly #appender: Appender<Own>
  readonly #election: Election
  readonly #retention: Retention
  #lastRole: Role = 'following'
  #lastFault: string | undefined
  #isReachable = true
  #isRetired = false

  constructor(options: ReplicaOptions<Own>) {
    const { engine, clock, random, journal, self, cursor, timing = TIMING, onFatal } = options
    this.#options = options
    this.#timing = timing
    const follower = new Follower({
      engine,
      clock,
      timing,
      journal,
      cursor,
      apply: (entry, next) => options.apply(entry, next, this.#appender.ownOf(entry)),
      onApplying: entry => this.#appender.onApplying(entry),
      onApplied: entry => this.#onApplied(entry),
      onLook: (result, beganMs, look) => {
        this.#election.onLook(result, beganMs, look)
        this.#onLook(result)
      },
      onFatal,
    })
    const appender = new Appender<Own>({
      engine,
      clock,
      timing,
      random,
      journal,
      writer: self.writer,
      follower,
    })
    this.#follower = follower
    this.#appender = appender
    this.#election = new Election({
      engine,
      clock,
      timing,
      random,
      self,
      follower,
      appender,
      onClaim: ({ kind }) => options.onEvent({ kind: 'claimed', outcome: kind }),
      onError: error => options.onEvent({ kind: 'call-failed', call: 'beat', error }),
    })
    this.#retention = new Retention({
      engine,
      clock,
      timing,
      registration: () => {
        const { server, address, version } = self
        return { server, address, version, role: this.role, position: options.positionOnDisk() }
      },
      isLeading: () => this.isLeading,
      onError: error => options.onEvent({ kind: 'call-failed', call: 'register or trim', error }),
    })
  }

  /** The last entry that is applied, and who is the writer as of it. */
  get cursor(): Cursor {
    return this.#follower.cursor
  }

  get role(): Role {
    const { fault } = this.#follower
    if (fault !== undefined) return fault.kind === 'behind' ? 'behind' : 'lost'
    if (this.#isWriter) return this.#appender.isInDoubt ? 'resolving' : 'leading'
    return this.#election.isClaiming ? 'claiming' : 'following'
  }

  /** The contradiction for which this server takes no writes. */
  get fault(): JournalFault | undefined {
    return this.#follower.fault
  }

  /** True if this server decides about writes. Only the append of a decision shows whether it still does. */
  get isLeading(): boolean {
    return this.#isWriter && !this.#isRetired && this.#follower.fault === undefined
  }

  /**
   * True if no other server has stored a write, while no machine's monotonic clock stops for over 1.5 seconds against the others'
   * (contract 14.8).
   */
  get hasLease(): boolean {
    const { confirmedMs } = this.#appender
    return (
      this.isLeading &&
      confirmedMs !== undefined &&
      this.#options.clock.now() - confirmedMs < this.#timing.leaseMs
    )
  }

  /** Milliseconds since the beginning of the last look that found nothing new; undefined before the first one. */
  get staleMs(): number | undefined {
    const { currentMs } = this.#follower
    return currentMs === undefined ? undefined : this.#options.clock.now() - currentMs
  }

  /** The number of entries that the database is known to have and this server has not applied. */
  get behind(): number {
    return this.#follower.behind
  }

  /** Milliseconds since the beginning of the append whose outcome is not known yet; undefined without one. */
  get pendingMs(): number | undefined {
    const { pendingMs } = this.#appender
    return pendingMs === undefined ? undefined : this.#options.clock.now() - pendingMs
  }

  /** Begins to follow. */
  start(): void {
    this.#follower.start()
    this.#election.start()
    this.#retention.start()
  }

  /** Resolves with the result of a look that begins after this call. */
  look(): Promise<LookResult> {
    return this.#follower.look()
  }

  /**
   * Appends a group of changes as the writer. Resolves when the outcome is certain; the entry has then been applied, or never will be. One
   * after the other. Never resolves when the replica is closed before that.
   */
  append(body: Buffer, own: Own): Promise<Outcome> {
    if (!this.isLeading) return Promise.resolve(this.#refusal())
    return this.#appender.append('group', body, own)
  }

  /**
   * Confirms that this server is still the writer and has applied everything that was stored before the call (contract 14.7). Calls at the same time
   * share one entry.
   */
  confirm(): Promise<Outcome> {
    return this.isLeading ? this.#appender.barrier() : Promise.resolve(this.#refusal())
  }

  /** Lets another server become the writer at once, and never becomes the writer again. Resolves when the resignation is stored, if one was due. */
  async resign(): Promise<void> {
    this.#isRetired = true
    await this.#election.retire()
    if (this.#isWriter) await this.#appender.append('resignation', Buffer.alloc(0))
  }

  /** Ends all activity. An append without an outcome never resolves. */
  close(): void {
    this.#follower.close()
    this.#appender.close()
    this.#election.close()
    this.#retention.close()
  }

  get #isWriter(): boolean {
    return this.cursor.leader?.writer === this.#options.self.writer
  }

  #onApplied(entry: Entry): void {
    this.#appender.onApplied(entry)
    this.#election.onApplied(entry)
    const { epoch, leader } = this.cursor
    if (entry.kind === 'epoch' || entry.kind === 'resignation')
      this.#options.onEvent({ kind: 'epoch', epoch, leader })
    this.#noteRole()
  }

  #onLook(result: LookResult): void {
    const { onEvent } = this.#options
    const { fault, error } = this.#follower
    const isReachable = result !== 'unreachable'
    if (isReachable !== this.#isReachable) {
      this.#isReachable = isReachable
      onEvent(isReachable ? { kind: 'reachable' } : { kind: 'unreachable', error })
    }
    if (fault?.message !== this.#lastFault) {
      this.#lastFault = fault?.message
      onEvent(fault === undefined ? { kind: 'fault-ended' } : { kind: 'fault', fault })
    }
    this.#noteRole()
  }

  #noteRole(): void {
    const { role } = this
    if (role === this.#lastRole) return
    this.#options.onEvent({ kind: 'role', from: this.#lastRole, to: role })
    this.#retention.wake()
    this.#lastRole = role
  }

  #refusal(): Outcome {
    const { fault } = this.#follower
    return fault === undefined ? { kind: 'fenced' } : { kind: 'refused', reason: fault.message }
  }
}
