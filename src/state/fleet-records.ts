// The records of the fleet in flat memory, and the steps that change them. The state applies changes by these steps; a load fills the records
// by the same ones.
import type { HashSeed } from '../wire/hash.ts'
import { ChangeOrder } from './change-order.ts'
import { Directory } from './directory.ts'
import { keyOfResource } from './document.ts'
import { SlotEntries, StoredResource, StoredStatus } from './entry.ts'
import { type Body, numberIn } from './layout.ts'
import type { ResourceHead, ResourceKind } from './records.ts'
import { Removals, type Removed } from './removals.ts'
import { NO_ROW } from './rows.ts'
import { DirtySlots } from './slots.ts'
import { type RecordRows, Tables } from './tables.ts'

export class FleetRecords {
  readonly tables = new Tables()
  readonly entries: Record<ResourceKind, SlotEntries> = {
    Cluster: new SlotEntries(this.tables, this.tables.slots.Cluster.rows),
    NodePool: new SlotEntries(this.tables, this.tables.slots.NodePool.rows),
  }
  readonly directory: Directory
  readonly changes: Readonly<Record<ResourceKind, ChangeOrder>> = {
    Cluster: new ChangeOrder(this.tables.resources),
    NodePool: new ChangeOrder(this.tables.resources),
  }
  /** Resources whose records the snapshot does not have as they are. */
  readonly dirty: Readonly<Record<ResourceKind, DirtySlots>> = {
    Cluster: new DirtySlots(this.tables.slots.Cluster),
    NodePool: new DirtySlots(this.tables.slots.NodePool),
  }
  /** The last removals. */
  readonly removals: Removals
  /** Removed resources whose records a checkpoint has to erase. Their rows have no bodies. */
  removed: StoredResource[] = []
  /** The statuses of removed resources that still have rows. */
  #removedStatuses = 0
  #bytes = 0

  constructor(retainedRemovals: number, seed: HashSeed) {
    this.removals = new Removals(retainedRemovals)
    this.directory = new Directory(this.tables.resources, seed)
  }

  /** The lengths of all documents. */
  get bytes(): number {
    return this.#bytes
  }

  get statusCount(): number {
    return this.tables.statuses.count - this.#removedStatuses
  }

  /** The resource with this id, of any kind. Ids are unique over all kinds. */
  resourceById(id: string): StoredResource | undefined {
    const row = this.directory.rowOf(id)
    return row === NO_ROW ? undefined : new StoredResource(this.tables, row, id)
  }

  resource(kind: ResourceKind, id: string): StoredResource | undefined {
    const entry = this.resourceById(id)
    return entry?.kind === kind ? entry : undefined
  }

  /** The number of the last change of a resource (contract 12.3). */
  lastChangeOf(row: number): number {
    return Math.max(this.tables.resources.sequenceOf(row), this.tables.conditions.sequenceOf(row))
  }

  write(rows: RecordRows, row: number, body: Body, sequence: number): void {
    this.#bytes -= rows.documentLengthOf(row)
    rows.write(row, body, sequence)
    this.#bytes += rows.documentLengthOf(row)
  }

  writeHead(row: number, body: Body, sequence: number): void {
    this.write(this.tables.resources, row, body, sequence)
    this.tables.resources.noteMark(row)
  }

  /** Adds the row of an adapter's first status, behind the others. */
  addStatus({ kind, row, statusCount }: StoredResource, adapter: string): StoredStatus {
    const { resources, statuses, adapters } = this.tables
    const status = statuses.add(row, adapters.addStatus(kind, adapter))
    const first = resources.firstStatusOf(row)
    if (first !== NO_ROW) statuses.setNext(statuses.endOf(first), status)
    resources.setStatuses(row, first === NO_ROW ? status : first, statusCount + 1)
    return new StoredStatus(this.tables, status)
  }

  /** Removes a resource and its statuses, and frees the memory of their bodies. Their rows stay until a checkpoint has erased the records. */
  remove(entry: StoredResource): void {
    const { kind, id, row } = entry
    const { resources, conditions, statuses, adapters, slots, cache } = this.tables
    if (resources.firstNodepoolOf(row) !== NO_ROW) throw new Error(`${kind} ${id} has nodepools`)
    this.directory.remove(row, id)
    slots[kind].remove(row)
    this.changes[kind].remove(row)
    resources.leave(row)
    cache.delete(row)
    for (const status of entry.statuses) {
      adapters.removeStatus(kind, statuses.adapterOf(status.row))
      this.#erase(statuses, status.row)
    }
    this.#removedStatuses += entry.statusCount
    this.#erase(conditions, row)
    this.#erase(resources, row)
    this.removed.push(entry)
  }

  /** Forgets a removed resource that the snapshot does not have any more. Its rows are used again. */
  forget({ row, statuses: removed }: StoredResource): void {
    const { resources, statuses, adapters } = this.tables
    for (const status of removed) {
      adapters.removeRow(statuses.adapterOf(status.row))
      statuses.free(status.row)
      this.#removedStatuses--
    }
    resources.free(row)
  }

  #erase(rows: RecordRows, row: number): void {
    this.#bytes -= rows.documentLengthOf(row)
    rows.erase(row)
  }
}

export function removedOf({ kind, number, id, name, ownerId }: StoredResource, sequence: number): Removed {
  return { kind, number, sequence, id, name, ownerId }
}

/** Throws when a resource has another number or kind than the present one with its id. */
export function assertSame(present: StoredResource, { kind, id }: ResourceHead, body: Body): void {
  if (present.kind !== kind || present.number !== numberIn(body))
    throw new Error(`${keyOfResource({ kind, id })} would take the place of ${present.kind} ${present.id}`)
}

/** The error about a record whose resource the fleet does not have. */
export function withoutSubject(key: string): Error {
  return new Error(`${key} is about a resource that does not exist`)
}
