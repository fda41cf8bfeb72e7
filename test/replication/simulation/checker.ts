// Checks a history against what the database has stored. Every answer names the change that it is as of, so the order of the journal is a witness:
// a history is linearizable if each answer is right as of its change, and if no answer is as of a change before one that had been answered when it was
// asked for.
import { advance, type Cursor, firstCursor } from '../../../src/replication/cursor.ts'
import { decodeEntry, type Entry } from '../../../src/replication/entry.ts'
import type { JournalFault } from '../../../src/replication/fault.ts'
import type { ReplicaEvent } from '../../../src/replication/replica.ts'
import { MAX_STILL_MS } from './faults.ts'
import { type Answer, applyChange, type Change, decodeGroup, NO_CHANGES, type Versions } from './fleet.ts'
import type { Server, ServerWatcher } from './server.ts'

export type OperationKind = 'write' | 'conditional write' | 'read' | 'latest read' | 'any read'

/** An operation of a client that is under way. */
export interface Operation {
  readonly number: number
  readonly kind: OperationKind
  readonly server: string
  readonly name: number
  /** The version that a conditional write expects. */
  readonly expected: number | undefined
  readonly calledMs: number
  /** The newest change that any answer before the call was as of. */
  readonly floor: number
}

export interface Violation {
  readonly rule: string
  readonly what: string
}

/** The journal that a history is checked against. */
export interface CheckedJournal {
  /** The id of the journal. */
  readonly journal: string
  /** Every entry that was ever stored, in order. */
  readonly all: readonly Buffer[]
  /** The position of the oldest entry that is kept. */
  readonly first: number
  /** Calls back when an entry is stored. */
  listen(listener: () => void): void
}

export interface CheckerOptions {
  readonly world: { readonly nowMs: number }
  readonly database: CheckedJournal
  /** True if no clock stops for over 1.5 seconds against the others': plain reads are linearizable too (contract 14.8). */
  readonly areClocksGood: boolean
}

export class Checker implements ServerWatcher {
  readonly violations: Violation[] = []
  readonly counts = {
    changed: 0,
    conflict: 0,
    read: 0,
    refused: 0,
    unanswered: 0,
    behind: 0,
    epochs: 0,
    resolved: 0,
    fenced: 0,
    deposed: 0,
  }
  readonly #options: CheckerOptions
  #operations = 0
  /** The newest change of an answer so far. */
  #floor = 0
  readonly #changed = new Map<number, number>()
  readonly #refused = new Set<number>()
  readonly #answered: { readonly operation: Operation; readonly answer: Answer }[] = []
  readonly #shown = new Map<Server['process'], number>()
  /** The times at which changes were stored, by number. */
  readonly #storedMs: number[] = [0]

