// Entries: the places of records in the state. An entry knows the place of its record's body, and the version in the snapshot. There are
// millions of them, so they have only what finds a record, and little that is in its document.
import { BODY_HEADER, type Body, documentIn, documentLength, numberIn } from './layout.ts'
import { isMarked, type Naming, readResource, readStatus } from './reader.ts'
import type { AdapterStatus, Resource, ResourceCondition, ResourceKind } from './records.ts'
import { type BodyOwner, NOWHERE, type Slab } from './slabs.ts'

/** A document as served. Its memory may be reused in a later turn of the event loop, unless it is retained (`FleetState.retain`). */
export interface StoredDocument {
  readonly json: Buffer
  readonly jsonLength: number
  /** Copies the document to `at` without a view on it. Returns the end of the copy. */
  copyJson(target: Uint8Array, at: number): number
}

/** An adapter's last report. It is replaced, never changed. */
export interface StatusEntry extends StoredDocument {
  readonly adapter: string
  /** Read from the document on demand. */
  readonly status: AdapterStatus
}

/** One version of a resource. */
export interface ResourceVersion extends StoredDocument {
  /** Read from the document on demand. */
  readonly resource: Resource
  /** The same version in memory of its own, for a reader that keeps it beyond this turn. */
  kept(): ResourceVersion
}

/** A resource's place in the state. Its content is replaced, never changed. */
export interface ResourceEntry extends ResourceVersion {
  readonly kind: ResourceKind
  readonly id: string
  readonly name: string
  /** The id of the cluster that a nodepool belongs to; undefined for clusters. */
  readonly ownerId: string | undefined
  /** Its creation number, which never changes. Later resources of its kind have greater ones. */
  readonly number: number
  /** Its place among the resources of its kind, in creation order, from 0. Only a renumbering changes it. */
  readonly slot: number
  /** Its slot in the numbering that is being made, or in the one before. */
  readonly otherSlot: number
  /** True if the resource is marked for deletion (contract 11.2). */
  readonly isMarked: boolean
  /** The present version, for a reader that keeps it across later writes. */
  readonly version: ResourceVersion
  /** In the order of their first reports. */
  readonly statuses: readonly StatusEntry[]
}

const MAX_INT32 = 2 ** 31 - 1

/**
 * A record's place, and its progress from the journal to the snapshot. It outlives the versions of the record, because a version may be
 * replaced while a checkpoint folds it.
 */
abstract class StoredBody implements BodyOwner {
  slab: Slab = NOWHERE
  offset = 0
  length = 0
  #sequence = 0
  #isFolded = false
  /** Signed: V8 keeps such a number in the object itself. */
  #foldedChecksum: number | undefined

  /** The present body. Its bytes stay readable after it has been replaced. */
  get body(): Body {
    return { bytes: this.slab.bytes, offset: this.offset, length: this.length }
  }

  get json(): Buffer {
    return documentIn(this.body)
  }

  get jsonLength(): number {
    return documentLength(this)
  }

  copyJson(target: Uint8Array, at: number): number {
    return at + this.slab.bytes.copy(target, at, this.offset + BODY_HEADER, this.offset + this.length)
  }

  /** The place in the order of creation that the body notes. */
  get number(): number {
    return numberIn(this.body)
  }

  /** True after the removal, and before the first body. */
  get isRemoved(): boolean {
    return this.slab === NOWHERE
  }

  /** The number of the journal entry that brought the present version; 0 before the first. */
  get sequence(): number {
    return this.#sequence
  }

  /** True if the snapshot does not have the present version. */
  get isDirty(): boolean {
    return !this.#isFolded
  }

  /** The checksum of the version in the snapshot. Undefined if there is none. */
  get foldedChecksum(): number | undefined {
    return this.#foldedChecksum === undefined ? undefined : this.#foldedChecksum >>> 0
  }

  /** Notes that the version of this journal entry has been written. */
  noteWritten(sequence: number): void {
    // A number that was read as a double would stay a double, which V8 allocates separately.
    this.#sequence = sequence <= MAX_INT32 ? sequence | 0 : sequence
    this.#isFolded = false
  }

  /** Notes that the snapshot has the version of this journal entry. */
  noteFolded(sequence: number, checksum: number): void {
    this.#isFolded = sequence === this.#sequence
    this.#foldedChecksum = checksum | 0
  }

  /** Notes that the snapshot has no version any more. */
  noteErased(): void {
    this.#foldedChecksum = undefined
  }
}

export class StoredStatus extends StoredBody implements StatusEntry {
  readonly adapter: string
  readonly #resource: StoredResource

  constructor(resource: StoredResource, adapter: string) {
    super()
    this.#resource = resource
    this.adapter = adapter
  }

  get status(): AdapterStatus {
    const { kind, id } = this.#resource
    return readStatus(kind, id, this.adapter, this.body)
  }
}

