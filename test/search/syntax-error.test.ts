// The messages for a query that does not parse (contract 8.2, 8.10).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf } from './sample.ts'

const OPERAND = "a field name, 'not' or '('"
const NEXT = "'and', 'or' or the end of the query"
const PATTERN = 'a pattern in single quotes'

/** Query, offset, found, expected. */
const CASES: readonly (readonly [string, number, string, string])[] = [
  ['invalid-query', 7, "'-'", 'an operator'],
  ['name', 4, 'end of input', 'an operator'],
  ["name foo 'x'", 5, "'foo'", 'an operator'],
  ["name == 'x'", 5, "'=='", 'an operator'],
  ["name not = 'x'", 9, "'='", "'in', 'like', 'ilike' or 'between'"],
  ['name is', 7, 'end of input', "'not' or 'null'"],
  ['name is not foo', 12, "'foo'", "'null'"],
  ['name = ', 6, 'end of input', 'a value'],
  ['name = foo', 7, "'foo'", 'a value'],
  ['name = "foo"', 7, '\'"foo"\'', 'a value'],
  ["name = 'foo", 7, "unterminated string 'foo", 'a value'],
  ['name <> = 5', 8, "'='", 'a value'],
  ['name in', 7, 'end of input', "'(' or '['"],
  ['name in (', 9, 'end of input', "a value or ')'"],
  ['name in [1', 10, 'end of input', "',' or ']'"],
  ["name in ('a' 'b')", 13, "string 'b'", "',' or ')'"],
  ["name in ('a',)", 13, "')'", 'a value'],
  ['name like 5', 10, "'5'", PATTERN],
  ["name like 'x\\'", 10, "string 'x\\'", PATTERN],
  ["name between 'a' or 'b'", 17, "'or'", "'and'"],
  ["(name='a'", 9, 'end of input', "'and', 'or' or ')'"],
  ["name='a')", 8, "')'", NEXT],
  ["name='a' foo", 9, "'foo'", NEXT],
  ["name='a' and", 12, 'end of input', OPERAND],
  ["name='a' or and", 12, "'and'", OPERAND],
  ['()', 1, "')'", OPERAND],
  ["in = 'x'", 0, "'in'", OPERAND],
  ["'name' = 'x'", 0, "string 'name'", OPERAND],
  ['5 = generation', 0, "'5'", OPERAND],
  ["name='a'\u00a0and id='b'", 8, "'\u00a0'", NEXT],
  ['created_time < 2026-01-01T00:00:00Z', 15, "'2026-01-01T00:00:00Z'", 'a value'],
]

for (const [query, offset, found, expected] of CASES) {
  test(`contract 8.10: ${query} fails at ${offset}, where ${expected} was expected`, () => {
    const fault = faultOf(query)
    assert.equal(fault.detail, `Failed to parse search query: ${query.trim()}`)
    assert.equal(fault.errors.length, 1)
    const { message, ...error } = fault.errors[0] ?? { message: '' }
    assert.deepEqual(error, { field: 'search', constraint: 'syntax', offset, found, expected })
    assert(message.startsWith(`expected ${expected} but found ${found}`), message)
  })
}

test('contract 8.10: offsets count characters outside the basic plane once', () => {
  assert.equal(faultOf("name = '😀😀' foo").errors[0]?.offset, 12)
  assert.deepEqual(faultOf('name = 😀x').errors[0]?.found, "'😀'")
})

test('contract 8.10: a long token is shown in part, the query in full', () => {
  const long = faultOf(`name ${'x'.repeat(100)}`)
  assert.equal(long.errors[0]?.found, `'${'x'.repeat(40)}…'`)
  assert.equal(long.detail, `Failed to parse search query: name ${'x'.repeat(100)}`)
})

const RELATIVE_TIME =
  'a relative time is written without spaces, like now-30m or now+1h30m; in a URL, + is written as %2B'

const HINTS: readonly (readonly [string, string])[] = [
  ['name = "foo"', 'use single quotes'],
  ['"name" = 5', 'use single quotes'],
  ['name in ("a", "b")', 'use single quotes'],
  ['name like "a%"', 'use single quotes'],
  ['name = foo', 'use single quotes'],
  ['status.conditions.Ready = True', 'use single quotes'],
  ['name like foo', 'use single quotes'],
  ['created_time < 2026-01-01T00:00:00Z', 'use single quotes'],
  ['name = ‘foo’', "use straight single quotes (')"],
  ["name == 'x'", 'use ='],
  ["name =~ 'x'", 'use like'],
  ['generation => 5', 'use >='],
  ["name='a' && id='b'", 'use and'],
  ["name='a' || id='b'", 'use or'],
  ["!name='a'", 'use not'],
  ['name = null', 'use is null or is not null'],
  ["name = 'foo", 'the string has no closing quote'],
  ["name = 'it's'", "a quote inside a string is written twice ('')"],
  ["in = 'x'", "'in' is a keyword and cannot be a field name"],
  ["OR.x = 'x'", "'OR' is a keyword and cannot be a field name"],
  ["name like 'x\\'", 'a pattern cannot end in a lone \\; write \\\\ for a backslash'],
  ["labels.my-key = 'x'", 'a field name is made of letters A to Z, digits, underscores and dots'],
  ["labels.app/name = 'x'", 'a field name is made of letters A to Z, digits, underscores and dots'],
  ['created_time < now 30m', RELATIVE_TIME],
  ['created_time < NOW - 30m', RELATIVE_TIME],
  ["created_time in ('now-1h', now\t+ 1h)", RELATIVE_TIME],
  ['created_time between now -1h and now', RELATIVE_TIME],
  ['generation = 5.', 'a number is written like 5, -2.5 or 1e6, with a space after it'],
]

for (const [query, hint] of HINTS) {
  test(`contract 8.2, 8.10: ${query} is answered with the hint: ${hint}`, () => {
    const { message } = faultOf(query).errors[0] ?? { message: '' }
    assert(message.replace(/; did you mean .*$/s, '').endsWith(`; ${hint}`), message)
  })
}

test('contract 13.1: what follows a now that is no relative time has no hint about one', () => {
  for (const query of ['now 5', "created_time < 'now' 5", 'created_time < now foo', 'created_time is now 5'])
    assert(!faultOf(query).errors[0]?.message.includes('relative'), query)
})

test('contract 8.10: hints are only in the message', () => {
  const fault = faultOf('name = "foo"')
  assert(!fault.detail.includes('single quotes'))
  assert(!fault.errors[0]?.expected?.includes('single quotes'))
})
