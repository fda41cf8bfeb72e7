// The state for the store, which alone changes it: `apply` makes what is new visible, `load` takes what was stored. It is in flat memory:
// rows of numbers, tables that find rows by id and name, and segments with the bodies.
import { randomBytes } from 'node:crypto'
import { type HashSeed, hashSeedOf } from '../wire/hash.ts'
import { ChangeOrder } from './change-order.ts'
import { renderCompact } from './compact-conditions.ts'
import { Directory } from './directory.ts'
import { keyOfResource, keyOfStatus } from './document.ts'
import { DocumentWriter } from './document-writer.ts'
import { DirtyEntries, SlotEntries, type StoredDocument, StoredResource, StoredStatus } from './entry.ts'
import type { Application, ChangeWalk, Effect, FleetState, Renumbering } from './fleet-state.ts'
import { type Body, numberIn } from './layout.ts'
import {
  type Change,
  isRemoval,
  type JournalRecord,
  type PlacedPut,
  type Put,
  type ResourceId,
  resourceOf,
  unhandled,
} from './put.ts'
import { availableOf } from './reader.ts'
import {
  type AdapterStatus,
  RESOURCE_KINDS,
  type Resource,
  type ResourceCondition,
  type ResourceHead,
  type ResourceKind,
} from './records.ts'
import { RETAINED_REMOVALS, Removals, type Removed } from './removals.ts'
import { NO_ROW } from './rows.ts'
import { scanDigest } from './scan.ts'
import { DirtySlots } from './slots.ts'
import { type RecordRows, Tables } from './tables.ts'

/** Resources whose records the snapshot does not have as they are. */
export interface Dirty {
  /** By kind, and in creation order. Some may be removed meanwhile. */
  readonly changed: DirtyEntries
  /** In the order of their removal, nodepools before their cluster. */
  readonly removed: StoredResource[]
}

/**
 * The value of the snapshot that has a loaded record: its checksum, or 'in-head' for conditions that are in one value with their head, as formats
 * 1 to 3 store them. Undefined for a record of the journal.
 */
export type Folded = number | 'in-head' | undefined

/** The document of a put that no answer shows. */
const NO_DOCUMENT = Buffer.alloc(0)

