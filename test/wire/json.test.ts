// JSON bodies: one object in UTF-8, with its members kept as written (contract 3.8, 4.1, 4.6).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type JsonMember, type MalformedBody, readJsonObject } from '../../src/wire/json.ts'
import { isWellFormed } from '../../src/wire/text.ts'
import { chooser, jsonObject, plainValue, write } from './json-oracle.ts'
import { holds } from './random.ts'

const MEBI = 2 ** 20
const limits = { maxDepth: 64 }

function membersOf(body: string): Map<string, JsonMember> {
  const read = readJsonObject(Buffer.from(body), limits)
  assert.equal(read.kind, 'object')
  return read.members
}

function faultOf(body: string | Buffer): MalformedBody {
  const read = readJsonObject(Buffer.from(body), limits)
  assert.equal(read.kind, 'malformed')
  return read
}

test('members keep the characters of their values, without the white space around (contract 3.8)', () => {
  const members = membersOf(
    ' {\r\n\t"a" : -0 , "b":1e400,"c":12345678901234567890\n, "d": { "x" : [ 1.50 ] } }\n',
  )
  const texts = [...members].map(([key, member]) => [key, member.text])
  assert.deepEqual(texts, [
    ['a', '-0'],
    ['b', '1e400'],
    ['c', '12345678901234567890'],
    ['d', '{ "x" : [ 1.50 ] }'],
  ])
  assert.deepEqual(members.get('d')?.value, { x: [1.5] })
})

test('a repeated member has its last value (contract 4.1)', () => {
  const members = membersOf('{"a":1,"b":2,"\\u0061":{"c":3}}')
  assert.deepEqual([...members.keys()], ['a', 'b'])
  assert.equal(members.get('a')?.text, '{"c":3}')
})

test('__proto__ and constructor are ordinary member names (contract 4.1)', () => {
  const members = membersOf('{"__proto__":{"a":1},"constructor":"x","toString":null,"":0,"7":7}')
  assert.deepEqual([...members.keys()], ['__proto__', 'constructor', 'toString', '', '7'])
  assert.deepEqual(members.get('__proto__')?.value, { a: 1 })
  assert.equal(members.get('valueOf'), undefined)
})

test('names and strings with every escape are read by content (contract 3.8)', () => {
  const members = membersOf('{"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9":"\\ud83d\\ude00 \\ud800 \u2028"}')
  const [key, member] = [...members][0] ?? []
  assert.equal(key, '"\\/\b\f\n\r\té')
  assert.equal(member?.value, '😀 \uD800 \u2028')
})

test('an object of no members is read (contract 4.6)', () => {
  assert.equal(membersOf('{}').size, 0)
  assert.equal(membersOf('\t{ \n}\r\n').size, 0)
})

