// The planned search, in one slice and in many with writes between them, compared with the slow evaluator: random searches,
// orders and pages over random fleets under random writes, removals and renumberings. The short form runs with all tests. HYPERFLEET_TEST_QUERIES sets the
// number of queries, and HYPERFLEET_TEST_SEED resumes an interrupted run. The long form is the proof `searches` of `npm run test:crash`.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import type { Kernels } from '../../src/index/kernels/kernels.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey, type PlanStep, queryAt, type SearchPage } from '../../src/search/search.ts'
import { parseSearch } from '../../src/search/syntax/parse.ts'
import type { ResourceVersion } from '../../src/state/entry.ts'
import type { ResourceKind } from '../../src/state/records.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import type { Instant } from '../../src/wire/instant.ts'
import { addToProofs } from '../crash/proofs.ts'
import { naiveMatches, naiveOrder } from './naive.ts'
import { printSearch, SPEC_PATHS, searches, spellings } from './random-search.ts'
import { type Draw, drawFrom, RandomState, sampleOf } from './random-state.ts'
import { instant, NOW, prepare } from './sample.ts'
import { type FindAtOnce, type FindInTurns, searchAtOnce, searchInTurns } from './search-forms.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const QUERIES = Number(process.env.HYPERFLEET_TEST_QUERIES ?? 4000)
const QUERIES_PER_FLEET = 50
/** Fleets of these sizes, the larger ones rarely: small and large answers, sparse and dense indexes. */
const SIZES = [0, 1, 7, 40, 70, 70, 150, 150, 400, 1500]
const PRINT_EVERY = 20_000
/** Budgets for no index of a fleet, for some, and for all. */
const INDEX_BUDGETS_NS = [0, 300, 1000, 3000, 1e9]

/** With a low limit some keys are searched without an index. Writes change which ones. */
const INDEXED_LABEL_KEYS = [1024, 1024, 0, 1, 2]

/** No path with an index, some, and all. */
const SPEC_INDEXES = [[], ['a'], ['a', 'b.a'], SPEC_PATHS].map(paths => paths.map(path => `spec.${path}`))

const FEWEST_FOR_TAKE_OVERS = 2000
/** A renumbering in a few turns, and in many. */
const SLOTS_PER_TURN = [1000, 100, 300]

/** Times at which the same prepared search is asked. */
const NOWS = [NOW, NOW, instant('2026-01-01T00:00:00Z'), instant('2026-01-03T00:00:00.000001Z')]

/** Predicates that the random searches do not have. */
const MORE_PREDICATES = [
  "created_by = 'a'",
  "created_by in ('b', 'ab', 'nobody')",
  "updated_by like 'a%'",
  "updated_by != '😀'",
  "updated_by < 'b'",
  "kind = 'Cluster'",
  "not kind ilike 'nodepool'",
  "id ilike '%C%'",
  'generation between 2 and 4',
  'labels.a is not null',
  'deleted_time is null',
  'deleted_time is not null',
  'created_time < now-1d',
  "updated_time between 'now-1d' and now",
  'deleted_time not in (now-1d, now-24h1ms)',
  "deleted_by not in ('a', 'nobody')",
  "deleted_by like '%b'",
]
const OWNER_PREDICATES = ["owner_id != 'a'", "owner_id in ('', 'a', '5')", "owner_id like '%5%'"]
const MANY_LABELS = [...Array.from({ length: 20 }, (_, i) => `labels.none_${i}`), 'labels.in'].join()
const SPEC_ORDERS = [
  'spec.a',
  'spec.a desc',
  'spec.b.a desc, name',
  'generation, spec.b desc',
  'spec.none.a, spec.a',
]
const ORDERS = [
  undefined,
  'id desc',
  'created_time',
  'name',
  'name desc, id',
  'labels.a',
  'labels.a desc',
  'labels.in, name desc',
  'labels.none',
  'generation desc',
  'generation, labels.in desc, created_time',
  'updated_time desc, created_by',
  'updated_by, created_time desc',
  'created_by desc',
  'created_time, id desc',
  'deleted_time',
  'deleted_time desc, name',
  'deleted_by, deleted_time desc',
  'deleted_by desc',
  'created_by, deleted_by desc',
  MANY_LABELS,
  `generation, ${MANY_LABELS} desc`,
  `${MANY_LABELS}, labels.a desc`,
]

const texts = fc.tuple(searches, spellings).map(([syntax, spelling]) => printSearch(syntax, spelling))

