// Documents keep what they were written with (contract 3.8).
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

/** Values as JSON text without spaces, numbers in all their forms. */
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

test('contract 3.8: what is read and printed again is the same, as JSON and by way of YAML', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  fc.assert(
    fc.property(jsonTexts.value, text => {
      const tree = readTree(text)
      assert.equal(compactJson(tree), text)
      assert.equal(compactJson(readTree(jsonText(tree))), text)
      assert.deepEqual(JSON.parse(jsonText(tree)), JSON.parse(text))
      // Lists stand for their items, and null for nothing.
      if (!Array.isArray(tree) && tree !== null)
        assert.equal(compactJson(readDocument(yamlText(tree), 'it')), text)
      assert.deepEqual(jsonOf(parse(yamlText(tree))), jsonOf(JSON.parse(text)))
    }),
    { seed, numRuns: 2000 },
  )
})

/** Where YAML's reader and JSON's differ in nothing but the sign of zero. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value)
}

test('YAML has more forms than JSON, and they are read', () => {
  const yaml = 'a: 0x1F\nb: +1\nc: .5\nd: &x [1]\ne: *x\nf: |\n  two\n  lines\n1: one\n'
  assert.equal(
    compactJson(readDocument(yaml, 'it')),
    '{"a":31,"b":1,"c":0.5,"d":[1],"e":[1],"f":"two\\nlines\\n","1":"one"}',
  )
})

test('aliases do not explode', () => {
  const levels = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}]`)
  assert.throws(() => readDocument(`a0: &a0 x\n${levels.join('\n')}`, 'it'), { name: 'UsageError' })
})

test('nesting beyond all bounds is refused in words', () => {
  for (const open of ['[', '{"a":'])
    assert.throws(() => readDocuments(open.repeat(100_000), 'it'), { name: 'UsageError' }, open)
})
