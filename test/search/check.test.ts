// Fields, types and every fault text of the check (contract 8.3-8.9).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SearchTarget } from '../../src/search/check/fields.ts'
import { faultOf, prepare } from './sample.ts'

const compiles = (search: string, target: SearchTarget = 'Cluster') =>
  prepare({ search }, target).kind === 'query'

const NOT =
  "NOT operator is not supported with condition queries; use the inverse condition instead (e.g., Ready='False')"
const EQUALITY = 'only equality operator (=) is supported for condition status queries'
const RFC3339 = 'expected RFC3339 format (e.g., 2026-01-01T00:00:00Z)'
const LABEL_KEY = 'must contain only lowercase letters, digits, and underscores'
const COMPARISONS = ['=', '!=', '<>', '<', '<=', '>', '>='] as const

test('contract 8.3: every field of clusters and nodepools is known, owner_id to nodepools only', () => {
  const time = "'2026-01-01T00:00:00Z'"
  for (const target of ['Cluster', 'NodePool'] as const) {
    const texts = ['id', 'name', 'kind', 'created_by', 'updated_by', 'deleted_by', 'labels.a', 'labels.0_a']
    for (const field of texts) assert(compiles(`${field} = 'x'`, target), field)
    assert(compiles('generation = 1', target))
    for (const field of ['created_time', 'updated_time', 'deleted_time'])
      assert(compiles(`${field} < ${time}`, target), field)
    assert(compiles("status.conditions.Ready = 'True'", target))
    assert(compiles('status.conditions.Ready.observed_generation = 1', target))
  }
  assert(compiles("owner_id = 'x'", 'NodePool'))
  assert.equal(faultOf("owner_id = 'x'", 'Cluster').detail, 'owner_id is not a valid field name')
})

test('contract 7.6: statuses are searched by their four fields and no other', () => {
  const time = "'2026-01-01T00:00:00Z'"
  assert(compiles("adapter like 'd%' and observed_generation > 1", 'AdapterStatus'))
  assert(compiles(`created_time < ${time} and last_report_time < ${time}`, 'AdapterStatus'))
  const foreign = [
    'id',
    'name',
    'labels.a',
    'status.conditions.Ready',
    'metadata',
    'generation',
    'deleted_by',
  ]
  for (const field of foreign) {
    assert.equal(faultOf(`${field} = 'x'`, 'AdapterStatus').detail, `${field} is not a valid field name`)
  }
  assert.equal(faultOf("adapter = 'x'").detail, 'adapter is not a valid field name')
})

