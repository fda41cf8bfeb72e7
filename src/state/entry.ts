// Entries: what readers and the store see of a row. An entry is made on demand and has nothing but the number of its row: every member is read
// when it is asked for. So an entry is as new as the state, and two entries of one resource are different objects.
//
// A row is given again some time after the removal of its resource. So an entry must not be kept for a later turn of the event loop.

import { BODY_HEADER, type Body, documentIn, documentLength, numberIn } from './layout.ts'
import { idIn, nameIn, ownerIdIn } from './naming.ts'
import { readResource, readStatus } from './reader.ts'
import type { AdapterStatus, Resource, ResourceCondition, ResourceKind } from './records.ts'
import { NO_ROW, type RowList } from './rows.ts'
import { rowsOf, type TakenSlots } from './slots.ts'
import type { RecordRows, ResourceRows, StatusRows, Tables } from './tables.ts'

/** A document as served. Its bytes stay the same in the turn of the event loop in which they were asked for. */
export interface StoredDocument {
  readonly json: Buffer
  readonly jsonLength: number
  /** Copies the document to `target` at the position `at`. Returns the position behind it. */
  copyJson(target: Uint8Array, at: number): number
}

/** An adapter's last report. It is replaced, never changed. */
export interface StatusEntry extends StoredDocument {
  readonly adapter: string
  /** Its place among the statuses of its resource, in the order of their first reports, from 0. */
  readonly number: number
  /** The number of the journal entry that brought it. */
  readonly sequence: number
  /** Read from the document on demand. */
  readonly status: AdapterStatus
}

/** One version of a resource. */
export interface ResourceVersion extends StoredDocument {
  /** Its creation number, which never changes. Later resources of its kind have greater ones. */
  readonly number: number
  /** The number of the journal entry that brought the part that clients write, and of the one that brought its conditions. */
  readonly headSequence: number
  readonly conditionsSequence: number
  /** Read from the document on demand. */
  readonly resource: Resource
  /** The same version in memory of its own, for later turns of the event loop. */
  kept(): ResourceVersion
}

/** A resource's place in the state. Its content is replaced, never changed. */
export interface ResourceEntry extends ResourceVersion {
  readonly kind: ResourceKind
  readonly id: string
  readonly name: string
  /** The id of the cluster that a nodepool belongs to; undefined for clusters. */
  readonly ownerId: string | undefined
  /** Its place among the resources of its kind, in creation order, from 0. Only a renumbering changes it. */
  readonly slot: number
  /** Its slot in the numbering that is being made, or in the one before. */
  readonly otherSlot: number
  /** True if the resource is marked for deletion (contract 11.2). */
  readonly isMarked: boolean
  /** The present version, for a reader that keeps it across later writes of this turn. */
  readonly version: ResourceVersion
  /** In the order of their first reports. */
  readonly statuses: readonly StatusEntry[]
}

/** The resources of a kind by slot, in creation order. Entries are made on demand. */
export interface Entries {
  /** The number of slots, holes included. */
  readonly length: number
  /** The resource in a slot. Undefined for a hole, and beyond the end. */
  at(slot: number): ResourceEntry | undefined
}

/** A row of a record, for the store. */
abstract class StoredRecord implements StoredDocument {
  readonly row: number
  protected abstract readonly rows: RecordRows

  constructor(row: number) {
    this.row = row
  }

  /** The present body. */
  get body(): Body {
    return this.rows.bodyOf(this.row)
  }

  get json(): Buffer {
    return this.rows.documentOf(this.row)
  }

  get jsonLength(): number {
    return this.rows.documentLengthOf(this.row)
  }

  copyJson(target: Uint8Array, at: number): number {
    return this.rows.copyDocument(this.row, target, at)
  }

  /** The place in the order of creation. */
  get number(): number {
    return this.rows.numberOf(this.row)
  }

  /** True after the removal, and before the first body. */
  get isRemoved(): boolean {
    return this.rows.isRemoved(this.row)
  }

  /** The number of the journal entry that brought the present version; 0 before the first. */
  get sequence(): number {
    return this.rows.sequenceOf(this.row)
  }

  /** True if the snapshot does not have the present version. */
  get isDirty(): boolean {
    return this.rows.isDirty(this.row)
  }

  /** The checksum of the version in the snapshot. Undefined if there is none. */
  get foldedChecksum(): number | undefined {
    return this.rows.foldedChecksumOf(this.row)
  }

  /** Notes that the snapshot has the version of this journal entry. */
  noteFolded(sequence: number, checksum: number): void {
    this.rows.noteFolded(this.row, sequence, checksum)
  }
}

export class StoredStatus extends StoredRecord implements StatusEntry {
  readonly #tables: Tables

  constructor(tables: Tables, row: number) {
    super(row)
    this.#tables = tables
  }

  protected get rows(): StatusRows {
    return this.#tables.statuses
  }

  get adapter(): string {
    return this.#tables.adapters.nameOf(this.rows.adapterOf(this.row))
  }

