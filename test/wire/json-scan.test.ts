// Lone surrogates in JSON text (contract 4.6).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { hasLoneSurrogate } from '../../src/wire/json-scan.ts'
import { isWellFormed } from '../../src/wire/text.ts'
import { chooser, type Json, jsonValue, write } from './json-oracle.ts'
import { holds } from './random.ts'

const MEBI = 2 ** 20

const lone = [
  '"\\ud800"',
  '"\\uDFFF"',
  '"\\uDBFFx"',
  '"\\ude00\\ud83d"',
  '"\\ud83d\\ud83d\\ude00"',
  '"\\ud83d😀"',
  '"\\\\\\ud800"',
  '{"\\ud800":1}',
  '{"a":[{"b":["ok","\\udc00"]}]}',
  '["\\ud83d","\\ude00"]',
]

for (const text of lone) {
  test(`a lone surrogate is found in ${text} (contract 4.6)`, () => {
    assert.equal(hasLoneSurrogate(text), true)
  })
}

const paired = [
  '"\\ud83d\\ude00"',
  '"\\uD83D\\uDE00\\ud83d\\ude00"',
  '"\\\\ud800"',
  '"\\\\\\\\ud800"',
  '"\\ud7ff\\ue000"',
  '"😀"',
  '{"a\\"\\\\ud800":"\\""}',
  '[1,true,null,{}]',
  '""',
]

for (const text of paired) {
  test(`no lone surrogate is found in ${text} (contract 4.6)`, () => {
    assert.equal(hasLoneSurrogate(text), false)
  })
}

function holdsLone(value: Json): boolean {
  switch (value.kind) {
    case 'string':
      return !isWellFormed(value.content)
    case 'array':
      return value.items.some(holdsLone)
    case 'object':
      return [...value.members].some(([key, item]) => !isWellFormed(key) || holdsLone(item))
    default:
      return false
  }
}

test('a lone surrogate is found exactly when a key or a string has one (contract 4.6)', () => {
  holds(fc.tuple(jsonValue, fc.nat()), ([value, seed]) => {
    assert.equal(hasLoneSurrogate(write(value, chooser(seed))), holdsLone(value))
  })
})

test('a mebibyte of escaped pairs holds no lone surrogate, and one more half does (contract 4.6)', () => {
  const pairs = '\\ud83d\\ude00'.repeat(MEBI / 12)
  assert.equal(hasLoneSurrogate(`"${pairs}"`), false)
  assert.equal(hasLoneSurrogate(`"${pairs}\\ud83d"`), true)
  assert.equal(hasLoneSurrogate(`[${'"\\ud83d\\ude00",'.repeat(MEBI / 15)}1]`), false)
})
