// The matches of a search, operator by operator (contract 8.2-8.9).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { condition, finds, instant, resource, status } from './sample.ts'

const prod = resource({ labels: { env: 'prod' } })
const dev = resource({ labels: { env: 'dev' } })
const unlabelled = resource()
const otherLabel = resource({ labels: { tier: 'prod' } })

/** A test on `labels.env`, and its results for `prod`, for `dev`, and for a resource without the label. */
const LABEL_TESTS: readonly (readonly [string, boolean, boolean, boolean])[] = [
  ["= 'prod'", true, false, false],
  ["!= 'prod'", false, true, true],
  ["<> 'prod'", false, true, true],
  ["< 'prod'", false, true, false],
  ["<= 'prod'", true, true, false],
  ["> 'dev'", true, false, false],
  [">= 'dev'", true, true, false],
  ["in ('prod', 'test')", true, false, false],
  ["not in ('prod', 'test')", false, true, true],
  ['in ()', false, false, false],
  ['not in ()', true, true, true],
  ["like 'p%'", true, false, false],
  ["not like 'p%'", false, true, true],
  ["ilike 'P%'", true, false, false],
  ["not ilike 'P%'", false, true, true],
  ["like '%'", true, true, false],
  ["not like '%'", false, false, true],
  ["between 'a' and 'e'", false, true, false],
  ["not between 'a' and 'e'", true, false, true],
  ['is null', false, false, true],
  ['is not null', true, true, false],
]

for (const [operation, onProd, onDev, onMissing] of LABEL_TESTS) {
  test(`contract 8.5: labels.env ${operation}, and its opposite under not, on present and missing labels`, () => {
    const cases = [[prod, onProd] as const, [dev, onDev] as const, [unlabelled, onMissing] as const]
    for (const [record, expected] of [...cases, [otherLabel, onMissing] as const]) {
      assert.equal(finds(`labels.env ${operation}`, record), expected)
      assert.equal(finds(`not labels.env ${operation}`, record), !expected)
      assert.equal(finds(`not (not labels.env ${operation})`, record), expected)
    }
  })
}

test('contract 8.5: an empty label is present', () => {
  const empty = resource({ labels: { env: '' } })
  assert(finds("labels.env = ''", empty))
  assert(finds('labels.env is not null', empty))
  assert(finds("labels.env like ''", empty))
})

const marked = resource({ deletedTime: instant('2026-03-01T00:00:00Z'), deletedBy: 'ada@example.com' })

/** A test of a field of deletion, its result for the marked resource, and for one that is not being deleted. */
const DELETION_TESTS: readonly (readonly [string, boolean, boolean])[] = [
  ["deleted_time = '2026-03-01T01:00:00+01:00'", true, false],
  ["deleted_time != '2026-03-01T00:00:00Z'", false, true],
  ["deleted_time <> '2026-03-02T00:00:00Z'", true, true],
  ["deleted_time < '2026-03-02T00:00:00Z'", true, false],
  ["deleted_time <= '2026-02-01T00:00:00Z'", false, false],
  ["deleted_time > '2026-02-01T00:00:00Z'", true, false],
  ["deleted_time >= '2026-03-01T00:00:00Z'", true, false],
  ["deleted_time in ('2026-03-01T00:00:00Z')", true, false],
  ["deleted_time not in ('2026-03-01T00:00:00Z')", false, true],
  ["deleted_time between '2026-01-01T00:00:00Z' and '2026-12-31T00:00:00Z'", true, false],
  ["deleted_time not between '2026-01-01T00:00:00Z' and '2026-12-31T00:00:00Z'", false, true],
  ['deleted_time is null', false, true],
  ['deleted_time is not null', true, false],
  ["deleted_by = 'ada@example.com'", true, false],
  ["deleted_by != 'ada@example.com'", false, true],
  ["deleted_by < 'b'", true, false],
  ["deleted_by in ('ada@example.com', 'grace@example.com')", true, false],
  ["deleted_by not in ('ada@example.com')", false, true],
  ["deleted_by like 'ada@%'", true, false],
  ["deleted_by not like '%'", false, true],
  ["deleted_by ilike 'ADA@%'", true, false],
  ["deleted_by not ilike 'GRACE@%'", true, true],
  ["deleted_by between 'a' and 'b'", true, false],
  ["deleted_by not between 'a' and 'b'", false, true],
  ['deleted_by is null', false, true],
  ['deleted_by is not null', true, false],
]

