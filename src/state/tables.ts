// The tables of the state: rows of the heads of resources, of their conditions and of statuses, the adapters, and a cache. A row of a record has
// the place of its body, its progress from the journal to the snapshot, and its relations to other rows. It outlives the versions of its record,
// because a version may be replaced while a checkpoint folds it.
import { BODY_HEADER, type Body, numberIn } from './layout.ts'
import { isMarked } from './reader.ts'
import type { ReportedStatus, ResourceCondition, ResourceKind, StatusDigest } from './records.ts'
import { NO_ROW, Rows } from './rows.ts'
import { LENGTH, OFFSET, Segments } from './segments.ts'
import { Slots } from './slots.ts'

const FLAGS = LENGTH + 1
const SEQUENCE = FLAGS + 1 // a double, on an even word
const CHECKSUM = SEQUENCE + 2
const NUMBER = CHECKSUM + 1
/** The first word that a kind of record has for itself, an even one. */
const OWN_WORDS = NUMBER + 1

/** The snapshot has the present version. */
const IS_FOLDED = 1
/** The snapshot has a version, whose checksum is in the row. */
const HAS_CHECKSUM = 2
/** The first flag that a kind of record has for itself. */
const OWN_FLAG = 4

/** Rows of records of one kind. */
export class RecordRows extends Rows {
  readonly segments: Segments
  /** Bytes of a body before its document. */
  readonly #header: number

  constructor(width: number, header = BODY_HEADER) {
    super(width)
    this.#header = header
    this.segments = new Segments(this)
  }

  /** The present body. */
  bodyOf(row: number): Body {
    return this.segments.bodyOf(row)
  }

