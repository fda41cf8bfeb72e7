// Documents keep their numbers and members as written (contract 3.8).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parse } from 'yaml'
import { compactJson, jsonText, yamlText } from '../../src/cli/documents/print.ts'
import { readDocument, readDocuments } from '../../src/cli/documents/read.ts'
import { readTree } from '../../src/cli/documents/tree.ts'
import { runSeed } from '../harness/random.ts'

const NUMBERS = [
  '0',
  '-0',
  '1.0',
  '1.50',
  '1e400',
  '-1E-7',
  '12345678901234567890',
  '0.1000000000000000055511151231257827',
]

/** JSON values without white space, with numbers in every form. */
const jsonTexts = fc.letrec<{ value: string; text: string }>(tie => ({
  text: fc.string({ unit: 'binary', maxLength: 12 }).map(text => JSON.stringify(text)),
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('true', 'false', 'null', '{}', '[]', ...NUMBERS),
    tie('text'),
    fc.constantFrom(
      '"yes"',
      '"012"',
      '"1e3"',
      '"2026-01-01"',
      '"~"',
      '"- a"',
      '"<<"',
      '"a: b"',
      '" x "',
      '"\\n\\n"',
    ),
    fc.array(tie('value'), { maxLength: 4 }).map(items => `[${items.join(',')}]`),
    fc
      .uniqueArray(fc.tuple(tie('text'), tie('value')), { maxLength: 4, selector: ([key]) => key })
      .map(members => `{${members.map(([key, value]) => `${key}:${value}`).join(',')}}`),
  ),
}))

test('contract 3.8: a document that is read and printed is the same, as JSON and as YAML', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  fc.assert(
    fc.property(jsonTexts.value, text => {
      const tree = readTree(text)
      assert.equal(compactJson(tree), text)
      assert.equal(compactJson(readTree(jsonText(tree))), text)
      assert.deepEqual(JSON.parse(jsonText(tree)), JSON.parse(text))
      // A list counts as its items, and null as no document.
      if (!Array.isArray(tree) && tree !== null)
        assert.equal(compactJson(readDocument(yamlText(tree), 'it')), text)
      assert.deepEqual(jsonOf(parse(yamlText(tree))), jsonOf(JSON.parse(text)))
    }),
    { seed, numRuns: 2000 },
  )
})

/** Replaces -0 with 0, the only difference between the YAML parser and JSON. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value)
}

test('forms that only YAML has are read', () => {
  const yaml = 'a: 0x1F\nb: +1\nc: .5\nd: &x [1]\ne: *x\nf: |\n  two\n  lines\n1: one\n'
  assert.equal(
    compactJson(readDocument(yaml, 'it')),
    '{"a":31,"b":1,"c":0.5,"d":[1],"e":[1],"f":"two\\nlines\\n","1":"one"}',
  )
})

test("merge keys are merged as YAML parsers do: a map's own keys win, then the first of several sources", () => {
  for (const [yaml, json] of [
    ['a: &u {x: 1.50, y: 2}\nb: {<<: *u, y: 3}', '{"a":{"x":1.50,"y":2},"b":{"x":1.50,"y":3}}'],
    ['b: {y: 3, <<: {x: 1, y: 2}}', '{"b":{"y":3,"x":1}}'],
    [
      'a: &a {x: 1}\nb: &b {x: 2, y: 2}\nc:\n  <<: [*a, *b]\n  z: 3',
      '{"a":{"x":1},"b":{"x":2,"y":2},"c":{"x":1,"y":2,"z":3}}',
    ],
    ['a: &a {x: 1}\nb: &b {<<: *a, y: 2}\nc: {<<: *b}', '{"a":{"x":1},"b":{"x":1,"y":2},"c":{"x":1,"y":2}}'],
    // In quotes, and in JSON, `<<` is an ordinary key.
    ['"<<": 1', '{"<<":1}'],
    ['{"<<": {"x": 1}}', '{"<<":{"x":1}}'],
  ] as const)
    assert.equal(compactJson(readDocument(yaml, 'it')), json, yaml)
  for (const tree of ['{"<<":1}', '{"a":{"<<":{"b":1}}}'])
    assert.equal(compactJson(readDocument(yamlText(readTree(tree)), 'it')), tree)
})

test('invalid merges, unknown aliases and aliases of themselves are refused with their position', () => {
  for (const [yaml, words] of [
    ['a: 1\nb: {<<: 5}', /^it:2:9: '<<' merges a map, or a list of maps$/],
    ['a: &x [1]\nb:\n  <<: *x', /^it:3:7: '<<' merges a map/],
    ['a: &x {b: 1}\nc: {<<: [*x, 1]}', /^it:2:14: '<<' merges a map/],
    ['a: *nope', /^it:1:4: .*nope/],
    ['a: &x {b: *x}', /^it:1:11: this alias is inside the node that it refers to$/],
    ['a: 1\nb:\n  c: 1\n  c: 2', /^it:4:3: duplicate key: keys of a map must be unique$/],
  ] as const)
    assert.throws(() => readDocument(yaml, 'it'), { name: 'UsageError', message: words }, yaml)
})

test('merge keys and aliases that expand beyond all memory are refused, not expanded', () => {
  const levels = (level: (i: number) => string) =>
    Array.from({ length: 40 }, (_, i) => level(i + 1)).join('\n')
  for (const yaml of [
    `a0: &a0 {x: 1}\n${levels(i => `a${i}: &a${i} {<<: [*a${i - 1}, *a${i - 1}], y${i}: 1}`)}`,
    `a0: &a0 {x: 1}\n${levels(i => `a${i}: &a${i} {l: *a${i - 1}, r: *a${i - 1}}`)}`,
    `a: &a [${'x,'.repeat(1000)}]\nb: [${'*a,'.repeat(1000)}]`,
  ])
    assert.throws(() => readDocument(yaml, 'it'), {
      name: 'UsageError',
      message: /^it:\d+:\d+: with its aliases expanded this is more than 200000 values$/,
    })
  const many = `a: &a {x: 1}\nb: [${'{<<: *a},'.repeat(20_000)}]`
  assert.ok(readDocument(many, 'it'))
})

test('aliases do not explode', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)
  assert.throws(() => readDocument(`a0: &a0 x\n${levels.join('\n')}`, 'it'), { name: 'UsageError' })
})

test('excessive nesting is refused with a message', () => {
  for (const open of ['[', '{"a":'])
    assert.throws(() => readDocuments(open.repeat(100_000), 'it'), { name: 'UsageError' }, open)
})
