// The creation order of a data folder at rest. Ids that were made here rise with creation, so that the order of the keys is the order of
// creation. Imported ids do not (contract 3.2): then every resource is looked up by its key.
import { numberIn } from '../../state/layout.ts'
import {
  type StatusPut,
  type StoredConditions,
  type StoredHead,
  type StoredPart,
  type StoredRecord,
  unhandled,
  type WholeRecord,
} from '../../state/put.ts'
import { readResource } from '../../state/reader.ts'
import { decodeSnapshotValue } from '../codec.ts'
import { StoreError } from '../errors.ts'
import { StoredRecords } from '../stored-records.ts'
import type { FolderView } from './folder-view.ts'
import { type JournalTail, PlacedRecords } from './journal-tail.ts'

/** A resource, or one that is missing: then its number is infinite. */
interface Numbered {
  readonly key: string
  readonly number: number
}

/** Resources that are read in one turn of the event loop. */
const CHUNK = 200

/**
 * Lists the keys of all resources in creation order. Returns undefined if their own order is the same, and the records of each follow each
 * other.
 */
export async function creationOrder(view: FolderView, tail: JournalTail): Promise<string[] | undefined> {
  if (await areInOrder(view, tail)) return undefined
  const numbers = new Map<string, number>()
  for await (const { key, number } of resourcesByKey(view, tail))
    numbers.set(key, Math.min(number, numbers.get(key) ?? Number.POSITIVE_INFINITY))
  return Array.from(numbers, ([key, number]) => ({ key, number }))
    .sort(byKindAndNumber)
    .map(({ key }) => key)
}

/** Yields the newest versions of these resources, each followed by its statuses. Leaves damaged records out. */
export async function* recordsInOrder(
  view: FolderView,
  { newest, removed }: JournalTail,
  keys: readonly string[],
  onMissing: (fault: StoreError) => void,
): AsyncGenerator<WholeRecord> {
  const placed = new PlacedRecords(view.journal)
  const changed = new Map<string, string[]>()
  for (const key of newest.keys()) {
    const owner = ownerKey(key)
    changed.set(owner, [...(changed.get(owner) ?? []), key])
  }
  for (const [i, owner] of keys.entries()) {
    if (i % CHUNK === 0) await new Promise(setImmediate)
    if (removed.has(owner)) continue
    const group = new RecordGroup(owner)
    for (const record of storedGroup(view, owner)) group.add(record)
    for (const key of changed.get(owner) ?? []) {
      const place = newest.get(key)
      if (place !== undefined && place.sequence > group.sequenceOf(key)) group.add(placed.read(key, place))
    }
    yield* group.wholes(onMissing)
  }
}

/** The records of a resource and of its statuses, each in the newest version that was added. */
export class RecordGroup {
  readonly owner: string
  readonly #newest = new Map<string, StoredRecord>()

  /** @param owner the key of the resource */
  constructor(owner: string) {
    this.owner = owner
  }

  /** The number of the entry that brought the newest version of a record; 0 if there is none. */
  sequenceOf(key: string): number {
    return this.#newest.get(key)?.sequence ?? 0
  }

  /** Adds a version. Formats up to 3 have conditions in one value with their head, which may be older than those that have a value of their own. */
  add(record: StoredRecord): void {
    const present = this.#newest.get(record.key)
    if (present === undefined || record.sequence >= present.sequence) this.#newest.set(record.key, record)
  }

  /** The whole resource, then its statuses in the order of first reports. A head without conditions, or the reverse, is left out. */
  wholes(onMissing: (fault: StoreError) => void): WholeRecord[] {
    const heads: StoredRecord<StoredHead>[] = []
    const conditions: StoredRecord<StoredConditions>[] = []
    const statuses: StoredRecord<StatusPut>[] = []
    for (const record of this.#newest.values()) {
      if (isOf('head', record)) heads.push(record)
      else if (isOf('conditions', record)) conditions.push(record)
      else if (isOf('status', record)) statuses.push(record)
    }
    const [head, own] = [heads[0], conditions[0]]
    if ((head === undefined) !== (own === undefined))
      onMissing(missing(head === undefined ? this.owner : `${this.owner}/, the conditions of ${this.owner},`))
    const resource = head === undefined || own === undefined ? [] : [wholeResource(head, own)]
    return [...resource, ...statuses.sort(byNumber).map(wholeStatus)]
  }
}

function isOf<K extends StoredPart['kind']>(
  kind: K,
  record: StoredRecord,
): record is StoredRecord<Extract<StoredPart, { kind: K }>> {
  return record.put.kind === kind
}

