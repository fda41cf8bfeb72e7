// Audit of indexes: compares searches over the indexes that a server would build with a slow evaluation of every
// record. The searches are derived from the records.
import { FleetIndex } from '../../index/fleet-index.ts'
import { loadKernels } from '../../index/kernels/wasm.ts'
import { LinearMemory } from '../../index/memory.ts'
import type { ResourceIndex } from '../../index/resource-index.ts'
import { recordTest } from '../../search/plan/record-test.ts'
import { isSearchableLabelKey, ResourceSearch, Turns } from '../../search/search.ts'
import type { FleetState } from '../../state/fleet-state.ts'
import type { ResourceKind } from '../../state/records.ts'
import { isJsonNumber } from '../../wire/decimal.ts'
import { KNOWN_SEED } from '../../wire/hash.ts'
import { formatInstant } from '../../wire/instant.ts'
import type { Fault } from './group.ts'

/** Most label keys, and most condition types, that searches use: each search reads every row once. */
const MAX_KEYS = 16
/** A stopped clock, so that no search yields. */
const AT_ONCE = { nowMs: () => 0, nextTurn: setImmediate }
const ALL = { offset: 0, limit: Number.MAX_SAFE_INTEGER }

/**
 * Builds the indexes of a state as a server does.
 * @param specPaths the paths of the spec with an index (contract 13.5)
 */
export function buildIndex(state: FleetState, specPaths: readonly string[]): Promise<FleetIndex> {
  return FleetIndex.attachInTurns(state, {
    kernels: loadKernels(new LinearMemory()),
    seed: KNOWN_SEED,
    isSearchableLabelKey,
    specPaths,
  })
}

/** Lists the searches that give another result over the index than over the records. */
export async function indexFaults(state: FleetState, index: FleetIndex): Promise<Fault[]> {
  const faults: Fault[] = []
  for (const kind of ['Cluster', 'NodePool'] as const) {
    const search = new ResourceSearch({
      index: index.placeOf(kind),
      turns: new Turns(AT_ONCE),
      clock: () => 0n,
      nowMs: AT_ONCE.nowMs,
    })
    for (const text of searchesFor(kind, state, index.of(kind))) {
      faults.push(...(await compare(kind, text, state, search)))
      await new Promise(setImmediate)
    }
  }
  return faults
}

async function compare(
  kind: ResourceKind,
  text: string,
  state: FleetState,
  search: ResourceSearch,
): Promise<Fault[]> {
  const prepared = search.prepare({ search: text })
  if (prepared.kind === 'fault') throw new Error(`${text} is not a search: ${prepared.fault.detail}`)
  const { filter } = prepared
  const query = { ...prepared, order: [] }
  const found = await search.find({ query, positions: ALL, ownerId: undefined, reader: { aborted: false } })
  const passes = filter && recordTest(filter.root, filter.leaves)
  const expected = state.living(kind).filter(({ resource }) => passes === undefined || passes(resource))
  const agrees =
    found.total === expected.length &&
    found.entries.every(({ resource }, i) => resource.id === expected[i]?.id)
  if (agrees) return []
  return [
    {
      where: `the indexes of ${kind}s`,
      what: `the search ${text} finds ${found.total} over the indexes, and ${expected.length} over the records`,
    },
  ]
}

function* searchesFor(kind: ResourceKind, state: FleetState, index: ResourceIndex): Generator<string> {
  const resources = state.living(kind)
  const middle = resources[resources.length >> 1]?.resource
  if (middle === undefined) return
  yield `name = '${middle.name}'`
  yield `name like '%${middle.name.slice(-1)}%'`
  yield `created_time < '${formatInstant(middle.createdTime)}'`
  yield `updated_time >= '${formatInstant(middle.updatedTime)}'`
  yield `generation = ${middle.generation} or created_by = ${quoted(middle.createdBy)}`
  if (kind === 'NodePool') yield `owner_id = '${middle.ownerId}'`
  for (const [key, { values }] of first(index.labels.entries())) {
    yield `labels.${key} is null`
    for (const [value] of first(values.entries(), 1)) yield `labels.${key} = ${quoted(value)}`
  }
  for (const [type] of first(index.conditions.entries())) {
    yield `status.conditions.${type} = 'True'`
    yield `status.conditions.${type}.last_updated_time < '${formatInstant(middle.updatedTime)}'`
  }
  for (const [path, { values }] of index.specs.entries()) {
    yield `${path} is null`
    for (const [value] of first(values.entries(), 2)) {
      yield `${path} = ${quoted(value)}`
      yield `${path} >= ${quoted(value)}`
      if (isJsonNumber(value)) yield `${path} = ${value} or ${path} > ${value}`
    }
    yield `${path} like '%a%'`
  }
}

function first<T>(items: Iterable<T>, limit = MAX_KEYS): T[] {
  const taken: T[] = []
  for (const item of items) {
    if (taken.length === limit) break
    taken.push(item)
  }
  return taken
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
