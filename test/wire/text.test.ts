// Text on the wire: order, length and validity (contract 4.4, 4.6, 7.4, 8.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareCodePoints, isWellFormed, utf8Length } from '../../src/wire/text.ts'
import { holds } from './random.ts'

/** A few characters around the places where UTF-16 and code points disagree, so that prefixes collide. */
const character = fc.constantFrom(
  'a',
  'b',
  'é',
  '\uD7FF',
  '\uE000',
  '\uFFFD',
  '\uFFFF',
  '😀',
  '\u{10000}',
  '\u{10FFFF}',
)
const text = fc.oneof(
  fc.string({ unit: character, maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
)

const codePoints = (value: string): number[] => [...value].map(point => point.codePointAt(0) ?? 0)

function naiveCompare(a: string, b: string): number {
  const [x, y] = [codePoints(a), codePoints(b)]
  const at = x.findIndex((point, i) => point !== y[i])
  if (at === -1) return x.length - y.length
  return (x[at] ?? 0) - (y[at] ?? -1)
}

test('text is ordered by Unicode code point, as arrays of code points are (contract 7.4, 8.4)', () => {
  holds(
    fc.tuple(text, text),
    ([a, b]) => {
      assert.equal(Math.sign(compareCodePoints(a, b)), Math.sign(naiveCompare(a, b)))
    },
    2000,
  )
})

test('characters beyond U+FFFF sort last, not by their surrogates (contract 7.4)', () => {
  const sorted = [
    '',
    'Z',
    'a',
    'a ',
    'aa',
    'ä',
    '\uD7FF',
    '\uE000',
    '\uFFFF',
    '\u{10000}',
    '😀',
    '\u{10FFFF}',
  ]
  assert.deepEqual([...sorted].reverse().sort(compareCodePoints), sorted)
})

test('text of equal content compares as equal (contract 7.4)', () => {
  assert.equal(compareCodePoints('', ''), 0)
  assert.equal(compareCodePoints('name-😀', 'name-😀'), 0)
})

test('lengths count UTF-8 bytes (contract 4.4)', () => {
  assert.equal(utf8Length(''), 0)
  assert.equal(utf8Length('aé€😀'), 1 + 2 + 3 + 4)
  holds(text, value => assert.equal(utf8Length(value), new TextEncoder().encode(value).length))
})

test('a lone surrogate makes text invalid Unicode, a pair does not (contract 4.4, 4.6)', () => {
  for (const valid of ['', 'abc', '😀', '😀😀', '\uD7FF\uE000', 'a\u0000'])
    assert.equal(isWellFormed(valid), true)
  const lone = [
    '\uD800',
    '\uDC00',
    '\uDC00\uD800',
    '\uD800\uD800\uDC00',
    '\uD800\uDC00\uDC00',
    'a\uDFFFb',
    '😀\uDBFF',
  ]
  for (const invalid of lone) assert.equal(isWellFormed(invalid), false)
})

test('text is valid Unicode exactly when encoding it to UTF-8 and back loses nothing (contract 4.6)', () => {
  const unit = fc.constantFrom('a', '\uD800', '\uDBFF', '\uDC00', '\uDFFF', '\uE000')
  holds(fc.string({ unit, maxLength: 6 }), value => {
    assert.equal(isWellFormed(value), Buffer.from(value, 'utf8').toString('utf8') === value)
  })
})
