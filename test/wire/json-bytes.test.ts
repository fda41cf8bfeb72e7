// The scanner of JSON in bytes, compared with the scanner of text.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { NOT_JSON, skipValueBytes } from '../../src/wire/json-bytes.ts'
import { JsonFault, scanValue } from '../../src/wire/json-scan.ts'
import { chooser, jsonValue, write } from './json-oracle.ts'
import { holds } from './random.ts'

/** The end of the value that begins a text, in bytes, as the scanner of text finds it. */
function expectedEnd(text: string, levels: number): number {
  try {
    return Buffer.byteLength(text.slice(0, scanValue(text, 0, levels)))
  } catch (fault) {
    assert.ok(fault instanceof JsonFault)
    return NOT_JSON
  }
}

function assertSame(text: string, levels = 64): void {
  // Bytes behind the value must not be read as a part of it.
  const bytes = Buffer.from(text)
  assert.equal(skipValueBytes(bytes, 0, levels), expectedEnd(bytes.toString(), levels), JSON.stringify(text))
}

const CHANGES = [
  '"',
  '\\',
  '\\u',
  '\\u00',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '01',
  '-',
  '.',
  'e',
  'E+',
  'true',
  'nul',
  ' ',
  '\t',
]
const ODD_CHANGES = [
  '\0',
  '\x1f',
  '\x7f',
  '\u00a0',
  '\ufeff',
  '\u2028',
  '\ud800',
  '😀',
  "'",
  '/',
  '/**/',
  'NaN',
  '+1',
  '\\x',
  '\\/',
  '\f',
]

test('bytes are JSON exactly when their text is, with the same end (contract 4.6)', () => {
  const change = fc.record({
    at: fc.nat(200),
    removed: fc.nat(2),
    added: fc.constantFrom('', ...CHANGES, ...ODD_CHANGES),
  })
  holds(
    fc.tuple(jsonValue, fc.nat(), fc.array(change, { maxLength: 3 })),
    ([value, seed, changes]) => {
      let text = write(value, chooser(seed))
      assertSame(text)
      for (const { at, removed, added } of changes) {
        const place = at % (text.length + 1)
        text = text.slice(0, place) + added + text.slice(place + removed)
        assertSame(text)
        assertSame(text.slice(0, place))
      }
    },
    20_000,
  )
})

test('every text of few characters is JSON in bytes exactly when it is JSON (contract 4.6)', () => {
  const units = ['"', '\\', 'u', '{', '}', '[', ']', ',', ':', '0', '1', '-', '.', 'e', '+', ' ', 'é']
  for (const a of units)
    for (const b of units)
      for (const c of units)
        for (const d of units) for (const text of [a + b + c + d, `"\\u${a}${b}${c}${d}"`]) assertSame(text)
})

test('bytes may nest as deep as their text (contract 4.6)', () => {
  for (const levels of [0, 1, 2, 63, 64])
    for (const depth of [1, 2, 63, 64, 65, 100_000])
      for (const [open, close] of [
        ['[', ']'],
        ['{"a":', '}'],
      ] as const) {
        assertSame(`${open.repeat(depth)}0${close.repeat(depth)}`, levels)
        assertSame(`${open.repeat(depth)}${close.repeat(depth)}`, levels)
      }
})
