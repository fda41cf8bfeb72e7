// Values of settings: parsed, refused and shown. Uses made-up settings.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import Type from 'typebox'
import { type SettingLeaf, settingLeaves } from '../../src/config/schema.ts'
import { masked, readText, refusal, shown } from '../../src/config/value.ts'

function leaf(schema: Type.TSchema): SettingLeaf {
  const [only] = settingLeaves(Type.Object({ section: Type.Object({ aName: schema }) }))
  assert.ok(only !== undefined)
  return only
}

test('a leaf is named after its path, in every notation', () => {
  const { name, flag, variable } = leaf(Type.String({ default: '' }))
  assert.deepEqual([name, flag, variable], ['section.aName', 'section-a-name', 'HYPERFLEET_SECTION_A_NAME'])
})

test('a secret is masked wherever it is shown, unless it is empty', () => {
  const secret = leaf(Type.String({ default: '', secret: true, minLength: 8 }))
  assert.equal(masked(secret, 'hunter2'), '***')
  assert.equal(masked(secret, ''), '')
  assert.equal(shown(secret, 'hunter2'), '"***"')
  assert.doesNotMatch(refusal(secret, 'hunter2', 'text') ?? '', /hunter2/)
})

test('only the password of a URL is masked', () => {
  const url = leaf(Type.String({ default: '' }))
  assert.equal(masked(url, 'https://user:secret@host/path:a@b'), 'https://user:***@host/path:a@b')
  for (const text of ['https://host/a:b@c', 'user@host', 'a:b@c', 'http://user@host:80/'])
    assert.equal(masked(url, text), text)
})

test('a long value is cut off', () => {
  assert.equal(shown(leaf(Type.String()), 'x'.repeat(1000)).length, 201)
})

test('numbers with a fraction must be in plain digits too', () => {
  const ratio = leaf(Type.Number({ minimum: 0, maximum: 1, default: 1 }))
  assert.equal(readText(ratio, '0.25'), 0.25)
  for (const text of ['1e-1', '.5', '0x1', '', ' 1', '01'])
    assert.equal(refusal(ratio, readText(ratio, text), 'text'), 'must be a number from 0 to 1', text)
  assert.equal(refusal(ratio, 2, 'text'), 'must be a number from 0 to 1')
})

test('a list of strings is a JSON array in text, and a list in a file', () => {
  const list = leaf(Type.Array(Type.String({ minLength: 1 }), { default: [] }))
  assert.deepEqual(readText(list, '["a","b"]'), ['a', 'b'])
  assert.equal(refusal(list, readText(list, 'a,b'), 'text'), 'must be a JSON array such as ["a","b"]')
  assert.match(
    refusal(list, ['a', ''], 'yaml') ?? '',
    /^must be a list of strings such as .*; entry 2 must not have fewer/,
  )
})

test('a number without an upper bound is described without one', () => {
  const count = leaf(Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, default: 1 }))
  assert.equal(refusal(count, 0, 'text'), 'must be an integer of at least 1')
})
