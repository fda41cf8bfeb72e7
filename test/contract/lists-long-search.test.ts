// A search that no index answers, long enough to be sliced, while clients change the searched data.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { TestClient } from '../harness/client.ts'

const CLUSTERS = 1000
const CREATORS = 50
const POLLS = 25
/** Evaluated many times per record, so that the fleet can be small. */
const LONG = Array.from({ length: 60 }, (_, i) => `name like '%a%b%${i}%z'`).join(' or ')
/** The label is checked on the records too, because no index answers the rest of the search. */
const SEARCH = `(labels.up = 'x' and name like 'c%') or ${LONG}`
/** Number of clusters with the label, or one less while it moves between clusters. */
const WITH_LABEL = CLUSTERS / 2

async function prepare({ server }: Bench, ids: string[]): Promise<void> {
  const create = async (first: number) => {
    const client = new TestClient(server.origin)
    for (let i = first; i < CLUSTERS; i += CREATORS)
      ids[i] = (await client.cluster(`cl-${i}`, { labels: i < WITH_LABEL ? { up: 'x' } : {} })).id
    client.close()
  }
  await Promise.all(Array.from({ length: CREATORS }, (_, first) => create(first)))
}

benchOnBothEngines('a long search while writes go on', bench => {
  const ids: string[] = []
  const holders = Array.from({ length: WITH_LABEL }, (_, i) => i)
  const others = holders.map(i => WITH_LABEL + i)

  before(() => prepare(bench, ids))

  /** Moves the label from one cluster to another, distant in slot order, until `poll` is done. */
  async function whileFlipping(poll: () => Promise<void>): Promise<number> {
    let isPolling = true
    let flips = 0
    const client = new TestClient(bench.server.origin)
    const patch = async (i: number, labels: Record<string, string>) => {
      const { status, text } = await client.patch(`/clusters/${ids[i]}`, { labels })
      assert.equal(status, 200, text)
    }
    const flip = async () => {
      for (; isPolling; flips++) {
        const [from = 0, to = 0] = [holders.shift(), others.shift()]
        await patch(from, {})
        await patch(to, { up: 'x' })
        holders.push(to)
        others.push(from)
      }
    }
    const flipping = flip()
    try {
      await poll()
    } finally {
      isPolling = false
      await flipping
      client.close()
    }
    return flips
  }

  for (const orderBy of ['created_time', 'name desc'])
    test(`contract 7.1: ordered by ${orderBy} it never shows a wrong total`, async () => {
      const flips = await whileFlipping(async () => {
        for (let poll = 0; poll < POLLS; poll++) {
          const parameters = { search: SEARCH, orderBy, pageSize: 1000 }
          const { status, json, text } = await bench.client.list('/clusters', parameters)
          assert.equal(status, 200, text)
          assert.ok(
            json.total === WITH_LABEL || json.total === WITH_LABEL - 1,
            `${json.total} of ${WITH_LABEL}`,
          )
          assert.equal(json.items.length, json.total)
          for (const { labels } of json.items) assert.equal(labels.up, 'x')
        }
      })
      assert.ok(flips > 0, 'labels were flipped meanwhile')
    })

  test('contract 7.1: short searches are answered while long ones are running', async () => {
    const client = new TestClient(bench.server.origin)
    await client.get('/clusters')
    let isLongOver = false
    const long = Promise.all(
      Array.from({ length: 60 }, () => bench.client.list('/clusters', { search: SEARCH, orderBy: 'name' })),
    ).finally(() => {
      isLongOver = true
    })
    let answered = 0
    while (!isLongOver) {
      const { json } = await client.list('/clusters', { search: `name = 'cl-7'` })
      assert.equal(json.total, 1)
      if (!isLongOver) answered++
    }
    for (const { json } of await long) assert.equal(json.total, WITH_LABEL)
    assert.ok(answered > 0)
    client.close()
  })
})
