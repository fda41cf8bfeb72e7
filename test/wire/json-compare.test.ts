// Equality of JSON values (contract 3.5).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sameJsonValue } from '../../src/wire/json-compare.ts'
import { chooser, jsonValue, mutate, naivelyEqual, write } from './json-oracle.ts'
import { holds } from './random.ts'

const MEBI = 2 ** 20

const equal: readonly (readonly [string, string])[] = [
  ['1', '1.0'],
  ['1', '1e0'],
  ['1', '10e-1'],
  ['1', '0.001E+003'],
  ['100', '1e2'],
  ['-12.50', '-1.25e1'],
  ['0', '-0'],
  ['0', '0e5'],
  ['0.000', '-0.0e-99999999999999999999'],
  ['12345678901234567890', '12345678901234567890.000'],
  ['1e400', '10e399'],
  ['1e999999999999', '0.1e1000000000000'],
  ['1e1000000000000000', '10e999999999999999'],
  ['1e-1000000000000000', '0.1e-999999999999999'],
  ['1e99999999999999999999', '0.01e100000000000000000001'],
  ['1e-99999999999999999999', '0.1e-99999999999999999998'],
  ['10e-100000000000000000000', '1e-99999999999999999999'],
  ['{"a":1,"b":2}', ' { "b" : 2.0 , "a" : 1 } '],
  ['{"a":1,"a":2}', '{"a":2}'],
  ['{"a":{"b":1},"a":{"c":2}}', '{"a":{"c":2}}'],
  ['{"\\u0061":1}', '{"a":1}'],
  ['"\\u00e9\\/\\n"', '"é/\\u000A"'],
  ['"\\ud83d\\ude00"', '"😀"'],
  ['"\\ud800"', '"\\uD800"'],
  ['{"__proto__":{"a":1}}', '{ "__proto__":{"a":1.0}}'],
  ['[ true,false , null ]', '[true,false,null]'],
  ['[]', '[ ]'],
  ['{}', '{\n}'],
]

for (const [a, b] of equal) {
  test(`${a} and ${JSON.stringify(b)} are the same value (contract 3.5)`, () => {
    assert.equal(sameJsonValue(a, b), true)
    assert.equal(sameJsonValue(b, a), true)
  })
}

const different: readonly (readonly [string, string])[] = [
  ['12345678901234567890', '12345678901234567891'],
  ['1e400', '1e401'],
  ['1e400', '-1e400'],
  ['1e-400', '0'],
  ['1e-400', '1e-401'],
  ['0.1', '0.1000000000000000000000000000000001'],
  ['9007199254740993', '9007199254740992'],
  ['1e999999999999', '1e999999999998'],
  ['1e99999999999999999999', '1e-99999999999999999999'],
  ['1e99999999999999999999', '10e99999999999999999999'],
  ['1', '-1'],
  ['1', '"1"'],
  ['1', '"n1e0"'],
  ['"1"', '"1e0"'],
  ['null', '"null"'],
  ['null', 'false'],
  ['[]', '{}'],
  ['[]', '[null]'],
  ['[1,2]', '[2,1]'],
  ['[1]', '{"0":1}'],
  ['{"a":null}', '{}'],
  ['{"a":1}', '{"A":1}'],
  ['{"a":1,"a":2}', '{"a":1}'],
  ['{"__proto__":{"a":1}}', '{}'],
  ['{"__proto__":{}}', '{"__proto__":[]}'],
  ['{"__proto__":null}', '{"constructor":null}'],
  ['"é"', '"e\u0301"'],
  ['"\\ud800"', '"\\ud801"'],
  ['"\\\\u0061"', '"a"'],
]

for (const [a, b] of different) {
  test(`${a} and ${b} are different values (contract 3.5)`, () => {
    assert.equal(sameJsonValue(a, b), false)
    assert.equal(sameJsonValue(b, a), false)
  })
}

const seed = fc.nat()

test('a value written another way stays the same value (contract 3.5)', () => {
  holds(fc.tuple(jsonValue, seed, seed), ([value, one, two]) => {
    assert.equal(sameJsonValue(write(value, chooser(one)), write(value, chooser(two))), true)
  })
})

test('a value changed in one place is another value (contract 3.5)', () => {
  holds(fc.tuple(jsonValue, seed, seed), ([value, one, two]) => {
    const changed = mutate(value, chooser(two))
    assert.equal(sameJsonValue(write(value, chooser(one)), write(changed, chooser(two))), false)
  })
})

