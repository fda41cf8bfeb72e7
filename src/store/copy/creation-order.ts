// The creation order of a data folder at rest. Ids that were made here rise with creation, so that the order of the keys is the order of
// creation. Imported ids do not (contract 3.2): then every resource is looked up by its key.
import { numberIn } from '../../state/layout.ts'
import { type StoredRecord, unhandled } from '../../state/put.ts'
import { decodeSnapshotValue } from '../codec.ts'
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

/** Lists the keys of all resources in creation order. Returns undefined if their own order is the same. */
export async function creationOrder(view: FolderView, tail: JournalTail): Promise<string[] | undefined> {
  if (await doNumbersRise(view, tail)) return undefined
  const all: Numbered[] = []
  for await (const resource of resourcesByKey(view, tail)) all.push(resource)
  return all.sort(byKindAndNumber).map(({ key }) => key)
}

/** Yields the newest versions of these resources, each followed by its statuses. Leaves damaged records out. */
export async function* recordsInOrder(
  view: FolderView,
  { newest, removed }: JournalTail,
  keys: readonly string[],
): AsyncGenerator<StoredRecord> {
  const placed = new PlacedRecords(view.journal)
  const changed = new Map<string, string[]>()
  for (const key of newest.keys()) {
    const owner = ownerKey(key)
    changed.set(owner, [...(changed.get(owner) ?? []), key])
  }
  for (const [i, owner] of keys.entries()) {
    if (i % CHUNK === 0) await new Promise(setImmediate)
    if (removed.has(owner)) continue
    const versions = new Map(storedGroup(view, owner).map(record => [record.key, record]))
    for (const key of changed.get(owner) ?? []) {
      const place = newest.get(key)
      if (place === undefined || (versions.get(key)?.sequence ?? 0) >= place.sequence) continue
      versions.set(key, placed.read(key, place))
    }
    const resource = versions.get(owner)
    versions.delete(owner)
    if (resource !== undefined) yield resource
    yield* byNumber([...versions.values()])
  }
}

export function byNumber(statuses: StoredRecord[]): StoredRecord[] {
  return statuses.sort((a, b) => numberIn(a.body) - numberIn(b.body))
}

/** The key of a resource, or of the resource that a status is about. */
export function resourceKeyOf({ put, key }: StoredRecord): string {
  switch (put.kind) {
    case 'resource':
      return key
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

async function doNumbersRise(view: FolderView, tail: JournalTail): Promise<boolean> {
  let kind = ''
  let latest = -1
  for await (const { key, number } of resourcesByKey(view, tail)) {
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
        numbers.get(key) ?? (record.key === key ? numberIn(record.body) : Number.POSITIVE_INFINITY)
      chunk.push({ key, number })
    })
    yield* chunk
    await new Promise(setImmediate)
  }
  yield* waiting.reverse()
}

/** A resource and its statuses as the snapshot has them. */
function storedGroup({ snapshot }: FolderView, owner: string): StoredRecord[] {
  const values: { readonly key: string; readonly value: Buffer }[] = []
  const own = snapshot.get(owner)
  if (own !== undefined) values.push({ key: owner, value: own })
  for (let after = owner, isWithin = true; isWithin; ) {
    const chunk = snapshot.read(after, STATUS_CHUNK).map(({ key, value }) => ({ key: String(key), value }))
    const found = chunk.filter(({ key }) => key.startsWith(`${owner}/`))
    values.push(...found)
    isWithin = found.length === STATUS_CHUNK
    after = found.at(-1)?.key ?? after
  }
  return values.flatMap(({ key, value }) => decoded(key, value))
}

/** Statuses that are read at a time: few resources have more. */
const STATUS_CHUNK = 8

/** None if the value is damaged. */
function decoded(key: string, value: Buffer): StoredRecord[] {
  try {
    return [decodeSnapshotValue(key, value)]
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
