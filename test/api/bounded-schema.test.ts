// A user's schema costs little more per body than its bytes; a schema that could cost more is refused (contract 4.9, 4.11).
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadSpecValidator } from '../../src/api/spec-schema.ts'

/** Finds the faults of a spec under a schema. `schemas` are further schemas of the document. */
function validatorOf(schema: object, schemas: object = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  const path = join(folder, 'specs.json')
  const all = { ...schemas, ClusterSpec: schema, NodePoolSpec: { type: 'object' } }
  writeFileSync(path, JSON.stringify({ openapi: '3.1.0', components: { schemas: all } }))
  try {
    const validate = loadSpecValidator(path)
    return (spec: object) => validate('Cluster', JSON.stringify(spec))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const property = (schema: object) => ({ type: 'object', properties: { a: schema } })
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

test('contract 4.9, 4.11: uniqueItems compares thousands of objects quickly', () => {
  const check = validatorOf(property({ type: 'array', uniqueItems: true }))
  const items = numbers(6000).map(id => ({ id, name: 'n'.repeat(20) }))
  assert.equal(check({ a: items }).count, 0)
  assert.deepEqual(check({ a: [...items, { name: 'n'.repeat(20), id: 7 }] }).faults, [
    { field: 'spec.a', constraint: 'uniqueItems', message: 'must not contain duplicate items' },
  ])
})

test('contract 4.9: uniqueItems compares by value', () => {
  const check = validatorOf(property({ uniqueItems: true }))
  for (const [items, count] of [
    [[1, '1', true, 'true', null, 'null', [], {}, [1], ['1'], { a: 1 }, { b: 1 }, '[]'], 0],
    [
      [
        { a: 1, b: [2] },
        { b: [2], a: 1 },
      ],
      1,
    ],
    [
      [
        [1, 2],
        [2, 1],
      ],
      0,
    ],
    [[1, 1], 1],
    [[{ 'a":1,"b': 2 }, { a: 1, b: 2 }], 0],
    ['no array', 0],
  ] as const)
    assert.equal(check({ a: items }).count, count, JSON.stringify(items))
  assert.equal(validatorOf(property({ uniqueItems: false }))({ a: [1, 1] }).count, 0)
})

test('contract 4.9, 4.11: patterns that backtrack in other engines match in linear time', () => {
  for (const pattern of ['^(a+)+$', '^(a|a)*$', 'a*a*a*a*b', '^(?:[a-z]+\\.?)+$']) {
    const check = validatorOf({ type: 'object', additionalProperties: { type: 'string', pattern } })
    assert.deepEqual(
      check({ a: `${'a'.repeat(500_000)}!` }).faults.map(({ field, constraint }) => [field, constraint]),
      [['spec.a', 'pattern']],
    )
  }
  const check = validatorOf({ type: 'object', patternProperties: { '^(a+)+$': false } })
  assert.equal(check({ [`${'a'.repeat(500_000)}!`]: 1 }).count, 0)
  assert.equal(check({ aaa: 1 }).count, 1)
})

test('contract 4.9, 4.11: a pattern that cannot be matched in linear time is refused with its location', () => {
  for (const pattern of ['(?!x)a', '(?=x)a', '(?<=x)a', '(a)\\1', 'a{1,5000}', '[[:alpha:]', '(']) {
    const name = 'Inner'
    const inner = { [name]: property({ type: 'array', items: { pattern } }) }
    assert.throws(
      () => validatorOf(property({ $ref: `#/components/schemas/${name}` }), inner),
      (error: Error) =>
        error.message.includes('#/components/schemas/Inner/properties/a/items/pattern') &&
        error.message.includes(pattern),
    )
  }
  assert.throws(
    () => validatorOf({ patternProperties: { '^(?!x)': {} } }),
    /ClusterSpec\/patternProperties cannot|\(\?!x\).*ClusterSpec\/patternProperties/,
  )
})

test('contract 4.9, 4.11: a reference out of the document, or with a dynamic target, is refused with its location', () => {
  for (const schema of [{ $ref: 'https://example.com/x' }, { $ref: '#anchor' }, { $dynamicRef: '#x' }])
    assert.throws(
      () => validatorOf(property(schema)),
      /[rR]ef at #\/components\/schemas\/ClusterSpec\/properties\/a /,
    )
})

test('contract 4.9, 4.11: a schema that branches at every level is stopped after a limit of steps', () => {
  const next = { properties: { n: { $ref: '#/components/schemas/Node' } }, required: ['x'] }
  const check = validatorOf(
    { $ref: '#/components/schemas/Node' },
    { Node: { type: 'object', anyOf: [next, { ...next, required: ['y'] }] } },
  )
  const nest = (levels: number) => numbers(levels).reduce<object>(n => ({ n }), {})
  assert.notEqual(check(nest(3)).faults[0]?.constraint, 'cost')
  assert.deepEqual(check(nest(60)), {
    faults: [
      {
        field: 'spec',
        constraint: 'cost',
        message: 'takes more than 100000 steps to be checked against its schema',
      },
    ],
    count: 1,
  })
  assert.equal(check({ n: 1, x: 1 }).faults[0]?.field, 'spec.n') // The next check starts with all steps.
})

test('contract 4.9, 4.11: a schema that recurses without end is stopped', () => {
  const loop = validatorOf(
    { $ref: '#/components/schemas/Loop' },
    { Loop: { allOf: [{ $ref: '#/components/schemas/Loop' }] } },
  )
  assert.equal(loop({}).faults[0]?.constraint, 'cost')
})

test('contract 4.9, 4.11: a spec with too many values is not checked at all', () => {
  const check = validatorOf(property({ items: { type: 'string' } }))
  assert.deepEqual(check({ a: numbers(30_000) }).faults, [
    {
      field: 'spec',
      constraint: 'cost',
      message: 'contains 30002 values; at most 20000 can be checked against its schema',
    },
  ])
})

test('contract 4.7, 4.9, 4.11: thousands of faults are counted, and the first hundred kept', () => {
  const check = validatorOf(property({ items: { type: 'string' } }))
  const { faults, count } = check({ a: numbers(15_000) })
  assert.deepEqual([faults.length, count, faults[99]?.field], [100, 15_000, 'spec.a[99]'])
})

test('contract 4.9, 4.11: formats take linear time', () => {
  const formats = [
    'date',
    'time',
    'date-time',
    'duration',
    'uri',
    'uri-reference',
    'uri-template',
    'url',
    'email',
  ]
  const more = ['hostname', 'ipv4', 'ipv6', 'regex', 'uuid', 'json-pointer', 'byte', 'relative-json-pointer']
  for (const format of [...formats, ...more]) {
    const check = validatorOf({ additionalProperties: { format } })
    for (const unit of ['a', ':', 'a.', '{', '%41', 'a-', '0', '(', '1:'])
      for (const head of ['', 'http://', 'a@'])
        assert.ok(check({ a: `${head}${unit.repeat(50_000 / unit.length)} ` }).count <= 1)
  }
  const url = validatorOf(property({ format: 'url' }))
  assert.equal(url({ a: 'https://example.com:8080/x?y#z' }).count, 0)
  for (const a of ['example.com', 'https://', 'https://a b', 'mailto:a@b.c'])
    assert.equal(url({ a }).count, 1, a)
})

test('contract 4.9: schemas keep their meaning', () => {
  const check = validatorOf(
    {
      type: 'object',
      required: ['a'],
      properties: { a: { enum: [{ properties: 1 }, 'x'] }, b: { $ref: '#/components/schemas/Short' } },
      dependentSchemas: { b: { required: ['c'] } },
      unevaluatedProperties: false,
      patternProperties: { '^x-': true, 'a/b~c': { $ref: '#/components/schemas/Short' } },
      allOf: [{ properties: { c: { type: 'integer' } } }],
    },
    { Short: { type: 'string', maxLength: 3, pattern: '^[\\w-]+$' } },
  )
  assert.equal(check({ a: 'x', b: 'abc', c: 1, 'x-y': {} }).count, 0)
  assert.equal(check({ a: { properties: 1 } }).count, 0)
  assert.equal(check({ a: 'x', b: 'abcd', c: 1 }).faults[0]?.field, 'spec.b')
  assert.equal(check({ a: 'x', 'a/b~c': '!' }).faults[0]?.constraint, 'pattern')
  assert.equal(check({ a: 'x', d: 1 }).faults[0]?.constraint, 'unevaluatedProperties')
  assert.equal(check({ a: 'x', b: 'a' }).faults[0]?.field, 'spec.c')
})
