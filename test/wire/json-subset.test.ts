// Subsets of JSON objects, compared with an obvious selection from the values that the text was written from.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonBuffer } from '../../src/wire/json-buffer.ts'
import { sameJsonValue } from '../../src/wire/json-compare.ts'
import { JsonSubset } from '../../src/wire/json-subset.ts'
import { chooser, type Json, jsonObject, write } from './json-oracle.ts'
import { holds } from './random.ts'

/** The subset of a text; undefined if there is none. */
function subset(text: string, ...paths: readonly string[]): string | undefined {
  const bytes = Buffer.from(`--${text}--`)
  const found = new JsonSubset(paths.map(path => path.split('.')))
  if (!found.find({ bytes, start: 2, end: bytes.length - 2 })) return undefined
  const out = new JsonBuffer()
  found.write(out)
  return out.taken().toString()
}

test('contract 13.7: the characters and the order of what is copied stay', () => {
  const text = '{ "z" : -0.50e+3 , "a":{"\\u0062": [1, 2] ,"c":"é\\n"},"d":{} }'
  assert.equal(subset(text, 'd', 'a.b', 'z'), '{"z" : -0.50e+3,"a":{"\\u0062": [1, 2]},"d":{}}')
  assert.equal(subset(text, 'a.c', 'a.b'), '{"a":{"\\u0062": [1, 2],"c":"é\\n"}}')
  assert.equal(subset(text, 'a.c', 'a', 'a.none'), '{"a":{"\\u0062": [1, 2] ,"c":"é\\n"}}')
})

test('contract 13.7: a parent with none of its members is left out', () => {
  assert.equal(subset('{"a":{"b":1},"c":2}', 'a.x', 'c.x', 'd'), undefined)
  assert.equal(subset('{"a":{"b":{}},"c":[{"x":1}]}', 'a.b.x', 'c.x'), undefined)
  assert.equal(subset('{"a":{"b":{}},"c":null}', 'a.b', 'c'), '{"a":{"b":{}},"c":null}')
  for (const empty of ['{}', '[]', '"a"', '1']) assert.equal(subset(empty, 'a'), undefined)
})

test('contract 13.7: the last of equal keys counts, with what is below it', () => {
  assert.equal(subset('{"a":1,"b":2,"a":3}', 'a', 'b'), '{"b":2,"a":3}')
  assert.equal(subset('{"a":{"b":1},"a":{"c":2}}', 'a.b'), undefined)
  assert.equal(subset('{"a":{"b":1},"\\u0061":{"c":2}}', 'a.c'), '{"\\u0061":{"c":2}}')
})

test('contract 13.7: keys may have any characters', () => {
  const text = '{"a-b/c":1,"":2,"é":3,"\\"q\\\\":4,"__proto__":5,"a\\\\u0062":6,"\\ud800":7}'
  assert.equal(subset(text, 'a-b/c', '', 'é'), '{"a-b/c":1,"":2,"é":3}')
  assert.equal(subset(text, '"q\\', '__proto__', 'a\\u0062'), '{"\\"q\\\\":4,"__proto__":5,"a\\\\u0062":6}')
  assert.equal(subset(text, '\ufffd', 'ab'), undefined)
})

const KEYS = ['a', '__proto__', '', '0', 's', '"', '\\', '😀', 'n1e0']
const path = fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 })

function select(value: Json, paths: readonly (readonly string[])[]): Json | undefined {
  if (paths.some(({ length }) => length === 0)) return value
  if (value.kind !== 'object') return undefined
  const members = [...value.members].flatMap(([key, member]) => {
    const below = paths.filter(([first]) => first === key).map(([, ...rest]) => rest)
    const selected = below.length === 0 ? undefined : select(member, below)
    return selected === undefined ? [] : [[key, selected] as const]
  })
  return members.length === 0 ? undefined : { kind: 'object', members: new Map(members) }
}

test('random subsets of random objects in random spellings are those of an obvious selection (contract 13.7)', () => {
  holds(
    fc.tuple(jsonObject, fc.array(path, { minLength: 1, maxLength: 4 }), fc.nat()),
    ([value, paths, seed]) => {
      const expected = select(value, paths)
      const found = subset(write(value, chooser(seed)), ...paths.map(keys => keys.join('.')))
      if (expected === undefined) assert.equal(found, undefined)
      else assert.ok(found !== undefined && sameJsonValue(found, write(expected, chooser(seed + 1))), found)
    },
    3000,
  )
})
