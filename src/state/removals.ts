// The retained removals, by creation number and in the order of their sequences. A stream needs them for the events about resources that are gone
// (contract 12.2), and for clients that resume. The oldest are dropped beyond a bound. Their documents are in blocks of bytes outside of the JavaScript heap.
import { hashOf, KNOWN_SEED } from '../wire/hash.ts'
import { hrefOf } from './layout.ts'
import { NumberTable } from './number-table.ts'
import { RESOURCE_KINDS, type ResourceKind } from './records.ts'

/** A resource that was removed. */
export interface Removed {
  readonly kind: ResourceKind
  readonly number: number
  /** The number of the change that removed it. */
  readonly sequence: number
  readonly id: string
  readonly name: string
  readonly ownerId: string | undefined
}

/** A retained removal. Its object is good until the next removal is added. */
export interface Removal {
  /** Its place in the order of removals. It rises while the process lives. */
  readonly place: number
  readonly number: number
  readonly sequence: number
  /** The object of its event, JSON on one line. */
  readonly object: Buffer
}

/** Removals that are retained unless another number is configured (contract 12.4). */
export const RETAINED_REMOVALS = 100_000

const BLOCK_REMOVALS = 256

/** Removals in order, as many as a block holds. */
interface Block {
  readonly sequences: Float64Array
  readonly numbers: Uint32Array
  readonly kinds: Uint8Array
  /** The hash of the owner's id; 0 for clusters. */
  readonly owners: Uint32Array
  /** The end of each object in `bytes`. */
  readonly ends: Uint32Array
  bytes: Buffer
}

/** The retained removals, for readers. */
export interface RetainedRemovals {
  /** All removals after this change are retained. */
  readonly floor: number
  readonly size: number
  /** The place behind the newest removal. */
  readonly end: number
  /** The removal of a resource; undefined if it is not retained. */
  find(kind: ResourceKind, number: number): Removal | undefined
  /** Begins a walk over the removals after a change, from the newest back. */
  after(subject: RemovalSubject, sequence: number): RemovalWalk
}

/** The removals of a kind, or of the nodepools of one cluster. */
export interface RemovalSubject {
  readonly kind: ResourceKind
  readonly ownerId: string | undefined
}

/** A walk over removals. Those that are added later are not visited. */
export interface RemovalWalk {
  /** Passes at most so many more removals, and calls back with the numbers of the resources. Returns false at the end. */
  step(limit: number, use: (number: number) => void): boolean
}

