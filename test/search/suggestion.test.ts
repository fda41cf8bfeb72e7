// Refusals that propose another query: what they propose is valid, and finds what was meant.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../wire/random.ts'
import { condition, faultOf, finds, instant, isValid, resource } from './sample.ts'

function proposalIn(query: string): string | undefined {
  return faultOf(query)
    .errors.map(({ message }) => /; did you mean (.*)$/s.exec(message)?.[1])
    .find(text => text !== undefined)
}

/** A refused query, what is proposed, and the same in other words. */
const PROPOSALS: readonly (readonly [query: string, proposed: string])[] = [
  ['name = "c1"', "name = 'c1'"],
  [`labels.env = "it's"`, "labels.env = 'it''s'"],
  ['name in ("c1", "c2") and labels.env="x"', "name in ('c1', 'c2') and labels.env='x'"],
  ["'True' = status.conditions.Ready", "status.conditions.Ready = 'True'"],
  ['"True" = status.conditions.Ready', "status.conditions.Ready = 'True'"],
  ['3 < generation', 'generation > 3'],
  [
    "name like 'c%' and 'prod'=labels.env or 2>=generation",
    "name like 'c%' and labels.env = 'prod' or generation <= 2",
  ],
  ['created_time < 2026-01-01', "created_time < '2026-01-01T00:00:00Z'"],
  ['created_time < 2026-01-01T10:00:00Z', "created_time < '2026-01-01T10:00:00Z'"],
  [
    'created_time between 2026-01-01 and 2026-02-01',
    "created_time between '2026-01-01T00:00:00Z' and '2026-02-01T00:00:00Z'",
  ],
  ["not status.conditions.Ready='True'", "status.conditions.Ready='False'"],
  ["not (status.conditions.Ready = 'False')", "status.conditions.Ready='True'"],
  [
    "not (status.conditions.Ready='True' and labels.env = 'dev')",
    "(status.conditions.Ready='False' or not labels.env = 'dev')",
  ],
  [
    "not (status.conditions.Ready='True' or name in ('a', 'b'))",
    "(status.conditions.Ready='False' and not name in ('a', 'b'))",
  ],
  ['not status.conditions.Ready.observed_generation < 3', 'status.conditions.Ready.observed_generation >= 3'],
]

for (const [query, proposed] of PROPOSALS)
  test(`contract 8.10: ${query} is refused with the proposal ${proposed}`, () => {
    assert.equal(proposalIn(query), proposed)
    assert.ok(isValid(proposed), 'the proposal is valid')
  })

test('contract 8.10: a date without a time gets the time of its beginning', () => {
  assert.equal(proposalIn("created_time > '2026-01-01'"), "'2026-01-01T00:00:00Z'")
  assert.ok(isValid("created_time > '2026-01-01T00:00:00Z'"))
  assert.equal(proposalIn("created_time > '2026-02-30'"), undefined)
  assert.equal(
    proposalIn("status.conditions.Ready.last_updated_time < '2026-01-01'"),
    "'2026-01-01T00:00:00Z'",
  )
})

test('contract 8.10: nothing is proposed that would not parse', () => {
  for (const query of [
    'name = "c1" and',
    '"name" = 5',
    'name = foo',
    "name = 'c1' or (",
    '5 = 5',
    `${'x'.repeat(600)} = "a"`,
  ])
    assert.equal(proposalIn(query), undefined, query)
})

const TIME = instant('2026-01-01T00:00:00Z')

test('contract 8.9, 8.10: the inverse of a query over conditions finds the resources that it does not find', () => {
  const leaf = fc.constantFrom(
    "status.conditions.Ready='True'",
    "status.conditions.Available='False'",
    'status.conditions.Ready.observed_generation < 2',
    "status.conditions.Available.last_updated_time >= '2026-01-01T00:00:00Z'",
    "labels.env = 'dev'",
    "name not in ('a', 'c1')",
  )
  const tree = fc.tuple(leaf, leaf, leaf, fc.constantFrom('and', 'or'), fc.constantFrom('and', 'or'))
  const statuses = fc.constantFrom<'True' | 'False'>('True', 'False')
  const record = fc.record({
    ready: statuses,
    available: statuses,
    generation: fc.nat(3),
    env: fc.boolean(),
    late: fc.boolean(),
  })
  holds(fc.tuple(tree, record), ([[a, b, c, one, two], { ready, available, generation, env, late }]) => {
    const query = `${a} ${one} (${b} ${two} ${c})`
    if (!query.includes('status.')) return
    const proposed = proposalIn(`not (${query})`)
    assert.ok(proposed !== undefined && isValid(proposed), query)
    const some = resource({
      ...(env ? { labels: { env: 'dev' } } : {}),
      conditions: [
        condition({ type: 'Ready', status: ready, observedGeneration: generation }),
        condition({ type: 'Available', status: available, lastUpdatedTime: late ? TIME : TIME - 1n }),
      ],
    })
    assert.equal(finds(proposed, some), !finds(query, some), `${query}: ${proposed}`)
  })
})
