// The place of a fault in JSON: it is where a text can no longer become JSON, and there is one exactly if the text is none.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { jsonFaultAt } from '../../console/src/json-fault.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const RUNS = 5000

test('the first character that cannot be there', () => {
  for (const [text, at] of [
    ['{"size":\n}', 9],
    ['{"a" 1}', 5],
    ['[1,]', 3],
    ['{"a":1,}', 7],
    ['{"a":1', 6],
    ['{"a":tru}', 5],
    ['', 0],
    ['{} x', 3],
    ['"a\nb"', 0],
    ['[01]', 2],
  ] as const)
    assert.equal(jsonFaultAt(text), at, text)
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

test('there is a fault exactly where JSON.parse refuses the text', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '\\n',
    '\\',
    'é',
    ' ',
    '\n',
    '1',
    '0',
    '-',
    '.5',
    'e3',
    'true',
    'null',
    '\u007f',
    '\u0001',
  ]
  const broken = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map(each => each.join(''))
  fc.assert(
    fc.property(fc.oneof(broken, fc.json()), text => {
      assert.equal(jsonFaultAt(text) === undefined, isJson(text), text)
    }),
    { seed: SEED, numRuns: RUNS },
  )
})