  /** The part of the document as served that is in the body, without a copy. Empty after the removal. */
  documentOf(row: number): Buffer {
    const { bytes, offset, length } = this.segments.bodyOf(row)
    return bytes.subarray(offset + this.#header, offset + length)
  }

  documentLengthOf(row: number): number {
    return Math.max(0, this.get(row, LENGTH) - this.#header)
  }

  /** Copies the document to `target` at the position `at`. Returns the position behind it. */
  copyDocument(row: number, target: Uint8Array, at: number): number {
    const offset = this.get(row, OFFSET)
    return (
      at + this.segments.memoryOf(row).copy(target, at, offset + this.#header, offset + this.get(row, LENGTH))
    )
  }

  /** True after the removal, and before the first body. */
  isRemoved(row: number): boolean {
    return !this.segments.hasBody(row)
  }

  /** The record's number in the order of creation. It stays after the removal. */
  numberOf(row: number): number {
    return this.get(row, NUMBER)
  }

  /** The number of the journal entry that brought the present version; 0 before the first. */
  sequenceOf(row: number): number {
    return this.getDouble(row, SEQUENCE)
  }

  /** True if the snapshot does not have the present version. */
  isDirty(row: number): boolean {
    return !this.hasFlag(row, IS_FOLDED)
  }

  /** The checksum of the version in the snapshot. Undefined if there is none. */
  foldedChecksumOf(row: number): number | undefined {
    return this.hasFlag(row, HAS_CHECKSUM) ? this.get(row, CHECKSUM) : undefined
  }

  /** Writes the version of a journal entry. */
  write(row: number, body: Body, sequence: number): void {
    this.segments.put(row, body)
    if (this.#header > 0) this.set(row, NUMBER, numberIn(body))
    this.setDouble(row, SEQUENCE, sequence)
    this.setFlag(row, IS_FOLDED, false)
  }

  /** Removes the body. The row stays, because the snapshot may have a version. */
  erase(row: number): void {
    this.segments.remove(row)
  }

  /** Notes that the snapshot has the version of this journal entry. */
  noteFolded(row: number, sequence: number, checksum: number): void {
    this.set(row, CHECKSUM, checksum)
    this.setFlag(row, HAS_CHECKSUM, true)
    this.noteFoldedElsewhere(row, sequence)
  }

  /** Notes that another record of the snapshot has the version of this journal entry. */
  noteFoldedElsewhere(row: number, sequence: number): void {
    this.setFlag(row, IS_FOLDED, sequence === this.sequenceOf(row))
  }

  protected hasFlag(row: number, flag: number): boolean {
    return (this.get(row, FLAGS) & flag) !== 0
  }

  protected setFlag(row: number, flag: number, isSet: boolean): void {
    const flags = this.get(row, FLAGS)
    this.set(row, FLAGS, isSet ? flags | flag : flags & ~flag)
  }
}

/**
 * The conditions of resources. Conditions have the row number of their resource's head: both are allocated and freed together. They change with
 * each report, heads rarely, so that they also have segments of their own.
 */
export class ConditionRows extends RecordRows {
  constructor() {
    super(CONDITIONS_WIDTH, 0)
  }
}

const CONDITIONS_WIDTH = OWN_WORDS

const EVEN_SLOT = OWN_WORDS
const ODD_SLOT = OWN_WORDS + 1
const OWNER = OWN_WORDS + 2
const FIRST_NODEPOOL = OWN_WORDS + 3
const LAST_NODEPOOL = OWN_WORDS + 4
const NEXT_SIBLING = OWN_WORDS + 5
const PREVIOUS_SIBLING = OWN_WORDS + 6
const FIRST_STATUS = OWN_WORDS + 7
const STATUSES = OWN_WORDS + 8
/** The place of the conditions in the cache, plus one. */
const CACHED_AT = OWN_WORDS + 9
/** The resources of the same kind that were changed just before and just after it. */
const OLDER = OWN_WORDS + 10
const NEWER = OWN_WORDS + 11
const RESOURCE_WIDTH = OWN_WORDS + 12

const IS_NODEPOOL = OWN_FLAG
const IS_MARKED = OWN_FLAG << 1

/** The heads of clusters and nodepools. The nodepools of a cluster are chained both ways, in the order of their creation. */
export class ResourceRows extends RecordRows {
  readonly #conditions: ConditionRows

  constructor(conditions: ConditionRows) {
    super(RESOURCE_WIDTH)
    this.#conditions = conditions
  }

  override free(row: number): void {
    super.free(row)
    this.#conditions.free(row)
  }

  /** Allocates the rows of a resource. They have no bodies yet. */
  add(kind: ResourceKind): number {
    const row = this.allocate()
    if (this.#conditions.allocate() !== row)
      throw new Error('conditions have another row than their resource')
    if (kind === 'NodePool') this.setFlag(row, IS_NODEPOOL, true)
    return row
  }

  /** Notes if the present version is marked for deletion. Only a put of a whole resource can change that. */
  noteMark(row: number): void {
    this.setFlag(row, IS_MARKED, isMarked(this.bodyOf(row)))
  }

  kindOf(row: number): ResourceKind {
    return this.hasFlag(row, IS_NODEPOOL) ? 'NodePool' : 'Cluster'
  }

  /** True if the resource is marked for deletion (contract 11.2). */
  isMarked(row: number): boolean {
    return this.hasFlag(row, IS_MARKED)
  }

  /** The slot in the odd or in the even numbering. */
  slotOf(row: number, isOdd: boolean): number {
    return this.get(row, isOdd ? ODD_SLOT : EVEN_SLOT)
  }

  setSlot(row: number, isOdd: boolean, slot: number): void {
    this.set(row, isOdd ? ODD_SLOT : EVEN_SLOT, slot)
  }

  /** The cluster of a nodepool; `NO_ROW` for a cluster. */
  ownerOf(row: number): number {
    return this.get(row, OWNER)
  }

  /** The first nodepool of a cluster, and the next of the same cluster; `NO_ROW` if there is none. */
  firstNodepoolOf(row: number): number {
    return this.get(row, FIRST_NODEPOOL)
  }

  nextSiblingOf(row: number): number {
    return this.get(row, NEXT_SIBLING)
  }

  /** Adds a nodepool behind its siblings. */
  join(row: number, owner: number): void {
    const last = this.get(owner, LAST_NODEPOOL)
    this.set(row, OWNER, owner)
    this.set(row, PREVIOUS_SIBLING, last)
    this.set(owner, LAST_NODEPOOL, row)
    if (last === NO_ROW) this.set(owner, FIRST_NODEPOOL, row)
    else this.set(last, NEXT_SIBLING, row)
  }

  /** Takes a nodepool out of its siblings. It keeps its owner. */
  leave(row: number): void {
    const owner = this.ownerOf(row)
    if (owner === NO_ROW) return
    const previous = this.get(row, PREVIOUS_SIBLING)
    const next = this.get(row, NEXT_SIBLING)
    if (previous === NO_ROW) this.set(owner, FIRST_NODEPOOL, next)
    else this.set(previous, NEXT_SIBLING, next)
    if (next === NO_ROW) this.set(owner, LAST_NODEPOOL, previous)
    else this.set(next, PREVIOUS_SIBLING, previous)
  }

  olderOf(row: number): number {
    return this.get(row, OLDER)
  }

  newerOf(row: number): number {
    return this.get(row, NEWER)
  }

  setOlder(row: number, older: number): void {
    this.set(row, OLDER, older)
  }

  setNewer(row: number, newer: number): void {
    this.set(row, NEWER, newer)
  }

  /** The number of statuses. */
  statusesOf(row: number): number {
    return this.get(row, STATUSES)
  }

  firstStatusOf(row: number): number {
    return this.get(row, FIRST_STATUS)
  }

  setStatuses(row: number, first: number, count: number): void {
    this.set(row, FIRST_STATUS, first)
    this.set(row, STATUSES, count)
  }

  /** The place of the conditions in the cache; negative if they are not cached. */
  cachedAt(row: number): number {
    return this.get(row, CACHED_AT) - 1
  }

  setCachedAt(row: number, at: number): void {
    this.set(row, CACHED_AT, at + 1)
  }
}

const RESOURCE = OWN_WORDS
const ADAPTER = OWN_WORDS + 1
const NEXT = OWN_WORDS + 2
const GENERATION = OWN_WORDS + 3
const CREATED_TIME = OWN_WORDS + 4 // 64 bits, on an even word
const REPORT_TIME = OWN_WORDS + 6
const STATUS_WIDTH = OWN_WORDS + 8

/** The flags of the status of `Available`. Without one the row has no digest. */
const AVAILABLE: Readonly<Record<ReportedStatus, number>> = {
  True: OWN_FLAG,
  False: OWN_FLAG << 1,
  Unknown: OWN_FLAG << 2,
}

/** Statuses. The statuses of one resource are chained, in the order of their first reports. */
export class StatusRows extends RecordRows {
  constructor() {
    super(STATUS_WIDTH)
  }

  /** Allocates the row of an adapter's status about a resource. It has no body yet. */
  add(resource: number, adapter: number): number {
    const row = this.allocate()
    this.set(row, RESOURCE, resource)
    this.set(row, ADAPTER, adapter)
    return row
  }

  resourceOf(row: number): number {
    return this.get(row, RESOURCE)
  }

  /** The number of the adapter's name. */
  adapterOf(row: number): number {
    return this.get(row, ADAPTER)
  }

  /** The next status of the same resource; `NO_ROW` after the last. */
  nextOf(row: number): number {
    return this.get(row, NEXT)
  }

  setNext(row: number, next: number): void {
    this.set(row, NEXT, next)
  }

  /**
   * Notes what decisions and indexes need of the present version, so that they need not read it.
   * @param digest undefined for a version of an unusual form
   */
  noteDigest(row: number, digest: StatusDigest | undefined): void {
    const others = this.get(row, FLAGS) & ~(AVAILABLE.True | AVAILABLE.False | AVAILABLE.Unknown)
    this.set(row, FLAGS, digest === undefined ? others : others | AVAILABLE[digest.available])
    if (digest === undefined) return
    this.set(row, GENERATION, digest.observedGeneration)
    this.setBigint(row, CREATED_TIME, digest.createdTime)
    this.setBigint(row, REPORT_TIME, digest.lastReportTime)
  }

  /** Undefined for a version of an unusual form. */
  digestOf(row: number): StatusDigest | undefined {
    const available = this.#availableOf(row)
    if (available === undefined) return undefined
    return {
      available,
      observedGeneration: this.get(row, GENERATION),
      createdTime: this.getBigint(row, CREATED_TIME),
      lastReportTime: this.getBigint(row, REPORT_TIME),
    }
  }

  #availableOf(row: number): ReportedStatus | undefined {
    const flags = this.get(row, FLAGS)
    if ((flags & AVAILABLE.True) !== 0) return 'True'
    if ((flags & AVAILABLE.False) !== 0) return 'False'
    return (flags & AVAILABLE.Unknown) !== 0 ? 'Unknown' : undefined
  }

  /** True if a chain is in the order of its numbers, without gaps. */
  areInOrder(first: number): boolean {
    let place = 0
    for (let row = first; row !== NO_ROW; row = this.nextOf(row))
      if (this.numberOf(row) !== place++) return false
    return true
  }

  /** True if the snapshot does not have all statuses of a chain as they are. */
  haveDirty(first: number): boolean {
    for (let row = first; row !== NO_ROW; row = this.nextOf(row)) if (this.isDirty(row)) return true
    return false
  }

  /** The last status of a chain. */
  endOf(first: number): number {
    let row = first
    for (let next = this.nextOf(row); next !== NO_ROW; next = this.nextOf(row)) row = next
    return row
  }
}

interface Adapter {
  readonly number: number
  readonly name: string
  /** Its statuses of each kind that readers see. */
  readonly statuses: Record<ResourceKind, number>
  /** Rows of its statuses, removed ones included. */
  rows: number
}

/**
 * The adapters that have reported, each with a number in place of its name. An adapter without a row of a status is forgotten, and its number is
 * given again.
 */
export class Adapters {
  readonly #byName = new Map<string, Adapter>()
  readonly #byNumber: (Adapter | undefined)[] = []
  readonly #freeNumbers: number[] = []
  readonly #count: Record<ResourceKind, number> = { Cluster: 0, NodePool: 0 }

  /** The number of adapters that have reported about resources of this kind. */
  count(kind: ResourceKind): number {
    return this.#count[kind]
  }

  /** The names of the adapters that have reported about resources of this kind. */
  *names(kind: ResourceKind): Generator<string> {
    for (const { name, statuses } of this.#byName.values()) if (statuses[kind] > 0) yield name
  }

  has(kind: ResourceKind, name: string): boolean {
    return (this.#byName.get(name)?.statuses[kind] ?? 0) > 0
  }

  /** The number of an adapter. Undefined if it has no row. */
  find(name: string): number | undefined {
    return this.#byName.get(name)?.number
  }

  nameOf(number: number): string {
    return this.#of(number).name
  }

  /** Counts a status of an adapter. Returns the adapter's number. */
  addStatus(kind: ResourceKind, name: string): number {
    const adapter = this.#byName.get(name) ?? this.#add(name)
    if (adapter.statuses[kind]++ === 0) this.#count[kind]++
    adapter.rows++
    return adapter.number
  }

  /** Readers do not see a status any more. Its row still has the adapter's number. */
  removeStatus(kind: ResourceKind, number: number): void {
    if (--this.#of(number).statuses[kind] === 0) this.#count[kind]--
  }

  /** The row of a removed status is given back. */
  removeRow(number: number): void {
    const adapter = this.#of(number)
    if (--adapter.rows > 0) return
    this.#byName.delete(adapter.name)
    this.#byNumber[number] = undefined
    this.#freeNumbers.push(number)
  }

  #of(number: number): Adapter {
    const adapter = this.#byNumber[number]
    if (adapter === undefined) throw new Error(`no adapter has the number ${number}`)
    return adapter
  }

  #add(name: string): Adapter {
    const number = this.#freeNumbers.pop() ?? this.#byNumber.length
    const adapter = { number, name, statuses: { Cluster: 0, NodePool: 0 }, rows: 0 }
    this.#byName.set(name, adapter)
    this.#byNumber[number] = adapter
    return adapter
  }
}

/**
 * Resources with cached conditions: enough for two group commits of 128 reports. What survives two scavenges is promoted: with 1,024 that were 0.8 KB
 * for each report, and an eighth more processor time.
 */
const CACHE_CAPACITY = 256

/**
 * A cache of parsed conditions. A write reads the conditions of its resource several times between its decision and its application, and the
 * next write often starts from them.
 */
export class ConditionsCache {
  readonly #resources: ResourceRows
  readonly #rows = new Uint32Array(CACHE_CAPACITY)
  readonly #conditions: (readonly ResourceCondition[] | undefined)[] = new Array(CACHE_CAPACITY).fill(
    undefined,
  )
  #next = 0

  constructor(resources: ResourceRows) {
    this.#resources = resources
  }

  /** The conditions of a resource, if they are cached. */
  get(row: number): readonly ResourceCondition[] | undefined {
    const at = this.#resources.cachedAt(row)
    return at < 0 ? undefined : this.#conditions[at]
  }

  /** Caches the conditions of a resource, in place of the oldest ones. */
  set(row: number, conditions: readonly ResourceCondition[]): void {
    const present = this.#resources.cachedAt(row)
    const at = present < 0 ? this.#evict() : present
    this.#rows[at] = row
    this.#conditions[at] = conditions
    this.#resources.setCachedAt(row, at)
  }

  delete(row: number): void {
    const at = this.#resources.cachedAt(row)
    if (at >= 0) this.#clear(at)
  }

  /** Makes the place of the oldest conditions free. */
  #evict(): number {
    const at = this.#next
    this.#next = (this.#next + 1) % CACHE_CAPACITY
    this.#clear(at)
    return at
  }

  #clear(at: number): void {
    const row = this.#rows[at] ?? NO_ROW
    if (row !== NO_ROW) this.#resources.setCachedAt(row, -1)
    this.#rows[at] = NO_ROW
    this.#conditions[at] = undefined
  }
}

/** All tables of a state. */
export class Tables {
  readonly conditions = new ConditionRows()
  readonly resources = new ResourceRows(this.conditions)
  readonly statuses = new StatusRows()
  readonly adapters = new Adapters()
  readonly cache = new ConditionsCache(this.resources)
  readonly slots: Readonly<Record<ResourceKind, Slots>> = {
    Cluster: new Slots('Cluster', this.resources),
    NodePool: new Slots('NodePool', this.resources),
  }
}