/** The version at the time of construction. */
class StoredVersion implements ResourceVersion {
  readonly #entry: StoredResource
  readonly #body: Body
  readonly #conditions: readonly ResourceCondition[] | undefined

  constructor(entry: StoredResource, body = entry.body, conditions = entry.conditions) {
    this.#entry = entry
    this.#body = body
    this.#conditions = conditions
  }

  get resource(): Resource {
    const { kind, id } = this.#entry
    return readResource(kind, id, this.#body, { naming: this.#entry, conditions: this.#conditions })
  }

  get json(): Buffer {
    return documentIn(this.#body)
  }

  get jsonLength(): number {
    return documentLength(this.#body)
  }

  copyJson(target: Uint8Array, at: number): number {
    return copyDocument(this.#body, target, at)
  }

  kept(): ResourceVersion {
    const { bytes, offset, length } = this.#body
    const copy = Buffer.from(bytes.subarray(offset, offset + length))
    return new StoredVersion(this.#entry, { bytes: copy, offset: 0, length }, this.#conditions)
  }
}

function copyDocument({ bytes, offset, length }: Body, target: Uint8Array, at: number): number {
  return at + bytes.copy(target, at, offset + BODY_HEADER, offset + length)
}

const NO_STATUSES: readonly StoredStatus[] = []

/** The numbering that the slots of a kind belong to. Two slots of an entry take turns (see slots.ts). */
export interface Numbering {
  readonly kind: ResourceKind
  /** Says which of the two slots counts. */
  readonly isOdd: boolean
}

export class StoredResource extends StoredBody implements ResourceEntry, Naming {
  readonly id: string
  readonly name: string
  readonly ownerId: string | undefined
  readonly #numbering: Numbering
  #evenSlot = 0
  #oddSlot = 0
  /** The conditions that were last read for a decision or written, while they are cached. */
  conditions: readonly ResourceCondition[] | undefined
  #statuses = NO_STATUSES

  constructor(numbering: Numbering, id: string, { name, ownerId }: Naming) {
    super()
    this.#numbering = numbering
    this.id = id
    this.name = name
    this.ownerId = ownerId
  }

  get kind(): ResourceKind {
    return this.#numbering.kind
  }

  get slot(): number {
    return this.#numbering.isOdd ? this.#oddSlot : this.#evenSlot
  }

  get otherSlot(): number {
    return this.#numbering.isOdd ? this.#evenSlot : this.#oddSlot
  }

  /** Sets the slot in the odd or in the even numbering. */
  setSlot(isOdd: boolean, slot: number): void {
    if (isOdd) this.#oddSlot = slot
    else this.#evenSlot = slot
  }

  get resource(): Resource {
    return readResource(this.kind, this.id, this.body, { naming: this, conditions: this.conditions })
  }

  get isMarked(): boolean {
    return isMarked(this.body)
  }

  get version(): ResourceVersion {
    return new StoredVersion(this)
  }

  kept(): ResourceVersion {
    return this.version.kept()
  }

  /** In the order of their numbers, except for statuses that were added since the last ordering. */
  get statuses(): readonly StoredStatus[] {
    return this.#statuses
  }

  statusOf(adapter: string): StoredStatus | undefined {
    return this.#statuses.find(status => status.adapter === adapter)
  }

  /** Adds the place of an adapter's first status. */
  addStatus(adapter: string): StoredStatus {
    const status = new StoredStatus(this, adapter)
    // An array that grows in place allocates room for sixteen more.
    this.#statuses = [...this.#statuses, status]
    return status
  }

  /** Orders the statuses. Returns the first missing number. */
  orderStatuses(): number | undefined {
    const isInPlace = (status: StoredStatus, place: number) => status.number === place
    if (!this.#statuses.every(isInPlace))
      this.#statuses = this.#statuses.toSorted((a, b) => a.number - b.number)
    const hole = this.#statuses.findIndex((status, place) => !isInPlace(status, place))
    return hole === -1 ? undefined : hole
  }
}

/** Resources with cached conditions: enough for a few group commits, some megabytes. */
const CACHE_CAPACITY = 1024

/**
 * A cache of parsed conditions, kept in their entries. A write reads them several times between its decision and its application, and
 * the next write often starts from them.
 */
export class ConditionsCache {
  readonly #entries: (StoredResource | undefined)[] = new Array(CACHE_CAPACITY).fill(undefined)
  #next = 0

  /** Caches an entry's conditions, and evicts the oldest entry. */
  set(entry: StoredResource, conditions: readonly ResourceCondition[]): void {
    const wasCached = entry.conditions !== undefined
    entry.conditions = conditions
    if (wasCached) return
    const oldest = this.#entries[this.#next]
    if (oldest !== undefined) oldest.conditions = undefined
    this.#entries[this.#next] = entry
    this.#next = (this.#next + 1) % CACHE_CAPACITY
  }
}
