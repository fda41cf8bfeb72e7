// A database that keeps a journal, as engines do: an entry goes right after the last one or nowhere, old entries are removed, and there may be
// no room. It also keeps everything it ever stored, for the checker.
import type { Appended, Look, Registered, Registration } from '../../../src/replication/engine.ts'
import { beginning, type EncodedEntry, type Place } from '../../../src/replication/entry.ts'
import type { World } from './world.ts'

const MAX_LOOK_ENTRIES = 8

/** Ways in which an engine may be less kind than it could be; all of them are allowed. */
export interface DatabaseMoods {
  /** Down: it answers nothing. */
  isDown: boolean
  isFull: boolean
  /** Chance that an append is not stored and 'taken' is answered, as by an engine that compares with what it has not stored yet. */
  spuriouslyTaken: number
}

export class Database {
  journal: string
  readonly moods: DatabaseMoods = { isDown: false, isFull: false, spuriouslyTaken: 0 }
  /** False in the test that shows that the fence is needed. */
  isFenced = true
  /** True while another database answers, whose journal is empty. */
  isDetour = false
  readonly #world: World
  /** The entries from the first on, whether or not they are still kept. */
  readonly #entries: Buffer[] = []
  #last: Place
  #first = 1
  #beat: string | undefined
  readonly #storedMs: number[] = []
  readonly #tampered = new Map<number, Buffer | undefined>()
  readonly #servers = new Map<string, Registration & { readonly heardMs: number }>()
  readonly #listeners = new Set<() => void>()

  constructor(world: World, journal: string) {
    this.#world = world
    this.journal = journal
    this.#last = beginning(journal)
  }

  get last(): Place {
    return this.#last
  }

  /** The position of the oldest entry that is kept. */
  get first(): number {
    return this.#first
  }

  /** Every entry that was ever stored, in order. */
  get all(): readonly Buffer[] {
    return this.#entries
  }

  append(after: Place, entry: EncodedEntry): Appended {
    const { moods, isFenced } = this
    if (moods.isFull) return { kind: 'refused', reason: 'full' }
    if (moods.spuriouslyTaken > 0 && this.#world.random.chance(moods.spuriouslyTaken))
      return { kind: 'taken' }
    if (isFenced && !isSame(after, this.#last)) return { kind: 'taken' }
    this.#entries.push(entry.bytes)
    this.#storedMs.push(this.#world.nowMs)
    this.#last = { position: this.#entries.length, checksum: entry.place.checksum }
    for (const listener of this.#listeners) listener()
    return { kind: 'stored' }
  }

  look(after: number): Look {
    if (this.isDetour) {
      const last = beginning(this.journal)
      return { journal: this.journal, first: 1, last, beat: undefined, entries: [] }
    }
    const from = Math.max(after, 0)
    const entries = from + 1 < this.#first ? [] : this.#entries.slice(from, from + MAX_LOOK_ENTRIES)
    const kept = this.#tampered.size === 0 ? entries : this.#withTampered(entries, from)
    return { journal: this.journal, first: this.#first, last: this.#last, beat: this.#beat, entries: kept }
  }

  #withTampered(entries: readonly Buffer[], from: number): readonly Buffer[] {
    const kept: Buffer[] = []
    for (const [index, bytes] of entries.entries()) {
      const position = from + index + 1
      const found = this.#tampered.has(position) ? this.#tampered.get(position) : bytes
      if (found === undefined) break
      kept.push(found)
    }
    return kept
  }

  beat(beat: string): void {
    this.#beat = beat
  }

  register(registration: Registration): void {
    this.#servers.set(registration.server, { ...registration, heardMs: this.#world.nowMs })
  }

  registrations(): readonly Registered[] {
    return [...this.#servers.values()].map(({ heardMs, ...registration }) => ({
      ...registration,
      heardMsAgo: this.#world.nowMs - heardMs,
    }))
  }

  trim(through: number, keepMs: number): void {
    const end = Math.min(through, this.#entries.length - 1)
    while (this.#first <= end && this.#world.nowMs - (this.#storedMs[this.#first - 1] ?? 0) >= keepMs)
      this.#first++
  }

  listen(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Loses the newest entries, as a database that was restored from a backup. */
  lose(count: number): void {
    this.#entries.length -= count
    this.#storedMs.length -= count
    const bytes = this.#entries.at(-1)
    const { checksum } = beginning(this.journal)
    this.#last = {
      position: this.#entries.length,
      checksum: bytes === undefined ? checksum : bytes.subarray(-checksum.length),
    }
  }

  /** Changes the bytes of an entry, or loses it. */
  tamper(position: number, change: (bytes: Buffer) => Buffer | undefined): void {
    this.#tampered.set(position, change(Buffer.from(this.#entries[position - 1] ?? [])))
  }
}

function isSame(one: Place, other: Place): boolean {
  return one.position === other.position && one.checksum.equals(other.checksum)
}
