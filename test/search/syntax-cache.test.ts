// Trees that were kept from earlier queries against trees that are parsed: the parser is the oracle.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SyntaxCache } from '../../src/search/plan/syntax-cache.ts'
import { compileSearch } from '../../src/search/search.ts'
import { MAX_QUERY_BYTES, parseQuery } from '../../src/search/syntax/parse.ts'
import { RandomStream } from '../../tools/simulate/random.ts'
import { runSeed } from '../harness/random.ts'
import { hostileQueries } from './hostile-queries.ts'

const SEED = runSeed()
const QUERIES = 20_000
/** What stands in quotes and might make a query read in another way. */
const TEXTS = [
  '',
  'a',
  "''",
  '\\',
  '\\\\',
  '%',
  ' and name=',
  ' or ',
  '😀',
  'x'.repeat(300),
  '(',
  "b','c",
] as const

function withoutOffsets(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => name !== 'offset' && name !== 'operatorOffset'),
  )
}

function parsedTree(query: string): string | undefined {
  const parsed = parseQuery(query)
  return parsed.kind === 'syntax' ? JSON.stringify(parsed.syntax, withoutOffsets) : undefined
}

test(`contract 8.2: a tree from the cache is the one that the parser makes, seed ${SEED}`, () => {
  const cache = new SyntaxCache()
  const random = new RandomStream('syntax-cache', SEED)
  let found = 0
  for (const hostile of hostileQueries(SEED, QUERIES)) {
    const query = hostile.trim()
    if (query === '') continue
    const other = query.replace(/'[^']*'/g, text => (random.chance(0.5) ? `'${random.pick(TEXTS)}'` : text))
    for (const each of [query, other]) {
      const tree = cache.find(each)
      const wanted = parsedTree(each)
      if (tree !== undefined) assert.equal(JSON.stringify(tree, withoutOffsets), wanted, each)
      if (tree !== undefined) found++
      const parsed = parseQuery(each)
      if (parsed.kind === 'syntax') cache.add(each, parsed.syntax)
    }
  }
  assert.ok(found > QUERIES / 20, `${found} trees were found`)
})

test('contract 8.1: a query of a known kind is refused when it is too long', () => {
  const query = (length: number) => `name='${'x'.repeat(length)}'`
  assert.equal(compileSearch(query(1), 'Cluster').kind, 'search')
  assert.equal(compileSearch(query(MAX_QUERY_BYTES), 'Cluster').kind, 'fault')
})

test('contract 8.10: a fault in a query of a known kind says where it is in this one', () => {
  const query = (text: string) => `name='${text}' and status.conditions.Ready='${text}'`
  assert.equal(compileSearch(query('True'), 'Cluster').kind, 'search')
  for (const text of ['x', 'xxxxxxxx']) {
    const result = compileSearch(query(text), 'Cluster')
    assert.ok(result.kind === 'fault')
    assert.equal(result.fault.errors[0]?.offset, query(text).lastIndexOf("'", query(text).length - 2))
  }
})

test('contract 8.2: of many kinds of queries the ones asked for last are kept', () => {
  const cache = new SyntaxCache()
  const query = (number: number) => `labels.k${number}='a'`
  for (let number = 0; number < 1000; number++) {
    const parsed = parseQuery(query(number))
    assert.ok(parsed.kind === 'syntax')
    cache.add(query(number), parsed.syntax)
    assert.notEqual(cache.find(query(0)), undefined, 'what is asked for stays')
  }
  assert.notEqual(cache.find(query(999)), undefined)
  assert.equal(cache.find(query(1)), undefined)
})