/** Pairs of a body and the reason in the answer. */
const malformed: readonly (readonly [string, string])[] = [
  ['', 'the body is empty; a JSON object is expected'],
  [' \r\n\t', 'the body is empty; a JSON object is expected'],
  ['[1]', 'the body is an array; a JSON object is expected'],
  ['"{}"', 'the body is a string; a JSON object is expected'],
  ['-1.5e3', 'the body is a number; a JSON object is expected'],
  ['true', 'the body is a boolean; a JSON object is expected'],
  ['null', 'the body is null; a JSON object is expected'],
  ['nul', "the body is not valid JSON: expected a value, found 'n' at line 1, column 1"],
  [
    '{',
    'the body is not valid JSON: expected a name in double quotes, found the end of the body at line 1, column 2',
  ],
  ["{'a':1}", "the body is not valid JSON: expected a name in double quotes, found ''' at line 1, column 2"],
  ['{"a"}', "the body is not valid JSON: expected ':', found '}' at line 1, column 5"],
  ['{"a":}', "the body is not valid JSON: expected a value, found '}' at line 1, column 6"],
  ['{"a":1,}', "the body is not valid JSON: expected a name in double quotes, found '}' at line 1, column 8"],
  [
    '{\n "é": 1\r\n "b": 2}',
    "the body is not valid JSON: expected ',' or '}', found '\"' at line 3, column 2",
  ],
  ['{"😀": 1;}', "the body is not valid JSON: expected ',' or '}', found ';' at line 1, column 8"],
  ['{"a":[1,]}', "the body is not valid JSON: expected a value, found ']' at line 1, column 9"],
  ['{"a":[1 2]}', "the body is not valid JSON: expected ',' or ']', found '2' at line 1, column 9"],
  ['{"a":01}', "the body is not valid JSON: expected ',' or '}', found '1' at line 1, column 7"],
  ['{"a":+1}', "the body is not valid JSON: expected a value, found '+' at line 1, column 6"],
  ['{"a":-}', "the body is not valid JSON: expected a digit, found '}' at line 1, column 7"],
  ['{"a":1.}', "the body is not valid JSON: expected a digit, found '}' at line 1, column 8"],
  ['{"a":1e+}', "the body is not valid JSON: expected a digit, found '}' at line 1, column 9"],
  ['{"a":NaN}', "the body is not valid JSON: expected a value, found 'N' at line 1, column 6"],
  [
    '{"a":"b',
    'the body is not valid JSON: expected the end of a string, found the end of the body at line 1, column 8',
  ],
  [
    '{"a":"b\nc"}',
    'the body is not valid JSON: the control character U+000A in a string has to be escaped at line 1, column 8',
  ],
  [
    '{"a":"\\x41"}',
    "the body is not valid JSON: expected one of \"\\/bfnrtu after a backslash, found 'x' at line 1, column 8",
  ],
  [
    '{"a":"\\u00g0"}',
    "the body is not valid JSON: expected four hexadecimal digits after \\u, found 'g' at line 1, column 11",
  ],
  ['{"a":\u00a01}', 'the body is not valid JSON: expected a value, found U+00A0 at line 1, column 6'],
  [
    '{}{}',
    "the body is not valid JSON: expected nothing after the end of the value, found '{' at line 1, column 3",
  ],
  [
    '{} \0',
    'the body is not valid JSON: expected nothing after the end of the value, found U+0000 at line 1, column 4',
  ],
  ['// no\n{}', "the body is not valid JSON: expected a value, found '/' at line 1, column 1"],
]

for (const [body, reason] of malformed) {
  test(`the body ${JSON.stringify(body)} is malformed: ${reason} (contract 4.6)`, () => {
    assert.equal(faultOf(body).reason, reason)
  })
}

test('the offset of a fault counts bytes (contract 4.6)', () => {
  assert.equal(faultOf('{"😀": 1;}').offset, 10)
  assert.equal(faultOf('{"a":"b').offset, 7)
  assert.equal(faultOf('[]').offset, undefined)
})

test('a byte order mark is refused at the start, and is text inside a string (contract 4.6)', () => {
  const reason = 'the body starts with a byte order mark; send UTF-8 without one'
  assert.deepEqual(faultOf('\uFEFF{}'), { kind: 'malformed', reason, offset: 0 })
  assert.equal(membersOf('{"a":"\uFEFF"}').get('a')?.value, '\uFEFF')
})

test('invalid UTF-8 is refused with the byte where it begins (contract 4.6)', () => {
  const invalid = ['80', 'ff', 'c3', 'c080', 'eda080', 'f4908080', 'efbf', 'f09f98']
  for (const hex of invalid) {
    const body = Buffer.concat([Buffer.from('{"\uFFFDé":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')])
    const reason = 'the body is not valid UTF-8 at byte 10'
    assert.deepEqual(faultOf(body), { kind: 'malformed', reason, offset: 10 }, hex)
  }
  assert.match(faultOf(Buffer.from('{}', 'utf16le')).reason, /found U\+0000/)
})

test('nesting is 64 deep at most, the body being level 1 (contract 4.6)', () => {
  const nest = (levels: number, open: string, close: string): string =>
    `{"a":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`
  assert.equal(membersOf(nest(64, '[', ']')).size, 1)
  assert.equal(membersOf(nest(64, '{"b":', '}')).size, 1)
  const reason = 'the body is nested deeper than 64 levels at line 1, column 69'
  assert.deepEqual(faultOf(nest(65, '[', ']')), { kind: 'malformed', reason, offset: 68 })
  assert.match(faultOf(nest(65, '{"b":', '}')).reason, /^the body is nested deeper than 64 levels/)
  assert.equal(membersOf(`{"a":[${'[],{},'.repeat(1000)}"[[[${'['.repeat(100)}"]}`).size, 1)
})

