// Search: the grammar of a query.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { expectFinds, refusal, syntaxRefusal } from '../harness/find.ts'

async function prepare({ client }: Bench): Promise<void> {
  await client.cluster('ann', { labels: { env: 'prod', in: 'x', note: "it's", count: '5' } })
  await client.cluster('bob', { labels: { env: 'dev', path: 'a\\b', and: 'y', count: '-1.5e3' } })
  const { id } = await client.cluster('cat', { labels: { env: 'prod', rate: '100%', not: 'z', null: '' } })
  await client.patch(`/clusters/${id}`, { spec: { size: 2 } })
}

benchOnBothEngines('the grammar of a search', bench => {
  before(() => prepare(bench))

  test('contract 8.2: each operator of comparison', async () => {
    await expectFinds(bench.client, [
      ["name = 'bob'", 'bob'],
      ["name != 'bob'", 'ann cat'],
      ["name <> 'bob'", 'ann cat'],
      ["name < 'bob'", 'ann'],
      ["name <= 'bob'", 'ann bob'],
      ["name > 'bob'", 'cat'],
      ["name >= 'bob'", 'bob cat'],
      ['generation > 1', 'cat'],
      ['generation <> 1', 'cat'],
    ])
  })

  test('contract 8.2: in accepts parentheses or brackets, with any number of literals or none', async () => {
    await expectFinds(bench.client, [
      ["name in ('ann','cat')", 'ann cat'],
      ["name in ['ann','cat']", 'ann cat'],
      ["name in ( 'ann' , 'ann' )", 'ann'],
      ["name in('bob')", 'bob'],
      ['name in ()', ''],
      ['name in []', ''],
      ['name in ( )', ''],
      ["name not in ('ann','cat')", 'bob'],
      ["name not in ['ann']", 'bob cat'],
      ['name not in ()', 'ann bob cat'],
      ['generation in (2, 3)', 'cat'],
      ["generation not in ('2')", 'ann bob'],
    ])
  })

  test('contract 8.2: in like, % matches any run, _ any one character, and a backslash escapes', async () => {
    await expectFinds(bench.client, [
      ["name like 'a%'", 'ann'],
      ["name like '%a%'", 'ann cat'],
      ["name like '%'", 'ann bob cat'],
      ["name like '%%%'", 'ann bob cat'],
      ["name like '_o_'", 'bob'],
      ["name like '__'", ''],
      ["name like '____'", ''],
      ["name like 'bob'", 'bob'],
      ["name like 'BOB'", ''],
      ["name ilike 'BO%'", 'bob'],
      ["name ilike 'bob'", 'bob'],
      ["name like ''", ''],
      ["labels.null like ''", 'cat'],
      ["name not like '%a%'", 'bob'],
      ["name not ilike 'A%'", 'bob cat'],
      ["labels.rate like '100\\%'", 'cat'],
      ["labels.rate like '1_0\\%'", 'cat'],
      ["labels.rate like '10\\_%'", ''],
      ["labels.path like 'a\\\\b'", 'bob'],
      ["labels.path like 'a\\b'", ''],
      ["labels.env like '\\p\\r\\o\\d'", 'ann cat'],
      ["labels.note like 'it''%'", 'ann'],
    ])
  })

  test('contract 8.2: a pattern that ends in a lone backslash is refused', async () => {
    for (const pattern of ['a\\', '\\', '%\\\\\\'])
      for (const operator of ['like', 'ilike', 'not like', 'not ilike'])
        await refusal(bench.client, `name ${operator} '${pattern}'`)
    await expectFinds(bench.client, [["labels.path like '%\\\\'", '']])
  })

  test('contract 8.2: between includes both ends, and can be negated', async () => {
    await expectFinds(bench.client, [
      ["name between 'ann' and 'bob'", 'ann bob'],
      ["name not between 'ann' and 'bob'", 'cat'],
      ["name between 'bob' and 'ann'", ''],
      ['generation between 1 and 1', 'ann bob'],
      ['generation not between 1 and 1', 'cat'],
      ["name between 'ann' and 'bob' and generation = 1", 'ann bob'],
      ["name between 'ann' and 'bob' or name = 'cat'", 'ann bob cat'],
    ])
  })

  test('contract 8.2: is null and is not null', async () => {
    await expectFinds(bench.client, [
      ['labels.count is null', 'cat'],
      ['labels.count is not null', 'ann bob'],
      ['labels.null is not null', 'cat'],
      ['name is null', ''],
      ['name is not null', 'ann bob cat'],
    ])
  })

  test('contract 8.2: keywords may be in any case', async () => {
    await expectFinds(bench.client, [
      ["NOT name = 'ann' AND name = 'bob'", 'bob'],
      ["name IN ('ann') Or name NoT iN ['ann','bob']", 'ann cat'],
      ["name LIKE 'a%' oR name ILike 'B%'", 'ann bob'],
      ["name BETWEEN 'ann' AND 'bob'", 'ann bob'],
      ['labels.count IS NULL', 'cat'],
      ['labels.count Is Not Null', 'ann bob'],
    ])
  })

  test('contract 8.2: parentheses, then comparisons, then not, then and, then or', async () => {
    await expectFinds(bench.client, [
      ["name = 'ann' or name = 'bob' and labels.env = 'prod'", 'ann'],
      ["(name = 'ann' or name = 'bob') and labels.env = 'dev'", 'bob'],
      ["labels.env = 'prod' and name = 'ann' or name = 'bob'", 'ann bob'],
      ["labels.env = 'prod' and (name = 'ann' or name = 'bob')", 'ann'],
      ["not name = 'ann' and labels.env = 'prod'", 'cat'],
      ["not (name = 'ann' and labels.env = 'prod')", 'bob cat'],
      ["not name = 'ann' or labels.env = 'prod'", 'ann bob cat'],
      ["not (name = 'ann' or labels.env = 'prod')", 'bob'],
      ["not not name = 'ann'", 'ann'],
      ["name = 'ann' or name = 'bob' or name = 'cat' and generation = 1", 'ann bob'],
      ["name = 'ann' and generation = 1 and labels.env = 'prod' or generation = 2", 'ann cat'],
    ])
  })

  test('contract 8.2: in a string a quote is doubled, and a backslash is literal', async () => {
    await expectFinds(bench.client, [
      ["labels.note = 'it''s'", 'ann'],
      ["labels.path = 'a\\b'", 'bob'],
      ["labels.path = 'a\\\\b'", ''],
      ["labels.null = ''", 'cat'],
      ["labels.note = ''''", ''],
      ["labels.note in ('it''s','''')", 'ann'],
    ])
  })

  test('contract 8.2: a number has digits with an optional sign, fraction and exponent', async () => {
    await expectFinds(bench.client, [
      ['labels.count = 5', 'ann'],
      ['labels.count = -1.5e3', 'bob'],
      ['labels.count in (+5, -0.5, 2E10, 1e-7, 3.25E+2, 007)', ''],
    ])
    for (const number of ['.5', '5.', '1e', '--1', '+ 5', '0x10', '1_000', 'NaN', '1.2.3'])
      await syntaxRefusal(bench.client, `labels.count = ${number}`)
  })

  test('contract 8.2: keywords are keywords only as the whole first name', async () => {
    await expectFinds(bench.client, [
      ["labels.in = 'x'", 'ann'],
      ["labels.and = 'y'", 'bob'],
      ["labels.not = 'z'", 'cat'],
      ["labels.in in ('x') and labels.not is null", 'ann'],
      ["labels.like is null and labels.or is null and labels.is is null and labels.ilike = 'x'", ''],
    ])
    for (const field of [
      'index',
      'notname',
      'order',
      'android',
      'nullable',
      'island',
      'liked',
      'in_',
      'betweens',
    ])
      await refusal(bench.client, `${field} = 'x'`, `${field} is not a valid field name`)
    for (const keyword of ['and', 'or', 'in', 'like', 'ilike', 'between', 'is', 'null', 'NULL', 'In'])
      await syntaxRefusal(bench.client, `${keyword} = 'x'`)
  })

  test('contract 8.2: a field is names separated by dots, without spaces', async () => {
    await refusal(bench.client, "_a1.2.b_ = 'x'", '_a1.2.b_ is not a valid field name')
    for (const search of [
      "labels . env = 'prod'",
      "labels. env = 'prod'",
      "labels .env = 'prod'",
      "labels. = 'x'",
      ".env = 'x'",
      "labels..env = 'x'",
      "1name = 'x'",
      "na-me = 'x'",
      "näme = 'x'",
      "labels.ä = 'x'",
      "labels['env'] = 'x'",
      "'name' = 'x'",
    ])
      await syntaxRefusal(bench.client, search)
  })

  test('contract 8.2: spaces, tabs and line ends separate, and nothing else does', async () => {
    await expectFinds(bench.client, [
      ["name\t=\r\n'ann'\nor\tname\r=  'bob'", 'ann bob'],
      ["not(name='ann')and(name='bob')", 'bob'],
    ])
    for (const space of ['\u00a0', '\u2003', '\ufeff', '\u2028', '\v', '\f', '\0'])
      await syntaxRefusal(bench.client, `name =${space}'ann'`)
  })

  test('contract 8.2: a double-quoted string is an error whose message suggests single quotes', async () => {
    for (const search of [
      'name = "ann"',
      'name in ("ann")',
      'name like "a%"',
      'name = \'ann\' and name = "ann"',
    ]) {
      const { json } = await syntaxRefusal(bench.client, search)
      assert.match(json.errors[0].message, /single quotes/)
    }
  })

  test('contract 8.2: anything but a query is refused', async () => {
    for (const search of [
      'invalid-query',
      'name',
      'name =',
      "= 'ann'",
      "name 'ann'",
      "name = 'ann",
      "name = ann'",
      'name = ann',
      'name = name',
      'name = null',
      'name = true',
      "name == 'ann'",
      "name =! 'ann'",
      "name >< 'ann'",
      "name ~ 'ann'",
      "name not = 'ann'",
      "name = not 'ann'",
      "name in 'ann'",
      "name in ('ann'",
      "name in ('ann']",
      "name in ['ann')",
      "name in ('ann',)",
      "name in (,'ann')",
      "name in ('ann' 'bob')",
      "name not not in ('ann')",
      'name like 5',
      'name like',
      'name like name',
      "name between 'a'",
      "name between 'a' or 'b'",
      "name between ('a' and 'b')",
      'name is',
      'name is not',
      "name is 'ann'",
      'name not is null',
      'name is null null',
      "name = 'ann' and",
      "and name = 'ann'",
      "name = 'ann' or or name = 'bob'",
      "name = 'ann' name = 'bob'",
      "name = 'ann', name = 'bob'",
      "name = 'ann' && name = 'bob'",
      "name = 'ann' || name = 'bob'",
      "!name = 'ann'",
      'not',
      'not name',
      '()',
      "(name = 'ann'",
      "name = 'ann')",
      "[name = 'ann']",
      "{name = 'ann'}",
      "name = 'ann';",
      "name = 'ann' -- comment",
      "name = 'ann' /* comment */",
      "name = 'ann' # comment",
      "name = 'it's'",
      'name = `ann`',
      '*',
      '%',
      '5',
      "'ann'",
      '\0',
    ])
      await syntaxRefusal(bench.client, search)
  })

  // Runs last, because the other tests count all clusters.
  test('contract 8.2: a pattern of many % terminates on a long text that nearly matches', async () => {
    await bench.client.cluster('long', { labels: { text: 'a'.repeat(255) } })
    await expectFinds(bench.client, [
      [`labels.text like '${'%a'.repeat(1000)}b'`, ''],
      [`labels.text like '${'%a_'.repeat(600)}%b%'`, ''],
      [`labels.text like '${'%a'.repeat(255)}%'`, 'long'],
      [`labels.text ilike '${'%A'.repeat(255)}'`, 'long'],
    ])
  })
})