export class State implements FleetState {
  readonly #tables = new Tables()
  readonly #resources = this.#tables.resources
  readonly #conditions = this.#tables.conditions
  readonly #statuses = this.#tables.statuses
  readonly #adapters = this.#tables.adapters
  readonly #slots = this.#tables.slots
  readonly #cache = this.#tables.cache
  readonly #entries: Record<ResourceKind, SlotEntries> = {
    Cluster: new SlotEntries(this.#tables, this.#slots.Cluster.rows),
    NodePool: new SlotEntries(this.#tables, this.#slots.NodePool.rows),
  }
  readonly #directory: Directory
  readonly #watchers: ((effect: Effect) => void)[] = []
  readonly #dirty: Readonly<Record<ResourceKind, DirtySlots>> = {
    Cluster: new DirtySlots(this.#slots.Cluster),
    NodePool: new DirtySlots(this.#slots.NodePool),
  }
  readonly #changes: Readonly<Record<ResourceKind, ChangeOrder>> = {
    Cluster: new ChangeOrder(this.#resources),
    NodePool: new ChangeOrder(this.#resources),
  }
  /** The last removals. */
  readonly removals: Removals
  /** Removed resources whose records a checkpoint has to erase. Their rows have no bodies. */
  #removed: StoredResource[] = []
  /** The statuses of removed resources that still have rows. */
  #removedStatuses = 0
  /** During a load: ids of missing resources, with the key of a record about each. A later removal must explain them. */
  readonly #missing = new Map<string, string>()
  #bytes = 0
  #sequence = 0
  #application: Application | undefined
  /** The conditions that are being rendered. */
  readonly #rendered = new DocumentWriter()

  /**
   * @param retainedRemovals number of removals that are retained
   * @param seed the secret of the tables, so that nobody can choose names that meet in one place
   */
  constructor(retainedRemovals = RETAINED_REMOVALS, seed: HashSeed = hashSeedOf(randomBytes(8))) {
    this.removals = new Removals(retainedRemovals)
    this.#directory = new Directory(this.#resources, seed)
  }

  get sequence(): number {
    return this.#sequence
  }

  get application(): Application | undefined {
    return this.#application
  }

  get bytes(): number {
    return this.#bytes
  }

  get statusCount(): number {
    return this.#statuses.count - this.#removedStatuses
  }

  resource(kind: ResourceKind, id: string): StoredResource | undefined {
    const entry = this.resourceById(id)
    return entry?.kind === kind ? entry : undefined
  }

  /** The resource with this id, of any kind. Ids are unique over all kinds. */
  resourceById(id: string): StoredResource | undefined {
    const row = this.#directory.rowOf(id)
    return row === NO_ROW ? undefined : new StoredResource(this.#tables, row, id)
  }

  /** The current record. Its parsed conditions are cached for the write that follows. */
  recordOf(entry: StoredResource): Resource {
    if (entry.conditions === undefined) this.#cache.set(entry.row, entry.resource.conditions)
    return entry.resource
  }

  resources(kind: ResourceKind): SlotEntries {
    return this.#entries[kind]
  }

  resourceFrom(kind: ResourceKind, number: number): StoredResource | undefined {
    const row = this.#slots[kind].rowFrom(number)
    return row === NO_ROW ? undefined : new StoredResource(this.#tables, row)
  }

  living(kind: ResourceKind): readonly StoredResource[] {
    const entries: StoredResource[] = []
    const { rows } = this.#slots[kind]
    for (let slot = 0; slot < rows.length; slot++) {
      const row = rows.at(slot)
      if (row !== NO_ROW) entries.push(new StoredResource(this.#tables, row))
    }
    return entries
  }

  count(kind: ResourceKind): number {
    return this.#slots[kind].count
  }

  /** The creation number of the next resource of a kind. */
  nextNumber(kind: ResourceKind): number {
    return this.#slots[kind].nextNumber
  }

  /** Raises the creation number of the next resource of a kind, after a load. */
  raiseNextNumber(kind: ResourceKind, number: number): void {
    this.#slots[kind].raiseNextNumber(number)
  }

  *nodepoolsOf(clusterId: string): Generator<StoredResource> {
    const rows = this.#resources
    const cluster = this.#directory.rowOf(clusterId)
    for (let row = rows.firstNodepoolOf(cluster); row !== NO_ROW; row = rows.nextSiblingOf(row))
      yield new StoredResource(this.#tables, row)
  }

  /** The id of the resource with this name that is not being deleted; `ownerId` is the cluster of a nodepool (contract 4.3). */
  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined {
    const owner = ownerId === undefined ? undefined : this.#directory.rowOf(ownerId)
    if (owner === NO_ROW) return undefined
    const row = this.#directory.rowOfName(kind, name, owner)
    return row === NO_ROW ? undefined : new StoredResource(this.#tables, row).id
  }

  adapters(kind: ResourceKind): Iterable<string> {
    return this.#adapters.names(kind)
  }

  /** The number of adapters that have reported about resources of this kind. */
  adapterCount(kind: ResourceKind): number {
    return this.#adapters.count(kind)
  }

  hasAdapter(kind: ResourceKind, adapter: string): boolean {
    return this.#adapters.has(kind, adapter)
  }

  changesAfter(kind: ResourceKind, sequence: number): ChangeWalk {
    const changes = this.#changes[kind]
    const cursor = changes.open()
    return {
      step: (limit, use) => {
        for (let count = 0; count < limit; count++) {
          if (cursor.row === NO_ROW || this.#lastChangeOf(cursor.row) <= sequence) return false
          use(new StoredResource(this.#tables, cursor.row))
          changes.advance(cursor)
        }
        return true
      },
      end: () => changes.close(cursor),
    }
  }

  watch(watcher: (effect: Effect) => void): void {
    this.#watchers.push(watcher)
  }

  retain(pieces: readonly Buffer[]): () => void {
    const all = [this.#resources.segments, this.#conditions.segments, this.#statuses.segments]
    // A page has a thousand pieces, of a few segments.
    const retained = [...new Set(pieces.map(({ buffer }) => buffer))].filter(memory =>
      all.some(segments => segments.retain(memory)),
    )
    return () => {
      for (const memory of retained.splice(0)) for (const segments of all) segments.giveBack(memory)
    }
  }

  renumber(kind: ResourceKind): Renumbering | undefined {
    const slots = this.#slots[kind]
    const dirty = this.#dirty[kind]
    if (!slots.isSparse) return undefined
    slots.beginRenumbering()
    const entries = new SlotEntries(this.#tables, slots.next)
    return {
      entries,
      secondSlotOf: entry => (slots.hasSecond(entry.slot) ? entry.otherSlot : undefined),
      step: (limit, visit) =>
        slots.renumber(limit, (row, second) => {
          dirty.renumber(row, second)
          visit(new StoredResource(this.#tables, row))
        }),
      takeOver: () => {
        slots.takeOver()
        dirty.takeOver()
        this.#entries[kind] = entries
      },
    }
  }

  /**
   * Makes durable changes visible. Returns the document of the first put of each change, if it is one of a resource or a status; that of another
   * put is empty. The documents keep their bytes until the next call.
   */
  apply(changes: readonly Change[]): Buffer[] {
    this.#recycle()
    return changes.map(({ puts, sequence }) => {
      this.#sequence = sequence
      let first: StoredDocument | undefined
      for (let i = 0; i < puts.length; i++) {
        const stored = this.#apply(puts[i] as PlacedPut, sequence)
        if (i === 0) first = stored
      }
      return first?.json ?? NO_DOCUMENT
    })
  }

  /**
   * Applies a change of a cluster and its nodepools in slices. A yield ends a turn of the event loop; nothing else may be applied before the last
   * slice. The cluster and the number of the change come with the last one. Until then `application` says what is not whole.
   * @param recordsPerSlice records that are written or removed in one slice, more or less
   */
  *applyInSlices(
    { puts, sequence }: Change,
    clusterId: string,
    recordsPerSlice: number,
  ): Generator<undefined, void> {
    if (this.#application !== undefined) throw new Error('another change is being applied')
    let resolve = () => {}
    const over = new Promise<void>(settle => {
      resolve = settle
    })
    this.#application = { clusterId, over }
    const ofCluster: PlacedPut[] = []
    this.#recycle()
    let records = 0
    for (const placed of puts) {
      if (resourceOf(placed.put).kind === 'Cluster') {
        ofCluster.push(placed)
        continue
      }
      if (records >= recordsPerSlice) {
        yield
        this.#recycle()
        records = 0
      }
      records += this.#recordsOf(placed.put)
      this.#apply(placed, sequence)
    }
    this.#sequence = sequence
    for (const placed of ofCluster) this.#apply(placed, sequence)
    this.#application = undefined
    resolve()
  }

  /**
   * Loads a stored record, before the state has watchers. Skips it if the state has this version or a later one. The conditions of a resource
   * come after its head.
   */
  load(record: JournalRecord, folded?: Folded): void {
    if (isRemoval(record)) {
      this.#loadRemoval(record.put.resource, record.sequence)
      return
    }
    const { key, put, body, sequence } = record
    switch (put.kind) {
      case 'head':
        this.#loadHead(put.record, body, sequence, folded)
        return
      case 'conditions':
        this.#loadConditions(put.resource, key, body, sequence, folded)
        return
      case 'status':
        this.#loadStatus(put.record, key, body, sequence, folded)
        return
      default:
        unhandled(put)
    }
  }

  /**
   * Completes a load, in which records came in key order: gives resources their slots, sorts nodepools and statuses by their creation,
   * one resource per step. Returns the first missing record. A sound folder has all. Throws when two records contradict each other.
   */
  *finishLoad(): Generator<undefined, string | undefined> {
    for (const [id, key] of this.#missing) return `resource ${id}, which ${key} is about,`
    for (const kind of RESOURCE_KINDS) {
      const slots = this.#slots[kind]
      yield* slots.order()
      slots.reserve(this.removals.nextNumber[kind])
      this.#entries[kind] = new SlotEntries(this.#tables, slots.rows)
    }
    for (const kind of RESOURCE_KINDS) {
      const { rows } = this.#slots[kind]
      for (let slot = 0; slot < rows.length; slot++) {
        const missing = this.#finishResource(new StoredResource(this.#tables, rows.at(slot)))
        if (missing !== undefined) return missing
        yield
      }
      yield* this.#changes[kind].restore(rows, row => this.#lastChangeOf(row))
    }
    return undefined
  }

  /** Notes the number of the newest change that was loaded. It may have left no record. */
  noteLoaded(sequence: number): void {
    this.#sequence = sequence
  }

  /** Takes the resources to fold. Later changes are collected for the next time. */
  takeDirty(): Dirty {
    const taken = RESOURCE_KINDS.map(kind => this.#dirty[kind].take())
    const removed = this.#removed
    this.#removed = []
    return { changed: new DirtyEntries(this.#tables, taken), removed }
  }

  /** Gives back resources that could not be folded. */
  giveBackDirty({ changed, removed }: Dirty): void {
    for (const [i, kind] of RESOURCE_KINDS.entries()) {
      const taken = changed.taken[i]
      if (taken !== undefined) this.#dirty[kind].giveBack(taken, row => this.#resources.isRemoved(row))
    }
    this.#removed = [...removed, ...this.#removed]
  }

  /** Forgets a removed resource that the snapshot does not have any more. Its rows are used again. */
  forget(removed: StoredResource): void {
    for (const { row } of removed.statuses) {
      this.#adapters.removeRow(this.#statuses.adapterOf(row))
      this.#statuses.free(row)
      this.#removedStatuses--
    }
    this.#resources.free(removed.row)
  }

  /** Memory that was left in earlier turns of the event loop is used again. */
  #recycle(): void {
    this.#resources.segments.recycle()
    this.#conditions.segments.recycle()
    this.#statuses.segments.recycle()
  }

  /** The records that a put writes or removes. */
  #recordsOf(put: Put): number {
    return put.kind === 'removal' ? 2 + (this.resourceById(put.resource.id)?.statusCount ?? 0) : 2
  }

  #apply({ put, body, conditions }: PlacedPut, sequence: number): StoredDocument | undefined {
    switch (put.kind) {
      case 'resource':
        return this.#applyResource(put.record, body, conditions, sequence)
      case 'conditions':
        return this.#applyConditions(put.resource, put.conditions, conditions, sequence)
      case 'status':
        return this.#applyStatus(put.record, body, sequence)
      case 'removal':
        return this.#applyRemoval(put.resource, sequence)
      default:
        return unhandled(put)
    }
  }

  #applyResource(resource: Resource, head: Body, conditions: Body, sequence: number): StoredResource {
    const { kind, id, ownerId, deletedTime } = resource
    const present = this.#presentFor(resource, head)
    const previous = present?.version
    const row = present?.row ?? this.#resources.add(kind)
    this.#writeHead(row, head, sequence)
    this.#writeConditions(row, conditions, sequence)
    if (present === undefined) {
      this.#directory.add(row, id)
      this.#slots[kind].add(row)
      if (ownerId !== undefined) this.#resources.join(row, this.#rowOf('Cluster', ownerId))
    }
    const entry = new StoredResource(this.#tables, row, id)
    if (deletedTime !== undefined) this.#directory.freeName(row)
    else if (present === undefined) this.#directory.takeName(row)
    this.#cache.set(row, resource.conditions)
    this.#changes[kind].touch(row)
    this.#dirty[kind].add(entry.row)
    this.#tell({ kind: 'resource', sequence, entry, resource, previous })
    return entry
  }

  #applyConditions(
    { kind, id }: ResourceId,
    conditions: readonly ResourceCondition[],
    compact: Body,
    sequence: number,
  ): undefined {
    const entry = this.resource(kind, id)
    if (entry === undefined) throw new Error(`there is no ${kind} ${id} for new conditions`)
    const previous = entry.version
    this.#writeConditions(entry.row, compact, sequence)
    this.#cache.set(entry.row, conditions)
    this.#changes[kind].touch(entry.row)
    this.#dirty[kind].add(entry.row)
    this.#tell({ kind: 'conditions', sequence, entry, conditions, previous })
    return undefined
  }

  #applyStatus(status: AdapterStatus, body: Body, sequence: number): StoredStatus {
    const entry = this.#subjectOf(status)
    const stored = entry.statusOf(status.adapter) ?? this.#addStatus(entry, status.adapter)
    this.#write(this.#statuses, stored.row, body, sequence)
    const { observedGeneration, createdTime, lastReportTime } = status
    const { status: available } = availableOf(status)
    const digest = { available, observedGeneration, createdTime, lastReportTime }
    this.#statuses.noteDigest(stored.row, digest)
    this.#dirty[entry.kind].add(entry.row)
    this.#tell({ kind: 'status', sequence, entry, status, digest })
    return stored
  }

  #applyRemoval({ kind, id }: ResourceId, sequence: number): undefined {
    const entry = this.resource(kind, id)
    if (entry === undefined) throw new Error(`there is no ${kind} ${id} to remove`)
    const previous = entry.version
    this.removals.add(removedOf(entry, sequence))
    this.#remove(entry)
    this.#tell({ kind: 'removal', sequence, entry, previous })
    return undefined
  }

  /** A checkpoint that did not complete may have removed the resource from the snapshot already. */
  #loadRemoval({ kind, id }: ResourceId, sequence: number): void {
    this.#missing.delete(id)
    const entry = this.resource(kind, id)
    if (entry === undefined) {
      this.removals.loadUnknown(sequence)
      return
    }
    this.removals.load(removedOf(entry, sequence))
    this.#remove(entry)
  }

  #loadHead(head: ResourceHead, body: Body, sequence: number, folded: Folded): void {
    const { kind, id } = head
    const present = this.resourceById(id)
    if (present !== undefined && present.headSequence >= sequence) return
    if (present !== undefined) assertSame(present, head, body)
    const row = present?.row ?? this.#resources.add(kind)
    this.#writeHead(row, body, sequence)
    noteFolded(this.#resources, row, sequence, folded)
    if (present !== undefined) return
    this.#directory.add(row, id)
    this.#slots[kind].collect(row)
  }

  #loadConditions({ kind, id }: ResourceId, key: string, body: Body, sequence: number, folded: Folded): void {
    const entry = this.resourceById(id)
    if (entry === undefined && folded === undefined) {
      this.#missing.set(id, key)
      return
    }
    if (entry?.kind !== kind) throw withoutSubject(key)
    if (!this.#conditions.isRemoved(entry.row) && entry.conditionsSequence >= sequence) return
    this.#write(this.#conditions, entry.row, body, sequence)
    noteFolded(this.#conditions, entry.row, sequence, folded)
  }

  #loadStatus(status: AdapterStatus, key: string, body: Body, sequence: number, folded: Folded): void {
    const { resourceKind, resourceId, adapter } = status
    const entry = this.resourceById(resourceId)
    if (entry === undefined && folded === undefined) {
      this.#missing.set(resourceId, key)
      return
    }
    const present = entry?.statusOf(adapter)
    if (present !== undefined && present.sequence >= sequence) return
    if (entry?.kind !== resourceKind) throw withoutSubject(key)
    const { row } = present ?? this.#addStatus(entry, adapter)
    this.#write(this.#statuses, row, body, sequence)
    this.#statuses.noteDigest(row, scanDigest(body))
    noteFolded(this.#statuses, row, sequence, folded)
  }

  /** Gives a loaded resource its relations and its name. Returns what is missing. */
  #finishResource(entry: StoredResource): string | undefined {
    const { kind, ownerId } = entry
    this.removals.release(kind, entry.number)
    if (this.#conditions.isRemoved(entry.row)) return `the record of the conditions of ${kind} ${entry.id}`
    if (ownerId !== undefined) {
      const owner = this.resource('Cluster', ownerId)
      if (owner === undefined) return `Cluster ${ownerId}, which has nodepools,`
      this.#resources.join(entry.row, owner.row)
    }
    const hole = this.#orderStatuses(entry)
    if (hole !== undefined) return `adapter status number ${hole + 1} of ${kind} ${entry.id}`
    if (!entry.isMarked) this.#loadName(entry)
    if (
      entry.head.isDirty ||
      entry.ownConditions.isDirty ||
      this.#statuses.haveDirty(this.#resources.firstStatusOf(entry.row))
    )
      this.#dirty[kind].add(entry.row)
    return undefined
  }

  /** The number of the last change of a resource (contract 12.3). */
  #lastChangeOf(row: number): number {
    return Math.max(this.#resources.sequenceOf(row), this.#conditions.sequenceOf(row))
  }

  /** Chains the statuses of a resource in the order of their numbers. Returns the first missing number. */
  #orderStatuses(entry: StoredResource): number | undefined {
    if (this.#statuses.areInOrder(this.#resources.firstStatusOf(entry.row))) return undefined
    const ordered = entry.statuses.toSorted((a, b) => a.number - b.number)
    const hole = ordered.findIndex(({ number }, place) => number !== place)
    if (hole !== -1) return hole
    let next = NO_ROW
    for (const { row } of ordered.toReversed()) {
      this.#statuses.setNext(row, next)
      next = row
    }
    this.#resources.setStatuses(entry.row, next, ordered.length)
    return undefined
  }

  /** The present entry of a resource. Throws when it has another number or kind. */
  #presentFor(resource: ResourceHead, body: Body): StoredResource | undefined {
    const present = this.resourceById(resource.id)
    if (present !== undefined) assertSame(present, resource, body)
    return present
  }

  #rowOf(kind: ResourceKind, id: string): number {
    const entry = this.resource(kind, id)
    if (entry === undefined) throw new Error(`there is no ${kind} ${id}`)
    return entry.row
  }

  /** Throws when another resource has the name. */
  #loadName(entry: StoredResource): void {
    const { kind, id, row, name } = entry
    const holder = this.#directory.rowOfName(kind, name, this.#resources.ownerOf(row))
    if (holder !== NO_ROW)
      throw new Error(
        `${kind} ${id} and ${kind} ${new StoredResource(this.#tables, holder).id} have the same name`,
      )
    this.#directory.takeName(row)
  }

  /** Removes a resource and its statuses, and frees the memory of their bodies. Their rows stay until a checkpoint has erased the records. */
  #remove(entry: StoredResource): void {
    const { kind, id, row } = entry
    if (this.#resources.firstNodepoolOf(row) !== NO_ROW) throw new Error(`${kind} ${id} has nodepools`)
    this.#directory.remove(row, id)
    this.#slots[kind].remove(row)
    this.#changes[kind].remove(row)
    this.#resources.leave(row)
    this.#cache.delete(row)
    for (const status of entry.statuses) {
      this.#adapters.removeStatus(kind, this.#statuses.adapterOf(status.row))
      this.#erase(this.#statuses, status.row)
    }
    this.#removedStatuses += entry.statusCount
    this.#erase(this.#conditions, row)
    this.#erase(this.#resources, row)
    this.#removed.push(entry)
  }

  #erase(rows: RecordRows, row: number): void {
    this.#bytes -= rows.documentLengthOf(row)
    rows.erase(row)
  }

  /** The resource that a status is about. */
  #subjectOf(status: AdapterStatus): StoredResource {
    const entry = this.resource(status.resourceKind, status.resourceId)
    if (entry === undefined)
      throw withoutSubject(keyOfStatus({ kind: status.resourceKind, id: status.resourceId }, status.adapter))
    return entry
  }

  /** Adds the row of an adapter's first status, behind the others. */
  #addStatus(entry: StoredResource, adapter: string): StoredStatus {
    const { kind, row, statusCount } = entry
    const status = this.#statuses.add(row, this.#adapters.addStatus(kind, adapter))
    const first = this.#resources.firstStatusOf(row)
    if (first !== NO_ROW) this.#statuses.setNext(this.#statuses.endOf(first), status)
    this.#resources.setStatuses(row, first === NO_ROW ? status : first, statusCount + 1)
    return new StoredStatus(this.#tables, status)
  }

  #writeHead(row: number, body: Body, sequence: number): void {
    this.#write(this.#resources, row, body, sequence)
    this.#resources.noteMark(row)
  }

  /** Renders conditions as every replay renders them. */
  #writeConditions(row: number, compact: Body, sequence: number): void {
    const out = this.#rendered
    out.reset()
    renderCompact(out, compact)
    this.#write(this.#conditions, row, { bytes: out.bytes, offset: 0, length: out.end }, sequence)
  }

  #write(rows: RecordRows, row: number, body: Body, sequence: number): void {
    this.#bytes -= rows.documentLengthOf(row)
    rows.write(row, body, sequence)
    this.#bytes += rows.documentLengthOf(row)
  }

  #tell(effect: Effect): void {
    for (const watcher of this.#watchers) watcher(effect)
  }
}

function removedOf({ kind, number, id, name, ownerId }: StoredResource, sequence: number): Removed {
  return { kind, number, sequence, id, name, ownerId }
}

function noteFolded(rows: RecordRows, row: number, sequence: number, folded: Folded): void {
  if (folded === 'in-head') rows.noteFoldedElsewhere(row, sequence)
  else if (folded !== undefined) rows.noteFolded(row, sequence, folded)
}

/** Throws when a resource has another number or kind than the present one with its id. */
function assertSame(present: StoredResource, { kind, id }: ResourceId, body: Body): void {
  if (present.kind !== kind || present.number !== numberIn(body))
    throw new Error(`${keyOfResource({ kind, id })} would take the place of ${present.kind} ${present.id}`)
}

function withoutSubject(key: string): Error {
  return new Error(`${key} is about a resource that does not exist`)
}
