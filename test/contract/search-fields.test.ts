// Search: available fields, and accepted literals of each type.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { expectFinds, findNames, refusal } from '../harness/find.ts'

const ids = { ann: '', bob: '', pool: '' }

async function prepare(bench: Bench): Promise<void> {
  const { client } = bench
  bench.clockMs = Date.parse('2026-03-01T12:00:00.123Z')
  ids.ann = (await client.cluster('ann', { labels: { count: '5', exact: '5.0', note: 'a_b' } })).id
  bench.clockMs += 1000
  ids.bob = (await client.cluster('bob', { labels: { count: '10', exact: '+5' } })).id
  ids.pool = (await client.nodepool(ids.bob, 'pool')).id
  bench.clockMs += 1000
  await client.patch(`/clusters/${ids.bob}`, { spec: { size: 1 } })
}

benchOnBothEngines('the fields of a search', bench => {
  before(() => prepare(bench))

  test('contract 8.3: every field of a cluster', async () => {
    await expectFinds(bench.client, [
      [`id = '${ids.ann}'`, 'ann'],
      [`id in ('${ids.ann}','${ids.bob}')`, 'ann bob'],
      [`id like '${ids.ann.slice(0, 26)}%' or id > '${ids.ann}'`, 'ann bob'],
      ["name = 'bob'", 'bob'],
      ["kind = 'Cluster'", 'ann bob'],
      ["kind != 'Cluster'", ''],
      ["created_by = 'system@hyperfleet.local'", 'ann bob'],
      ["updated_by like '%@hyperfleet.local'", 'ann bob'],
      ['generation = 2', 'bob'],
      ["created_time = '2026-03-01T12:00:00.123Z'", 'ann'],
      ["updated_time = '2026-03-01T12:00:02.123Z'", 'bob'],
      ["labels.count = '10'", 'bob'],
      ["status.conditions.Ready = 'False'", 'ann bob'],
      ['status.conditions.Ready.observed_generation = 0', 'ann bob'],
    ])
  })

  test('contract 8.3: nodepools have the same fields and owner_id', async () => {
    const cases = [
      [`owner_id = '${ids.bob}'`, 'pool'],
      [`owner_id = '${ids.ann}'`, ''],
      [`owner_id in ('${ids.ann}','${ids.bob}') and kind = 'NodePool'`, 'pool'],
      [`id = '${ids.pool}'`, 'pool'],
      ["status.conditions.Available = 'False' and generation = 1", 'pool'],
    ] as const
    await expectFinds(bench.client, cases, '/nodepools')
    await expectFinds(bench.client, cases, `/clusters/${ids.bob}/nodepools`)
  })

  const NO_FIELDS = [
    'owner_id',
    'Name',
    'NAME',
    'href',
    'spec',
    'labels',
    'label.count',
    'Labels.count',
    'status',
    'status.conditions',
    'status.phase',
    'status.Conditions.Ready',
    'name.first',
    'id.id',
    'generation.x',
    'created_time.seconds',
    'owner_references.id',
    'conditions.Ready',
    'observed_generation',
    'adapter',
    'constructor',
    '__proto__',
    'toString',
    'hasOwnProperty',
    'a.b.c.d.e.f',
  ]

  test('contract 8.3: any other field is refused by name', async () => {
    for (const field of NO_FIELDS)
      await refusal(bench.client, `${field} = 'x'`, `${field} is not a valid field name`)
    await refusal(bench.client, 'nope is null', 'nope is not a valid field name')
    await refusal(bench.client, 'nope in ()', 'nope is not a valid field name')
    await refusal(bench.client, "name = 'ann' or not (nope like 'x')", 'nope is not a valid field name')
    await refusal(bench.client, "owner = 'x'", 'owner is not a valid field name', '/nodepools')
  })

  test('contract 8.4: a number compared with a text field counts as the string of its characters', async () => {
    await expectFinds(bench.client, [
      ['labels.count = 5', 'ann'],
      ["labels.count = '5'", 'ann'],
      ['labels.count = 5.0', ''],
      ['labels.exact = 5.0', 'ann'],
      ['labels.exact = +5', 'bob'],
      ['labels.count in (5, 10)', 'ann bob'],
      ['labels.count < 5', 'bob'],
      ['labels.count between 1 and 2', 'bob'],
      ['name > 5', 'ann bob'],
      ['name = 5', ''],
    ])
  })

  test('contract 8.4: generation accepts integers of any size, quoted or not', async () => {
    await expectFinds(bench.client, [
      ['generation = 1', 'ann'],
      ["generation = '1'", 'ann'],
      ['generation = +1', 'ann'],
      ["generation = '+1'", 'ann'],
      ['generation = 01', 'ann'],
      ['generation > -1', 'ann bob'],
      ["generation >= '-99999999999999999999999999'", 'ann bob'],
      ['generation < 99999999999999999999999999', 'ann bob'],
      ['generation = 18446744073709551617', ''],
      ['generation in (1, 340282366920938463463374607431768211458)', 'ann'],
      ["generation between '2' and 9007199254740993", 'bob'],
      ['generation != 9007199254740993', 'ann bob'],
      ['generation is null', ''],
      ['generation is not null', 'ann bob'],
    ])
  })

  test('contract 8.4: generation refuses any other number or text', async () => {
    for (const literal of ['1.0', '1e0', '-1.5', "'1.0'", "'one'", "''", "' 1'", "'1 '", "'0x1'", "'１'"]) {
      await refusal(bench.client, `generation = ${literal}`)
      await refusal(bench.client, `generation in (1, ${literal})`)
      await refusal(bench.client, `generation between 0 and ${literal}`)
    }
  })

  test('contract 8.4: times are compared as instants', async () => {
    await expectFinds(bench.client, [
      ["created_time = '2026-03-01T13:00:00.123+01:00'", 'ann'],
      ["created_time = '2026-03-01T12:00:00.123000Z'", 'ann'],
      ["created_time = '2026-03-01T12:00:00Z'", ''],
      ["created_time > '2026-03-01T12:00:00Z'", 'ann bob'],
      ["created_time > '2026-03-01T12:00:00.123Z'", 'bob'],
      ["created_time >= '2026-03-01T05:00:00.123-07:00'", 'ann bob'],
      ["created_time < '2026-03-01T12:00:00.1231Z'", 'ann'],
      ["created_time between '2026-03-01T12:00:00.123Z' and '2026-03-01T12:00:01.123Z'", 'ann bob'],
      ["created_time not between '2026-03-01T12:00:00.123Z' and '2026-03-01T12:00:01.122Z'", 'bob'],
      ["created_time in ('2026-03-01T12:00:01.123Z')", 'bob'],
      ["updated_time != '2026-03-01T12:00:00.123Z'", 'bob'],
      ["created_time > '0001-01-01T00:00:00Z' and created_time < '9999-12-31T23:59:59Z'", 'ann bob'],
      ['updated_time is not null', 'ann bob'],
    ])
  })

  test('contract 8.4: a time is an RFC 3339 string, and anything else is refused', async () => {
    for (const literal of [
      "'yesterday'",
      "''",
      "'2026-03-01'",
      "'2026-03-01T12:00:00'",
      "'2026-03-01 12:00'",
      "'12:00:00Z'",
      "'2026-02-30T00:00:00Z'",
      "'2026-03-01T24:00:00Z'",
      "'2026-03-01T12:00:60Z'",
      "'0000-01-01T00:00:00Z'",
      "'10000-01-01T00:00:00Z'",
      "' 2026-03-01T12:00:00Z'",
      '1772366400',
      '2026',
    ]) {
      await refusal(bench.client, `created_time > ${literal}`)
      await refusal(bench.client, `updated_time in (${literal})`)
    }
  })

  test('contract 8.4: text and label fields support all operators', async () => {
    for (const field of ['id', 'name', 'kind', 'created_by', 'updated_by', 'labels.count']) {
      for (const operator of ['=', '!=', '<>', '<', '<=', '>', '>='])
        await findNames(bench.client, `${field} ${operator} 'x'`)
      for (const rest of [
        "in ('x')",
        "not in ('x')",
        "like 'x'",
        "not like 'x'",
        "ilike 'x'",
        "not ilike 'x'",
      ])
        await findNames(bench.client, `${field} ${rest}`)
      for (const rest of ["between 'x' and 'y'", "not between 'x' and 'y'", 'is null', 'is not null'])
        await findNames(bench.client, `${field} ${rest}`)
    }
  })

  test('contract 8.4: integers and times do not support like and ilike', async () => {
    for (const field of ['generation', 'created_time', 'updated_time'])
      for (const operator of ['like', 'not like', 'ilike', 'not ilike']) {
        const { json } = await refusal(bench.client, `${field} ${operator} '2%'`)
        assert.doesNotMatch(json.detail, /^Failed to parse/)
      }
  })

  test('contract 8.2, 8.4: _ and the length of a text count characters, not UTF-16 units', async () => {
    const { id } = await bench.client.cluster('smile', { labels: { word: 'a😀b', big: 'ÄÖ' } })
    await expectFinds(bench.client, [
      ["labels.word like 'a_b'", 'smile'],
      ["labels.word like '___'", 'smile'],
      ["labels.word like '____'", ''],
      ["labels.word like '%😀%'", 'smile'],
      ["labels.word = 'a😀b'", 'smile'],
      [`labels.big ilike 'äö' and id = '${id}'`, 'smile'],
    ])
  })
})
