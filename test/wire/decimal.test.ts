// Decimal numbers, compared with fractions of bigints.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Decimal, isJsonNumber } from '../../src/wire/decimal.ts'
import { holds } from './random.ts'

const compare = (a: string, b: string) => Math.sign(new Decimal(a).compare(new Decimal(b))) + 0

/** Ascending. Those on one line are equal. */
const ASCENDING = [
  ['-1e99999999999999999999', '-10e99999999999999999998'],
  ['-1e400', '-10E+399'],
  ['-1.7976931348623157e308'],
  ['-12345678901234567891'],
  ['-12345678901234567890', '-1234567890123456789e1', '-12345678901234567890.0'],
  ['-1', '-1.0', '-10e-1'],
  ['-1e-400', '-0.1e-399'],
  ['-1e-99999999999999999999'],
  ['0', '-0', '0.0', '0e5', '-0e-99999999999999999999', '+0', '000'],
  ['1e-99999999999999999999'],
  ['1e-401'],
  ['1e-400', '10e-401'],
  ['0.1', '1e-1', '0.10', '+0.1'],
  ['0.1000000000000000055511151231257827'],
  ['0.30000000000000004'],
  ['1', '1.0', '1e0', '+1', '001', '0.1e1', '100e-2'],
  ['1.00000000000000000000000001'],
  ['9'],
  ['10', '1e1', '1E+01'],
  ['9007199254740992'],
  ['9007199254740993', '9007199254740993.000'],
  ['12345678901234567890'],
  ['12345678901234567891'],
  ['1e400', '0.001e403'],
  ['1.5e400'],
  ['1e401'],
  ['1e999999999'],
  ['1e99999999999999999999', '0.01e100000000000000000001'],
]

test('contract 13.3: numbers compare by exact decimal value', () => {
  for (const [i, some] of ASCENDING.entries())
    for (const [j, others] of ASCENDING.entries())
      for (const a of some)
        for (const b of others) {
          assert.equal(compare(a, b), Math.sign(i - j), `${a} ${b}`)
          assert.equal(new Decimal(a).key === new Decimal(b).key, i === j, `${a} ${b}`)
        }
})

const number = fc
  .record({
    sign: fc.constantFrom('', '', '-', '+'),
    whole: fc.oneof(fc.nat(12), fc.bigInt({ min: 0n, max: 10n ** 24n })),
    fraction: fc.option(fc.stringMatching(/^[0-9]{1,4}$/)),
    exponent: fc.option(fc.integer({ min: -25, max: 25 })),
  })
  .map(({ sign, whole, fraction, exponent }) => ({
    text: `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${exponent === null ? '' : `e${exponent}`}`,
    scaled:
      BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction ?? ''}`) *
      10n ** BigInt(40 + (exponent ?? 0) - (fraction ?? '').length),
  }))

test('random numbers compare as fractions do (contract 13.3)', () => {
  holds(
    fc.tuple(number, number),
    ([a, b]) => {
      const expected = a.scaled === b.scaled ? 0 : a.scaled < b.scaled ? -1 : 1
      assert.equal(compare(a.text, b.text), expected, `${a.text} ${b.text}`)
      assert.equal(new Decimal(a.text).key === new Decimal(b.text).key, expected === 0)
    },
    5000,
  )
})

test('the plain text of a number has its value and no exponent', () => {
  for (const [text, plain] of [
    ['1e3', '1000'],
    ['1.50', '1.5'],
    ['-5e-1', '-0.5'],
    ['120e-1', '12'],
    ['-0', '0'],
    ['0.0e9', '0'],
    ['007', '7'],
    ['12345678901234567890', '12345678901234567890'],
  ] as const)
    assert.equal(new Decimal(text).plainText(255), plain)
  assert.equal(new Decimal('1e999999999').plainText(255), undefined)
  assert.equal(new Decimal('1e-99999999999999999999').plainText(255), undefined)
  assert.equal(new Decimal('1e254').plainText(255)?.length, 255)
  assert.equal(new Decimal('1e255').plainText(255), undefined)
  holds(number, ({ text }) => {
    const plain = new Decimal(text).plainText(255)
    assert.ok(plain !== undefined && isJsonNumber(plain) && !plain.includes('e'))
    assert.equal(compare(plain, text), 0)
    assert.equal(new Decimal(plain).plainText(255), plain)
  })
})

test('numbers as JSON writes them', () => {
  for (const text of ['0', '-0', '1', '-1.5', '1e5', '1E+05', '10.01e-2']) assert.ok(isJsonNumber(text), text)
  for (const text of ['', '+1', '01', '1.', '.5', '1e', '0x1', ' 1', '1 ', 'NaN', 'Infinity', '1_000', '１'])
    assert.ok(!isJsonNumber(text), text)
})
