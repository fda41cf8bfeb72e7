// The planned search against the slow evaluator: random searches, orders and pages over random fleets, with random
// writes between them. The short form runs with all tests; HYPERFLEET_TEST_QUERIES asks for more, and
// HYPERFLEET_TEST_SEED goes on from where an earlier run was cut.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey } from '../../src/search/fields.ts'
import type { PlanStep } from '../../src/search/plan-step.ts'
import type { Query } from '../../src/search/query.ts'
import { type Found, ResourceSearch } from '../../src/search/resource-search.ts'
import { select } from '../../src/search/run.ts'
import { compileOrder, compileSearch } from '../../src/search/search.ts'
import type { Resource, ResourceKind } from '../../src/store/records.ts'
import type { ResourceEntry } from '../../src/store/state.ts'
import { printSearch, searches, spellings } from './random-search.ts'
import { type Draw, drawFrom, RandomState, sampleOf } from './random-state.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const QUERIES = Number(process.env.HYPERFLEET_TEST_QUERIES ?? 4000)
const QUERIES_PER_FLEET = 50
/** Fleets of these sizes, the larger ones rarely: small and large answers, sparse and dense indexes. */
const SIZES = [0, 1, 7, 40, 70, 70, 150, 150, 400, 1500]
const PRINT_EVERY = 20_000

/** What the random searches do not ask about. */
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
]
const OWNER_PREDICATES = ["owner_id != 'a'", "owner_id in ('', 'a', '5')", "owner_id like '%5%'"]
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
]

const texts = fc.tuple(searches, spellings).map(([syntax, spelling]) => printSearch(syntax, spelling))

test('contract 7.1, 7.4, 8.4-8.9, 8.11: planned searches find what the slow evaluator finds', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED} HYPERFLEET_TEST_QUERIES=${QUERIES}`)
  const kernels = loadKernels(new LinearMemory())
  assert.equal(kernels.kind, 'wasm', kernels.whyPlain)
  for (let queries = 0, fleets = 0; queries < QUERIES; fleets++) {
    queries += compareOnOneFleet(SEED + fleets, kernels)
    if (queries % PRINT_EVERY === 0)
      console.log(`${queries} queries; go on with HYPERFLEET_TEST_SEED=${SEED + fleets + 1}`)
  }
})

function compareOnOneFleet(seed: number, kernels: ReturnType<typeof loadKernels>): number {
  const draw = drawFrom(seed)
  const fleet = new RandomState(SIZES[draw(SIZES.length)] ?? 0, draw)
  const index = FleetIndex.attach(fleet.state, { kernels, isSearchableLabelKey })
  const planned = {
    Cluster: new ResourceSearch({ index: index.of('Cluster'), nowMs: () => 0 }),
    NodePool: new ResourceSearch({ index: index.of('NodePool'), nowMs: () => 0 }),
  }
  for (const [i, text] of sampleOf(texts, seed, QUERIES_PER_FLEET).entries()) {
    const used = kernels.memory.allocatedBytes
    compareOneQuery(text, draw, fleet, planned, `HYPERFLEET_TEST_SEED=${seed}, query ${i}`)
    assert.equal(kernels.memory.allocatedBytes, used, `${text} frees what it takes`)
    for (let writes = draw(4); writes > 0; writes--) fleet.write()
  }
  return QUERIES_PER_FLEET
}

function compareOneQuery(
  text: string,
  draw: Draw,
  { state }: RandomState,
  planned: Readonly<Record<ResourceKind, ResourceSearch>>,
  where: string,
): void {
  const kind = draw(3) === 0 ? 'NodePool' : 'Cluster'
  const query = randomQuery(text, draw, kind)
  const owner = kind === 'NodePool' && draw(2) === 0 ? state.resources('Cluster')[draw(6)] : undefined
  const rows = owner === undefined ? state.resources(kind) : state.nodepoolsOf(owner.resource.id)
  const expected = select(query.query, { rows, record: (entry: ResourceEntry) => entry.resource })
  const limit = [0, 1, 3, 20, 100, 100_000][draw(6)] ?? 0
  const offset = [0, 0, 1, 17, Math.max(0, expected.length - 2), expected.length + 1][draw(6)] ?? 0
  const found =
    owner === undefined
      ? planned[kind].find(query.query, { offset, limit })
      : planned[kind].findOwned(owner.resource.id, query.query, { offset, limit })
  const message = `${where}: ${query.text} (${query.order})\n${JSON.stringify(found.steps, null, 1)}`
  assert.equal(found.total, expected.length, message)
  assert.deepEqual(ids(found.entries), ids(expected.slice(offset, offset + limit)), message)
  assertConsistent(found, rows.length, message)
}

function randomQuery(text: string, draw: Draw, kind: ResourceKind) {
  const more = kind === 'NodePool' ? [...MORE_PREDICATES, ...OWNER_PREDICATES] : MORE_PREDICATES
  const predicate = more[draw(more.length)]
  const whole = [text, text, `(${text}) and ${predicate}`, `${predicate} or (${text})`, predicate, ''][
    draw(6)
  ]
  const order = ORDERS[draw(ORDERS.length)]
  const compiled = compileSearch(whole, kind)
  const keys = compileOrder(order, draw(2) === 0 ? 'desc' : undefined, kind)
  assert(compiled.kind === 'search' && keys.kind === 'order', `${whole} compiles`)
  const query: Query<Resource> = { kind: 'query', expression: compiled.expression, order: keys.keys }
  return { text: whole, order, query }
}

/** What the steps tell agrees with itself: each takes in what the one before gave out. */
function assertConsistent({ steps, total, entries }: Found, rowCount: number, message: string): void {
  const ordering = steps.at(-1)
  const [filter] = steps.length > 1 ? steps : []
  assert.equal(ordering?.rowsIn, total, message)
  assert.equal(ordering?.rowsOut, entries.length, message)
  if (filter === undefined) return
  assert.equal(filter.rowsIn, rowCount, message)
  assert.equal(filter.rowsOut, total, message)
  assertStepConsistent(filter, message)
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

function ids(entries: readonly ResourceEntry[]): string[] {
  return entries.map(({ resource }) => resource.id)
}