function wholeResource(
  head: StoredRecord<StoredHead>,
  conditions: StoredRecord<StoredConditions>,
): WholeRecord {
  const { kind, id } = head.put.record
  const record = readResource(kind, id, head.body, conditions.body)
  return { key: head.key, put: { kind: 'resource', record }, records: [head, conditions] }
}

function wholeStatus(status: StoredRecord<StatusPut>): WholeRecord {
  return { key: status.key, put: status.put, records: [status] }
}

function byNumber(a: StoredRecord, b: StoredRecord): number {
  return numberIn(a.body) - numberIn(b.body)
}

function missing(what: string): StoreError {
  return new StoreError('damaged', `the record ${what} is missing. Restore the data folder from a backup.`)
}

/** The key of a resource, or of the resource that conditions or a status are about. */
export function resourceKeyOf({ put, key }: StoredRecord): string {
  switch (put.kind) {
    case 'head':
      return key
    case 'conditions':
    case 'status':
      return ownerKey(key)
    default:
      return unhandled(put)
  }
}

/** The first two parts of a key: the key of the resource. */
function ownerKey(key: string): string {
  const [kind, id] = key.split('/', 2)
  return `${kind}/${id}`
}

/** True if the resources in key order are in creation order, each with its records between its key and the next. */
async function areInOrder(view: FolderView, tail: JournalTail): Promise<boolean> {
  let kind = ''
  let latest = -1
  let last = ''
  for await (const { key, number } of resourcesByKey(view, tail)) {
    // The records of `ab` have keys that begin with `ab/`. The key `ab-c` comes between.
    if (last !== '' && key.startsWith(last) && key < `${last}/`) return false
    last = key
    if (number === Number.POSITIVE_INFINITY) continue
    const itsKind = kindIn(key)
    if (itsKind === kind && number <= latest) return false
    kind = itsKind
    latest = number
  }
  return true
}

/** Every resource of the snapshot and the tail, removed ones included, in key order. */
async function* resourcesByKey(view: FolderView, { numbers }: JournalTail): AsyncGenerator<Numbered> {
  const waiting = [...numbers]
    .map(([key, number]) => ({ key, number }))
    .sort(byKey)
    .reverse()
  const stored = new StoredRecords(view, () => {})
  let last = ''
  for (let goesOn = true; goesOn; ) {
    const chunk: Numbered[] = []
    goesOn = stored.visitSnapshot('lent', record => {
      const key = resourceKeyOf(record)
      if (key === last) return
      last = key
      for (let next = waiting.at(-1); next !== undefined && next.key <= key; next = waiting.at(-1)) {
        waiting.pop()
        if (next.key < key) chunk.push(next)
      }
      const number =
        numbers.get(key) ?? (record.put.kind === 'head' ? numberIn(record.body) : Number.POSITIVE_INFINITY)
      chunk.push({ key, number })
    })
    yield* chunk
    await new Promise(setImmediate)
  }
  yield* waiting.reverse()
}

/** The records of a resource and of its statuses as the snapshot has them. */
function storedGroup({ snapshot }: FolderView, owner: string): StoredRecord[] {
  const values: { readonly key: string; readonly value: Buffer }[] = []
  const prefix = `${owner}/`
  for (const key of [owner, prefix]) {
    const value = snapshot.get(key)
    if (value !== undefined) values.push({ key, value })
  }
  for (let after = prefix, isWithin = true; isWithin; ) {
    const chunk = snapshot.read(after, STATUS_CHUNK).map(({ key, value }) => ({ key: String(key), value }))
    const found = chunk.filter(({ key }) => key.startsWith(prefix))
    values.push(...found)
    isWithin = found.length === STATUS_CHUNK
    after = found.at(-1)?.key ?? after
  }
  return values.flatMap(({ key, value }) => decoded(key, value))
}

/** Statuses that are read at a time: few resources have more. */
const STATUS_CHUNK = 8

/** None if the value is damaged. */
function decoded(key: string, value: Buffer): readonly StoredRecord[] {
  try {
    return decodeSnapshotValue(key, value)
  } catch {
    return []
  }
}

function byKindAndNumber(a: Numbered, b: Numbered): number {
  const [kind, other] = [kindIn(a.key), kindIn(b.key)]
  if (kind !== other) return kind < other ? -1 : 1
  return a.number === b.number ? byKey(a, b) : a.number - b.number
}

function byKey(a: Numbered, b: Numbered): number {
  return a.key < b.key ? -1 : 1
}

/** Clusters sort before nodepools. */
function kindIn(key: string): string {
  return key.slice(0, key.indexOf('/'))
}
