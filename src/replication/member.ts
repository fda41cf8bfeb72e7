// A member: a store whose changes become durable in a journal that several servers share, and that follows the changes of the others. It
// connects the store with the replica, and knows what an answer of this server is worth (contract 14.5-14.8).
import { StoreError } from '../store/errors.ts'
import type { Group } from '../store/group-commit.ts'
import type { SharedJournal, SharedOutcome, SharedStore } from '../store/shared/shared-journal.ts'
import type { Store } from '../store/store.ts'
import { type Clock, sleep } from './clock.ts'
import type { Cursor, Leader } from './cursor.ts'
import { encodeCursor } from './cursor-text.ts'
import type { Engine, Role } from './engine.ts'
import type { Entry } from './entry.ts'
import { JournalFault } from './fault.ts'
import type { LookResult } from './follower.ts'
import { Replica, type ReplicaEvent } from './replica.ts'
import { TIMING, type Timing } from './timing.ts'

export interface MemberOptions {
  readonly store: Store
  readonly engine: Engine
  readonly clock: Clock
  /** A number from 0 to 1, without 1. */
  readonly random: () => number
  /** The id of the journal: 32 hexadecimal digits. */
  readonly journal: string
  /** The newest entry whose changes the store has. */
  readonly cursor: Cursor
  /** This process as a writer. */
  readonly self: Leader
  /** Called after changes of another server have been applied. */
  readonly onFollowed: () => void
  readonly onEvent: (event: ReplicaEvent) => void
  /** The state is broken. The caller must end the process. */
  readonly onFatal: (error: unknown) => void
  readonly timing?: Timing
}

/** The state of a member, for probes and people (contract 14.13). */
export interface MemberStatus {
  readonly role: Role
  readonly epoch: number
  /** The newest entry of the journal that this server shows. */
  readonly position: number
  /** The server that decides; undefined if none does. */
  readonly leader: Leader | undefined
  /** The number of the newest change that this server shows. */
  readonly sequence: number
  /** Entries that the database is known to have, and this server has not applied. */
  readonly behind: number
  /** Milliseconds since the beginning of the last look that found nothing new; undefined before the first one. */
  readonly staleMs: number | undefined
  readonly fault: JournalFault | undefined
  /** Milliseconds since the beginning of the append whose outcome is not known yet; undefined without one. */
  readonly pendingMs: number | undefined
  readonly outcomes: Outcomes
}

/** The numbers of appends of this process by their outcome, since it started. */
export interface Outcomes {
  readonly claims: Readonly<Record<SharedOutcome, number>>
  readonly groups: Readonly<Record<SharedOutcome, number>>
  /** Entries that confirm that this server decides (contract 14.7). */
  readonly barriers: Readonly<Record<SharedOutcome, number>>
}

/** A request that waits for a change. */
interface Waiting {
  readonly sequence: number
  readonly resolve: (isApplied: boolean) => void
}

/** Longest wait for the resignation of a writer that stops, in milliseconds. After it the others wait until they lose their patience. */
const RESIGN_MS = 2000

export class Member implements SharedJournal<Group> {
  readonly #options: MemberOptions
  readonly #replica: Replica<Group>
  readonly #shared: SharedStore<Group>
  readonly #waiting = new Set<Waiting>()
  readonly #outcomes = { claims: noOutcomes(), groups: noOutcomes(), barriers: noOutcomes() }