test('contract 7.1, 7.4, 8.4-8.9, 8.11, 13.1-13.6: planned searches find what the slow evaluator finds', async () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED} HYPERFLEET_TEST_QUERIES=${QUERIES}`)
  const kernels = loadKernels(new LinearMemory())
  assert.equal(kernels.kind, 'wasm', kernels.whyPlain)
  const sums: Sums = { queries: 0, ofTheSpec: 0, matches: 0, takeOvers: 0 }
  for (let fleets = 0; sums.queries < QUERIES; fleets++) {
    await compareOnOneFleet(SEED + fleets, kernels, sums)
    if (sums.queries % PRINT_EVERY === 0)
      console.log(`${sums.queries} queries; go on with HYPERFLEET_TEST_SEED=${SEED + fleets + 1}`)
  }
  if (QUERIES >= FEWEST_FOR_TAKE_OVERS) assert(sums.takeOvers > 0, 'an index took over during a search')
  addToProofs('searches', SEED, { ...sums })
})

/** An account of the queries of a run. */
interface Sums {
  queries: number
  /** Queries with a path of the spec, in the search or in the order. */
  ofTheSpec: number
  matches: number
  /** Indexes without holes that took over during a search. */
  takeOvers: number
}

async function compareOnOneFleet(seed: number, kernels: Kernels, sums: Sums): Promise<void> {
  const draw = drawFrom(seed)
  const fleet = new RandomState(SIZES[draw(SIZES.length)] ?? 0, draw)
  const turns: (() => void)[] = []
  const specPaths = SPEC_INDEXES[draw(SPEC_INDEXES.length)] ?? []
  const index = FleetIndex.attach(fleet.state, {
    kernels,
    seed: KNOWN_SEED,
    isSearchableLabelKey,
    specPaths,
    maxIndexedLabelKeys: INDEXED_LABEL_KEYS[draw(INDEXED_LABEL_KEYS.length)] ?? 0,
    nextTurn: callback => turns.push(callback),
    slotsPerTurn: SLOTS_PER_TURN[draw(SLOTS_PER_TURN.length)] ?? 1,
  })
  const renumber = (limit: number) => {
    for (let left = draw(limit); left > 0; left--) turns.shift()?.()
  }
  const betweenTurns = () => {
    if (isQuiet) return
    for (let writes = draw(3); writes > 0; writes--) fleet.write()
    const before = [index.of('Cluster'), index.of('NodePool')]
    renumber(3)
    sums.takeOvers += before.filter(each => each !== index.of(each.kind)).length
  }
  let isQuiet = false
  const forms = (kind: ResourceKind): Forms => ({
    atOnce: searchAtOnce(index, kind),
    inTurns: searchInTurns(index, kind, betweenTurns, INDEX_BUDGETS_NS[draw(INDEX_BUDGETS_NS.length)] ?? 0),
  })
  const planned = { Cluster: forms('Cluster'), NodePool: forms('NodePool') }
  const churnsAt = new Set([draw(QUERIES_PER_FLEET * 2), draw(QUERIES_PER_FLEET * 4)])
  for (const [i, text] of sampleOf(texts, seed, QUERIES_PER_FLEET).entries()) {
    if (churnsAt.has(i)) fleet.churn(draw(2) === 0 ? 'Cluster' : 'NodePool')
    const used = kernels.memory.allocatedBytes
    isQuiet = draw(4) === 0
    const where = `HYPERFLEET_TEST_SEED=${seed}, query ${i}`
    const compared = await compareOneQuery(text, draw, fleet, planned, specPaths, where)
    sums.queries++
    sums.matches += compared.total
    if (compared.hasSpec) sums.ofTheSpec++
    if (isQuiet) assert.equal(kernels.memory.allocatedBytes, used, `${text} frees what it takes`)
    for (let writes = draw(4); writes > 0; writes--) fleet.write()
    renumber(6)
  }
}

interface Forms {
  readonly atOnce: FindAtOnce
  readonly inTurns: FindInTurns
}

async function compareOneQuery(
  text: string,
  draw: Draw,
  { state }: RandomState,
  planned: Readonly<Record<ResourceKind, Forms>>,
  specPaths: readonly string[],
  where: string,
): Promise<{ readonly total: number; readonly hasSpec: boolean }> {
  const kind = draw(3) === 0 ? 'NodePool' : 'Cluster'
  const query = randomQuery(text, draw, kind, specPaths)
  const owner = kind === 'NodePool' && draw(2) === 0 ? state.living('Cluster')[draw(6)] : undefined
  const rows = owner === undefined ? state.living(kind) : [...state.nodepoolsOf(owner.resource.id)]
  const expected = query.select(rows)
  const limit = [0, 1, 3, 20, 100, 100_000][draw(6)] ?? 0
  const offset = [0, 0, 1, 17, Math.max(0, expected.length - 2), expected.length + 1][draw(6)] ?? 0
  const page = versions(expected.slice(offset, offset + limit))
  const asked = [query.query, { offset, limit }, owner?.resource.id] as const
  const rowCount = rows.length
  const check = (found: SearchPage, form: string) => {
    const message = `${where}, ${form}: ${query.text} (${query.order})\n${JSON.stringify(found.steps, null, 1)}`
    assert.equal(found.total, expected.length, message)
    assert.deepEqual(versions(found.entries), page, message)
    assertConsistent(found, rowCount, message)
  }
  check(planned[kind].atOnce(...asked), 'in one go')
  check(await planned[kind].inTurns(...asked), 'sliced')
  return { total: expected.length, hasSpec: `${query.text} ${query.order}`.includes('spec.') }
}

function randomQuery(text: string, draw: Draw, kind: ResourceKind, specPaths: readonly string[]) {
  const more = kind === 'NodePool' ? [...MORE_PREDICATES, ...OWNER_PREDICATES] : MORE_PREDICATES
  const predicate = more[draw(more.length)]
  const whole = [text, text, `(${text}) and ${predicate}`, `${predicate} or (${text})`, predicate, ''][
    draw(6)
  ]
  const orders = [...ORDERS, ...SPEC_ORDERS.filter(order => isIndexed(order, specPaths))]
  const order = orders[draw(orders.length)]
  const direction = draw(2) === 0 ? 'desc' : undefined
  const prepared = prepare({ search: whole, orderBy: order, order: direction }, kind, NOW, specPaths)
  assert(prepared.kind === 'query', `${whole} is valid`)
  const now = NOWS[draw(NOWS.length)] ?? NOW
  const query = now === NOW ? prepared : queryAt(prepared, now)
  const select = <Row extends ResourceVersion>(rows: readonly Row[]): readonly Row[] =>
    naiveSelect(rows, whole ?? '', now, naiveOrder(order, direction))
  return { text: whole, order, query, select }
}

/** True if all paths of an order have an index (contract 13.6). */
function isIndexed(order: string, specPaths: readonly string[]): boolean {
  return (order.match(/spec\.[\w.]+/g) ?? []).every(path => specPaths.includes(path))
}

/** All rows that match, in order, found without an index, a plan or a checked tree. */
function naiveSelect<Row extends ResourceVersion>(
  rows: readonly Row[],
  search: string,
  now: Instant,
  order: ReturnType<typeof naiveOrder>,
): readonly Row[] {
  const parsed = search === '' ? undefined : parseSearch(search)
  assert(parsed?.kind !== 'fault')
  const matching = rows.filter(
    ({ resource }) => parsed === undefined || naiveMatches(parsed.syntax, resource, now),
  )
  return order(matching, ({ resource }) => resource)
}

/** Checks that the steps agree: the rows into a step are the rows out of the one before it. */
function assertConsistent({ steps, total, entries }: SearchPage, rowCount: number, message: string): void {
  const ordering = steps.at(-1)
  assert.equal(ordering?.rowsIn, total, message)
  assert.equal(ordering?.rowsOut, entries.length, message)
  const filters = steps.slice(0, -1)
  assert.ok(filters.length <= 2, message)
  assert.equal(filters[0]?.rowsIn ?? rowCount, rowCount, message)
  if (filters.length === 1) assert.equal(filters[0]?.rowsOut, total, message)
  for (const filter of filters) assertStepConsistent(filter, message)
}

function assertStepConsistent(step: PlanStep, message: string): void {
  assert(step.rowsOut <= step.rowsIn && step.rowsScanned <= step.rowsIn, message)
  let rowsIn = step.rowsIn
  for (const below of step.steps) {
    if (step.operation === 'and') {
      assert.equal(below.rowsIn, rowsIn, message)
      rowsIn = below.rowsOut
    }
    assertStepConsistent(below, message)
  }
  if (step.operation === 'and') assert.equal(rowsIn, step.rowsOut, message)
}

/** Each entry with its served bytes, which differ between its versions. */
function versions(entries: readonly ResourceVersion[]): string[] {
  return entries.map(({ resource, json }) => `${resource.id} ${json}`)
}
