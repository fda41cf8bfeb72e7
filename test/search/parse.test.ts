// Queries that the grammar accepts, and their trees (contract 8.1, 8.2).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSearch } from '../../src/search/syntax/parse.ts'
import type { Syntax } from '../../src/search/syntax/syntax.ts'
import { faultOf, finds, resource } from './sample.ts'

function syntaxOf(query: string): Syntax {
  const parsed = parseSearch(query)
  assert(parsed.kind === 'syntax', `${query} parses: ${JSON.stringify(parsed)}`)
  return parsed.syntax
}

/** The tree with every operator in front: `or(a, and(b, not(c)))`. */
function shape(syntax: Syntax): string {
  if (syntax.kind === 'not') return `not(${shape(syntax.operand)})`
  if (syntax.kind === 'and' || syntax.kind === 'or') {
    return `${syntax.kind}(${syntax.operands.map(shape).join(', ')})`
  }
  return syntax.field.names.join('.')
}

test('contract 8.1: an absent, empty or blank search is no filter', () => {
  for (const search of ['', ' ', '\t\r\n', '\u00a0\u2003']) assert.equal(finds(search, resource()), true)
})

test('contract 8.1, 8.10: a search is trimmed before anything else, its offsets and its text in faults too', () => {
  assert.equal(finds("\u2003\n name='c1'\t ", resource()), true)
  const fault = faultOf("  name foo 'c1'\n")
  assert.equal(fault.detail, "Failed to parse search query: name foo 'c1'")
  assert.equal(fault.errors[0]?.offset, 5)
})

test('contract 8.1: 4096 bytes after trimming are accepted, 4097 are not', () => {
  const query = (bytes: number) => `name='${'é'.repeat(50)}${'x'.repeat(bytes - 107)}'`
  assert.equal(Buffer.byteLength(query(4096)), 4096)
  assert.equal(finds(`   ${query(4096)}   `, resource()), false)
  const fault = faultOf(query(4097))
  assert.equal(fault.detail, 'search query is longer than 4096 bytes')
  assert.deepEqual(fault.errors, [{ field: 'search', constraint: 'maxLength', message: fault.detail }])
})

const nested = (opening: string, closing: string, depth: number) =>
  `${opening.repeat(depth)}name='c1'${closing.repeat(depth)}`

test('contract 8.1: 64 levels of parentheses and not are accepted, 65 are not', () => {
  for (const [opening, closing, levels] of [
    ['(', ')', 1],
    ['not ', '', 1],
    ['not (', ')', 2],
    ["id='x' or (id='y' and ", ')', 1],
  ] as const) {
    assert.equal(parseSearch(nested(opening, closing, 64 / levels)).kind, 'syntax', opening)
    const fault = faultOf(`(${nested(opening, closing, 64 / levels)})`)
    assert.equal(fault.detail, "search query is nested deeper than 64 levels of parentheses and 'not'")
    assert.equal(fault.errors[0]?.constraint, 'maxDepth')
  }
})

test('contract 8.1: the fault of a query that nests too deep is at the first parenthesis or not beyond the limit', () => {
  assert.equal(faultOf(nested('(', ')', 65)).errors[0]?.offset, 64)
  assert.equal(faultOf(nested('not ', '', 65)).errors[0]?.offset, 64 * 4)
})

test('contract 8.1: thousands of open parentheses or nots are refused as too deep, whatever follows', () => {
  for (const query of ['('.repeat(4096), 'not '.repeat(1020), 'not('.repeat(1020), `${'('.repeat(2000)}x`]) {
    assert.equal(faultOf(query).errors[0]?.constraint, 'maxDepth')
  }
})

test('contract 8.1: a syntax error before the nesting grows too deep is a syntax error', () => {
  assert.equal(faultOf(`name ${'('.repeat(2000)}`).errors[0]?.constraint, 'syntax')
  assert.equal(faultOf('('.repeat(64)).errors[0]?.constraint, 'syntax')
})

test('contract 8.1: chains of and and or of any length, and lists, are flat', () => {
  for (const word of ['and', 'or'] as const) {
    const syntax = syntaxOf(Array.from({ length: 500 }, () => 'a=1').join(` ${word} `))
    assert(syntax.kind === word && syntax.operands.length === 500)
  }
  assert.equal(parseSearch(Array.from({ length: 300 }, () => '(a=1)').join(' or ')).kind, 'syntax')
  assert.equal(parseSearch(Array.from({ length: 300 }, () => 'not a=1').join(' and ')).kind, 'syntax')
  assert.equal(parseSearch(Array.from({ length: 100 }, () => 'a in (1)').join(' and ')).kind, 'syntax')
})

test('contract 8.2: not binds before and, and before or, parentheses before all', () => {
  for (const [query, expected] of [
    ['a=1 or b=1 and c=1', 'or(a, and(b, c))'],
    ['a=1 and b=1 or c=1', 'or(and(a, b), c)'],
    ['(a=1 or b=1) and c=1', 'and(or(a, b), c)'],
    ['not a=1 and b=1', 'and(not(a), b)'],
    ['not a=1 or b=1', 'or(not(a), b)'],
    ['not (a=1 and b=1)', 'not(and(a, b))'],
    ['not not a=1', 'not(not(a))'],
    ['a=1 and not b=1 and c=1', 'and(a, not(b), c)'],
    ['a=1 or b=1 or c=1', 'or(a, b, c)'],
    ['a=1 or (b=1 or c=1)', 'or(a, or(b, c))'],
    ['((a=1))', 'a'],
    ['a between 1 and 2 and b between 3 and 4', 'and(a, b)'],
  ] as const) {
    assert.equal(shape(syntaxOf(query)), expected)
  }
})

