// The order of lists (contract 7.4, 7.6).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { MAX_LABELS_IN_TURN } from '../../src/search/run/order.ts'
import type { Resource } from '../../src/state/records.ts'
import { compareCodePoints } from '../../src/wire/text.ts'
import { holds } from '../wire/random.ts'
import { instant, orderFaultOf, resource, sorted, status } from './sample.ts'

const a = resource({
  id: '2a',
  name: 'm',
  generation: 10,
  labels: { env: 'dev', '0': 'x' },
  createdTime: instant('2026-01-02T00:00:00Z'),
  updatedTime: instant('2026-01-05T00:00:00Z'),
  createdBy: 'z@example.com',
  updatedBy: 'n@example.com',
  ownerId: 'o1',
})
const b = resource({
  id: '2b',
  name: 'a',
  generation: 9,
  createdTime: instant('2026-01-03T00:00:00Z'),
  updatedTime: instant('2026-01-03T00:00:00Z'),
  createdBy: 'a@example.com',
  updatedBy: 'm@example.com',
  ownerId: 'o3',
})
const c = resource({
  id: '2c',
  name: 'z',
  generation: 10,
  labels: { env: 'prod' },
  createdTime: instant('2026-01-01T00:00:00Z'),
  updatedTime: instant('2026-01-04T00:00:00Z'),
  createdBy: 'b@example.com',
  updatedBy: 'o@example.com',
  ownerId: 'o2',
})

const ids = (orderBy: string | undefined, order?: string, target: 'Cluster' | 'NodePool' = 'Cluster') =>
  sorted([b, c, a], orderBy, order, target)
    .map(({ id }) => id.slice(1))
    .join('')

/** orderBy, order, the order of a, b and c. */
const ORDERS: readonly (readonly [string | undefined, string | undefined, string])[] = [
  [undefined, undefined, 'bac'],
  ['', '', 'bac'],
  [' ', '\t', 'bac'],
  [undefined, 'desc', 'bac'],
  [undefined, 'asc', 'cab'],
  ['', 'ASC', 'cab'],
  [undefined, ' Asc ', 'cab'],
  ['id', undefined, 'abc'],
  ['id desc', undefined, 'cba'],
  ['name', undefined, 'bac'],
  ['created_time', undefined, 'cab'],
  ['created_time', 'desc', 'bac'],
  ['updated_time', undefined, 'bca'],
  ['created_by', undefined, 'bca'],
  ['updated_by', undefined, 'bac'],
  ['generation', undefined, 'bac'],
  ['generation', 'desc', 'cab'],
  ['generation desc, name', undefined, 'acb'],
  ['generation desc,name desc', undefined, 'cab'],
  ['generation,id desc', undefined, 'bca'],
  ['generation asc, name', 'desc', 'bca'],
  ['  generation\t DESC  ,  name  Asc ', undefined, 'acb'],
  ['labels.env', undefined, 'acb'],
  ['labels.env desc', undefined, 'cab'],
  ['labels.none', undefined, 'abc'],
  ['labels.none', 'desc', 'cba'],
  ['labels.0, name desc', undefined, 'acb'],
  [undefined, 'name', 'bac'],
  [undefined, 'name desc', 'cab'],
  [undefined, 'generation desc, name', 'acb'],
  ['', 'labels.env desc', 'cab'],
  ['name, name desc', undefined, 'bac'],
]

for (const [orderBy, order, expected] of ORDERS) {
  test(`contract 7.4: orderBy=${orderBy} and order=${order} give ${expected}`, () => {
    assert.equal(ids(orderBy, order), expected)
  })
}

test('contract 7.4: nodepools are also ordered by owner_id', () => {
  assert.equal(ids('owner_id', undefined, 'NodePool'), 'acb')
  assert.equal(orderFaultOf('owner_id').detail, "bad order value 'owner_id'")
})

test('contract 7.4: text is ordered by code point, integers and times by value', () => {
  const names = ['\uffff', '😀', 'a', 'Z', 'é', 'aa', ''].map((name, i) => resource({ id: `2${i}`, name }))
  const found = sorted(names, 'name').map(({ name }) => name)
  assert.deepEqual(found, ['', 'Z', 'a', 'aa', 'é', '\uffff', '😀'])
})

test('contract 7.4: a missing label is last in either direction, an empty one is not missing', () => {
  const records = [undefined, 'x', ''].map((env, i) =>
    resource({ id: `2${i}`, ...(env === undefined ? {} : { labels: { env } }) }),
  )
  const order = (direction: string) => sorted(records, `labels.env ${direction}`).map(({ id }) => id)
  assert.deepEqual(order('asc'), ['22', '21', '20'])
  assert.deepEqual(order('desc'), ['21', '22', '20'])
})

