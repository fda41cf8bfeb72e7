// Completion of a search: what can stand where the cursor is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf } from '../../console/src/places.ts'

/** `|` is the cursor. */
function at(text: string) {
  const cursor = text.indexOf('|')
  return placeOf(text.replace('|', ''), cursor)
}

test('at the beginning, and behind and, or, not and a parenthesis, a field is expected', () => {
  assert.deepEqual(at('|'), { kind: 'field', start: 0, prefix: '' })
  assert.deepEqual(at('lab|'), { kind: 'field', start: 0, prefix: 'lab' })
  for (const head of ["name = 'a' and ", "name = 'a' or ", 'not ', '(', "name='a' AND ("])
    assert.deepEqual(
      at(`${head}labels.re|`),
      { kind: 'field', start: head.length, prefix: 'labels.re' },
      head,
    )
})

test('behind a field an operator is expected, behind a comparison a connective', () => {
  assert.deepEqual(at('labels.region |'), { kind: 'operator', start: 14, prefix: '', field: 'labels.region' })
  assert.deepEqual(at('name li|'), { kind: 'operator', start: 5, prefix: 'li', field: 'name' })
  assert.deepEqual(at("name = 'a' |"), { kind: 'operator', start: 11, prefix: '', field: '' })
  assert.deepEqual(at("name = 'a' a|"), { kind: 'operator', start: 11, prefix: 'a', field: '' })
})

test('behind an operator a value of its field is expected, also within quotes', () => {
  assert.deepEqual(at('labels.region = |'), { kind: 'value', start: 16, prefix: '', field: 'labels.region' })
  assert.deepEqual(at("labels.region='eu|"), {
    kind: 'value',
    start: 14,
    prefix: "'eu",
    field: 'labels.region',
  })
  assert.deepEqual(at("labels.region = 'eu|rope'"), {
    kind: 'value',
    start: 16,
    prefix: "'eu",
    field: 'labels.region',
  })
  assert.deepEqual(at("labels.tier in ('gold', |"), {
    kind: 'value',
    start: 24,
    prefix: '',
    field: 'labels.tier',
  })
  assert.deepEqual(at('labels.tier in (|'), { kind: 'value', start: 16, prefix: '', field: 'labels.tier' })
  assert.deepEqual(at("name='it''s|"), { kind: 'value', start: 5, prefix: "'it''s", field: 'name' })
})

test('no text makes it fail', () => {
  for (const text of ["'", "''''", ')))', '= = =', "a='b'c'd", '\u0000\ud800', ' '.repeat(50)])
    for (let cursor = 0; cursor <= text.length; cursor++)
      assert.ok(placeOf(text, cursor).start <= text.length)
})
