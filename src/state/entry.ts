// The places of records in the state: where each record's body lies, and how far the snapshot has it. There are millions of
// them, so they hold what finds a record and little that its document tells.

import { type BodyPlace, documentIn, slotIn } from './body.ts'
import { type BodyOwner, NOWHERE, type Slab } from './body-slabs.ts'
import { DocumentResource, type Naming } from './document-resource.ts'
import { DocumentStatus } from './document-status.ts'
import type { AdapterStatus, Resource, ResourceCondition, ResourceKind } from './records.ts'

/** An adapter's last report, which is replaced and never changed. */
export interface StatusEntry {
  readonly adapter: string
  /** Read from the document as far as it is asked for. */
  readonly status: AdapterStatus
  /** The document as served. */
  readonly json: Buffer
}

/** A resource as one write left it. */
export interface ResourceVersion {
  /** Read from the document as far as it is asked for. */
  readonly resource: Resource
  /** The document as served. */
  readonly json: Buffer
}

/** A resource's place in the state; what is in it is replaced, never changed. */
export interface ResourceEntry extends ResourceVersion {
  readonly kind: ResourceKind
  readonly id: string
  readonly name: string
  /** The id of the cluster that a nodepool belongs to; undefined for clusters. */
  readonly ownerId: string | undefined
  /** Its number among the resources of its kind, in creation order, from 0. It never changes. */
  readonly slot: number
  /** What there is now, for a reader who goes on with it while writes come. */
  readonly version: ResourceVersion
  /** In the order of their first reports. */
  readonly statuses: readonly StatusEntry[]
}

const MAX_INT32 = 2 ** 31 - 1

/**
 * A record's place, and where the record stands between the journal and the snapshot. It outlives the versions of the
 * record, because a checkpoint that folded one may find it replaced by the time it is done.
 */
abstract class StoredBody implements BodyOwner {
  slab: Slab = NOWHERE
  offset = 0
  length = 0
  #sequence = 0
  #isFolded = false
  /** Signed: V8 keeps such a number in the object itself. */
  #foldedChecksum: number | undefined

  /** Where the body lies now. There it stays readable, also when it has been replaced. */
  get place(): BodyPlace {
    return { bytes: this.slab.bytes, offset: this.offset, length: this.length }
  }

  get json(): Buffer {
    return documentIn(this.place)
  }

  get slot(): number {
    return slotIn(this.place)
  }

  /** The number of the journal entry that the present version came with. */
  get sequence(): number {
    return this.#sequence
  }

  /** Whether the snapshot lacks the present version. */
  get isDirty(): boolean {
    return !this.#isFolded
  }

  /** The checksum of the version in the snapshot; undefined when there is none. */
  get foldedChecksum(): number | undefined {
    return this.#foldedChecksum === undefined ? undefined : this.#foldedChecksum >>> 0
  }

  /** Notes that a version has been written, which came with this journal entry. */
  noteWritten(sequence: number): void {
    // What was read as a double is kept as one otherwise, with memory of its own.
    this.#sequence = sequence <= MAX_INT32 ? sequence | 0 : sequence
    this.#isFolded = false
  }

  /** Notes that the snapshot holds the version of this journal entry. */
  noteFolded(sequence: number, checksum: number): void {
    this.#isFolded = sequence === this.#sequence
    this.#foldedChecksum = checksum | 0
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
    return new DocumentStatus(kind, id, this.adapter, this.place)
  }
}

/** A version as it was when this was made. */
class StoredVersion implements ResourceVersion {
  readonly #entry: StoredResource
  readonly #place: BodyPlace
  readonly #conditions: readonly ResourceCondition[] | undefined

  constructor(entry: StoredResource) {
    this.#entry = entry
    this.#place = entry.place
    this.#conditions = entry.conditions
  }

  get resource(): Resource {
    const { kind, id } = this.#entry
    const conditions = this.#conditions
    return new DocumentResource(kind, id, this.#place, { naming: this.#entry, conditions })
  }

  get json(): Buffer {
    return documentIn(this.#place)
  }
}

const NO_STATUSES: readonly StoredStatus[] = []

export class StoredResource extends StoredBody implements ResourceEntry, Naming {
  readonly kind: ResourceKind
  readonly id: string
  readonly name: string
  readonly ownerId: string | undefined
  /** The conditions as they were last decided about or written, for a while. */
  conditions: readonly ResourceCondition[] | undefined
  #statuses = NO_STATUSES

  constructor(kind: ResourceKind, id: string, { name, ownerId }: Naming) {
    super()
    this.kind = kind
    this.id = id
    this.name = name
    this.ownerId = ownerId
  }

  get resource(): Resource {
    const { kind, id, place, conditions } = this
    return new DocumentResource(kind, id, place, { naming: this, conditions })
  }

  get version(): ResourceVersion {
    return new StoredVersion(this)
  }

  /** In the order of their slots, but for those that arrived since the last ordering. */
  get statuses(): readonly StoredStatus[] {
    return this.#statuses
  }

  statusOf(adapter: string): StoredStatus | undefined {
    return this.#statuses.find(status => status.adapter === adapter)
  }

  /** Adds the place of an adapter's first status. */
  addStatus(adapter: string): StoredStatus {
    const status = new StoredStatus(this, adapter)
    // An array that grows by itself takes room for sixteen more.
    this.#statuses = [...this.#statuses, status]
    return status
  }

  /** Orders the statuses, and returns the first slot that is missing. */
  orderStatuses(): number | undefined {
    const isInPlace = (status: StoredStatus, place: number) => status.slot === place
    if (!this.#statuses.every(isInPlace)) this.#statuses = this.#statuses.toSorted((a, b) => a.slot - b.slot)
    const hole = this.#statuses.findIndex((status, place) => !isInPlace(status, place))
    return hole === -1 ? undefined : hole
  }
}
