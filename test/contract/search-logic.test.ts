// Search: logic is two-valued, even for missing labels.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { expectFinds, findNames } from '../harness/find.ts'

const ALL = ['dev', 'empty', 'none', 'prod']

async function prepare({ client }: Bench): Promise<void> {
  await client.cluster('prod', { labels: { env: 'prod' } })
  await client.cluster('dev', { labels: { env: 'dev' } })
  await client.cluster('empty', { labels: { env: '' } })
  await client.cluster('none')
}

/** Results of each comparison on `labels.env`; `none` has no such label. */
const FORMS: readonly (readonly [search: string, names: string])[] = [
  ["labels.env = 'prod'", 'prod'],
  ["labels.env < 'e'", 'dev empty'],
  ["labels.env <= 'dev'", 'dev empty'],
  ["labels.env > 'a'", 'dev prod'],
  ["labels.env >= ''", 'dev empty prod'],
  ["labels.env in ('prod','')", 'empty prod'],
  ['labels.env in ()', ''],
  ["labels.env like '%'", 'dev empty prod'],
  ["labels.env ilike 'PR%'", 'prod'],
  ["labels.env between 'a' and 'e'", 'dev'],
  ['labels.env is not null', 'dev empty prod'],
  ["labels.env != 'prod'", 'dev empty none'],
  ["labels.env <> 'prod'", 'dev empty none'],
  ["labels.env not in ('prod','')", 'dev none'],
  ['labels.env not in ()', 'dev empty none prod'],
  ["labels.env not like '%'", 'none'],
  ["labels.env not ilike 'PR%'", 'dev empty none'],
  ["labels.env not between 'a' and 'e'", 'empty none prod'],
  ['labels.env is null', 'none'],
]

const complement = (names: string) => ALL.filter(name => !names.split(' ').includes(name)).join(' ')

benchOnBothEngines('the logic of a search', bench => {
  before(() => prepare(bench))

  test('contract 8.5: comparisons on a missing label are false, and negated forms true', async () => {
    await expectFinds(bench.client, FORMS)
  })

  test('contract 8.5: not X is true exactly when X is false', async () => {
    for (const [search, names] of FORMS) {
      assert.equal(await findNames(bench.client, `not ${search}`), complement(names), `not ${search}`)
      assert.equal(await findNames(bench.client, `not (${search})`), complement(names), `not (${search})`)
      assert.equal(await findNames(bench.client, `not not ${search}`), names, `not not ${search}`)
    }
  })

  test('contract 8.5: a search and its negation are disjoint and complete', async () => {
    for (const [search] of FORMS) {
      assert.equal(await findNames(bench.client, `(${search}) and not (${search})`), '')
      assert.equal(await findNames(bench.client, `(${search}) or not (${search})`), ALL.join(' '))
    }
  })

  test('contract 8.5: and, or and not over any two forms are set operations', async () => {
    for (const [left, leftNames] of FORMS)
      for (const [right, rightNames] of FORMS.slice(0, 12).filter((_, index) => index % 4 === 0)) {
        const [a, b] = [leftNames.split(' '), rightNames.split(' ')]
        const both = ALL.filter(name => a.includes(name) && b.includes(name)).join(' ')
        const either = ALL.filter(name => a.includes(name) || b.includes(name)).join(' ')
        await expectFinds(bench.client, [
          [`${left} and ${right}`, both],
          [`${left} or ${right}`, either],
          [`not (${left} and ${right})`, complement(both)],
          [`not (${left} or ${right})`, complement(either)],
        ])
      }
  })

  test('contract 8.5: like Kubernetes selectors, != and not = include resources without the label', async () => {
    await expectFinds(bench.client, [
      ["labels.env != 'prod'", 'dev empty none'],
      ["not labels.env = 'prod'", 'dev empty none'],
    ])
  })

  test('contract 8.5: between is >= and <=', async () => {
    for (const [low, high] of [
      ['dev', 'prod'],
      ['', 'dev'],
      ['prod', 'dev'],
      ['a', 'z'],
      ['dev', 'dev'],
    ])
      assert.equal(
        await findNames(bench.client, `labels.env between '${low}' and '${high}'`),
        await findNames(bench.client, `labels.env >= '${low}' and labels.env <= '${high}'`),
      )
  })

  test('contract 8.5: a label that only other resources have counts as missing', async () => {
    await expectFinds(bench.client, [
      ["labels.__proto__ = 'x'", ''],
      ["labels.constructor != 'x'", 'dev empty none prod'],
      ['labels.constructor is null', 'dev empty none prod'],
      ['labels.env2 is null', 'dev empty none prod'],
    ])
  })
})