/** Search, and the text of `detail`: the first fault, as the contract words it. */
const DETAILS: readonly (readonly [rule: string, search: string, detail: string])[] = [
  ['8.3', "foo = 'x'", 'foo is not a valid field name'],
  ['8.3', "Name = 'x'", 'Name is not a valid field name'],
  ['8.3', "name.x = 'x'", 'name.x is not a valid field name'],
  ['8.3', "labels = 'x'", 'labels is not a valid field name'],
  ['8.3', "Labels.a = 'x'", 'Labels.a is not a valid field name'],
  ['8.3', "status = 'x'", 'status is not a valid field name'],
  ['8.3', "status.conditions = 'x'", 'status.conditions is not a valid field name'],
  ['8.3', "status.phase = 'x'", 'status.phase is not a valid field name'],
  ['13.4', "spec = 'x'", 'spec is not a valid field name'],
  ['13.4', 'spec is null', 'spec is not a valid field name'],
  ['13.4', "spec.a.b.c.d.e.f.g.h.i = 'x'", 'spec.a.b.c.d.e.f.g.h.i is not a valid field name'],
  ['13.1', 'spec.x = now', 'spec.x does not take a time'],
  ['13.1', "spec.x in ('x', 5, now-1h)", 'spec.x does not take a time'],
  ['8.3', "constructor = 'x'", 'constructor is not a valid field name'],
  ['8.3', "__proto__ is null and labels.a = 'x'", '__proto__ is not a valid field name'],
  ['8.4', "generation = 'abc'", "invalid value 'abc' for field 'generation': expected an integer"],
  ['8.4', "generation = ''", "invalid value '' for field 'generation': expected an integer"],
  ['8.4', "generation = ' 5 '", "invalid value ' 5 ' for field 'generation': expected an integer"],
  ['8.4', 'generation = 1.0', "invalid value '1.0' for field 'generation': expected an integer"],
  ['8.4', 'generation in (1, 1e3)', "invalid value '1e3' for field 'generation': expected an integer"],
  ['8.4', 'generation between 0 and 0.5', "invalid value '0.5' for field 'generation': expected an integer"],
  ['8.4', "generation like '5'", "operator 'like' is not supported for field 'generation'"],
  ['8.4', "generation not ilike '5'", "operator 'not ilike' is not supported for field 'generation'"],
  ['8.4', "created_time like '2026%'", "operator 'like' is not supported for field 'created_time'"],
  ['8.4', "created_time > 'yesterday'", `invalid timestamp for field 'created_time': ${RFC3339}`],
  ['8.4', "deleted_time like '2026%'", "operator 'like' is not supported for field 'deleted_time'"],
  ['8.4', "deleted_time = 'never'", `invalid timestamp for field 'deleted_time': ${RFC3339}`],
  ['8.4', 'updated_time > 5', `invalid timestamp for field 'updated_time': ${RFC3339}`],
  ['8.4', "updated_time in ('')", `invalid timestamp for field 'updated_time': ${RFC3339}`],
  ['8.4', "updated_time < '2026-01-01T00:00:60Z'", `invalid timestamp for field 'updated_time': ${RFC3339}`],
  ['8.6', "labels.Env = 'x'", `label key 'Env' is invalid: ${LABEL_KEY}`],
  ['8.6', "labels.a.b = 'x'", `label key 'a.b' is invalid: ${LABEL_KEY}`],
  ['8.6', 'labels.A is null', `label key 'A' is invalid: ${LABEL_KEY}`],
  [
    '8.7',
    "status.conditions.ready = 'True'",
    "condition type 'ready' is invalid: must be PascalCase (e.g., Ready, Available)",
  ],
  [
    '8.7',
    "status.conditions.Is_Ready = 'True'",
    "condition type 'Is_Ready' is invalid: must be PascalCase (e.g., Ready, Available)",
  ],
  [
    '8.7',
    "status.conditions.0Ready.last_updated_time = 'x'",
    "condition type '0Ready' is invalid: must be PascalCase (e.g., Ready, Available)",
  ],
  [
    '8.7',
    "status.conditions.Ready = 'Unknown'",
    "condition status 'Unknown' is invalid: must be True or False",
  ],
  ['8.7', "status.conditions.Ready = 'true'", "condition status 'true' is invalid: must be True or False"],
  ['8.7', 'status.conditions.Ready = 1', "condition status '1' is invalid: must be True or False"],
  ['8.7', "status.conditions.Ready != 'True'", EQUALITY],
  ['8.7', "status.conditions.Ready <> 'True'", EQUALITY],
  ['8.7', "status.conditions.Ready < 'True'", EQUALITY],
  ['8.7', "status.conditions.Ready in ('True')", EQUALITY],
  ['8.7', "status.conditions.Ready not in ('True')", EQUALITY],
  ['8.7', "status.conditions.Ready like 'T%'", EQUALITY],
  ['8.7', "status.conditions.Ready between 'False' and 'True'", EQUALITY],
  ['8.7', 'status.conditions.Ready is null', EQUALITY],
  [
    '8.8',
    "status.conditions.Ready.reason = 'x'",
    "condition subfield 'reason' is not supported; use last_updated_time, last_transition_time, or observed_generation",
  ],
  [
    '8.8',
    "status.conditions.Ready.a.b = 'x'",
    "condition subfield 'a.b' is not supported; use last_updated_time, last_transition_time, or observed_generation",
  ],
  [
    '8.8',
    "status.conditions.Ready.last_updated_time < 'x'",
    `invalid timestamp for condition subfield 'last_updated_time': ${RFC3339}`,
  ],
  [
    '8.8',
    'status.conditions.Ready.last_transition_time < 5',
    `invalid timestamp for condition subfield 'last_transition_time': ${RFC3339}`,
  ],
  ...["'5'", '5.0', '1e1', '2147483648', '-2147483649', "''"].map(
    value =>
      [
        '8.8',
        `status.conditions.Ready.observed_generation = ${value}`,
        "expected integer value for condition subfield 'observed_generation'",
      ] as const,
  ),
  ...(
    [
      ['in (5)', 'in'],
      ['not in (5)', 'not in'],
      ['between 1 and 2', 'between'],
      ["ilike '5'", 'ilike'],
      ['is null', 'is null'],
      ['is not null', 'is not null'],
    ] as const
  ).map(
    ([test, operator]) =>
      [
        '8.8',
        `status.conditions.Ready.observed_generation ${test}`,
        `operator '${operator}' is not supported for condition subfield 'observed_generation'; use =, !=, <>, <, <=, > or >=`,
      ] as const,
  ),
  ['8.9', "not status.conditions.Ready = 'True'", NOT],
  ['8.9', "not not status.conditions.Ready = 'True'", NOT],
  ['8.9', 'not status.conditions.Ready.observed_generation < 5', NOT],
  ['8.9', "not (name = 'x' and (id = 'y' or status.conditions.Ready = 'True'))", NOT],
  ['8.9', "name = 'x' and not (not (status.conditions.Ready = 'False'))", NOT],
]

