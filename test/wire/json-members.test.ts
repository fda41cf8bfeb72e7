// Members and items of JSON text, read without parsing the rest (contract 4.11).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  DistinctMembers,
  isCut,
  itemTexts,
  memberTexts,
  readJsonObject,
  shallowValue,
  WantedNames,
} from '../../src/wire/json.ts'
import { hasLoneSurrogate } from '../../src/wire/json-scan.ts'
import { listedFaults } from '../../src/wire/listed-faults.ts'
import { isWellFormed } from '../../src/wire/text.ts'
import { chooser, jsonObject, write } from './json-oracle.ts'
import { holds } from './random.ts'

const MEBI = 2 ** 20

function membersOf(text: string) {
  const read = readJsonObject(Buffer.from(text), { maxDepth: 64 })
  return read.kind === 'object' ? read.members : assert.fail(read.reason)
}

test('the distinct members of an object are the members of a body (contract 4.1, 4.11)', () => {
  holds(fc.tuple(jsonObject, fc.nat(), fc.nat({ max: 3 })), ([value, seed, left]) => {
    const text = write(value, chooser(seed)).trim()
    const members = membersOf(text)
    const except = [...members.keys()].slice(0, left)
    const expected = [...members].slice(left).map(([name, member]) => ({ name, text: member.text }))
    const distinct = new DistinctMembers(text, new WantedNames(except))
    assert.equal(distinct.size, expected.length)
    assert.deepEqual(distinct.first(Number.MAX_SAFE_INTEGER), expected)
    assert.deepEqual(distinct.first(2), expected.slice(0, 2))
    const broken = expected.filter(member => !isWellFormed(member.name) || hasLoneSurrogate(member.text))
    assert.deepEqual(distinct.broken(1), { members: broken.slice(0, 1), count: broken.length })
    const texts = [...memberTexts(text, new WantedNames(except))]
    assert.deepEqual(
      new Map(texts),
      new Map([...members].slice(0, left).map(([name, member]) => [name, member.text])),
    )
    const kept = readJsonObject(Buffer.from(text), { maxDepth: 64, names: new WantedNames(except) })
    assert.ok(kept.kind === 'object')
    assert.deepEqual([...kept.members.keys()].toSorted(), except.toSorted())
    assert.equal(kept.hasOthers, expected.length > 0)
  })
})

test('names are equal by content, not by spelling (contract 4.1)', () => {
  const text =
    '{"a\\u0062":1,"\\u0061b":2,"ab":3,"a":4,"\\/":5,"/":6,"\\n":7,"\\u000a":8,"n":9,"\\"":10,"\\u0022":11,"":12}'
  assert.deepEqual(
    new DistinctMembers(text).first(99).map(member => [member.name, member.text]),
    [
      ['ab', '3'],
      ['a', '4'],
      ['/', '6'],
      ['\n', '8'],
      ['n', '9'],
      ['"', '11'],
      ['', '12'],
    ],
  )
})

test('a hundred thousand names stay distinct, even numbers that share their low bits (contract 4.11)', () => {
  for (const name of [
    (i: number) => `k${i}`,
    (i: number) => String(2 ** 31 + i * 2 ** 16),
    (i: number) => 'k'.repeat(i % 1000) + i,
  ]) {
    const names = Array.from({ length: name(999).length > 900 ? 2000 : 100_000 }, (_, i) => name(i))
    const members = [...names, ...names].map(key => `"${key}":1`)
    assert.equal(new DistinctMembers(`{${members.join(',')}}`).size, new Set(names).size)
  }
})

test('items of an array are counted, and the first ones kept (contract 4.11)', () => {
  assert.deepEqual(itemTexts('[ ]', 3), { items: [], count: 0 })
  assert.deepEqual(itemTexts('[1, "a]," ,[2,3],{}]', 3), { items: ['1', '"a],"', '[2,3]'], count: 4 })
  assert.equal(itemTexts(`[${'0,'.repeat(MEBI / 2)}0]`, 1).count, MEBI / 2 + 1)
})

test('a shallow value is a scalar, an empty array or an empty object (contract 4.11)', () => {
  for (const text of ['1', '-0.5e1', 'true', 'null', '"a\\n"', '"😀"', '""'])
    assert.deepEqual(shallowValue(text, 10), JSON.parse(text))
  assert.deepEqual([shallowValue('[1]', 1), shallowValue('{"a":1}', 1)], [[], {}])
})

test('a long string is read beyond the bound and never cut within a surrogate pair (contract 4.11)', () => {
  holds(
    fc.tuple(fc.string({ unit: 'grapheme', minLength: 200, maxLength: 400 }), fc.nat()),
    ([content, seed]) => {
      const text = write({ kind: 'string', content }, chooser(seed)).trim()
      const value = String(shallowValue(text, 10))
      assert.ok(content.startsWith(value) && value.length > 10 && isWellFormed(value))
      if (!isCut(text, 10)) assert.equal(value, content)
    },
  )
  const long = `"${'x'.repeat(MEBI)}"`
  assert.ok(isCut(long, 1024))
  assert.ok(String(shallowValue(long, 1024)).length < 1100)
})

test('a hundred of a hundred and one faults are listed (contract 4.11)', () => {
  const faults = Array.from({ length: 101 }, (_, i) => ({ message: `m${i}`, field: i }))
  assert.deepEqual(listedFaults(faults.slice(0, 100)), faults.slice(0, 100))
  assert.deepEqual(listedFaults(faults).slice(98), [
    { message: 'm98', field: 98 },
    { message: 'm99 (and 1 more)', field: 99 },
  ])
  assert.equal(listedFaults(faults.slice(0, 100), 75_000)[99]?.message, 'm99 (and 74900 more)')
})
