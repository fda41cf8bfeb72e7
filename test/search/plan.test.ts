// Plans: what a query's shape is, which plans are kept, and what they choose.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bindParameters, rowTest, rowTestSource } from '../../src/search/plan/compile.ts'
import { matches } from '../../src/search/plan/evaluate.ts'
import { leavesOf, Plan } from '../../src/search/plan/plan.ts'
import { PlanCache } from '../../src/search/plan/plan-cache.ts'
import { shapeOf } from '../../src/search/plan/plan-shape.ts'
import { compileSearch } from '../../src/search/search.ts'
import { holds } from '../wire/random.ts'
import { printSearch, searches, spellings } from './random-search.ts'
import { condition, resource } from './sample.ts'

function expressionOf(search: string) {
  const compiled = compileSearch(search, 'NodePool')
  assert(compiled.kind === 'search' && compiled.expression !== undefined, `${search} compiles`)
  return compiled.expression
}

const shape = (search: string) => shapeOf(expressionOf(search))

/** Every word that a compiled test may be made of. */
const FIXED_WORDS = new Set(
  `use strict return resource parameters let value labelOf conditionOf compareText isLike undefined true false
  status lastUpdatedTime lastTransitionTime observedGeneration has BigInt
  id name kind createdBy updatedBy ownerId generation createdTime updatedTime`.split(/\s+/),
)

function assertFixed(source: string): void {
  for (const word of source.match(/[^\s()[\]{}!=<>&|.,'?;]+/g) ?? [])
    assert(FIXED_WORDS.has(word) || /^\d+$/.test(word), `${word} in ${source}`)
}

test('contract 8.1: no text of a query, no label key, condition type or value gets into generated code', () => {
  holds(fc.tuple(searches, spellings), ([syntax, spelling]) => {
    const expression = expressionOf(printSearch(syntax, spelling))
    assertFixed(rowTestSource(new Plan(expression).root))
    assertFixed(
      shapeOf(expression).replaceAll(
        /\b(?:and|or|not|in|like|between|null|text|integer|time|label)\b|condition\w+|\w+_(?:time|by|id)|last_\w+/g,
        '',
      ),
    )
  })
})

test('contract 8.1: what looks like code is compared, not run', () => {
  const hostile = [
    `'); process.exit(1); ('`,
    '`${'.concat('process.exit(1)}`'),
    '\u2028throw 1',
    '\\',
    '*/',
    '__proto__',
  ]
  for (const text of hostile) {
    const literal = `'${text.replaceAll("'", "''")}'`
    const search = `name = ${literal} and labels.a in (${literal}) and labels.constructor != ${literal} and id like '%'`
    const expression = expressionOf(search)
    const source = rowTestSource(new Plan(expression).root)
    assertFixed(source)
    const passes = rowTest(source)
    const parameters = bindParameters(leavesOf(expression))
    assert(passes(resource({ name: text, labels: { a: text } }), parameters))
    assert(!passes(resource({ name: text, labels: { a: text, constructor: text } }), parameters))
  }
})

test('contract 8.4-8.9: a compiled test agrees with the evaluator on every part of it', () => {
  const record = resource({
    id: 'a',
    name: 'ab',
    labels: { a: 'A', in: '5' },
    generation: 2,
    conditions: [condition({ observedGeneration: 1 }), condition({ type: 'Available', status: 'False' })],
  })
  holds(fc.tuple(searches, spellings), ([syntax, spelling]) => {
    const expression = expressionOf(printSearch(syntax, spelling))
    const passes = new Plan(expression).test(new Plan(expression).root)
    assert.equal(passes(record, bindParameters(leavesOf(expression))), matches(expression, record))
  })
})

test('contract 8: queries that differ in their literals, label keys or condition types have one shape', () => {
  const same = [
    ["name = 'a'", "name = 'b'"],
    ["labels.a in ('x')", "labels.b in ('x', 'y', 'z')"],
    [
      "status.conditions.Ready='True' and status.conditions.Ready.last_updated_time < '2026-01-01T00:00:00Z'",
      "status.conditions.Other='False' and status.conditions.Ready.last_updated_time < '2027-02-03T04:05:06Z'",
    ],
  ]
  for (const [one = '', other = ''] of same) assert.equal(shape(one), shape(other))
})

test('contract 8: queries that ask differently have different shapes', () => {
  const searches = [
    ...["name = 'a'", "name != 'a'", "not name = 'a'", "name < 'a'", "name in ('a')", "name not in ('a')"],
    ...[
      "id = 'a'",
      "labels.name = 'a'",
      "owner_id = 'a'",
      "name like 'a'",
      'name is null',
      'name is not null',
    ],
    ...["name = 'a' and id = 'a'", "id = 'a' and name = 'a'", "name = 'a' or id = 'a'"],
    ...["name = 'a' and (id = 'a' or id = 'b')", "(name = 'a' and id = 'a') or id = 'b'"],
    ...['generation > 1', 'generation between 1 and 2', 'status.conditions.A.observed_generation > 1'],
    ...["created_time > '2026-01-01T00:00:00Z'", "updated_time > '2026-01-01T00:00:00Z'"],
    "status.conditions.A.last_updated_time > '2026-01-01T00:00:00Z'",
    "status.conditions.A.last_transition_time > '2026-01-01T00:00:00Z'",
    "status.conditions.A = 'True'",
  ]
  assert.equal(new Set(searches.map(shape)).size, searches.length)
})

test('contract 8: the plan of a shape is found again, with the values of each query', () => {
  const cache = new PlanCache()
  const first = cache.planOf(expressionOf("name = 'a'"))
  const second = cache.planOf(expressionOf("name = 'b'"))
  assert.deepEqual([first.isHit, second.isHit], [false, true])
  assert.equal(first.plan, second.plan)
  assert.deepEqual(cache.statistics, { size: 1, hits: 1, misses: 1, evictions: 0 })
})

test('contract 8: the plan that was not asked for the longest makes room for a new one', () => {
  const cache = new PlanCache(2)
  const ask = (search: string) => cache.planOf(expressionOf(search)).isHit
  ask("name = 'a'")
  ask("id = 'a'")
  assert(ask("name = 'a'"))
  assert(!ask('generation = 1'))
  assert(ask("name = 'a'"))
  assert(!ask("id = 'a'"))
  assert.equal(cache.statistics.size, 2)
  assert.equal(cache.statistics.evictions, 2)
})