for (const [rule, search, detail] of DETAILS) {
  test(`contract ${rule}: ${search} is refused`, () => {
    const fault = faultOf(search)
    assert.equal(fault.detail, detail)
    assert(fault.errors[0]?.message.startsWith(detail))
    assert(fault.errors.every(error => error.field === 'search' && error.constraint !== 'syntax'))
  })
}

test('contract 8.4: text and labels take all operators, integers and times all but like', () => {
  for (const [field, value] of [
    ['name', "'x'"],
    ['labels.a', '5'],
    ['generation', "'-5'"],
    ['generation', '+99999999999999999999'],
    ['created_time', "'2026-01-01T02:00:00.123456789+02:00'"],
  ]) {
    for (const operator of COMPARISONS) assert(compiles(`${field} ${operator} ${value}`))
    for (const not of ['', 'not ']) {
      assert(compiles(`${field} ${not}in (${value}, ${value}) or ${field} ${not}in ()`))
      assert(compiles(`${field} ${not}between ${value} and ${value}`))
      assert(compiles(`${field} is ${not}null`))
    }
  }
  for (const field of ['name', 'kind', 'labels.a']) {
    assert(compiles(`${field} like 'x' and ${field} not like 'x'`))
    assert(compiles(`${field} ilike 'x' and ${field} not ilike 'x'`))
  }
})

test('contract 8.8: subfields take the seven comparisons, and integers to the bounds of 32 bits', () => {
  for (const operator of COMPARISONS) {
    assert(compiles(`status.conditions.Ready.observed_generation ${operator} -2147483648`))
    assert(compiles(`status.conditions.Ready.observed_generation ${operator} +2147483647`))
    assert(compiles(`status.conditions.Ready.last_updated_time ${operator} '2026-01-01T00:00:00Z'`))
  }
})

const positions = (search: string) =>
  faultOf(search).errors.map(({ constraint, offset, value }) => [constraint, offset, value])

test('contract 8.10: all faults are listed by position, type before operator before value', () => {
  assert.deepEqual(positions("foo = 1 and status.conditions.ready.bar in ('x') or generation = 'y'"), [
    ['field', 0, 'foo'],
    ['field', 30, 'ready'],
    ['field', 36, 'bar'],
    ['value', 65, 'y'],
  ])
  assert.deepEqual(positions("status.conditions.ready != 'x'"), [
    ['field', 18, 'ready'],
    ['operator', 24, '!='],
    ['value', 27, 'x'],
  ])
  assert.deepEqual(positions("status.conditions.Ready.observed_generation not in ('5', 6, 7.5)"), [
    ['operator', 44, 'not in'],
    ['value', 52, '5'],
    ['value', 60, '7.5'],
  ])
  assert.deepEqual(positions('generation between 1.5 and 2.5'), [
    ['value', 19, '1.5'],
    ['value', 27, '2.5'],
  ])
})

test('contract 8.10: offsets of faults count code points', () => {
  assert.deepEqual(positions("name = '😀😀' and foo = 1"), [['field', 16, 'foo']])
})

test('contract 8.9, 8.10: the fault of a not is reported once, at the outermost not above a condition', () => {
  assert.deepEqual(
    positions("id = 'x' and not (not status.conditions.A = 'True' and status.conditions.B != 'x')"),
    [
      ['not', 13, undefined],
      ['operator', 75, '!='],
      ['value', 78, 'x'],
    ],
  )
  assert.deepEqual(positions("not status.conditions.A = 'True' or not status.conditions.B = 'True'"), [
    ['not', 0, undefined],
    ['not', 36, undefined],
  ])
})