for (const [search, onMarked, onOther] of DELETION_TESTS)
  test(`contract 8.3, 8.5: ${search}, and its opposite under not, on resources that are being deleted and others`, () => {
    for (const [record, expected] of [[marked, onMarked] as const, [resource(), onOther] as const]) {
      assert.equal(finds(search, record), expected)
      assert.equal(finds(`not ${search}`, record), !expected)
    }
  })

test('contract 8.3: each column is read from its own place', () => {
  const record = resource({
    kind: 'NodePool',
    id: 'an-id',
    name: 'a-name',
    ownerId: 'an-owner',
    generation: 7,
    createdTime: instant('2026-01-01T00:00:00Z'),
    updatedTime: instant('2026-02-01T00:00:00Z'),
    createdBy: 'a@example.com',
    updatedBy: 'b@example.com',
  })
  for (const search of [
    "id = 'an-id'",
    "name = 'a-name'",
    "kind = 'NodePool'",
    "owner_id = 'an-owner'",
    'generation = 7',
    "created_by = 'a@example.com'",
    "updated_by = 'b@example.com'",
    "created_time = '2026-01-01T00:00:00Z'",
    "updated_time = '2026-02-01T00:00:00Z'",
  ]) {
    assert(finds(search, record, 'NodePool'), search)
    assert(!finds(`not ${search}`, record, 'NodePool'), search)
  }
})

test('contract 7.6: each field of a status is read from its own place', () => {
  const record = status({
    adapter: 'dns',
    observedGeneration: 7,
    createdTime: instant('2026-01-01T00:00:00Z'),
    lastReportTime: instant('2026-02-01T00:00:00Z'),
  })
  for (const search of [
    "adapter = 'dns'",
    'observed_generation = 7',
    "created_time = '2026-01-01T00:00:00Z'",
    "last_report_time = '2026-02-01T00:00:00Z'",
  ]) {
    assert(finds(search, record, 'AdapterStatus'), search)
    assert(!finds(`not ${search}`, record, 'AdapterStatus'), search)
  }
})

test('contract 8.4: text compares by Unicode code point, not by UTF-16 unit or language', () => {
  const astral = resource({ labels: { a: '😀' } })
  assert(finds("labels.a > '\uffff'", astral))
  assert(finds("labels.a not between 'a' and '\uffff'", astral))
  const upper = resource({ labels: { a: 'Z' } })
  assert(finds("labels.a < 'a'", upper))
  assert(finds("labels.a < 'Za'", upper))
  assert(finds("labels.a != 'z'", upper))
})

test('contract 8.4: a number against text stands for its own characters', () => {
  const five = resource({ labels: { count: '5' } })
  assert(finds('labels.count = 5', five))
  assert(finds('labels.count in (4, 5)', five))
  assert(!finds('labels.count = 5.0', five))
  assert(!finds('labels.count = +5', five))
  assert(finds('labels.count > 10', five), 'as text')
  assert(finds('labels.count between 4 and 6', five))
  assert(finds('name = 1.50e1', resource({ name: '1.50e1' })))
})

test('contract 8.4: generation compares as an integer with integers of any size, quoted or not', () => {
  const record = resource({ generation: 10 })
  for (const search of [
    'generation > 9',
    "generation = '10'",
    'generation = +0010',
    'generation < 123456789012345678901234567890',
    "generation > '-123456789012345678901234567890'",
    'generation in (1, 10)',
    'generation not in (1, 2)',
    'generation between 10 and 10',
    'generation not between 11 and 9',
    'generation is not null',
    'generation != 9',
  ]) {
    assert(finds(search, record), search)
    assert(!finds(`not ${search}`, record), search)
  }
  assert(!finds('generation = 9007199254740993', resource({ generation: 9007199254740992 })))
})