  get status(): AdapterStatus {
    const { kind, id } = new StoredResource(this.#tables, this.rows.resourceOf(this.row))
    return readStatus(kind, id, this.adapter, this.body, this.rows.digestOf(this.row))
  }
}

export class StoredResource extends StoredRecord implements ResourceEntry {
  readonly #tables: Tables
  readonly kind: ResourceKind
  #id: string | undefined

  /** @param id if it is at hand */
  constructor(tables: Tables, row: number, id?: string) {
    super(row)
    this.#tables = tables
    this.kind = tables.resources.kindOf(row)
    this.#id = id
  }

  protected get rows(): ResourceRows {
    return this.#tables.resources
  }

  get id(): string {
    this.#id ??= idIn(this.kind, this.body)
    return this.#id
  }

  get name(): string {
    return nameIn(this.kind, this.body)
  }

  get ownerId(): string | undefined {
    return this.kind === 'Cluster' ? undefined : ownerIdIn(this.body)
  }

  get slot(): number {
    return this.rows.slotOf(this.row, this.#tables.slots[this.kind].isOdd)
  }

  get otherSlot(): number {
    return this.rows.slotOf(this.row, !this.#tables.slots[this.kind].isOdd)
  }

  get isMarked(): boolean {
    return this.rows.isMarked(this.row)
  }

  get headSequence(): number {
    return this.sequence
  }

  get conditionsSequence(): number {
    return this.sequence
  }

  /** The conditions that were last read for a decision or written, while they are cached. */
  get conditions(): readonly ResourceCondition[] | undefined {
    return this.#tables.cache.get(this.row)
  }

  get resource(): Resource {
    return readResource(this.kind, this.id, this.body, this.#knownParts())
  }

  get version(): ResourceVersion {
    return new StoredVersion(this.kind, this.id, this.body, this.#knownParts())
  }

  kept(): ResourceVersion {
    return this.version.kept()
  }

  /** In the order of their numbers, except for statuses that were added since the last ordering. */
  get statuses(): readonly StoredStatus[] {
    const { statuses } = this.#tables
    const entries: StoredStatus[] = []
    for (let row = this.rows.firstStatusOf(this.row); row !== NO_ROW; row = statuses.nextOf(row))
      entries.push(new StoredStatus(this.#tables, row))
    return entries
  }

  /** The number of statuses. */
  get statusCount(): number {
    return this.rows.statusesOf(this.row)
  }

  statusOf(adapter: string): StoredStatus | undefined {
    const { statuses, adapters } = this.#tables
    const number = adapters.find(adapter)
    if (number === undefined) return undefined
    for (let row = this.rows.firstStatusOf(this.row); row !== NO_ROW; row = statuses.nextOf(row))
      if (statuses.adapterOf(row) === number) return new StoredStatus(this.#tables, row)
    return undefined
  }

  #knownParts(): KnownParts {
    const { isMarked, conditions, headSequence, conditionsSequence } = this
    return { isMarked, conditions, headSequence, conditionsSequence }
  }
}

/** Parts of a version that are known without reading it. */
interface KnownParts {
  readonly isMarked: boolean
  readonly conditions: readonly ResourceCondition[] | undefined
  readonly headSequence: number
  readonly conditionsSequence: number
}

/** The version at the time of construction. */
class StoredVersion implements ResourceVersion {
  readonly #kind: ResourceKind
  readonly #id: string
  readonly #body: Body
  readonly #known: KnownParts

  constructor(kind: ResourceKind, id: string, body: Body, known: KnownParts) {
    this.#kind = kind
    this.#id = id
    this.#body = body
    this.#known = known
  }

  get number(): number {
    return numberIn(this.#body)
  }

  get headSequence(): number {
    return this.#known.headSequence
  }

  get conditionsSequence(): number {
    return this.#known.conditionsSequence
  }

  get resource(): Resource {
    return readResource(this.#kind, this.#id, this.#body, this.#known)
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
    return new StoredVersion(this.#kind, this.#id, { bytes: copy, offset: 0, length }, this.#known)
  }
}

function copyDocument({ bytes, offset, length }: Body, target: Uint8Array, at: number): number {
  if (length === 0) return at
  return at + bytes.copy(target, at, offset + BODY_HEADER, offset + length)
}

/** Entries by slot, for the store. */
export class SlotEntries implements Entries {
  readonly #tables: Tables
  readonly #rows: RowList

  constructor(tables: Tables, rows: RowList) {
    this.#tables = tables
    this.#rows = rows
  }

  get length(): number {
    return this.#rows.length
  }

  at(slot: number): StoredResource | undefined {
    const row = this.#rows.at(slot)
    return row === NO_ROW ? undefined : new StoredResource(this.#tables, row)
  }
}

/** Entries that a checkpoint folds, made on demand. Their rows are not given again before it ends. */
export class DirtyEntries implements Iterable<StoredResource> {
  readonly #tables: Tables
  readonly taken: readonly TakenSlots[]

  /** @param taken the slots of one kind after the other */
  constructor(tables: Tables, taken: readonly TakenSlots[]) {
    this.#tables = tables
    this.taken = taken
  }

  *[Symbol.iterator](): Generator<StoredResource> {
    for (const each of this.taken) for (const row of rowsOf(each)) yield new StoredResource(this.#tables, row)
  }
}