test('values are the same exactly when a naive comparison by fractions says so (contract 3.5)', () => {
  const small = fc.record({
    kind: fc.constant('number' as const),
    number: fc.record({
      negative: fc.boolean(),
      digits: fc.bigInt({ min: 0n, max: 200n }),
      exponent: fc.integer({ min: -3, max: 3 }),
    }),
  })
  holds(fc.tuple(fc.oneof(small, jsonValue), fc.oneof(small, jsonValue), seed), ([a, b, at]) => {
    assert.equal(sameJsonValue(write(a, chooser(at)), write(b, chooser(at + 1))), naivelyEqual(a, b))
  })
})

test('numbers of a million digits are compared exactly (contract 3.5)', () => {
  const zeros = '0'.repeat(MEBI)
  const nines = '9'.repeat(MEBI)
  assert.equal(sameJsonValue(`1${zeros}`, `1e${MEBI}`), true)
  assert.equal(sameJsonValue(`0.${zeros}1`, `1e-${MEBI + 1}`), true)
  assert.equal(sameJsonValue(`1.${zeros}1`, `1.${zeros}2`), false)
  assert.equal(sameJsonValue(`1e${zeros}1`, '10'), true)
  assert.equal(sameJsonValue(`10e${nines}`, `1e1${zeros}`), true)
  assert.equal(sameJsonValue(`0.1e-${nines}`, `1e-1${zeros}`), true)
  assert.equal(sameJsonValue(`1e${nines}`, `1e${nines.slice(1)}8`), false)
})

test('a mebibyte of repeated keys, brackets, escapes or numbers is compared (contract 3.5, 4.6)', () => {
  const repeated = `{${'"a":1,'.repeat(MEBI / 6)}"a":2}`
  assert.equal(sameJsonValue(repeated, '{"a":2}'), true)
  const nested = `${'[[[],'.repeat(30)}1${']]'.repeat(30)}`
  assert.equal(sameJsonValue(nested, nested.replaceAll(',', ', ')), true)
  assert.equal(sameJsonValue(nested, nested.replace('1', '2')), false)
  const escapes = '\\n'.repeat(MEBI / 2)
  assert.equal(sameJsonValue(`"${escapes}"`, `"${'\\u000a'.repeat(MEBI / 2)}"`), true)
  const numbers = '1,'.repeat(MEBI / 8)
  assert.equal(sameJsonValue(`[${numbers}1]`, `[${numbers}1.0]`), true)
  assert.equal(sameJsonValue(`[${numbers}1]`, `[${numbers}2]`), false)
})

test('each value is compared once, even in objects of 64 levels with reordered keys (contract 3.5, 4.11)', () => {
  const nest = (value: string, write: (inner: string) => string) =>
    Array.from({ length: 62 }).reduce<string>(write, value)
  const plain = (inner: string) => `{"x":1,"y":${inner}}`
  const back = (inner: string) => `{"y":${inner},"x":1}`
  assert.equal(sameJsonValue(nest('1', plain), nest('1.0', back)), true)
  assert.equal(sameJsonValue(nest('1', plain), nest('2', back)), false)
})

test('the last value of a repeated key counts in either text (contract 3.5, 4.1)', () => {
  for (const [a, b, isSame] of [
    ['{"a":1,"b":2,"a":3}', '{"a":3,"b":2}', true],
    ['{"a":1,"b":2,"a":3}', '{"b":2,"\\u0061":9,"a":3}', true],
    ['{"a":1,"b":2,"a":3}', '{"a":8,"b":2,"a":3}', true],
    ['{"a":1,"b":2,"a":3}', '{"a":1,"b":2,"a":4}', false],
    ['{"a":1,"b":2,"a":3}', '{"a":1,"b":2}', false],
    ['{"a":1,"a":1}', '{"a":1,"b":1}', false],
    ['{"a":1,"b":1}', '{"a":1,"a":1}', false],
  ] as const) {
    assert.equal(sameJsonValue(a, b), isSame, `${a} ${b}`)
    assert.equal(sameJsonValue(b, a), isSame, `${b} ${a}`)
  }
})

test('a mebibyte of members in another order has the same value (contract 3.5, 4.11)', () => {
  const members = Array.from({ length: 90_000 }, (_, index) => `"k${index}":1`)
  const other = members.toReversed().join(',')
  assert.equal(sameJsonValue(`{${members.join(',')}}`, `{${other}}`), true)
  assert.equal(sameJsonValue(`{${members.join(',')}}`, `{${other},"k":1}`), false)
  const zeros = '0'.repeat(MEBI)
  assert.equal(sameJsonValue(`{"a":1${zeros}}`, `{"a":1e${MEBI}}`), true)
})