export class Removals implements RetainedRemovals {
  readonly #limit: number
  /** By their places divided by `BLOCK_REMOVALS`. */
  readonly #blocks = new Map<number, Block>()
  readonly #byNumber: Readonly<Record<ResourceKind, NumberTable>> = {
    Cluster: new NumberTable(),
    NodePool: new NumberTable(),
  }
  /** By kind, a number above those that removals had. */
  readonly #nextNumber: Record<ResourceKind, number> = { Cluster: 0, NodePool: 0 }
  /** The place of the oldest retained removal, and the place of the next one. */
  #first = 0
  #next = 0
  /** All removals after this change are retained. */
  #floor: number

  /**
   * @param limit number of removals that are retained
   * @param floor the number of a change after which no removal is missing
   */
  constructor(limit: number, floor = 0) {
    this.#limit = limit
    this.#floor = floor
  }

  /** All removals after this change are retained. */
  get floor(): number {
    return this.#floor
  }

  get size(): number {
    return this.#next - this.#first
  }

  get end(): number {
    return this.#next
  }

  /** By kind, a number above those that removals had. */
  get nextNumber(): Readonly<Record<ResourceKind, number>> {
    return this.#nextNumber
  }

  /** Some removals up to this change are not retained. */
  raiseFloor(sequence: number): void {
    this.#floor = Math.max(this.#floor, sequence)
  }

  add(removed: Removed): void {
    const place = this.#next++
    const block = this.#blockOf(place)
    const at = place % BLOCK_REMOVALS
    block.sequences[at] = removed.sequence
    block.numbers[at] = removed.number
    block.kinds[at] = RESOURCE_KINDS.indexOf(removed.kind)
    block.owners[at] = removed.ownerId === undefined ? 0 : hashOfId(removed.ownerId)
    const start = at === 0 ? 0 : (block.ends[at - 1] ?? 0)
    const end = append(block, start, objectOf(removed))
    block.ends[at] = end
    if (at === BLOCK_REMOVALS - 1) block.bytes = copyOf(block.bytes.subarray(0, end))
    this.#byNumber[removed.kind].set(removed.number, place >>> 0)
    this.#nextNumber[removed.kind] = Math.max(this.#nextNumber[removed.kind], removed.number + 1)
    while (this.size > this.#limit) this.#drop()
  }

  /**
   * Adds a removal of a load, unless nobody can resume from before it. The removals of the snapshot come first; some of the journal are among
   * them.
   */
  load(removed: Removed): void {
    const { kind, number, sequence } = removed
    if (sequence <= this.#floor || sequence < this.#newest) return
    if (this.find(kind, number)?.sequence !== sequence) this.add(removed)
  }

  /**
   * During a load: a removal of a resource that was not loaded. Either the removal was loaded with the snapshot, or an earlier version of the
   * program has left no trace of the resource.
   */
  loadUnknown(sequence: number): void {
    if (sequence > this.#newest) this.raiseFloor(sequence)
  }

  /** During a load: a living resource has this number. Earlier versions gave the number of a removed resource again after a restart. */
  release(kind: ResourceKind, number: number): void {
    if (number >= this.#nextNumber[kind]) return
    const removal = this.find(kind, number)
    if (removal === undefined) return
    this.raiseFloor(removal.sequence)
    this.#byNumber[kind].delete(number)
  }

  /** The retained removals from a place on, at most so many. */
  from(place: number, limit: number): Removal[] {
    const first = Math.max(place, this.#first)
    const length = Math.max(0, Math.min(limit, this.#next - first))
    return Array.from({ length }, (_, i) => this.#at(first + i))
  }

  /** The removal of a resource; undefined if it is not retained. */
  find(kind: ResourceKind, number: number): Removal | undefined {
    const low = this.#byNumber[kind].get(number)
    if (low === undefined) return undefined
    // The table keeps the low 32 bits of a place.
    const place = this.#first + ((low - this.#first) >>> 0)
    return place < this.#next ? this.#at(place) : undefined
  }

  after(subject: RemovalSubject, sequence: number): RemovalWalk {
    const { kind, ownerId } = subject
    const kindCode = RESOURCE_KINDS.indexOf(kind)
    const owner = ownerId === undefined ? undefined : { hash: hashOfId(ownerId), text: ownerOf(ownerId) }
    let place = this.#next - 1
    return {
      step: (limit, use) => {
        const end = Math.max(this.#first, place - limit + 1)
        for (; place >= end; place--) {
          const block = this.#blockOf(place)
          const at = place % BLOCK_REMOVALS
          if ((block.sequences[at] ?? 0) <= sequence) return false
          if (block.kinds[at] !== kindCode) continue
          if (owner === undefined || this.#isOf(owner, block, place)) use(block.numbers[at] ?? 0)
        }
        return place >= this.#first
      },
    }
  }

  /** True for a nodepool of this cluster. */
  #isOf(owner: { readonly hash: number; readonly text: string }, block: Block, place: number): boolean {
    return block.owners[place % BLOCK_REMOVALS] === owner.hash && this.#at(place).object.includes(owner.text)
  }

  /** The number of the change of the newest removal. */
  get #newest(): number {
    return this.size === 0 ? 0 : this.#at(this.#next - 1).sequence
  }

  #at(place: number): Removal {
    const { numbers, sequences, ends, bytes } = this.#blockOf(place)
    const at = place % BLOCK_REMOVALS
    const start = at === 0 ? 0 : (ends[at - 1] ?? 0)
    return {
      place,
      number: numbers[at] ?? 0,
      sequence: sequences[at] ?? 0,
      object: bytes.subarray(start, ends[at]),
    }
  }

  #blockOf(place: number): Block {
    const key = Math.floor(place / BLOCK_REMOVALS)
    let block = this.#blocks.get(key)
    if (block === undefined) {
      block = {
        sequences: new Float64Array(BLOCK_REMOVALS),
        numbers: new Uint32Array(BLOCK_REMOVALS),
        kinds: new Uint8Array(BLOCK_REMOVALS),
        owners: new Uint32Array(BLOCK_REMOVALS),
        ends: new Uint32Array(BLOCK_REMOVALS),
        bytes: Buffer.alloc(0),
      }
      this.#blocks.set(key, block)
    }
    return block
  }

  /** Drops the oldest removal. */
  #drop(): void {
    const place = this.#first++
    const { number, sequence } = this.#at(place)
    this.#floor = Math.max(this.#floor, sequence)
    for (const kind of RESOURCE_KINDS) {
      const table = this.#byNumber[kind]
      if (table.get(number) === place >>> 0) table.delete(number)
    }
    if (this.#first % BLOCK_REMOVALS === 0) this.#blocks.delete(Math.floor(place / BLOCK_REMOVALS))
  }
}

/** Appends bytes to a block. Returns their end. */
function append(block: Block, start: number, object: string): number {
  const length = Buffer.byteLength(object)
  if (block.bytes.length < start + length) {
    const grown = Buffer.allocUnsafeSlow(Math.max(start + length, block.bytes.length * 2))
    block.bytes.copy(grown, 0, 0, start)
    block.bytes = grown
  }
  return start + block.bytes.write(object, start)
}

/** Bytes in memory of their own. */
function copyOf(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  bytes.copy(copy)
  return copy
}

function hashOfId(id: string): number {
  return hashOf(id, KNOWN_SEED.low, KNOWN_SEED.high)
}

/** The object of a `DELETED` (contract 12.2). */
function objectOf({ kind, id, name, ownerId }: Removed): string {
  const text = JSON.stringify({ kind, id, href: hrefOf(kind, id), name })
  return ownerId === undefined ? text : `${text.slice(0, -1)}${ownerOf(ownerId)}}`
}

/** The end of the object of a nodepool. No string contains it, because its quotes would be escaped. */
function ownerOf(ownerId: string): string {
  const owner = { kind: 'Cluster', id: ownerId, href: hrefOf('Cluster', ownerId) }
  return `,"owner_references":${JSON.stringify(owner)}`
}
