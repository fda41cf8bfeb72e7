// The reader of values by their paths, compared with a walk through the values that the text was written from.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sameJsonValue } from '../../src/wire/json-compare.ts'
import { ABSENT, JsonPaths, stringAt } from '../../src/wire/json-paths.ts'
import { chooser, type Json, jsonObject, write } from './json-oracle.ts'
import { holds } from './random.ts'

/** The texts of the values at some paths; undefined for one that is not there. */
function textsAt(text: string, ...paths: readonly string[]): (string | undefined)[] {
  // Bytes before and behind the text must not be read as a part of it.
  const bytes = Buffer.from(`{"a":"before"}${text}{"a":"behind"},"a":"behind"}`)
  const found = new JsonPaths(paths.map(path => path.split('.')))
  const start = '{"a":"before"}'.length
  found.read({ bytes, start, end: start + Buffer.byteLength(text) })
  return paths.map((_, path) => {
    const at = found.starts[path] ?? ABSENT
    return at === ABSENT ? undefined : bytes.toString('utf8', at, found.ends[path])
  })
}

test('contract 13.2: a path goes through objects to the characters of a value', () => {
  const text = '{"a":{"b":[{"c":1}],"c":{"d":-1.50e+3}},"b":null,"c":true,"d":"x\\"}"}'
  assert.deepEqual(textsAt(text, 'a.c.d', 'b', 'c', 'd', 'a.b'), [
    '-1.50e+3',
    'null',
    'true',
    '"x\\"}"',
    '[{"c":1}]',
  ])
  assert.deepEqual(textsAt(text, 'a.c', 'a.b.c', 'a.b.0', 'b.a', 'd.length', 'e'), [
    '{"d":-1.50e+3}',
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
  for (const empty of ['{}', '{ }', '[]', '"a"', '[{"a":1}]', 'null', '1'])
    assert.deepEqual(textsAt(empty, 'a', 'a.a'), [undefined, undefined])
})

test('contract 13.2: the last of equal keys counts, with all that is below it', () => {
  assert.deepEqual(textsAt('{"a":1,"a":2}', 'a'), ['2'])
  assert.deepEqual(textsAt('{"a":{"b":1},"a":{"c":2}}', 'a.b', 'a.c', 'a'), [undefined, '2', '{"c":2}'])
  assert.deepEqual(textsAt('{"a":{"b":1},"a":2}', 'a.b', 'a'), [undefined, '2'])
  assert.deepEqual(textsAt('{"a":2,"a":{"b":1,"b":3}}', 'a.b'), ['3'])
})

test('contract 13.2: keys are equal after their escapes are decoded', () => {
  assert.deepEqual(textsAt('{"\\u0061":1}', 'a'), ['1'])
  assert.deepEqual(textsAt('{"a":1,"\\u0061":{"\\u0062":2}}', 'a', 'a.b'), ['{"\\u0062":2}', '2'])
  assert.deepEqual(textsAt('{"a\\u0000":1,"a\\\\":2,"\\\\a":3,"\\"a":4,"\\ud800":5}', 'a'), [undefined])
})

test('contract 13.2: keys that objects have in JavaScript are keys like any other', () => {
  const text = '{"__proto__":{"x":1},"constructor":"c","length":2,"toString":null,"0":"zero"}'
  assert.deepEqual(textsAt(text, '__proto__.x', 'constructor', 'length', 'toString', 'hasOwnProperty', '0'), [
    '1',
    '"c"',
    '2',
    'null',
    undefined,
    '"zero"',
  ])
})

test('a text that was read before leaves nothing behind', () => {
  const paths = new JsonPaths([['a'], ['b', 'c']])
  const read = (text: string) => {
    paths.read({ bytes: Buffer.from(text), start: 0, end: text.length })
    return [...paths.starts]
  }
  assert.deepEqual(read('{"a":1,"b":{"c":2}}'), [5, 16])
  assert.deepEqual(read('{"b":{}}'), [ABSENT, ABSENT])
})

test('hundreds of paths are found among thousands of keys', () => {
  const keys = Array.from({ length: 5000 }, (_, i) => `key_${i * 7919}`)
  const text = `{${keys.map((key, i) => `"${key}":${i}`).join()}}`
  const wanted = keys.filter((_, i) => i % 17 === 0)
  assert.deepEqual(textsAt(text, ...wanted, 'none'), [...wanted.map((_, i) => String(i * 17)), undefined])
})

test('a text that nests a million deep takes no stack', () => {
  const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000)
  assert.deepEqual(textsAt(`{"x":${deep},"a":1}`, 'a'), ['1'])
})

test('bytes that are no JSON end the reading at the latest with the bytes', () => {
  const paths = new JsonPaths([['a', 'b']])
  for (const text of [
    '{',
    '{"',
    '{"a',
    '{"a"',
    '{"a":',
    '{"a":{',
    '{"a":{"b":"',
    '{"a":[',
    '{"x":"\\',
    '{,,',
    '{"a":1 2',
  ])
    paths.read({ bytes: Buffer.from(text), start: 0, end: text.length })
})

const PATHS = [
  'a',
  'a.a',
  '0',
  's',
  '1.s',
  '__proto__',
  '__proto__.a',
  'constructor',
  'a.a.a',
  'a.n1e0',
  'n1e0',
]

function valueAt(value: Json | undefined, keys: readonly string[]): Json | undefined {
  const [key, ...inner] = keys
  if (key === undefined) return value
  return value?.kind === 'object' ? valueAt(value.members.get(key), inner) : undefined
}

test('random objects in random spellings have at every path what a walk finds there (contract 13.2)', () => {
  holds(
    fc.tuple(jsonObject, fc.nat()),
    ([value, seed]) => {
      const texts = textsAt(write(value, chooser(seed)), ...PATHS)
      for (const [i, path] of PATHS.entries()) {
        const expected = valueAt(value, path.split('.'))
        const found = texts[i]
        const isSame =
          expected === undefined
            ? found === undefined
            : found !== undefined && sameJsonValue(found, write(expected, chooser(seed + 1)))
        assert.ok(isSame, `${path}: ${found}`)
      }
    },
    2000,
  )
})

test('the content of a string has its escapes decoded, and its lone surrogates kept', () => {
  for (const [json, content] of [
    ['"é😀"', 'é😀'],
    ['"\\ud83d\\ude00\\n"', '😀\n'],
    ['"a\\ud800b"', 'a\ud800b'],
    ['""', ''],
  ] as const) {
    const bytes = Buffer.from(`--${json}--`)
    assert.equal(stringAt(bytes, 2, bytes.length - 2), content)
  }
})
