// The choices of the planner over a fleet of three thousand, seen in the steps of its searches.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { CATALOGUES } from '../../src/search/check/fields.ts'
import { isSearchableLabelKey, type PlanStep, Queries, rowsScanned } from '../../src/search/search.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { StateBuilder } from '../harness/state.ts'
import { condition, instant, resource } from './sample.ts'
import { type FindAtOnce, searchAtOnce } from './search-forms.ts'

const SIZE = 3000
const START = instant('2026-01-01T00:00:00Z')

const queries = new Queries(CATALOGUES.Cluster, () => START)
let findAtOnce: FindAtOnce

before(() => {
  const builder = new StateBuilder()
  for (let slot = 0; slot < SIZE; slot++) {
    const time = START + BigInt(slot) * 1_000_000n
    const record = resource({
      id: `2${String(slot).padStart(26, '0')}`,
      name: `cluster-${(slot * 7) % SIZE}`,
      labels: { env: slot % 2 === 0 ? 'prod' : 'dev', team: `team-${slot % 300}` },
      generation: 1 + (slot % 3),
      createdTime: time,
      updatedTime: time,
      ...(slot % 300 === 7 ? { deletedTime: time, deletedBy: 'author-1' } : {}),
      conditions: [
        condition({ status: slot % 100 === 0 ? 'False' : 'True', lastUpdatedTime: time }),
        ...(slot === 5 ? [condition({ type: 'Rare' })] : []),
      ],
    })
    builder.put(record)
  }
  const index = FleetIndex.attach(builder.state, {
    kernels: loadKernels(new LinearMemory()),
    seed: KNOWN_SEED,
    isSearchableLabelKey,
  })
  findAtOnce = searchAtOnce(index, 'Cluster')
})

function find(text: string, orderBy?: string) {
  const query = queries.prepare({ search: text, orderBy })
  assert(query.kind === 'query')
  const found = findAtOnce(query, { offset: 0, limit: 10 })
  const scanned = found.steps.reduce((sum, step) => sum + rowsScanned(step), 0)
  return { ...found, scanned, told: found.steps.slice(0, -1).map(tell).join(', ') }
}

/** A step in one line: `and(posting-lists labels.env, index-probe id)`. */
function tell(step: PlanStep): string {
  const name = [step.negated ? 'not' : '', step.operation, step.index ?? '']
    .filter(word => word !== '')
    .join(' ')
  return step.steps.length === 0 ? name : `${name}(${step.steps.map(tell).join(', ')})`
}

const CHOICES: readonly (readonly [search: string, steps: string, total: number])[] = [
  ["labels.env = 'prod'", 'posting-lists labels.env', 1500],
  ["labels.env != 'prod'", 'not posting-lists labels.env', 1500],
  ["not (labels.env = 'prod')", 'not posting-lists labels.env', 1500],
  ["labels.none != 'prod'", 'not slot-range labels.none', SIZE],
  ['labels.env is null', 'not posting-lists labels.env', 0],
  ["labels.team like 'team-1_'", 'distinct-values labels.team', 100],
  ["labels.team < 'team-1'", 'distinct-values labels.team', 10],
  ["labels.team in ('team-1', 'team-2')", 'posting-lists labels.team', 20],
  ["name = 'cluster-7'", 'posting-lists name', 1],
  ["kind = 'Cluster'", 'slot-range kind', SIZE],
  ["id >= '200000000000000000000002990'", 'slot-range id', 10],
  ["created_time between '2026-01-01T00:00:00Z' and '2026-01-01T00:00:09Z'", 'slot-range created_time', 10],
  ["updated_time > '2026-01-01T00:49:49Z'", 'column-scan updated_time', 10],
  ['deleted_time is not null', 'posting-lists deleted_time', 10],
  ['deleted_time is null', 'not posting-lists deleted_time', SIZE - 10],
  ["deleted_time < '2026-01-01T00:10:00Z'", 'column-scan deleted_time', 2],
  ["deleted_by = 'author-1'", 'posting-lists deleted_by', 10],
  ["deleted_by like 'author-%'", 'distinct-values deleted_by', 10],
  ["deleted_by != 'author-1'", 'not posting-lists deleted_by', SIZE - 10],
  ['generation > 2', 'distinct-values generation', 1000],
  ["status.conditions.Ready = 'False'", 'posting-lists status.conditions.Ready', 30],
  ["status.conditions.Nobody = 'False'", 'slot-range status.conditions.Nobody', 0],
  [
    "status.conditions.Ready = 'True' and status.conditions.Ready.last_updated_time < '2026-01-01T00:00:10Z'",
    'and(column-scan status.conditions.Ready.last_updated_time, index-probe status.conditions.Ready)',
    9,
  ],
  [
    "id like '%9%' and labels.team = 'team-9' and labels.env = 'dev'",
    'and(posting-lists labels.team, index-probe labels.env), row-scan',
    10,
  ],
  ["labels.env = 'dev' and labels.env = 'nobody' and id like '%9%'", 'posting-lists labels.env', 0],
  [
    "labels.team = 'team-1' or labels.team = 'team-2'",
    'or(posting-lists labels.team, posting-lists labels.team)',
    20,
  ],
  ["labels.env = 'prod' or id like '%1'", 'or(posting-lists labels.env), row-scan', 1800],
]

for (const [text, steps, total] of CHOICES)
  test(`contract 8.4-8.9: ${text} is answered by ${steps}`, () => {
    const found = find(text)
    assert.equal(found.told, steps)
    assert.equal(found.total, total)
  })

test('contract 8.4: only what the indexed part left is read row by row', () => {
  assert.equal(find("id like '%9%' and labels.team = 'team-9'").scanned, 10)
  assert.equal(find("id like '%1' or labels.env = 'prod'").scanned, 1500)
  assert.equal(find("id like '%1'").scanned, SIZE)
  assert.equal(find("status.conditions.Ready = 'True'").scanned, 0)
})

test('contract 7.4: creation order reads no record, few distinct values are walked, others are selected', () => {
  const ordering = (orderBy: string) => find('', orderBy).steps.at(-1)
  for (const [orderBy, operation, scanned] of [
    ['created_time', 'slot-order', 0],
    ['id desc', 'slot-order', 0],
    ['labels.env', 'value-order', 0],
    ['labels.none', 'value-order', 0],
    ['generation desc', 'value-order', 0],
    ['generation desc, name', 'value-order', 1000],
    ['deleted_by', 'value-order', 0],
    ['deleted_time', 'selection', SIZE],
    ['labels.team', 'selection', SIZE],
    ['name', 'selection', SIZE],
  ] as const) {
    const step = ordering(orderBy)
    assert.deepEqual([step?.operation, step?.rowsScanned], [operation, scanned], orderBy)
  }
})

test('contract 8: a query with another timestamp finds its plan', () => {
  const ask = (time: string) => find(`status.conditions.Ready.last_transition_time >= '${time}'`).plan
  assert.equal(ask('2026-01-01T00:00:00Z'), 'miss')
  assert.equal(ask('2026-01-02T00:00:00Z'), 'hit')
  assert.equal(find('').plan, undefined)
})
