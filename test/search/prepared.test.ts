// Prepared queries: the cache returns the same as a fresh preparation.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CATALOGUES } from '../../src/search/check/fields.ts'
import { type Filter, PreparedQueries } from '../../src/search/plan/prepared.ts'
import { MAX_QUERY_BYTES } from '../../src/search/syntax/parse.ts'
import type { Resource } from '../../src/state/records.ts'
import type { Instant } from '../../src/wire/instant.ts'
import { RandomStream } from '../../tools/simulate/random.ts'
import { runSeed } from '../harness/random.ts'
import { hostileQueries } from './hostile-queries.ts'
import { NOW } from './sample.ts'

const SEED = runSeed()
const clock = () => NOW
const QUERIES = 5000
/** Contents of quotes that might change how a query is read. */
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
  "b'''",
  'True',
  '5',
  '2026-01-01T00:00:00Z',
] as const

function cacheOf(limit?: number): PreparedQueries<Resource> {
  return new PreparedQueries(CATALOGUES.Cluster, limit)
}

function prepared(search: string, cache: PreparedQueries<Resource>): Filter<Resource> {
  const result = cache.prepare(search, clock)
  assert(result.kind === 'filter', search)
  return result
}

test(`contract 8.1-8.10, 13.1: a query is prepared from the cache as it is without one, at any time, seed ${SEED}`, () => {
  const cache = cacheOf()
  let now = NOW
  const fresh = (query: string) => comparable(cacheOf().prepare(query, () => now))
  const random = new RandomStream('prepared-queries', SEED)
  let hits = 0
  for (const hostile of hostileQueries(SEED, QUERIES)) {
    const query = hostile.trim()
    if (query === '') continue
    const other = query.replace(/'[^']*'/g, text => (random.chance(0.5) ? `'${random.pick(TEXTS)}'` : text))
    for (const each of [query, other]) {
      now += BigInt(random.between(0, 100_000))
      const result = cache.prepare(each, () => now)
      assert.deepEqual(comparable(result), fresh(each), each)
      if (result.kind === 'fault') continue
      if (result.cached === 'hit') hits++
      now += 1n
      const again = result.relative?.leavesAt(now) ?? result.leaves
      assert.deepEqual([again], [fresh(each).leaves], each)
    }
  }
  assert.ok(hits > QUERIES / 100, `${hits} queries were in the cache`)
})

/** A result without what depends on the cache. */
function comparable(result: ReturnType<PreparedQueries<Resource>['prepare']>) {
  if (result.kind === 'fault') return { fault: result.fault }
  return { root: result.root, leaves: result.leaves, now: result.relative?.now }
}

test('contract 13.1: a known query has the now of each request, read at most once', () => {
  const cache = cacheOf()
  const query =
    "created_time between 'now-1m' and now and status.conditions.Ready.last_updated_time < NOW+2h and name = 'now'"
  let readings = 0
  const at = (now: Instant) => () => {
    readings++
    return now
  }
  for (const [i, now] of [NOW, NOW + 7n].entries()) {
    const filter = cache.prepare(query, at(now))
    assert(filter.kind === 'filter')
    assert.equal(filter.cached, i === 0 ? 'miss' : 'hit')
    assert.equal(filter.relative?.now, now)
    assert.deepEqual(
      filter.leaves.map(leaf => 'test' in leaf && leaf.test),
      [
        { kind: 'between', low: now - 60_000_000n, high: now },
        { kind: 'compare', operator: '<', value: now + 7_200_000_000n },
        { kind: 'compare', operator: '=', value: 'now' },
      ],
    )
    assert.equal(readings, i + 1)
  }
  assert.equal(prepared("name = 'now' and created_time < '2026-01-01T00:00:00Z'", cache).relative, undefined)
})

test('contract 8.4: a known query has the values of each text, doubled quotes and numbers included', () => {
  const cache = cacheOf()
  const query = (text: string) => `name = '${text}' and generation = 5 and labels.a in ('x', '${text}')`
  prepared(query('a'), cache)
  const { leaves, cached } = prepared(query("it''s"), cache)
  assert.equal(cached, 'hit')
  assert.deepEqual(
    leaves.map(leaf => 'test' in leaf && leaf.test),
    [
      { kind: 'compare', operator: '=', value: "it's" },
      { kind: 'compare', operator: '=', value: 5n },
      { kind: 'in', values: new Set(['x', "it's"]) },
    ],
  )
})

test('contract 8.1: a query of a known kind is refused when it is too long', () => {
  const cache = cacheOf()
  const query = (length: number) => `name='${'x'.repeat(length)}'`
  assert.equal(cache.prepare(query(1), clock).kind, 'filter')
  assert.equal(cache.prepare(query(MAX_QUERY_BYTES), clock).kind, 'fault')
})

test('contract 8.10: a fault in a query of a known kind says where it is in this one', () => {
  const cache = cacheOf()
  const query = (text: string) => `name='${text}' and status.conditions.Ready='${text}'`
  assert.equal(cache.prepare(query('True'), clock).kind, 'filter')
  for (const text of ['x', 'xxxxxxxx']) {
    const result = cache.prepare(query(text), clock)
    assert.ok(result.kind === 'fault')
    assert.equal(result.fault.errors[0]?.offset, query(text).lastIndexOf("'", query(text).length - 2))
  }
})

test('contract 8.2: a pattern that ends in a lone backslash is refused also when its query is known', () => {
  const cache = cacheOf()
  assert.equal(cache.prepare("name like 'a'", clock).kind, 'filter')
  assert.equal(cache.prepare("name like 'a\\'", clock).kind, 'fault')
  assert.equal(cache.prepare("name like 'a\\\\'", clock).kind, 'filter')
})

test('contract 8: the plan of a query is found again, with the values of each query', () => {
  const cache = cacheOf()
  const first = prepared("name = 'a'", cache)
  const second = prepared("name = 'b'", cache)
  assert.deepEqual([first.cached, second.cached], ['miss', 'hit'])
  assert.equal(first.root, second.root)
  assert.deepEqual(cache.statistics, { size: 1, hits: 1, misses: 1, evictions: 0 })
})

test('contract 8: the least recently used query is evicted for a new one', () => {
  const cache = cacheOf(2)
  const ask = (search: string) => prepared(search, cache).cached
  ask("name = 'a'")
  ask("id = 'a'")
  assert.equal(ask("name = 'a'"), 'hit')
  assert.equal(ask('generation = 1'), 'miss')
  assert.equal(ask("name = 'a'"), 'hit')
  assert.equal(ask("id = 'a'"), 'miss')
  assert.equal(cache.statistics.size, 2)
  assert.equal(cache.statistics.evictions, 2)
})

test('contract 8.1: queries with long texts outside quotes are not cached, and no quoted text is', () => {
  const cache = cacheOf()
  const long = `name in (${Array.from({ length: 300 }, (_, i) => i).join(',')})`
  assert.equal(prepared(long, cache).cached, 'miss')
  assert.equal(prepared(long, cache).cached, 'miss')
  assert.equal(cache.statistics.size, 0)
  assert.equal(prepared(`name = '${'x'.repeat(4000)}'`, cache).cached, 'miss')
  assert.equal(prepared("name = 'y'", cache).cached, 'hit')
})
