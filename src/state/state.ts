// The state for the store, which alone changes it: `apply` makes what is new visible, `load` takes what was stored. It is in flat memory:
// rows of numbers, tables that find rows by id and name, and segments with the bodies.
import { randomBytes } from 'node:crypto'
import { type HashSeed, hashSeedOf } from '../wire/hash.ts'
import { renderCompact } from './compact-conditions.ts'
import { keyOfStatus } from './document.ts'
import { DocumentWriter } from './document-writer.ts'
import { DirtyEntries, SlotEntries, type StoredDocument, StoredResource, type StoredStatus } from './entry.ts'
import { assertSame, FleetRecords, removedOf, withoutSubject } from './fleet-records.ts'
import type { Application, ChangeWalk, Effect, FleetState, Renumbering } from './fleet-state.ts'
import type { Body } from './layout.ts'
import { type Folded, Loading } from './loading.ts'
import {
  type Change,
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
  type ResourceKind,
} from './records.ts'
import { RETAINED_REMOVALS, type Removals } from './removals.ts'
import { NO_ROW } from './rows.ts'
import type { Tables } from './tables.ts'

/** Resources whose records the snapshot does not have as they are. */
export interface Dirty {
  /** By kind, and in creation order. Some may be removed meanwhile. */
  readonly changed: DirtyEntries
  /** In the order of their removal, nodepools before their cluster. */
  readonly removed: StoredResource[]
}

/** The document of a put that no answer shows. */
const NO_DOCUMENT = Buffer.alloc(0)

export class State implements FleetState {
  readonly #records: FleetRecords
  readonly #tables: Tables
  readonly #loading: Loading
  readonly #watchers: ((effect: Effect) => void)[] = []
  #sequence = 0
  #application: Application | undefined
  /** The conditions that are being rendered. */
  readonly #rendered = new DocumentWriter()

  /**
   * @param retainedRemovals number of removals that are retained
   * @param seed the secret of the tables, so that nobody can choose names that meet in one place
   */
  constructor(retainedRemovals = RETAINED_REMOVALS, seed: HashSeed = hashSeedOf(randomBytes(8))) {
    this.#records = new FleetRecords(retainedRemovals, seed)
    this.#tables = this.#records.tables
    this.#loading = new Loading(this.#records)
  }

  get sequence(): number {
    return this.#sequence
  }

  get application(): Application | undefined {
    return this.#application
  }

  get bytes(): number {
    return this.#records.bytes
  }

  /** The last removals. */
  get removals(): Removals {
    return this.#records.removals
  }

  get statusCount(): number {
    return this.#records.statusCount
  }

  resource(kind: ResourceKind, id: string): StoredResource | undefined {
    return this.#records.resource(kind, id)
  }

  /** The resource with this id, of any kind. Ids are unique over all kinds. */
  resourceById(id: string): StoredResource | undefined {
    return this.#records.resourceById(id)
  }

  /** The current record. Its parsed conditions are cached for the write that follows. */
  recordOf(entry: StoredResource): Resource {
    if (entry.conditions === undefined) this.#tables.cache.set(entry.row, entry.resource.conditions)
    return entry.resource
  }

  resources(kind: ResourceKind): SlotEntries {
    return this.#records.entries[kind]
  }

