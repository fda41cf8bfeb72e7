// Entries: what readers and the store see of a row. An entry is made on demand and has nothing but the number of its row: every member is read
// when it is asked for. So an entry is as new as the state, and two entries of one resource are different objects.
//
// A row is given again some time after the removal of its resource. So an entry must not be kept for a later turn of the event loop.

import {
  BODY_HEADER,
  type Body,
  bytesIn,
  type DocumentParts,
  documentIn,
  idIn,
  NO_BODY,
  nameIn,
  numberIn,
  ownerIdIn,
  partsIn,
} from './layout.ts'
import { readResource, readStatus } from './reader.ts'
import type { AdapterStatus, Resource, ResourceCondition, ResourceKind, StatusDigest } from './records.ts'
import { NO_ROW, type RowList } from './rows.ts'
import { rowsOf, type TakenSlots } from './slots.ts'
import type { RecordRows, Tables } from './tables.ts'

/** A document as served. Its bytes stay the same in the turn of the event loop in which they were asked for. */
export interface StoredDocument {
  /** The document in one buffer. That of a resource is a copy. */
  readonly json: Buffer
  readonly jsonLength: number
  /** Copies the document to `target` at the position `at`. Returns the position behind it. */
  copyJson(target: Uint8Array, at: number): number
  /** The document in its pieces, without a copy. */
  jsonPieces(): readonly Buffer[]
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
  /** The members that are at hand. Undefined if the document has an unusual form. */
  readonly digest: StatusDigest | undefined
}

/** One version of a resource. */
export interface ResourceVersion extends StoredDocument {
  /** Its creation number, which never changes. Later resources of its kind have greater ones. */
  readonly number: number
  /** The number of the journal entry that brought the part that clients write, and of the one that brought its conditions. */
  readonly headSequence: number
  readonly conditionsSequence: number
  /** The document in its parts, without a copy. */
  readonly parts: DocumentParts
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
export class StoredRow {
  readonly row: number
  protected readonly rows: RecordRows

  constructor(rows: RecordRows, row: number) {
    this.rows = rows
    this.row = row
  }

