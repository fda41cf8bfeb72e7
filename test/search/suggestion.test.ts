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
  // A refusal of the mended query would be no help.
  ['created_time > "2026-01-01"', "created_time > '2026-01-01T00:00:00Z'"],
  ["'2026-01-01' < created_time", "created_time > '2026-01-01T00:00:00Z'"],
  ['2026-01-01 < created_time', "created_time > '2026-01-01T00:00:00Z'"],
  [
    'deleted_time is null or not (status.conditions.Ready="True")',
    "deleted_time is null or status.conditions.Ready='False'",
  ],
  ["name = 'c1' and not status.conditions.Ready='True'", "name = 'c1' and status.conditions.Ready='False'"],
  [
    "not name = 'c1' and not status.conditions.Ready='True'",
    "not name = 'c1' and status.conditions.Ready='False'",
  ],
  ["not not status.conditions.Ready='True'", "status.conditions.Ready='True'"],
  ["not status.conditions.Ready != 'True'", "status.conditions.Ready='True'"],
  // Operators of other languages.
  ["status.conditions.Ready == 'True'", "status.conditions.Ready = 'True'"],
  ["status.conditions.Ready != 'True'", "status.conditions.Ready='False'"],
  ["status.conditions.Ready <> 'False'", "status.conditions.Ready='True'"],
  ['status.conditions.Ready = true', "status.conditions.Ready='True'"],
  ['name="alpha" && status.conditions.Ready!="True"', "name = 'alpha' and status.conditions.Ready='False'"],
  ["labels.env=='a'||labels.env==='b'", "labels.env='a' or labels.env='b'"],
  ["!labels.env = 'dev'", "not labels.env = 'dev'"],
  ["!(labels.env = 'dev' & generation => 2)", "not (labels.env = 'dev' and generation >= 2)"],
  ["labels.env not = 'dev'", "labels.env != 'dev'"],
  ["labels.env is not 'dev'", "labels.env != 'dev'"],
  ['labels.env is 5', 'labels.env = 5'],
  ['deleted_time = null', 'deleted_time is null'],
  ['deleted_time == NULL', 'deleted_time is null'],
  ['labels.env != null and generation > 1', 'labels.env is not null and generation > 1'],
  // Names and values without quotes, and with other ones.
  ['labels.env = dev', "labels.env = 'dev'"],
  ['labels.env in (dev, eu-west-1)', "labels.env in ('dev', 'eu-west-1')"],
  ['name like c%', "name like 'c%'"],
  ['spec.version = 4.17.3', "spec.version = '4.17.3'"],
  ['spec.region = eu and generation > 1', "spec.region = 'eu' and generation > 1"],
  ['labels.env = \u2018dev\u2019', "labels.env = 'dev'"],
  ["labels.env = \u201cit's\u201d", "labels.env = 'it''s'"],
  ['"labels.env" = "dev"', "labels.env = 'dev'"],
  ["labels['env'] = 'dev'", "labels.env = 'dev'"],
  ['spec["nodes"]["count"] > 3', 'spec.nodes.count > 3'],
  // Times.
  ["created_time > '2026-01-01 10:00'", "created_time > '2026-01-01T10:00:00Z'"],
  ["created_time > '2026-01-01T10:00:05.5'", "created_time > '2026-01-01T10:00:05.5Z'"],
  ['created_time > now - 1h', 'created_time > now-1h'],
  ["created_time < now + 1h and name = 'c1'", "created_time < now+1h and name = 'c1'"],
  ['now-1h < created_time', 'created_time > now-1h'],
]

for (const [query, proposed] of PROPOSALS)
  test(`contract 8.10: ${query} is refused with the proposal ${proposed}`, () => {
    assert.equal(proposalIn(query), proposed)
    assert.ok(isValid(proposed), 'the proposal is valid')
  })

test('contract 8.10: a date without a time gets the time of its beginning', () => {
  assert.equal(proposalIn("created_time > '2026-01-01'"), "created_time > '2026-01-01T00:00:00Z'")
  assert.equal(proposalIn("created_time > '2026-02-30'"), undefined)
  assert.equal(
    proposalIn("status.conditions.Ready.last_updated_time < '2026-01-01'"),
    "status.conditions.Ready.last_updated_time < '2026-01-01T00:00:00Z'",
  )
})

test('contract 8.10: nothing is proposed that is not valid, or may mean something else', () => {
  for (const query of [
    'name = "c1" and',
    'name = labels.env',
    'generation = foo',
    'wxyz = "c1"',
    'name ~ "c1"',
    "status.conditions.Ready = 'Unknown'",
    "not status.conditions.Ready in ('True')",
    "not status.conditions.Ready = 'True' and wxyz = 5",
    "created_time > '2026-13-01'",
    "name = 'c1' or (",
    '5 = 5',
    `${'x'.repeat(600)} = "a"`,
  ])
    assert.equal(proposalIn(query), undefined, query)
})

/** Pieces of searches of other languages, in any order. */
const PIECES = [
  'name',
  'labels.env',
  'spec.a',
  'status.conditions.Ready',
  'generation',
  'created_time',
  'now',
  '-1h',
  '"x"',
  "'x'",
  'x',
  'True',
  '3',
  '2026-01-01',
  "'2026-01-01'",
  'null',
  '=',
  '==',
  '!=',
  '!',
  '<',
  '&&',
  '||',
  '&',
  'and',
  'or',
  'not',
  'is',
  'in',
  'like',
  '(',
  ')',
  '[',
  ']',
  ',',
  '\u2018x\u2019',
  '\u201c',
  '"',
  "'",
]

test('contract 8.10: what is proposed for any query is valid, and is no query that would be refused in turn', () => {
  const parts = fc.array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom(' ', ' ', '')), {
    minLength: 2,
    maxLength: 12,
  })
  holds(parts, pieces => {
    const query = pieces
      .map(([piece, space]) => piece + space)
      .join('')
      .trim()
    if (query === '' || isValid(query)) return
    const proposed = proposalIn(query)
    // A single name or value in quotes is no query.
    if (proposed === undefined || /^'[^']*'\??$/.test(proposed)) return
    assert.ok(isValid(proposed), `${query}: ${proposed}`)
  })
})

test('contract 8.1, 8.10: a proposal for hostile text takes no long time and has a bounded length', () => {
  for (const piece of [
    '!',
    '"',
    "'",
    'x == ',
    '(',
    '= null ',
    'not = ',
    "[''",
    'now ',
    '&& ',
    '\u2018',
    '!(',
  ])
    for (const start of ['name = ', ''])
      for (const times of [20, 100, 500]) {
        const query = (start + piece.repeat(times)).trim()
        if (isValid(query)) continue
        assert.ok((proposalIn(query) ?? '').length <= 600, query)
      }
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
