// Entity tags: what they are made of, and how a client names them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EntityTags, isKnownTo, namedTags } from '../../src/http/entity-tags.ts'
import type { HttpRequest } from '../../src/http/transport/transport.ts'
import { Random, runSeed } from '../harness/random.ts'

const SEED = runSeed()
const tags = new EntityTags('a history')

/** A request with these values of one header. */
function requestWith(name: string, ...values: string[]): HttpRequest {
  return {
    method: 'GET',
    path: '/',
    query: '',
    aborted: false,
    peer: () => '',
    values: asked => (asked === name ? values : []),
    header: asked => (asked === name && values[0] !== '' ? values[0] : undefined),
    wait: () => {},
    body: () => Promise.resolve({ kind: 'aborted' }),
  }
}

test('contract 12.10, 12.12: the tag of a resource ends with its two sequences', () => {
  const tag = tags.ofResource({ headSequence: 17, conditionsSequence: 2 ** 52 })
  assert.match(tag, /^"[A-Za-z0-9_-]{8}\.17\.4503599627370496"$/)
  assert.equal(tag, new EntityTags('a history').ofResource({ headSequence: 17, conditionsSequence: 2 ** 52 }))
  assert.notEqual(
    tag,
    new EntityTags('another').ofResource({ headSequence: 17, conditionsSequence: 2 ** 52 }),
  )
})

test(`contract 12.10: lists have the same tag only if they are made of the same, seed ${SEED}`, () => {
  const random = new Random(SEED)
  const made = new Map<string, string>()
  const small = () => random.below(3)
  for (let i = 0; i < 20_000; i++) {
    const history = random.of(['a', 'b'])
    const [page, total] = [1 + small(), small()]
    const items = Array.from({ length: random.below(4) }, () => ({
      number: small(),
      headSequence: small(),
      conditionsSequence: small(),
      sequence: small(),
    }))
    const isStatuses = random.chance(0.5)
    const list = new EntityTags(history)
    const tag = isStatuses ? list.ofStatuses(page, total, items) : list.ofPage(page, total, items)
    const ofItem = ({ number, headSequence, conditionsSequence, sequence }: (typeof items)[number]) =>
      isStatuses ? [number, sequence] : [number, headSequence, conditionsSequence]
    const parts = JSON.stringify([isStatuses, history, page, total, items.map(ofItem)])
    // Pages of resources and of statuses are never answers to one request; an empty one of each may share a tag.
    const scoped = `${isStatuses} ${tag}`
    assert.equal(made.get(scoped) ?? parts, parts)
    made.set(scoped, parts)
    assert.equal(isStatuses ? list.ofStatuses(page, total, items) : list.ofPage(page, total, items), tag)
    assert.match(tag, /^"[A-Za-z0-9_-]{22}"$/)
  }
})

const NAMED: readonly (readonly [values: readonly string[], tags: readonly string[] | 'any' | undefined])[] =
  [
    [[], undefined],
    [[''], []],
    [['', '"a"'], ['"a"']],
    [['"a"'], ['"a"']],
    [['W/"a"'], ['W/"a"']],
    [['"a", W/"b" ,"c"'], ['"a"', 'W/"b"', '"c"']],
    [['"a,b","" , ,"c"'], ['"a,b"', '""', '"c"']],
    [
      ['"a"', '"b"'],
      ['"a"', '"b"'],
    ],
    [[' * '], 'any'],
    [['*'], 'any'],
    [['"a", *'], ['"a"']],
    [['*, "a"'], []],
    [['a'], []],
    [['"a" "b"'], []],
    [['"a", "b'], ['"a"']],
    [['w/"a"'], []],
  ]

for (const [values, wanted] of NAMED) {
  test(`contract 12.10: ${JSON.stringify(values)} names ${JSON.stringify(wanted)}`, () => {
    for (const name of ['if-none-match', 'if-match'] as const) {
      const named = namedTags(requestWith(name, ...values), name)
      assert.deepEqual(named?.kind === 'tags' ? named.tags : named?.kind, wanted)
    }
  })
}

test('contract 12.10: a client has an answer if it names its tag, W/ or not, or any', () => {
  const knows = (...values: string[]) => isKnownTo(requestWith('if-none-match', ...values), '"a.1.2"')
  assert.deepEqual(
    [['"a.1.2"'], ['W/"a.1.2"'], ['"x", W/"a.1.2"'], ['"x"', '"a.1.2"'], ['*']].map(values =>
      knows(...values),
    ),
    [true, true, true, true, true],
  )
  assert.deepEqual(
    [[], [''], ['"a.1.1"'], ['a.1.2'], ['"A.1.2"'], ['"x" "a.1.2"']].map(values => knows(...values)),
    [false, false, false, false, false, false],
  )
})
