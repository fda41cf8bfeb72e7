// Search: a search of a nested list stays within that list.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { expectFinds, refusal } from '../harness/find.ts'

const ids = { mine: '', other: '' }

async function prepare({ client }: Bench): Promise<void> {
  ids.mine = (await client.cluster('mine')).id
  ids.other = (await client.cluster('other')).id
  await client.nodepool(ids.mine, 'mine-1', { labels: { role: 'a' } })
  await client.nodepool(ids.mine, 'mine-2')
  const { id } = await client.nodepool(ids.other, 'other-1', { labels: { role: 'a' } })
  await client.post(
    `/clusters/${ids.other}/nodepools/${id}/statuses`,
    report('dns', 'True', 1, '2026-01-01T00:00:00Z'),
  )
}

benchOnBothEngines('a search of a nested list', bench => {
  before(() => prepare(bench))

  const path = () => `/clusters/${ids.mine}/nodepools`

  test('contract 8.11: a search that is always true finds only items of the list', async () => {
    await expectFinds(
      bench.client,
      [
        ['', 'mine-1 mine-2'],
        ["name != ''", 'mine-1 mine-2'],
        ["id != '' or id = ''", 'mine-1 mine-2'],
        ["name = 'x' or kind = 'NodePool'", 'mine-1 mine-2'],
        ["name = 'x' or name != 'x'", 'mine-1 mine-2'],
        ["not name = 'other'", 'mine-1 mine-2'],
        ['not name in ()', 'mine-1 mine-2'],
        ["not (name = 'x' and name != 'x')", 'mine-1 mine-2'],
        ["labels.role = 'a'", 'mine-1'],
        ["labels.nobody is null or labels.role = 'a'", 'mine-1 mine-2'],
      ],
      path(),
    )
  })

  test('contract 8.11: a search that names other resources finds none of them', async () => {
    await expectFinds(
      bench.client,
      [
        ["name = 'other-1'", ''],
        [`owner_id = '${ids.other}'`, ''],
        [`owner_id = '${ids.other}' or name = 'mine-2'`, 'mine-2'],
        [`owner_id != '${ids.mine}'`, ''],
        [`not owner_id = '${ids.mine}'`, ''],
        [`not (owner_id = '${ids.mine}')`, ''],
        [`owner_id in ('${ids.mine}','${ids.other}')`, 'mine-1 mine-2'],
        ["status.conditions.Ready='True'", ''],
        ["status.conditions.Ready='True' or status.conditions.Ready='False'", 'mine-1 mine-2'],
        ["status.conditions.DnsSuccessful='True' or labels.role='a'", 'mine-1'],
      ],
      path(),
    )
  })

  test('contract 8.11: text that closes a foreign bracket or quote does not parse', async () => {
    for (const search of [
      "name = 'x') or (name != ''",
      "') or ('1' = '1",
      "x' or '1'='1",
      ") or name != ''",
      "name = '') or name like '%' or (name = ''",
      "name != '' --",
      "name != '' /*",
      "name = 'x' or 1 = 1",
      "name = 'x'; name != ''",
      "name = 'x'\0 or name != ''",
    ]) {
      const answer = await refusal(bench.client, search, undefined, path())
      assert.equal(answer.json.items, undefined)
    }
  })

  test('contract 8.11: paging and ordering stay within the list', async () => {
    const { json } = await bench.client.list(path(), {
      search: "name != ''",
      orderBy: 'owner_id desc, name desc',
      page: 1,
      pageSize: 10,
    })
    assert.equal(json.total, 2)
    assert.deepEqual(
      json.items.map(({ name }: { name: string }) => name),
      ['mine-2', 'mine-1'],
    )
  })

  test('contract 8.11: the parameters of a query string cannot name another cluster', async () => {
    const { json } = await bench.client.get(`${path()}?cluster_id=${ids.other}&owner_id=${ids.other}`)
    assert.equal(json.total, 2)
  })

  test('contract 2.2, 8.11: an id in the path is used literally', async () => {
    for (const id of [
      '%25',
      "'%20or%20''='",
      `${ids.mine}%2Fnodepools`,
      '..%2F..',
      '%00',
      '%zz',
      '__proto__',
    ])
      assert.equal((await bench.client.get(`/clusters/${id}/nodepools`)).status, 404, id)
  })
})
