// The fleet of the simulation: a few names, each with a version that a write raises by one. It stages and groups changes as the server does:
// decisions are taken about the newest versions, staged or stored, and one group is appended at a time.
import type { Outcome } from '../../../src/replication/appender.ts'
import { JournalFault } from '../../../src/replication/fault.ts'

/** Names of the fleet. */
export const NAMES = 3

/** A change: the `number`th of the fleet. */
export interface Change {
  readonly number: number
  /** The operation of a client that made it. */
  readonly operation: number
  readonly name: number
  /** The version of the name before it. */
  readonly before: number
}

/** The state after a change. */
export interface Versions {
  /** The number of changes so far. */
  readonly number: number
  readonly of: readonly number[]
}

export const NO_CHANGES: Versions = { number: 0, of: Array.from({ length: NAMES }, () => 0) }

/** @throws JournalFault 'unreadable' if the change does not follow */
export function applyChange(versions: Versions, { number, name, before }: Change): Versions {
  if (number !== versions.number + 1 || versions.of[name] !== before)
    throw new JournalFault('unreadable', `change ${number} does not follow from change ${versions.number}`)
  return { number, of: versions.of.with(name, before + 1) }
}

export function encodeGroup(changes: readonly Change[]): Buffer {
  return Buffer.from(JSON.stringify(changes))
}

export function decodeGroup(body: Buffer): readonly Change[] {
  // Only encodeGroup writes groups.
  return JSON.parse(body.toString()) as Change[]
}

/** The answer of a server to a client. */
export type Answer =
  /** The change is stored. */
  | { readonly kind: 'changed'; readonly number: number }
  /** Nothing was changed, because the version is another one; as of the change with this number. */
  | { readonly kind: 'conflict'; readonly number: number; readonly version: number }
  /** The versions as of the change with this number. */
  | { readonly kind: 'read'; readonly number: number; readonly versions: readonly number[] }
  /** Nothing was changed and never will be, or nothing was read. */
  | { readonly kind: 'refused'; readonly reason: string }

/** A change that waits for its append, and its client. */
export interface Staged {
  readonly change: Change
  readonly answer: (answer: Answer) => void
}

export class Fleet {
  versions: Versions
  /** The versions with everything that is staged. */
  #newest: Versions
  #staged: Staged[] = []
  #inFlight: readonly Staged[] | undefined
  /** Settles with the newest staged change: true if it was stored. */
  #settled: Promise<boolean> = Promise.resolve(true)
  readonly #append: (body: Buffer, own: readonly Staged[]) => Promise<Outcome>

  constructor(versions: Versions, append: (body: Buffer, own: readonly Staged[]) => Promise<Outcome>) {
    this.versions = versions
    this.#newest = versions
    this.#append = append
  }

  get newest(): Versions {
    return this.#newest
  }

  get isIdle(): boolean {
    return this.#inFlight === undefined
  }

  /** Resolves when all that is staged is stored; false if it was dropped. */
  settled(): Promise<boolean> {
    return this.#settled
  }

  stage(operation: number, name: number): Promise<Answer> {
    const change = {
      number: this.#newest.number + 1,
      operation,
      name,
      before: this.#newest.of[name] ?? 0,
    }
    this.#newest = applyChange(this.#newest, change)
    const done = new Promise<Answer>(answer => {
      this.#staged.push({ change, answer })
    })
    this.#settled = done.then(({ kind }) => kind === 'changed')
    if (this.isIdle) void this.#flush()
    return done
  }

  /** Applies a group of the journal; its own staged changes if this server has written it. */
  apply(changes: readonly Change[], own: readonly Staged[] | undefined): void {
    this.versions = changes.reduce(applyChange, this.versions)
    if (own === undefined) this.#newest = this.versions
  }

  async #flush(): Promise<void> {
    while (this.#staged.length > 0) {
      const group = this.#staged
      this.#staged = []
      this.#inFlight = group
      const outcome = await this.#append(encodeGroup(group.map(({ change }) => change)), group)
      this.#inFlight = undefined
      if (outcome.kind !== 'stored') this.#drop(group, outcome.kind)
      else for (const { change, answer } of group) answer({ kind: 'changed', number: change.number })
    }
  }

  /** Everything that is staged was decided about versions that never come. */
  #drop(group: readonly Staged[], reason: string): void {
    const dropped = [...group, ...this.#staged]
    this.#staged = []
    this.#newest = this.versions
    for (const { answer } of dropped) answer({ kind: 'refused', reason })
  }
}