test('contract 8.9, 8.10: the fault of a not comes before the faults below it', () => {
  assert.deepEqual(positions("not (labels.A = 'x' and status.conditions.ready = 'x')"), [
    ['not', 0, undefined],
    ['field', 12, 'A'],
    ['field', 42, 'ready'],
    ['value', 50, 'x'],
  ])
  assert.equal(faultOf("not (labels.A = 'x' and status.conditions.ready = 'x')").detail, NOT)
})

test('contract 8.9: a not beside a condition, and conditions under and and or, are accepted', () => {
  assert(compiles("not name = 'x' and status.conditions.Ready = 'True'"))
  assert(compiles("status.conditions.Ready='False' or labels.env='dev'"))
  assert(compiles("labels.a not in ('x') and (status.conditions.Ready = 'True' or not (name = 'x'))"))
})

const HINTS: readonly (readonly [string, string])[] = [
  ["nmae = 'x'", "did you mean 'name'?"],
  ["NAME = 'x'", "did you mean 'name'?"],
  ["createdtime = 'x'", "did you mean 'created_time'?"],
  ["label.env = 'x'", "did you mean 'labels.env'?"],
  ["status.condition.Ready = 'True'", "did you mean 'status.conditions.Ready'?"],
  ["labels.Env = 'x'", "did you mean 'env'?"],
  ["status.conditions.gcp_provisioner = 'True'", "did you mean 'GcpProvisioner'?"],
  ["status.conditions.Ready = 'true'", "did you mean status.conditions.Ready='True'"],
  ["region = 'eu'", 'a label is labels.region, a value in the spec is spec.region'],
  ["Ready = 'True'", 'a condition is status.conditions.Ready, a value in the spec is spec.Ready'],
  ["conditions.Ready = 'True'", "did you mean 'status.conditions.Ready'?"],
  ["metadata.labels.env = 'x'", "did you mean 'labels.env'?"],
  ["created_at < 'x'", "did you mean 'created_time'?"],
  ["metadata.name = 'x'", "did you mean 'name'?"],
  ["status.conditions.Ready.last_update_time = 'x'", "did you mean 'last_updated_time'?"],
  ["status.conditions.Ready.observed_generation = '5'", 'write the integer without quotes'],
  ["spec = 'x'", 'name a value in it, such as spec.region'],
  ['spec.a.b.c.d.e.f.g.h.i = 5', 'a path in the spec has at most 8 keys'],
  ["specs.region = 'x'", "did you mean 'spec.region'?"],
  ["Spec.network.type = 'x'", "did you mean 'spec.network.type'?"],
  ['spec.x < now', 'use single quotes for a text'],
  ['created_time < 2026', 'use single quotes'],
  ["created_time < '2026-01-01T00:00:00 02:00'", 'in a URL, + is written as %2B'],
]

for (const [search, hint] of HINTS) {
  test(`contract 8.10: ${search} is refused with the hint: ${hint}`, () => {
    const fault = faultOf(search)
    assert.equal(fault.errors[0]?.message, `${fault.detail}; ${hint}`)
  })
}

test('contract 8.10: a path that is near to no valid name gets no hint', () => {
  for (const search of ["x.y = 'x'", "data.environment = 'x'", "status.conditions = 'x'"]) {
    const fault = faultOf(search)
    assert.equal(fault.errors[0]?.message, fault.detail)
  }
})

test('contract 4.11, 8.10: of hundreds of faults the first hundred are listed, and the last says how many more', () => {
  const unknown = Array.from({ length: 400 }, (_, i) => `f${i}=1`).join(' or ')
  const { detail, errors } = faultOf(unknown)
  assert.equal(detail, 'f0 is not a valid field name')
  assert.equal(errors.length, 100)
  assert.equal(
    errors[98]?.message,
    'f98 is not a valid field name; a label is labels.f98, a value in the spec is spec.f98',
  )
  assert.match(errors[99]?.message ?? '', /^f99 is not a valid field name; .* \(and 300 more\)$/)
  const literals = faultOf(
    `generation in (${Array(1500)
      .fill('x')
      .map(x => `'${x}'`)
      .join()})`
      .slice(0, 4000)
      .replace(/,'?x?'?$/, ')'),
  )
  assert.equal(literals.errors.length, 100)
  assert.match(literals.errors[99]?.message ?? '', /: expected an integer \(and [0-9]{3} more\)$/)
})