test('contract 7.4: by deleted_time and deleted_by, what is not being deleted is last in either direction', () => {
  const deletions = [
    {},
    { deletedTime: instant('2026-01-03T00:00:00Z'), deletedBy: 'a@example.com' },
    { deletedTime: instant('2026-01-02T00:00:00Z'), deletedBy: 'b@example.com' },
    {},
  ]
  const records = deletions.map((deletion, i) => resource({ id: `2${i}`, ...deletion }))
  const order = (orderBy: string) => sorted(records, orderBy).map(({ id }) => id.slice(1))
  assert.equal(order('deleted_time').join(''), '2103')
  assert.equal(order('deleted_time desc').join(''), '1230')
  assert.equal(order('deleted_by').join(''), '1203')
  assert.equal(order('deleted_by desc, id').join(''), '2103')
})

test('contract 7.4: ties are broken by id in the direction of the last field', () => {
  assert.equal(ids('kind'.replace('kind', 'labels.none')), 'abc')
  const same = ['2x', '2z', '2y'].map(id => resource({ id }))
  const order = (orderBy: string) =>
    sorted(same, orderBy)
      .map(({ id }) => id.slice(1))
      .join('')
  assert.equal(order('name desc, generation'), 'xyz')
  assert.equal(order('name, generation desc'), 'zyx')
  assert.equal(order('name, name desc'), 'zyx')
  assert.equal(
    sorted(same, undefined)
      .map(({ id }) => id.slice(1))
      .join(''),
    'zyx',
  )
})

/** orderBy, order, the parameter at fault, the item. */
const FAULTS: readonly (readonly [string | undefined, string | undefined, 'orderBy' | 'order', string])[] = [
  ['foo', undefined, 'orderBy', 'foo'],
  ['Name', undefined, 'orderBy', 'Name'],
  ['kind', undefined, 'orderBy', 'kind'],
  ['spec', undefined, 'orderBy', 'spec'],
  ['name sideways', undefined, 'orderBy', 'name sideways'],
  ['name asc desc', undefined, 'orderBy', 'name asc desc'],
  ['name,', undefined, 'orderBy', ''],
  ['name,,id', undefined, 'orderBy', ''],
  [',name', undefined, 'orderBy', ''],
  ['asc', undefined, 'orderBy', 'asc'],
  ['labels', undefined, 'orderBy', 'labels'],
  ['labels.', undefined, 'orderBy', 'labels.'],
  ['labels.Env', undefined, 'orderBy', 'labels.Env'],
  ['labels.a.b', undefined, 'orderBy', 'labels.a.b'],
  ['labels.a-b desc', undefined, 'orderBy', 'labels.a-b desc'],
  ['status.conditions.Ready', undefined, 'orderBy', 'status.conditions.Ready'],
  ['__proto__', undefined, 'orderBy', '__proto__'],
  ['  foo   desc ', undefined, 'orderBy', 'foo   desc'],
  ['name', 'sideways', 'order', 'sideways'],
  ['name', 'name desc', 'order', 'name desc'],
  ['name', 'asc,desc', 'order', 'asc,desc'],
  [undefined, 'sideways', 'order', 'sideways'],
  [undefined, 'name,desc', 'order', 'desc'],
  ['', 'name down', 'order', 'name down'],
]

for (const [orderBy, order, field, item] of FAULTS) {
  test(`contract 7.4: orderBy=${orderBy} and order=${order} are refused for '${item}'`, () => {
    const message = `bad order value '${item}'`
    assert.deepEqual(orderFaultOf(orderBy, order), {
      detail: message,
      errors: [{ field, constraint: 'order', message, value: item }],
    })
  })
}

test('contract 4.11, 7.4: of thousands of bad items the first hundred are listed, and the last says how many more', () => {
  const { detail, errors } = orderFaultOf(','.repeat(5000), 'down')
  assert.equal(errors.length, 100)
  assert.equal(detail, "bad order value ''")
  assert.equal(errors[98]?.message, detail)
  assert.equal(errors[99]?.message, `${detail} (and 4902 more)`)
})

test('contract 7.4: all bad items are listed, the first is the detail', () => {
  const fault = orderFaultOf('name, foo, id up', 'down')
  assert.equal(fault.detail, "bad order value 'foo'")
  assert.deepEqual(
    fault.errors.map(({ field, value }) => [field, value]),
    [
      ['orderBy', 'foo'],
      ['orderBy', 'id up'],
      ['order', 'down'],
    ],
  )
})

const reports = [
  status({ adapter: 'dns', observedGeneration: 2, createdTime: instant('2026-01-02T00:00:00Z') }),
  status({
    adapter: 'validator',
    observedGeneration: 3,
    createdTime: instant('2026-01-01T00:00:00Z'),
    lastReportTime: instant('2025-01-01T00:00:00Z'),
  }),
  status({ adapter: 'aws', observedGeneration: 1, createdTime: instant('2026-01-02T00:00:00Z') }),
]