  resourceFrom(kind: ResourceKind, number: number): StoredResource | undefined {
    const row = this.#tables.slots[kind].rowFrom(number)
    return row === NO_ROW ? undefined : new StoredResource(this.#tables, row)
  }

  living(kind: ResourceKind): readonly StoredResource[] {
    const entries: StoredResource[] = []
    const { rows } = this.#tables.slots[kind]
    for (let slot = 0; slot < rows.length; slot++) {
      const row = rows.at(slot)
      if (row !== NO_ROW) entries.push(new StoredResource(this.#tables, row))
    }
    return entries
  }

  count(kind: ResourceKind): number {
    return this.#tables.slots[kind].count
  }

  /** The creation number of the next resource of a kind. */
  nextNumber(kind: ResourceKind): number {
    return this.#tables.slots[kind].nextNumber
  }

  /** Raises the creation number of the next resource of a kind, after a load. */
  raiseNextNumber(kind: ResourceKind, number: number): void {
    this.#tables.slots[kind].raiseNextNumber(number)
  }

  *nodepoolsOf(clusterId: string): Generator<StoredResource> {
    const rows = this.#tables.resources
    const cluster = this.#records.directory.rowOf(clusterId)
    for (let row = rows.firstNodepoolOf(cluster); row !== NO_ROW; row = rows.nextSiblingOf(row))
      yield new StoredResource(this.#tables, row)
  }

  /** The id of the resource with this name that is not being deleted; `ownerId` is the cluster of a nodepool (contract 4.3). */
  idOfName(kind: ResourceKind, ownerId: string | undefined, name: string): string | undefined {
    const owner = ownerId === undefined ? undefined : this.#records.directory.rowOf(ownerId)
    if (owner === NO_ROW) return undefined
    const row = this.#records.directory.rowOfName(kind, name, owner)
    return row === NO_ROW ? undefined : new StoredResource(this.#tables, row).id
  }

  adapters(kind: ResourceKind): Iterable<string> {
    return this.#tables.adapters.names(kind)
  }

  /** The number of adapters that have reported about resources of this kind. */
  adapterCount(kind: ResourceKind): number {
    return this.#tables.adapters.count(kind)
  }

  hasAdapter(kind: ResourceKind, adapter: string): boolean {
    return this.#tables.adapters.has(kind, adapter)
  }

  changesAfter(kind: ResourceKind, sequence: number): ChangeWalk {
    const changes = this.#records.changes[kind]
    const cursor = changes.open()
    return {
      step: (limit, use) => {
        for (let count = 0; count < limit; count++) {
          if (cursor.row === NO_ROW || this.#records.lastChangeOf(cursor.row) <= sequence) return false
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
    const all = [
      this.#tables.resources.segments,
      this.#tables.conditions.segments,
      this.#tables.statuses.segments,
    ]
    // A page has a thousand pieces, of a few segments.
    const retained = [...new Set(pieces.map(({ buffer }) => buffer))].filter(memory =>
      all.some(segments => segments.retain(memory)),
    )
    return () => {
      for (const memory of retained.splice(0)) for (const segments of all) segments.giveBack(memory)
    }
  }

  renumber(kind: ResourceKind): Renumbering | undefined {
    const slots = this.#tables.slots[kind]
    const dirty = this.#records.dirty[kind]
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
        this.#records.entries[kind] = entries
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
   * Loads a stored record, before the state has watchers. Skips it if the state has this version or a later one. The conditions and the statuses
   * of a resource come after its head.
   */
  load(record: JournalRecord, folded?: Folded): void {
    this.#loading.load(record, folded)
  }

  /**
   * Completes a load: gives resources their slots, sorts nodepools and statuses by their creation, one resource per step. Returns the first
   * missing record. A sound folder has all. Throws when two records contradict each other.
   */
  finishLoad(): Generator<undefined, string | undefined> {
    return this.#loading.finish()
  }

  /** Notes the number of the newest change that was loaded. It may have left no record. */
  noteLoaded(sequence: number): void {
    this.#sequence = sequence
  }

  /** Takes the resources to fold. Later changes are collected for the next time. */
  takeDirty(): Dirty {
    const taken = RESOURCE_KINDS.map(kind => this.#records.dirty[kind].take())
    const removed = this.#records.removed
    this.#records.removed = []
    return { changed: new DirtyEntries(this.#tables, taken), removed }
  }

  /** Gives back resources that could not be folded. */
  giveBackDirty({ changed, removed }: Dirty): void {
    for (const [i, kind] of RESOURCE_KINDS.entries()) {
      const taken = changed.taken[i]
      if (taken !== undefined)
        this.#records.dirty[kind].giveBack(taken, row => this.#tables.resources.isRemoved(row))
    }
    this.#records.removed = [...removed, ...this.#records.removed]
  }

  /** Forgets a removed resource that the snapshot does not have any more. Its rows are used again. */
  forget(removed: StoredResource): void {
    this.#records.forget(removed)
  }

  /** Memory that was left in earlier turns of the event loop is used again. */
  #recycle(): void {
    this.#tables.resources.segments.recycle()
    this.#tables.conditions.segments.recycle()
    this.#tables.statuses.segments.recycle()
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
    const present = this.resourceById(id)
    if (present !== undefined) assertSame(present, resource, head)
    const previous = present?.version
    const row = present?.row ?? this.#tables.resources.add(kind)
    this.#records.writeHead(row, head, sequence)
    this.#writeConditions(row, conditions, sequence)
    if (present === undefined) {
      this.#records.directory.add(row, id)
      this.#tables.slots[kind].add(row)
      if (ownerId !== undefined) this.#tables.resources.join(row, this.#present('Cluster', ownerId).row)
    }
    const entry = new StoredResource(this.#tables, row, id)
    if (deletedTime !== undefined) this.#records.directory.freeName(row)
    else if (present === undefined) this.#records.directory.takeName(row)
    this.#tables.cache.set(row, resource.conditions)
    this.#records.changes[kind].touch(row)
    this.#records.dirty[kind].add(entry.row)
    this.#tell({ kind: 'resource', sequence, entry, resource, previous })
    return entry
  }

  #applyConditions(
    { kind, id }: ResourceId,
    conditions: readonly ResourceCondition[],
    compact: Body,
    sequence: number,
  ): undefined {
    const entry = this.#present(kind, id)
    const previous = entry.version
    this.#writeConditions(entry.row, compact, sequence)
    this.#tables.cache.set(entry.row, conditions)
    this.#records.changes[kind].touch(entry.row)
    this.#records.dirty[kind].add(entry.row)
    this.#tell({ kind: 'conditions', sequence, entry, conditions, previous })
    return undefined
  }

  #applyStatus(status: AdapterStatus, body: Body, sequence: number): StoredStatus {
    const entry = this.#subjectOf(status)
    const stored = entry.statusOf(status.adapter) ?? this.#records.addStatus(entry, status.adapter)
    this.#records.write(this.#tables.statuses, stored.row, body, sequence)
    const { observedGeneration, createdTime, lastReportTime } = status
    const { status: available } = availableOf(status)
    const digest = { available, observedGeneration, createdTime, lastReportTime }
    this.#tables.statuses.noteDigest(stored.row, digest)
    this.#records.dirty[entry.kind].add(entry.row)
    this.#tell({ kind: 'status', sequence, entry, status, digest })
    return stored
  }

  #applyRemoval({ kind, id }: ResourceId, sequence: number): undefined {
    const entry = this.#present(kind, id)
    const previous = entry.version
    this.removals.add(removedOf(entry, sequence))
    this.#records.remove(entry)
    this.#tell({ kind: 'removal', sequence, entry, previous })
    return undefined
  }

  #present(kind: ResourceKind, id: string): StoredResource {
    const entry = this.resource(kind, id)
    if (entry === undefined) throw new Error(`there is no ${kind} ${id}`)
    return entry
  }

  /** The resource that a status is about. */
  #subjectOf(status: AdapterStatus): StoredResource {
    const entry = this.resource(status.resourceKind, status.resourceId)
    if (entry === undefined)
      throw withoutSubject(keyOfStatus({ kind: status.resourceKind, id: status.resourceId }, status.adapter))
    return entry
  }

  /** Renders conditions as every replay renders them. */
  #writeConditions(row: number, compact: Body, sequence: number): void {
    const out = this.#rendered
    out.reset()
    renderCompact(out, compact)
    this.#records.write(
      this.#tables.conditions,
      row,
      { bytes: out.bytes, offset: 0, length: out.end },
      sequence,
    )
  }

  #tell(effect: Effect): void {
    for (const watcher of this.#watchers) watcher(effect)
  }
}