test('contract 8.2: keywords are read in any case', () => {
  const query = "NOT a IN ('x') And b nOt LIKE 'x' OR c Is Not NULL AND d BetWeen 1 AnD 2 or e ILIKE 'x'"
  assert.equal(shape(syntaxOf(query)), 'or(and(not(a), b), and(c, d), e)')
})

test('contract 8.2: spaces, tabs and line ends separate, and are needed only between words', () => {
  for (const query of [
    "a='x'and b='y'",
    "a\t=\r\n'x'\n\nand\tb='y'",
    "(a='x')and(b='y')",
    "a in('x')and b<>'y'",
  ]) {
    assert.equal(shape(syntaxOf(query)), 'and(a, b)')
  }
  assert.equal(shape(syntaxOf("not(a='x')or(b='y')")), 'or(not(a), b)')
})

test('contract 8.2: keywords are keywords only as the whole first name of a field', () => {
  for (const field of [
    'labels.in',
    'labels.not.and',
    'a.NULL',
    'notable',
    'in_',
    'or1',
    '_and',
    'isnull',
    'l.0.1',
  ]) {
    assert.equal(shape(syntaxOf(`${field} = 'x'`)), field)
  }
  for (const keyword of ['and', 'or', 'not', 'in', 'like', 'ilike', 'between', 'is', 'null', 'In', 'NULL']) {
    assert.equal(parseSearch(`${keyword} = 'x'`).kind, 'fault', keyword)
    assert.equal(parseSearch(`${keyword}.x = 'x'`).kind, 'fault', keyword)
  }
})

test('contract 8.2: all comparison operators, <> being !=', () => {
  for (const operator of ['=', '!=', '<', '<=', '>', '>=', '<>']) {
    const syntax = syntaxOf(`a${operator}1`)
    assert(syntax.kind === 'compare')
    assert.equal(syntax.operator, operator === '<>' ? '!=' : operator)
  }
})

test('contract 8.2: lists are in parentheses or brackets and may be empty', () => {
  const texts = (query: string) => {
    const syntax = syntaxOf(query)
    assert(syntax.kind === 'in')
    return syntax.literals.map(literal => (literal.kind === 'string' ? `'${literal.value}'` : literal.text))
  }
  assert.deepEqual(texts("a in ('x', 'y',3)"), ["'x'", "'y'", '3'])
  assert.deepEqual(texts("a in ['x' ,-1]"), ["'x'", '-1'])
  assert.deepEqual(texts('a in ( )'), [])
  assert.deepEqual(texts('a not in []'), [])
  for (const query of [
    "a in ('x']",
    "a in ['x')",
    "a in ('x',)",
    'a in (,)',
    "a in ('x' 'y')",
    "a in 'x'",
    'a in ((1))',
  ]) {
    assert.equal(parseSearch(query).kind, 'fault', query)
  }
})

test('contract 8.2: in a string a doubled quote is a quote and a backslash is itself', () => {
  const value = (literal: string) => {
    const syntax = syntaxOf(`a = ${literal}`)
    assert(syntax.kind === 'compare' && syntax.literal.kind === 'string')
    return syntax.literal.value
  }
  assert.equal(value("'it''s'"), "it's")
  assert.equal(value("''"), '')
  assert.equal(value("''''"), "'")
  assert.equal(value("'a\\nb\\'"), 'a\\nb\\')
  assert.equal(value('\'"x" \n\t\0 😀\''), '"x" \n\t\0 😀')
})

test('contract 8.2: numbers have an optional sign, fraction and exponent', () => {
  for (const number of ['0', '007', '-5', '+5', '1.50', '1e6', '1E-6', '-1.5e+10', '12345678901234567890']) {
    const syntax = syntaxOf(`a = ${number}`)
    assert(syntax.kind === 'compare' && syntax.literal.kind === 'number')
    assert.equal(syntax.literal.text, number)
  }
  for (const number of ['.5', '5.', '1e', '--1', '- 1', '0x1F', '1_000', '1.2.3', 'Infinity', '1and']) {
    assert.equal(parseSearch(`a = ${number}`).kind, 'fault', number)
  }
})

test('contract 8.2: a pattern that ends in a lone backslash is refused, an escaped backslash is not', () => {
  for (const pattern of ['x\\', '\\', 'x\\\\\\'])
    assert.equal(parseSearch(`a like '${pattern}'`).kind, 'fault')
  for (const pattern of ['x\\\\', '\\%', '', "''", '\\\\\\\\']) {
    assert.equal(parseSearch(`a not ilike '${pattern}'`).kind, 'syntax')
  }
})

test('contract 8.10: every node carries its offset in code points', () => {
  const syntax = syntaxOf("a = '😀😀' and not (b not in ('😀', 5) or c is null)")
  assert(syntax.kind === 'and' && syntax.offset === 0)
  const [a, not] = syntax.operands
  assert(a?.kind === 'compare' && not?.kind === 'not' && not.operand.kind === 'or')
  const [b, c] = not.operand.operands
  assert(b?.kind === 'in' && c?.kind === 'null')
  assert.deepEqual([a.offset, a.operatorOffset, a.literal.offset], [0, 2, 4])
  assert.deepEqual([not.offset, not.operand.offset], [13, 18])
  assert.deepEqual(
    [b.field.offset, b.operatorOffset, ...b.literals.map(item => item.offset)],
    [18, 20, 28, 33],
  )
  assert.deepEqual([c.offset, c.operatorOffset], [39, 41])
})