test('a mebibyte of opening brackets or braces is refused without a deep stack (contract 4.6)', () => {
  for (const body of ['['.repeat(MEBI), '{"a":'.repeat(MEBI / 5), `{"a":${'['.repeat(MEBI)}`]) {
    assert.match(faultOf(body).reason, /^the body is nested deeper than 64 levels/)
  }
})

test('a mebibyte of one repeated construct is read or refused (contract 4.6)', () => {
  assert.equal(membersOf(`{${'"a":1,'.repeat(MEBI / 6)}"a":2}`).get('a')?.text, '2')
  assert.equal(membersOf(`{"a":"${'\\n'.repeat(MEBI / 2)}"}`).get('a')?.text.length, MEBI + 2)
  assert.equal(membersOf(`{"a":${'9'.repeat(MEBI)}}`).get('a')?.text.length, MEBI)
  assert.equal(membersOf(`${' '.repeat(MEBI)}{}`).size, 0)
  assert.match(faultOf('\n'.repeat(MEBI)).reason, /empty/)
  assert.match(faultOf(`${'\n'.repeat(MEBI)}x`).reason, /line 1048577, column 1$/)
  assert.match(faultOf(Buffer.alloc(MEBI, 0xff)).reason, /not valid UTF-8 at byte 0$/)
})

test('members have the values that were written, and their texts are parts of the body (contract 3.8)', () => {
  holds(fc.tuple(jsonObject, fc.nat()), ([value, seed]) => {
    const body = write(value, chooser(seed))
    const members = membersOf(body)
    const values = Object.fromEntries([...members].map(([key, member]) => [key, member.value]))
    assert.deepEqual(withoutMinusZero(values), plainValue(value))
    for (const { text } of members.values()) assert.ok(body.includes(text) && text.trim() === text)
    const again = [...members].map(([key, member]) => `${JSON.stringify(key)}:${member.text}`)
    const texts = [...membersOf(`{${again.join(',')}}`).values()].map(({ text }) => text)
    assert.deepEqual(
      texts,
      [...members.values()].map(({ text }) => text),
    )
  })
})

/** A zero may be written with a sign, which its value does not show. */
function withoutMinusZero(value: unknown): unknown {
  if (value === 0) return 0
  if (Array.isArray(value)) return value.map(withoutMinusZero)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutMinusZero(item)]))
}

test('escaped keys that the JSON.parse of Node 24.21 confuses are read right (contract 3.8, 4.4)', () => {
  for (const [text, keys] of [
    ['{"":0,"é\\udc00":1}', ['', 'é\udc00']],
    ['{"aa":0,"b\\"":1}', ['aa', 'b"']],
    ['{"a\\u0061":0,"\\"\\u0022":1}', ['aa', '""']],
    ['{"\\u005f_proto__":1,"b":2}', ['__proto__', 'b']],
  ] as const) {
    const { value } = membersOf(`{"labels":${text}}`).get('labels') ?? {}
    assert.deepEqual(Object.keys(Object(value)), keys)
  }
})

/** Reports whether JSON.parse reads the text as an object. */
function isObjectToV8(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

test('a body is read exactly when JSON.parse reads it as an object (contract 4.6)', () => {
  const pieces = fc.constantFrom(...'{}[]",:0123.-+eEu\\tfn\n \u0000\u00a0é', 'true', '\\u12', '"a"', '')
  const edits = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), pieces), { maxLength: 3 })
  holds(
    fc.tuple(jsonObject, fc.nat(), edits),
    ([value, seed, changes]) => {
      const body = changes.reduce(
        (text, [place, cut, piece]) => {
          const at = place % (text.length + 1)
          return text.slice(0, at) + piece + text.slice(at + cut)
        },
        write(value, chooser(seed)),
      )
      fc.pre(isWellFormed(body))
      assert.equal(readJsonObject(Buffer.from(body), limits).kind === 'object', isObjectToV8(body))
    },
    3000,
  )
})