/** orderBy, order, the adapters in order. */
const STATUS_ORDERS: readonly (readonly [string | undefined, string | undefined, string])[] = [
  [undefined, undefined, 'validator aws dns'],
  [undefined, 'desc', 'dns aws validator'],
  ['adapter', undefined, 'aws dns validator'],
  ['adapter', 'desc', 'validator dns aws'],
  ['observed_generation', undefined, 'aws dns validator'],
  ['created_time desc', undefined, 'dns aws validator'],
  ['last_report_time', undefined, 'validator aws dns'],
  [undefined, 'created_time desc, adapter', 'aws dns validator'],
]

for (const [orderBy, order, expected] of STATUS_ORDERS) {
  test(`contract 7.6: of statuses, orderBy=${orderBy} and order=${order} give ${expected}`, () => {
    const found = sorted(reports, orderBy, order, 'AdapterStatus').map(({ adapter }) => adapter)
    assert.equal(found.join(' '), expected)
  })
}

test('contract 7.6: statuses are ordered by no field of resources', () => {
  for (const field of ['id', 'name', 'labels.a', 'generation', 'updated_time', 'deleted_time']) {
    assert.equal(orderFaultOf(field, undefined, 'AdapterStatus').detail, `bad order value '${field}'`)
  }
})

const resources: fc.Arbitrary<Resource[]> = fc
  .array(fc.record({ name: fc.constantFrom('a', 'b', '😀'), env: fc.constantFrom(undefined, 'x', 'y') }))
  .map(parts =>
    parts.map(({ name, env }, i) => resource({ id: `2${i}`, name, ...(env ? { labels: { env } } : {}) })),
  )
const direction = fc.constantFrom('asc', 'desc')

test('contract 7.4: two fields order as a stable sort by id, by the second and by the first, one after another', () => {
  holds(fc.tuple(resources, direction, direction), ([records, first, last]) => {
    const up = (order: string, sign: number) => (order === 'asc' ? sign : -sign)
    const env = (record: Resource) => record.labels?.get('env')
    const missing = (record: Resource) => Number(env(record) === undefined)
    const expected = records
      .toSorted((x, y) => up(last, compareCodePoints(x.id, y.id)))
      .toSorted((x, y) => up(last, compareCodePoints(x.name, y.name)))
      .toSorted((x, y) => up(first, compareCodePoints(env(x) ?? '', env(y) ?? '')))
      .toSorted((x, y) => missing(x) - missing(y))
    assert.deepEqual(sorted(records, `labels.env ${first}, name ${last}`), expected)
  })
})

const manyKeys = Array.from({ length: 40 }, (_, i) => `k${i}`)
const someOfThem = fc.dictionary(fc.constantFrom(...manyKeys), fc.constantFrom('', 'a', 'b'), { maxKeys: 5 })
const manyLabelled = fc
  .array(fc.record({ labels: someOfThem, generation: fc.constantFrom(1, 2) }), { maxLength: 12 })
  .map(parts => parts.map((part, i) => resource({ id: `2${String(i).padStart(2, '0')}`, ...part })))
const manyFields = fc.shuffledSubarray([...manyKeys.map(key => `labels.${key}`), 'generation'], {
  minLength: MAX_LABELS_IN_TURN,
})

/** The first field with two values decides; ids are all different. */
function inTurn(items: readonly (readonly [field: string, direction: string])[], a: Resource, b: Resource) {
  const [, last = 'asc'] = items.at(-1) ?? []
  for (const [field, direction] of [...items, ['id', last] as const]) {
    const [x, y] = [a, b].map(record => orderText(field, record))
    if (x === y) continue
    if (x === undefined || y === undefined) return x === undefined ? 1 : -1
    return x < y === (direction === 'asc') ? -1 : 1
  }
  return 0
}

function orderText(field: string, { id, generation, labels }: Resource): string | undefined {
  if (field === 'id') return id
  return field === 'generation' ? `${generation}` : labels?.get(field.slice('labels.'.length))
}

test('contract 7.4: many labels order as each of them in turn', () => {
  holds(fc.tuple(manyLabelled, manyFields, fc.infiniteStream(direction)), ([records, fields, directions]) => {
    const items = fields.map(field => [field, directions.next().value ?? 'asc'] as const)
    const expected = records.toSorted((a, b) => inTurn(items, a, b))
    assert.deepEqual(sorted(records, items.map(item => item.join(' ')).join()), expected)
  })
})

test('contract 7.4: a comparison by a thousand labels looks only at those that the records have', () => {
  let looks = 0
  class CountedLabels extends Map<string, string> {
    override get(key: string): string | undefined {
      looks += 1
      return super.get(key)
    }
  }
  const records = ['2a', '2b'].map(id => ({
    ...resource({ id }),
    labels: new CountedLabels([
      ['x', '1'],
      ['k5', '2'],
    ]),
  }))
  const orderBy = Array.from({ length: 1000 }, (_, i) => `labels.k${i}`).join()
  assert.deepEqual(sorted(records.toReversed(), orderBy), records)
  assert(looks <= 4, `${looks} looks`)
})
