// Properties of the search: what is printed parses back, the evaluator agrees with another one, `not` is the
// complement, and no text whatever does anything but compile or fault (contract 8.1-8.10).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseSearch } from '../../src/search/syntax/parse.ts'
import type { Syntax } from '../../src/search/syntax/syntax.ts'
import type { Resource } from '../../src/state/records.ts'
import { holds } from '../wire/random.ts'
import { naiveMatches } from './naive.ts'
import { negatableSearches, printSearch, searches, spellings, TEXTS, TIMES, TYPES } from './random-search.ts'
import { condition, finds, instant, NOW, prepare, resource } from './sample.ts'

const text = fc.constantFrom(...TEXTS)
const time = fc.constantFrom(...TIMES).map(instant)
const conditions = fc.uniqueArray(
  fc
    .record({
      type: fc.constantFrom(...TYPES),
      status: fc.constantFrom<'True' | 'False'>('True', 'False'),
      observedGeneration: fc.nat(2),
      lastUpdatedTime: time,
      lastTransitionTime: time,
    })
    .map(condition),
  { selector: ({ type }) => type, maxLength: 3 },
)
const labels = fc.dictionary(fc.constantFrom('a', 'in'), text)
const records: fc.Arbitrary<Resource> = fc
  .record({
    name: text,
    id: text,
    generation: fc.nat(3),
    createdTime: time,
    updatedTime: time,
    labels,
    conditions,
    deletion: fc.option(fc.record({ deletedTime: time, deletedBy: text })),
  })
  .map(({ deletion, ...parts }) => resource({ ...parts, ...deletion }))

function parsed(query: string): Syntax {
  const result = parseSearch(query)
  assert(result.kind === 'syntax', `${query} parses: ${JSON.stringify(result)}`)
  return result.syntax
}

function withoutOffsets(syntax: Syntax): unknown {
  const isOffset = (key: string) => key === 'offset' || key === 'operatorOffset'
  return JSON.parse(JSON.stringify(syntax, (key, value) => (isOffset(key) ? undefined : value)))
}

test('contract 8.2: a tree printed in any spelling parses back to itself', () => {
  holds(fc.tuple(searches, spellings), ([syntax, spelling]) => {
    assert.deepEqual(withoutOffsets(parsed(printSearch(syntax, spelling))), withoutOffsets(syntax))
  })
})

test('contract 8.10: the offsets of nodes are where fields, operators and literals stand, in code points', () => {
  holds(fc.tuple(searches, spellings), ([syntax, spelling]) => {
    const query = printSearch(syntax, spelling)
    const characters = [...query]
    const at = (offset: number) => characters.slice(offset).join('')
    JSON.stringify(parsed(query), (key, value) => {
      if (key === 'field') assert(at(value.offset).startsWith(value.names.join('.')))
      if (key === 'operatorOffset') assert.match(at(value), /^(?:[=!<>]|(?:not|in|i?like|between|is)\b)/i)
      if (value?.kind === 'string') assert(at(value.offset).startsWith("'"))
      if (value?.kind === 'number' || value?.kind === 'relativeTime')
        assert(at(value.offset).startsWith(value.text))
      if (value?.kind === 'not') assert.match(at(value.offset), /^not\b/i)
      return value
    })
  })
})

test('contract 8.4-8.9: the evaluator agrees with a naive one', () => {
  holds(
    fc.tuple(searches, spellings, records),
    ([syntax, spelling, record]) => {
      assert.equal(finds(printSearch(syntax, spelling), record), naiveMatches(syntax, record, NOW))
    },
    2000,
  )
})

test('contract 8.5: not X is true exactly when X is false', () => {
  holds(fc.tuple(negatableSearches, spellings, records), ([syntax, spelling, record]) => {
    const query = printSearch(syntax, spelling)
    assert.equal(finds(`not (${query})`, record), !finds(query, record))
  })
})

test('contract 8.5: between is >= and <=', () => {
  const quoted = (value: string) => `'${value.replaceAll("'", "''")}'`
  holds(fc.tuple(text, text, records), ([low, high, record]) => {
    const ends = [quoted(low), quoted(high)]
    const both = `labels.a >= ${ends[0]} and labels.a <= ${ends[1]}`
    assert.equal(finds(`labels.a between ${ends[0]} and ${ends[1]}`, record), finds(both, record))
  })
})

const fragment = fc.constantFrom(
  ...['name', 'labels.a', 'generation', 'status.conditions.Ready', 'foo', 'labels.A', 'a.b.c', '.', '_'],
  ...['and', 'or', 'not', 'in', 'like', 'ilike', 'between', 'is', 'null', 'NOT', 'isnull'],
  ...['=', '!=', '<>', '<', '<=', '==', '=~', '!', '(', ')', '[', ']', ',', ';', '%', '\\', '"', "'", '"x"'],
  ...[
    "'x'",
    "''",
    "'it''s'",
    "'x\\'",
    "'😀'",
    '5',
    '-5',
    '1.',
    '1e',
    'now',
    'now-1h',
    'NOW+1d2h',
    'now-1x',
    "'now-1m'",
    '+',
    '-',
    ' ',
    '\t',
    '\n',
    '\u00a0',
    '😀',
    '\0',
  ],
)
const nonsense = fc.oneof(
  fc.array(fragment, { maxLength: 30 }).map(pieces => pieces.join('')),
  fc.array(fragment, { maxLength: 30 }).map(pieces => pieces.join(' ')),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary-ascii' }),
)

function assertSound(query: string): void {
  const result = prepare({ search: query }, 'Cluster')
  if (result.kind === 'query') return
  const { detail, errors } = result.fault
  assert(errors.length > 0)
  assert(errors.every(error => (error.offset ?? 0) >= 0 && (error.offset ?? 0) <= [...query.trim()].length))
  const [first] = errors
  if (first?.constraint !== 'syntax') {
    assert(first?.message.startsWith(detail))
    return
  }
  assert.equal(detail, `Failed to parse search query: ${query.trim()}`)
  assert(first.found && first.expected && !/[[\]](?!')|whitespace/.test(first.expected), first.expected)
}

test('contract 8.10: any text compiles or has a fault that points into it', () => {
  holds(nonsense, assertSound, 4000)
})

test('contract 8.10: a valid search with one piece cut out or put in compiles or has a fault', () => {
  const damaged = fc
    .tuple(searches, spellings, fc.nat(), fc.nat(3), fragment)
    .map(([syntax, spelling, position, cut, piece]) => {
      const query = printSearch(syntax, spelling)
      const at = position % (query.length + 1)
      return query.slice(0, at) + (cut === 0 ? piece : '') + query.slice(at + cut)
    })
  holds(damaged, assertSound, 2000)
})