  constructor(options: MemberOptions) {
    const { store, cursor, self, engine, clock, random, journal, onEvent, onFatal, timing } = options
    this.#options = options
    this.#shared = store.share(this, cursor.place.position)
    this.#replica = new Replica<Group>({
      engine,
      clock,
      random,
      journal,
      self,
      cursor,
      positionOnDisk: () => this.#shared.positionOnDisk,
      apply: (entry, next, own) => this.#apply(entry, next, own),
      onEvent: event => {
        if (event.kind === 'claimed') this.#outcomes.claims[event.outcome]++
        onEvent(event)
      },
      onFatal,
      timing: timing ?? TIMING,
    })
  }

  get isLeading(): boolean {
    return this.#replica.isLeading
  }

  get hasLease(): boolean {
    return this.#replica.hasLease
  }

  get status(): MemberStatus {
    const { role, cursor, behind, staleMs, fault, pendingMs } = this.#replica
    const { epoch, leader } = cursor
    const { sequence } = this.#options.store.state
    const { position } = cursor.place
    const outcomes = this.#outcomes
    return { role, epoch, position, leader, sequence, behind, staleMs, fault, pendingMs, outcomes }
  }

  /** This process as a writer. */
  get self(): Leader {
    return this.#options.self
  }

  start(): void {
    this.#replica.start()
  }

  /** Resolves when this server has applied all that the database held at the call, or when the journal has a fault (contract 14.5). */
  async caughtUp(): Promise<void> {
    const { clock, timing = TIMING } = this.#options
    for (;;) {
      const result = await this.look()
      if (result === 'current' || result === 'fault') return
      // A look that is asked for does not wait for its time, and one that fails may fail at once.
      if (result === 'unreachable') await sleep(clock, timing.retryMs[1])
    }
  }

  /** Resolves with the result of a look that begins after this call. One without news shows that this server has all that the database held then. */
  look(): Promise<LookResult> {
    return this.#replica.look()
  }

  async append(body: Buffer, own: Group): Promise<SharedOutcome> {
    const { kind } = await this.#replica.append(body, own)
    this.#outcomes.groups[kind]++
    return kind
  }

  async confirm(): Promise<SharedOutcome> {
    const { kind } = await this.#replica.confirm()
    this.#outcomes.barriers[kind]++
    return kind
  }

  /** Resolves with true once the change is applied, and with false if it is not in time. */
  async reached(sequence: number, withinMs: number): Promise<boolean> {
    if (this.#options.store.state.sequence >= sequence) return true
    return new Promise(resolve => {
      const waiting = {
        sequence,
        resolve: (isApplied: boolean) => {
          this.#waiting.delete(waiting)
          cancel()
          resolve(isApplied)
        },
      }
      const cancel = this.#options.clock.after(withinMs, () => waiting.resolve(false))
      this.#waiting.add(waiting)
    })
  }

  /** Has another server decide from now on, and ends. */
  async close(): Promise<void> {
    await new Promise<void>(resolve => {
      const cancel = this.#options.clock.after(RESIGN_MS, resolve)
      void this.#replica.resign().then(() => {
        cancel()
        resolve()
      })
    })
    this.#replica.close()
    for (const waiting of this.#waiting) waiting.resolve(false)
  }

  #apply(entry: Entry, cursor: Cursor, own: Group | undefined): void | Promise<void> {
    const { journal } = this.#options
    const { position } = entry.place
    const isGroup = entry.kind === 'group'
    const place = { position, text: encodeCursor({ journal, cursor }) }
    const fail = (error: unknown): never => {
      if (!(error instanceof StoreError)) throw error
      throw new JournalFault(
        'unreadable',
        `entry ${position} of the journal cannot be applied: ${error.message}`,
      )
    }
    let applied: void | Promise<void>
    try {
      applied = this.#shared.apply(place, isGroup ? entry.body : undefined, own)
    } catch (error) {
      return fail(error)
    }
    if (applied === undefined) this.#onApplied(entry, own)
    else return applied.then(() => this.#onApplied(entry, own), fail)
  }

  #onApplied({ kind }: Entry, own: Group | undefined): void {
    // Staged changes belong to the epoch before.
    if (kind === 'epoch' || kind === 'resignation') this.#shared.fence()
    if (kind !== 'group') return
    if (own === undefined) this.#options.onFollowed()
    const { sequence } = this.#options.store.state
    for (const waiting of this.#waiting) if (waiting.sequence <= sequence) waiting.resolve(true)
  }
}

function noOutcomes(): Record<SharedOutcome, number> {
  return { stored: 0, fenced: 0, refused: 0 }
}

/** The name of the history of changes that all servers of a journal share (contract 12.10, 14.9), in the form of a store's. */
export function historyOf(journal: string): string {
  return journal.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
