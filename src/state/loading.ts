// Loading: takes what was stored, before the state has watchers. The conditions and the statuses of a resource come after its head; nothing else
// is said about the order. `finish` gives the resources their slots, relations and names.
import { SlotEntries, StoredResource } from './entry.ts'
import { assertSame, type FleetRecords, removedOf, withoutSubject } from './fleet-records.ts'
import type { Body } from './layout.ts'
import { isRemoval, type JournalRecord, type ResourceId, unhandled } from './put.ts'
import { type AdapterStatus, RESOURCE_KINDS, type ResourceHead } from './records.ts'
import { NO_ROW } from './rows.ts'
import { scanDigest } from './scan.ts'
import type { RecordRows } from './tables.ts'

/**
 * The value of the snapshot that has a loaded record: its checksum, or 'in-head' for conditions that are in one value with their head, as formats
 * 1 to 3 store them. Undefined for a record of the journal.
 */
export type Folded = number | 'in-head' | undefined

export class Loading {
  readonly #records: FleetRecords
  /** Ids of missing resources, with the key of a record about each. A later removal must explain them. */
  readonly #missing = new Map<string, string>()

  constructor(records: FleetRecords) {
    this.#records = records
  }

  /** Loads a record. Skips it if the state has this version or a later one. */
  load(record: JournalRecord, folded: Folded): void {
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

  /** One resource per step. Returns the first missing record. Throws when two records contradict each other. */
  *finish(): Generator<undefined, string | undefined> {
    for (const [id, key] of this.#missing) return `resource ${id}, which ${key} is about,`
    const { tables, entries, removals, changes } = this.#records
    for (const kind of RESOURCE_KINDS) {
      const slots = tables.slots[kind]
      yield* slots.order()
      slots.reserve(removals.nextNumber[kind])
      entries[kind] = new SlotEntries(tables, slots.rows)
    }
    for (const kind of RESOURCE_KINDS) {
      const { rows } = tables.slots[kind]
      for (let slot = 0; slot < rows.length; slot++) {
        const missing = this.#finishResource(new StoredResource(tables, rows.at(slot)))
        if (missing !== undefined) return missing
        yield
      }
      yield* changes[kind].restore(rows, row => this.#records.lastChangeOf(row))
    }
    return undefined
  }

  /** A checkpoint that did not complete may have removed the resource from the snapshot already. */
  #loadRemoval({ kind, id }: ResourceId, sequence: number): void {
    this.#missing.delete(id)
    const entry = this.#records.resource(kind, id)
    if (entry === undefined) {
      this.#records.removals.loadUnknown(sequence)
      return
    }
    this.#records.removals.load(removedOf(entry, sequence))
    this.#records.remove(entry)
  }

  #loadHead(head: ResourceHead, body: Body, sequence: number, folded: Folded): void {
    const { kind, id } = head
    const { resources, slots } = this.#records.tables
    const present = this.#records.resourceById(id)
    if (present !== undefined && present.headSequence >= sequence) return
    if (present !== undefined) assertSame(present, head, body)
    const row = present?.row ?? resources.add(kind)
    this.#records.writeHead(row, body, sequence)
    noteFolded(resources, row, sequence, folded)
    if (present !== undefined) return
    this.#records.directory.add(row, id)
    slots[kind].collect(row)
  }

  #loadConditions({ kind, id }: ResourceId, key: string, body: Body, sequence: number, folded: Folded): void {
    const { conditions } = this.#records.tables
    const entry = this.#records.resourceById(id)
    if (entry === undefined && folded === undefined) {
      this.#missing.set(id, key)
      return
    }
    if (entry?.kind !== kind) throw withoutSubject(key)
    if (!conditions.isRemoved(entry.row) && entry.conditionsSequence >= sequence) return
    this.#records.write(conditions, entry.row, body, sequence)
    noteFolded(conditions, entry.row, sequence, folded)
  }

  #loadStatus(status: AdapterStatus, key: string, body: Body, sequence: number, folded: Folded): void {
    const { statuses } = this.#records.tables
    const { resourceKind, resourceId, adapter } = status
    const entry = this.#records.resourceById(resourceId)
    if (entry === undefined && folded === undefined) {
      this.#missing.set(resourceId, key)
      return
    }
    const present = entry?.statusOf(adapter)
    if (present !== undefined && present.sequence >= sequence) return
    if (entry?.kind !== resourceKind) throw withoutSubject(key)
    const { row } = present ?? this.#records.addStatus(entry, adapter)
    this.#records.write(statuses, row, body, sequence)
    statuses.noteDigest(row, scanDigest(body))
    noteFolded(statuses, row, sequence, folded)
  }

  /** Gives a resource its relations and its name. Returns what is missing. */
  #finishResource(entry: StoredResource): string | undefined {
    const { kind, row, ownerId } = entry
    const { resources, conditions, statuses } = this.#records.tables
    this.#records.removals.release(kind, entry.number)
    if (conditions.isRemoved(row)) return `the record of the conditions of ${kind} ${entry.id}`
    if (ownerId !== undefined) {
      const owner = this.#records.resource('Cluster', ownerId)
      if (owner === undefined) return `Cluster ${ownerId}, which has nodepools,`
      resources.join(row, owner.row)
    }
    const hole = this.#orderStatuses(entry)
    if (hole !== undefined) return `adapter status number ${hole + 1} of ${kind} ${entry.id}`
    if (!entry.isMarked) this.#takeName(entry)
    if (entry.head.isDirty || entry.ownConditions.isDirty || statuses.haveDirty(resources.firstStatusOf(row)))
      this.#records.dirty[kind].add(row)
    return undefined
  }

  /** Chains the statuses of a resource in the order of their numbers. Returns the first missing number. */
  #orderStatuses(entry: StoredResource): number | undefined {
    const { resources, statuses } = this.#records.tables
    if (statuses.areInOrder(resources.firstStatusOf(entry.row))) return undefined
    const ordered = entry.statuses.toSorted((a, b) => a.number - b.number)
    const hole = ordered.findIndex(({ number }, place) => number !== place)
    if (hole !== -1) return hole
    let next = NO_ROW
    for (const { row } of ordered.toReversed()) {
      statuses.setNext(row, next)
      next = row
    }
    resources.setStatuses(entry.row, next, ordered.length)
    return undefined
  }

  /** Throws when another resource has the name. */
  #takeName({ kind, id, row, name }: StoredResource): void {
    const { directory, tables } = this.#records
    const holder = directory.rowOfName(kind, name, tables.resources.ownerOf(row))
    if (holder !== NO_ROW)
      throw new Error(`${kind} ${id} and ${kind} ${new StoredResource(tables, holder).id} have the same name`)
    directory.takeName(row)
  }
}

function noteFolded(rows: RecordRows, row: number, sequence: number, folded: Folded): void {
  if (folded === 'in-head') rows.noteFoldedElsewhere(row, sequence)
  else if (folded !== undefined) rows.noteFolded(row, sequence, folded)
}