  /** The present body. */
  get body(): Body {
    return this.rows.bodyOf(this.row)
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

export class StoredStatus extends StoredRow implements StatusEntry {
  readonly #tables: Tables
  readonly #resource: StoredResource | undefined

  /** @param resource the one that it is about, if it is at hand */
  constructor(tables: Tables, row: number, resource?: StoredResource) {
    super(tables.statuses, row)
    this.#tables = tables
    this.#resource = resource
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

  jsonPieces(): readonly Buffer[] {
    return [this.json]
  }

  /** The place in the order of first reports. */
  get number(): number {
    return this.rows.numberOf(this.row)
  }

  get adapter(): string {
    const { adapters, statuses } = this.#tables
    return adapters.nameOf(statuses.adapterOf(this.row))
  }

  get status(): AdapterStatus {
    const { kind, id } =
      this.#resource ?? new StoredResource(this.#tables, this.#tables.statuses.resourceOf(this.row))
    return readStatus(kind, id, this.adapter, this.body, this.digest)
  }

  get digest(): StatusDigest | undefined {
    return this.#tables.statuses.digestOf(this.row)
  }
}

export class StoredResource implements ResourceEntry {
  readonly #tables: Tables
  readonly row: number
  readonly kind: ResourceKind
  #id: string | undefined

  /** @param id if it is at hand */
  constructor(tables: Tables, row: number, id?: string) {
    this.#tables = tables
    this.row = row
    this.kind = tables.resources.kindOf(row)
    this.#id = id
  }

  /** The record of its head. */
  get head(): StoredRow {
    return new StoredRow(this.#tables.resources, this.row)
  }

  /** The record of its conditions. */
  get ownConditions(): StoredRow {
    return new StoredRow(this.#tables.conditions, this.row)
  }

  /** The body of the head. */
  get #body(): Body {
    return this.#tables.resources.bodyOf(this.row)
  }

  get #conditionsBody(): Body {
    return this.#tables.conditions.bodyOf(this.row)
  }

  get json(): Buffer {
    return Buffer.concat(this.jsonPieces())
  }

  get jsonLength(): number {
    const { resources, conditions } = this.#tables
    return resources.documentLengthOf(this.row) + conditions.documentLengthOf(this.row)
  }

  copyJson(target: Uint8Array, at: number): number {
    const { resources, conditions } = this.#tables
    return conditions.copyDocument(this.row, target, resources.copyDocument(this.row, target, at))
  }

  jsonPieces(): readonly Buffer[] {
    const { resources, conditions } = this.#tables
    return [resources.documentOf(this.row), conditions.documentOf(this.row)]
  }

  /** The place in the order of creation. */
  get number(): number {
    return this.#tables.resources.numberOf(this.row)
  }

  /** True after the removal. */
  get isRemoved(): boolean {
    return this.#tables.resources.isRemoved(this.row)
  }

  get headSequence(): number {
    return this.#tables.resources.sequenceOf(this.row)
  }

  get conditionsSequence(): number {
    return this.#tables.conditions.sequenceOf(this.row)
  }

  get id(): string {
    this.#id ??= idIn(this.kind, this.#body)
    return this.#id
  }

  get name(): string {
    return nameIn(this.kind, this.#body)
  }

  get ownerId(): string | undefined {
    return this.kind === 'Cluster' ? undefined : ownerIdIn(this.#body)
  }

  get slot(): number {
    return this.#tables.resources.slotOf(this.row, this.#tables.slots[this.kind].isOdd)
  }

  get otherSlot(): number {
    return this.#tables.resources.slotOf(this.row, !this.#tables.slots[this.kind].isOdd)
  }

  get isMarked(): boolean {
    return this.#tables.resources.isMarked(this.row)
  }

  /** The conditions that were last read for a decision or written, while they are cached. */
  get conditions(): readonly ResourceCondition[] | undefined {
    return this.#tables.cache.get(this.row)
  }

  get resource(): Resource {
    return readResource(this.kind, this.id, this.#body, this.#conditionsBody, this.#knownParts())
  }

  /** The present version with these conditions in place of its own, if there are any. */
  resourceWith(conditions: readonly ResourceCondition[] | undefined): Resource {
    if (conditions === undefined) return this.resource
    return readResource(this.kind, this.id, this.#body, NO_BODY, { isMarked: this.isMarked, conditions })
  }

  get parts(): DocumentParts {
    return partsIn(this.#body, this.#conditionsBody)
  }

  get version(): ResourceVersion {
    return new StoredVersion(this.kind, this.id, this.#body, this.#conditionsBody, this.#knownParts())
  }

  kept(): ResourceVersion {
    return this.version.kept()
  }

  /** In the order of their numbers, except for statuses that were added since the last ordering. */
  get statuses(): readonly StoredStatus[] {
    const { statuses } = this.#tables
    const entries: StoredStatus[] = []
    for (let row = this.#tables.resources.firstStatusOf(this.row); row !== NO_ROW; row = statuses.nextOf(row))
      entries.push(new StoredStatus(this.#tables, row, this))
    return entries
  }

  /** The number of statuses. */
  get statusCount(): number {
    return this.#tables.resources.statusesOf(this.row)
  }

  statusOf(adapter: string): StoredStatus | undefined {
    const { statuses, adapters } = this.#tables
    const number = adapters.find(adapter)
    if (number === undefined) return undefined
    for (let row = this.#tables.resources.firstStatusOf(this.row); row !== NO_ROW; row = statuses.nextOf(row))
      if (statuses.adapterOf(row) === number) return new StoredStatus(this.#tables, row, this)
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
  readonly #head: Body
  readonly #conditions: Body
  readonly #known: KnownParts
  #resource: Resource | undefined

  constructor(kind: ResourceKind, id: string, head: Body, conditions: Body, known: KnownParts) {
    this.#kind = kind
    this.#id = id
    this.#head = head
    this.#conditions = conditions
    this.#known = known
  }

  get number(): number {
    return numberIn(this.#head)
  }

  get headSequence(): number {
    return this.#known.headSequence
  }

  get conditionsSequence(): number {
    return this.#known.conditionsSequence
  }

  /** Several watchers read the version that a write replaces. Its parts are parsed for the first of them. */
  get resource(): Resource {
    this.#resource ??= readResource(this.#kind, this.#id, this.#head, this.#conditions, this.#known)
    return this.#resource
  }

  get json(): Buffer {
    return Buffer.concat(this.jsonPieces())
  }

  get jsonLength(): number {
    return Math.max(0, this.#head.length - BODY_HEADER) + this.#conditions.length
  }

  copyJson(target: Uint8Array, at: number): number {
    let end = at
    for (const piece of this.jsonPieces()) end += piece.copy(target, end)
    return end
  }

  jsonPieces(): readonly Buffer[] {
    return [documentIn(this.#head), bytesIn(this.#conditions)]
  }

  get parts(): DocumentParts {
    return partsIn(this.#head, this.#conditions)
  }

  kept(): ResourceVersion {
    const [head, conditions] = [keptBody(this.#head), keptBody(this.#conditions)]
    return new StoredVersion(this.#kind, this.#id, head, conditions, this.#known)
  }
}

function keptBody(body: Body): Body {
  const { length } = body
  return { bytes: Buffer.from(bytesIn(body)), offset: 0, length }
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
