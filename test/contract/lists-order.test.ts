// Lists: sort fields, directions, and refusals.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { assertProblem } from '../harness/problem.ts'

const START_MS = Date.parse('2026-03-01T12:00:00Z')

/** Names in the order of creation; `red` and `blue` share a created_time, and so do `green` and `gold`. */
async function prepare(bench: Bench): Promise<void> {
  const { client } = bench
  bench.clockMs = START_MS
  await client.cluster('red', { labels: { rank: '2', tier: 'a' } })
  const blue = await client.cluster('blue', { labels: { rank: '10' } })
  bench.clockMs += 1000
  const green = await client.cluster('green', { labels: { tier: 'a', rank: '' } })
  const gold = await client.cluster('gold')
  bench.clockMs += 1000
  await client.cluster('black', { labels: { rank: '1', tier: 'b' } })
  bench.clockMs += 1000
  await client.patch(`/clusters/${green.id}`, { spec: { size: 1 } })
  await client.patch(`/clusters/${green.id}`, { spec: { size: 2 } })
  bench.clockMs += 1000
  await client.patch(`/clusters/${blue.id}`, { spec: { size: 1 } })
  for (const [owner, name] of [
    [gold.id, 'pool-1'],
    [blue.id, 'pool-2'],
    [gold.id, 'pool-3'],
  ])
    await client.nodepool(owner, name)
}