  constructor(options: CheckerOptions) {
    this.#options = options
    const { database, world } = options
    database.listen(() => this.#noteTimes(database.all.at(-1), world.nowMs))
  }

  begin(operation: Omit<Operation, 'number' | 'floor'>): Operation {
    return { ...operation, number: ++this.#operations, floor: this.#floor }
  }

  end(operation: Operation, answer: Answer | undefined): void {
    if (answer === undefined) {
      this.counts.unanswered++
      return
    }
    this.counts[answer.kind]++
    if (answer.kind === 'refused') this.#refused.add(operation.number)
    else this.#check(operation, answer)
  }

  onApplied(server: Server, { place, kind }: Entry, { number }: Versions): void {
    const { database } = this.#options
    const stored = database.all[place.position - 1]
    if (stored === undefined || !stored.subarray(-place.checksum.length).equals(place.checksum))
      this.violated('14.3', `${server.name} shows ${kind} ${place.position}, which the database has not`)
    if (number < (this.#shown.get(server.process) ?? 0))
      this.violated('14.5', `${server.name} went back to ${number}`)
    this.#shown.set(server.process, number)
  }

  /** Nothing in these histories is a reason for a fault, except that old entries are removed. */
  onFault({ name, process }: Server, { kind, message }: JournalFault): void {
    const applied = process?.replica.cursor.place.position ?? 0
    if (kind === 'behind' && this.#options.database.first > applied + 1) this.counts.behind++
    else this.violated('14.11', `${name}, which has applied ${applied}: ${message}`)
  }

  onEvent(event: ReplicaEvent): void {
    if (event.kind === 'claimed' && event.outcome === 'stored') this.counts.epochs++
    if (event.kind === 'claimed' && event.outcome === 'fenced') this.counts.fenced++
    if (event.kind === 'role' && event.from === 'resolving' && event.to === 'leading') this.counts.resolved++
    if (event.kind === 'role' && event.from === 'resolving' && event.to === 'following') this.counts.deposed++
  }

  onFatal(server: Server, error: unknown): void {
    this.violated('fatal', `${server.name}: ${error instanceof Error ? error.stack : error}`)
  }

  onStaleRead({ name }: Server, number: number, staleMs: number): void {
    const { world, areClocksGood } = this.#options
    if (!areClocksGood) return
    // A clock that runs slow by a hundredth, or stood still, makes the answer look newer than it is.
    const asOfMs = world.nowMs - staleMs * 1.02 - MAX_STILL_MS
    const next = this.#storedMs[number + 1]
    if (next !== undefined && next < asOfMs)
      this.violated(
        '14.8',
        `${name} shows change ${number} as of ${asOfMs}, and the next one was stored at ${next}`,
      )
  }

  /** Checks the whole history against the journal. */
  finish(): readonly Violation[] {
    const { changes, states } = this.#journal()
    const stored = new Map<number, Change>()
    for (const change of changes) {
      if (stored.has(change.operation)) this.violated('14.3', `write ${change.operation} is stored twice`)
      stored.set(change.operation, change)
    }
    for (const [operation, number] of this.#changed)
      if (stored.get(operation)?.number !== number)
        this.violated('14.3', `write ${operation} was answered as change ${number} and is lost`)
    for (const operation of this.#refused)
      if (stored.has(operation)) this.violated('14.4', `write ${operation} was refused and is stored`)
    for (const { operation, answer } of this.#answered) this.#checkValue(operation, answer, states)
    return this.violations
  }

  /** Checks an answer against the moment at which it was given. */
  #check(operation: Operation, answer: Exclude<Answer, { kind: 'refused' }>): void {
    const { number } = answer
    this.#answered.push({ operation, answer })
    if (answer.kind === 'changed') this.#changed.set(operation.number, number)
    if (operation.kind === 'any read') return
    const isReadByLease = operation.kind !== 'latest read' && answer.kind !== 'changed'
    if (isReadByLease && !this.#options.areClocksGood) return
    if (number < operation.floor + (answer.kind === 'changed' ? 1 : 0))
      this.violated(
        '14.7',
        `${operation.kind} ${operation.number} by ${operation.server} is as of ${number}, and ${operation.floor} had been shown`,
      )
    this.#floor = Math.max(this.#floor, number)
  }

  #checkValue(operation: Operation, answer: Answer, states: readonly Versions[]): void {
    if (answer.kind === 'refused' || answer.kind === 'changed') return
    const of = states[answer.number]?.of
    if (answer.kind === 'read' && answer.versions.join() !== of?.join())
      this.violated('7.1', `${operation.kind} ${operation.number} shows ${answer.versions}, and it was ${of}`)
    const isWrong =
      answer.kind === 'conflict' &&
      (of?.[operation.name] !== answer.version || answer.version === operation.expected)
    if (isWrong) this.violated('4.8', `write ${operation.number} was refused for version ${answer.version}`)
  }

  /** The changes of the journal, and the states between them. */
  #journal(): { changes: readonly Change[]; states: readonly Versions[] } {
    const { database } = this.#options
    const changes: Change[] = []
    const states = [NO_CHANGES]
    let cursor: Cursor = firstCursor(database.journal)
    for (const [index, bytes] of database.all.entries()) {
      try {
        const entry = decodeEntry(database.journal, index + 1, bytes)
        cursor = advance(cursor, entry)
        for (const change of entry.kind === 'group' ? decodeGroup(entry.body) : []) {
          states.push(applyChange(states.at(-1) ?? NO_CHANGES, change))
          changes.push(change)
        }
      } catch (error) {
        this.violated('14.3', `the journal is broken: ${error instanceof Error ? error.message : error}`)
        break
      }
    }
    return { changes, states }
  }

  #noteTimes(bytes: Buffer | undefined, nowMs: number): void {
    if (bytes === undefined) return
    try {
      const { journal, all } = this.#options.database
      const { kind, body } = decodeEntry(journal, all.length, bytes)
      for (const _ of kind === 'group' ? decodeGroup(body) : []) this.#storedMs.push(nowMs)
    } catch {
      // Without a fence there are entries in the wrong place. The end of the history finds them.
    }
  }

  violated(rule: string, what: string): void {
    this.violations.push({ rule, what })
  }
}