test('contract 3.4, 8.4: times compare as instants, whatever offset they are written in', () => {
  const record = resource({ createdTime: instant('2026-01-01T00:00:00.000001Z') })
  for (const search of [
    "created_time = '2026-01-01T02:00:00.0000019+02:00'",
    "created_time > '2026-01-01T00:00:00Z'",
    "created_time < '2025-12-31T23:00:00-02:00'",
    "created_time in ('2025-12-31T23:00:00.000001-01:00')",
    "created_time between '2026-01-01T00:00:00Z' and '2026-01-01T00:00:01Z'",
    'created_time is not null',
  ]) {
    assert(finds(search, record), search)
  }
})

test('contract 8.5: between includes both ends, and is empty if the ends are reversed', () => {
  const record = resource({ name: 'm' })
  assert(finds("name between 'm' and 'n'", record))
  assert(finds("name between 'a' and 'm'", record))
  assert(!finds("name between 'n' and 'a'", record))
  assert(finds("name not between 'n' and 'a'", record))
})

const ready = resource({
  labels: { env: 'prod' },
  conditions: [
    condition({ type: 'Available', status: 'False', observedGeneration: 3 }),
    condition({
      type: 'Ready',
      status: 'True',
      observedGeneration: 5,
      createdTime: instant('2025-01-01T00:00:00Z'),
      lastUpdatedTime: instant('2026-03-06T14:00:00Z'),
      lastTransitionTime: instant('2026-03-05T14:00:00Z'),
    }),
  ],
})

test('contract 8.7: a condition is found by type and status', () => {
  assert(finds("status.conditions.Ready = 'True'", ready))
  assert(!finds("status.conditions.Ready = 'False'", ready))
  assert(finds("status.conditions.Available = 'False'", ready))
  assert(!finds("status.conditions.Unheard = 'False'", ready))
  assert(!finds("status.conditions.Unheard = 'True'", ready))
})

/** Comparison with a value below, equal to and above the record's value. */
const COMPARISONS: readonly (readonly [string, boolean, boolean, boolean])[] = [
  ['=', false, true, false],
  ['!=', true, false, true],
  ['<>', true, false, true],
  ['<', false, false, true],
  ['<=', false, true, true],
  ['>', true, false, false],
  ['>=', true, true, false],
]
const SUBFIELDS: readonly (readonly [string, readonly [string, string, string]])[] = [
  ['observed_generation', ['4', '5', '+6']],
  [
    'last_updated_time',
    ["'2026-03-06T13:59:59.999999Z'", "'2026-03-06T15:00:00+01:00'", "'2026-03-06T14:00:00.000001Z'"],
  ],
  ['last_transition_time', ["'2026-03-04T14:00:00Z'", "'2026-03-05T14:00:00Z'", "'2026-03-06T14:00:00Z'"]],
]

for (const [operator, ...expected] of COMPARISONS) {
  test(`contract 8.8: subfields compare by ${operator}, and without the condition nothing matches`, () => {
    for (const [subfield, values] of SUBFIELDS) {
      values.forEach((value, i) => {
        const test = `status.conditions.Ready.${subfield} ${operator} ${value}`
        assert.equal(finds(test, ready), expected[i], test)
        assert.equal(finds(test, unlabelled), false, test)
        assert.equal(finds(test.replace('Ready', 'Unheard'), ready), false, test)
      })
    }
  })
}

test('contract 8.9: conditions are ordinary operands of and and or', () => {
  const union = "status.conditions.Ready='False' or labels.env='dev'"
  assert(finds(union, dev))
  assert(finds(union, resource({ conditions: [condition({ status: 'False' })] })))
  assert(!finds(union, ready))
  assert(finds("status.conditions.Ready='True' and labels.env='prod'", ready))
  assert(!finds("status.conditions.Ready='True' and not labels.env='prod'", ready))
})

test('contract 8.1: chains of hundreds and the deepest nesting are evaluated', () => {
  const chain = Array.from({ length: 250 }, (_, i) => `id='${i}'`)
  assert(finds(chain.join(' or '), resource({ id: '249' })))
  assert(!finds(chain.join(' and '), resource({ id: '249' })))
  const deep = `${"(id='x' or not (id='y' and ".repeat(21)}name='c1'${'))'.repeat(21)}`
  assert.equal(finds(deep, resource({ id: 'y' })), false)
  assert.equal(finds(deep, resource({ id: 'z' })), true)
})