benchOnBothEngines('the order of a list', bench => {
  before(() => prepare(bench))

  const order = async (parameters: Record<string, string>, path = '/clusters') => {
    const { status, text, json } = await bench.client.list(path, parameters)
    assert.equal(status, 200, text)
    return json.items.map(({ name }: { name: string }) => name).join(' ')
  }
  const expectOrders = async (cases: readonly (readonly [Record<string, string>, string])[]) => {
    for (const [parameters, wanted] of cases)
      assert.equal(await order(parameters), wanted, JSON.stringify(parameters))
  }

  test('contract 7.4: the newest come first by default', async () => {
    await expectOrders([
      [{}, 'black gold green blue red'],
      [{ orderBy: '', order: '' }, 'black gold green blue red'],
    ])
  })

  test('contract 7.4: order without orderBy is the direction of created_time', async () => {
    await expectOrders([
      [{ order: 'desc' }, 'black gold green blue red'],
      [{ order: 'asc' }, 'red blue green gold black'],
    ])
  })

  test('contract 7.4: each field has its own direction, asc by default', async () => {
    await expectOrders([
      [{ orderBy: 'name' }, 'black blue gold green red'],
      [{ orderBy: 'name asc' }, 'black blue gold green red'],
      [{ orderBy: 'name desc' }, 'red green gold blue black'],
      [{ orderBy: 'created_time' }, 'red blue green gold black'],
      [{ orderBy: 'created_time desc' }, 'black gold green blue red'],
      [{ orderBy: 'updated_time' }, 'red gold black green blue'],
      [{ orderBy: 'updated_time desc' }, 'blue green black gold red'],
      [{ orderBy: 'id' }, 'red blue green gold black'],
      [{ orderBy: 'id desc' }, 'black gold green blue red'],
    ])
  })

  test('contract 7.4: order is the direction of fields without one', async () => {
    await expectOrders([
      [{ orderBy: 'name', order: 'desc' }, 'red green gold blue black'],
      [{ orderBy: 'name', order: 'asc' }, 'black blue gold green red'],
      [{ orderBy: 'name asc', order: 'desc' }, 'black blue gold green red'],
      [{ orderBy: 'generation asc,name', order: 'desc' }, 'red gold black blue green'],
      [{ orderBy: 'generation,name asc', order: 'desc' }, 'green blue black gold red'],
      [{ orderBy: 'name', order: '' }, 'black blue gold green red'],
    ])
  })

  test('contract 7.4: later fields order resources with equal earlier ones', async () => {
    await expectOrders([
      [{ orderBy: 'generation desc, name asc' }, 'green blue black gold red'],
      [{ orderBy: 'created_time,name' }, 'blue red gold green black'],
      [{ orderBy: 'labels.tier desc,labels.rank,name' }, 'black green red blue gold'],
    ])
  })

  test('contract 7.4: directions may be in any case, with any spaces', async () => {
    await expectOrders([
      [{ orderBy: ' generation   DESC ,  name  Asc ' }, 'green blue black gold red'],
      [{ orderBy: 'name Desc' }, 'red green gold blue black'],
    ])
  })

  test('contract 7.4: order may contain the fields and their directions, as newer clients send it', async () => {
    await expectOrders([
      [{ order: 'name desc' }, 'red green gold blue black'],
      [{ order: 'name' }, 'black blue gold green red'],
      [{ order: 'generation desc,name' }, 'green blue black gold red'],
      [{ order: ' labels.rank  ASC ' }, 'green black blue red gold'],
      [{ orderBy: '', order: 'name desc' }, 'red green gold blue black'],
    ])
  })

  test('contract 7.4: ties are broken by id in the direction of the last field', async () => {
    await expectOrders([
      [{ orderBy: 'created_by' }, 'red blue green gold black'],
      [{ orderBy: 'created_by desc' }, 'black gold green blue red'],
      [{ orderBy: 'updated_by', order: 'desc' }, 'black gold green blue red'],
      [{ orderBy: 'generation' }, 'red gold black blue green'],
      [{ orderBy: 'generation desc' }, 'green blue black gold red'],
      [{ orderBy: 'generation desc,created_by asc' }, 'green blue red gold black'],
      [{ orderBy: 'generation asc,created_by desc' }, 'black gold red blue green'],
      [{ orderBy: 'created_time asc,updated_by desc' }, 'blue red gold green black'],
    ])
  })

  test('contract 7.4: a missing label sorts last in either direction; an empty one does not', async () => {
    await expectOrders([
      [{ orderBy: 'labels.rank' }, 'green black blue red gold'],
      [{ orderBy: 'labels.rank desc' }, 'red blue black green gold'],
      [{ orderBy: 'labels.tier' }, 'red green black blue gold'],
      [{ orderBy: 'labels.tier desc' }, 'black green red gold blue'],
      [{ orderBy: 'labels.nobody_has_it' }, 'red blue green gold black'],
      [{ orderBy: 'labels.nobody_has_it desc' }, 'black gold green blue red'],
      [{ orderBy: 'labels.tier desc,name' }, 'black green red blue gold'],
    ])
  })

  test('contract 7.4, 8.1: a list can be ordered by as many fields as fit into the request head', async () => {
    const labels = (direction: string) => Array.from({ length: 1000 }, (_, i) => `labels.k${i}${direction}`)
    await expectOrders([
      [
        { orderBy: [...labels(''), 'labels.tier desc', 'labels.rank', 'name'].join() },
        'black green red blue gold',
      ],
      [{ orderBy: [...labels(''), 'labels.rank'].join(), order: 'desc' }, 'red blue black green gold'],
      [{ orderBy: ['labels.tier', ...labels('')].join(), order: 'desc' }, 'black green red gold blue'],
    ])
  })

  test('contract 7.4: nodepools can be ordered by owner_id', async () => {
    assert.equal(await order({ orderBy: 'owner_id,name' }, '/nodepools'), 'pool-2 pool-1 pool-3')
    assert.equal(await order({ orderBy: 'owner_id desc' }, '/nodepools'), 'pool-3 pool-1 pool-2')
    assert.equal(await order({ orderBy: 'owner_id desc,name asc' }, '/nodepools'), 'pool-1 pool-3 pool-2')
  })

  test('contract 7.4: in any order, all pages together are the whole list', async () => {
    for (const orderBy of [
      'created_by',
      'generation desc',
      'labels.tier',
      'labels.tier desc',
      'created_time',
    ]) {
      const parts = []
      for (let page = 1; page <= 5; page++) {
        const { json } = await bench.client.list('/clusters', { orderBy, page, pageSize: 1 })
        parts.push(json.items[0].name)
      }
      assert.equal(parts.join(' '), await order({ orderBy }))
    }
  })

  const REFUSED: readonly (readonly [Record<string, string>, string])[] = [
    [{ orderBy: 'nope' }, 'nope'],
    [{ orderBy: 'name,nope' }, 'nope'],
    [{ orderBy: 'nope desc' }, 'nope desc'],
    [{ orderBy: 'name sideways' }, 'name sideways'],
    [{ orderBy: 'name asc desc' }, 'name asc desc'],
    [{ orderBy: 'name,,generation' }, ''],
    [{ orderBy: 'name,' }, ''],
    [{ orderBy: ',name' }, ''],
    [{ orderBy: 'desc' }, 'desc'],
    [{ orderBy: 'Name' }, 'Name'],
    [{ orderBy: 'kind' }, 'kind'],
    [{ orderBy: 'owner_id' }, 'owner_id'],
    [{ orderBy: 'spec' }, 'spec'],
    [{ orderBy: 'constructor' }, 'constructor'],
    [{ orderBy: '__proto__' }, '__proto__'],
    [{ orderBy: 'labels' }, 'labels'],
    [{ orderBy: 'labels.' }, 'labels.'],
    [{ orderBy: 'labels.Tier' }, 'labels.Tier'],
    [{ orderBy: 'labels.a.b' }, 'labels.a.b'],
    [{ orderBy: 'labels.a-b desc' }, 'labels.a-b desc'],
    [{ orderBy: 'status.conditions.Ready' }, 'status.conditions.Ready'],
    [{ orderBy: 'name;id' }, 'name;id'],
    [{ orderBy: "name'" }, "name'"],
    [{ order: 'sideways' }, 'sideways'],
    [{ order: 'name sideways' }, 'name sideways'],
    [{ order: 'name,nope desc' }, 'nope desc'],
    [{ orderBy: 'name', order: 'sideways' }, 'sideways'],
    [{ orderBy: 'name', order: 'name desc' }, 'name desc'],
    [{ orderBy: 'name asc', order: 'created_time' }, 'created_time'],
  ]

  test('contract 7.4: anything else is 400 and shows the item', async () => {
    for (const [parameters, item] of REFUSED) {
      const answer = await bench.client.list('/clusters', parameters)
      assertProblem(answer, 'HYPERFLEET-VAL-005', `bad order value '${item}'`)
    }
    const nodepools = await bench.client.list('/nodepools', { orderBy: 'owner' })
    assertProblem(nodepools, 'HYPERFLEET-VAL-005', "bad order value 'owner'")
  })
})
