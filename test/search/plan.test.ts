// Plans: every `not` is in the leaves, and the closures of a plan agree with another evaluator.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { PlanNode } from '../../src/search/plan/plan.ts'
import { recordTest } from '../../src/search/plan/record-test.ts'
import { holds } from '../wire/random.ts'
import { naiveMatches } from './naive.ts'
import { printSearch, searches, spellings } from './random-search.ts'
import { condition, NOW, prepare, resource } from './sample.ts'

function filterOf(search: string) {
  const query = prepare({ search }, 'Cluster')
  assert(query.kind === 'query' && query.filter !== undefined, `${search} is valid`)
  return query.filter
}

/** A plan in one line: `and(0,!1)`. */
function shown(node: PlanNode): string {
  if (node.kind === 'leaf') return `${node.negated ? '!' : ''}${node.number}`
  return `${node.kind}(${node.operands.map(shown).join(',')})`
}

/** Searches and the plans that they have, by De Morgan's laws. */
const PLANS: readonly (readonly [search: string, plan: string])[] = [
  ["name = 'a'", '0'],
  ["name != 'a'", '!0'],
  ["not name != 'a'", '0'],
  ["name = 'a' and (id = 'b' or id = 'c')", 'and(0,or(1,2))'],
  ["name = 'a' and (id = 'b' and id = 'c')", 'and(0,1,2)'],
  ["not (name = 'a' and id not in ('b'))", 'or(!0,1)'],
  ["not (name = 'a' or not (id = 'b' and kind = 'c'))", 'and(!0,1,2)'],
]

for (const [search, plan] of PLANS)
  test(`contract 8.5: the plan of ${search} is ${plan}`, () => {
    assert.equal(shown(filterOf(search).root), plan)
  })

test('contract 8.4-8.9: the test made of a plan agrees with another evaluator', () => {
  const record = resource({
    id: 'a',
    name: 'ab',
    labels: { a: 'A', in: '5' },
    generation: 2,
    conditions: [condition({ observedGeneration: 1 }), condition({ type: 'Available', status: 'False' })],
  })
  holds(fc.tuple(searches, spellings), ([syntax, spelling]) => {
    const { root, leaves } = filterOf(printSearch(syntax, spelling))
    assert.equal(recordTest(root, leaves)(record), naiveMatches(syntax, record, NOW))
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
    const { root, leaves } = filterOf(search)
    const passes = recordTest(root, leaves)
    assert(passes(resource({ name: text, labels: { a: text } })))
    assert(!passes(resource({ name: text, labels: { a: text, constructor: text } })))
  }
})
