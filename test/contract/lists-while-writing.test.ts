// Lists during writes: paging misses no resource, and no answer contradicts itself.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { report, TestClient } from '../harness/client.ts'

const AT_START = 40
const PAGE_SIZE = 7
const OBSERVED_MS = Date.parse('2026-01-01T00:00:00Z')

interface List {
  readonly page: number
  readonly size: number
  readonly total: number
  readonly items: readonly {
    readonly id: string
    readonly name: string
    readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] }
  }[]
}

benchOnBothEngines('a list during writes', bench => {
  let round = 0

  /** Fills the fleet, then runs `read` while others create clusters (with names that sort last) and report. */
  async function whileWriting(read: (ids: readonly string[]) => Promise<void>): Promise<void> {
    round++
    const writer = new TestClient(bench.server.origin)
    const ids: string[] = []
    for (let index = 0; index < AT_START; index++)
      ids.push((await writer.cluster(`r${round}-${index}`, { labels: { round: `r${round}` } })).id)
    let isReading = true
    const creator = async () => {
      for (let index = 0; isReading; index++)
        await writer.cluster(`z${round}-${index}`, { labels: { round: `r${round}` } })
    }
    const reporter = async () => {
      for (let index = 0; isReading; index++) {
        const time = new Date(OBSERVED_MS + index * 1000).toISOString()
        const value = Math.floor(index / AT_START) % 2 === 0 ? 'True' : 'False'
        await writer.post(`/clusters/${ids[index % AT_START]}/statuses`, report('dns', value, 1, time))
      }
    }
    const writers = Promise.all([creator(), reporter()])
    try {
      await read(ids)
    } finally {
      isReading = false
      await writers
      writer.close()
    }
  }

  async function page(parameters: Record<string, string | number>): Promise<List> {
    const { status, text, json } = await bench.client.list('/clusters', parameters)
    assert.equal(status, 200, text)
    assert.equal(json.items.length, json.size)
    return json
  }

  /** Ids of all pages, until a page is short. */
  async function allPages(parameters: Record<string, string | number>): Promise<string[]> {
    const seen: string[] = []
    for (let number = 1; ; number++) {
      const { items, total } = await page({ ...parameters, page: number, pageSize: PAGE_SIZE })
      const left = Math.max(0, total - (number - 1) * PAGE_SIZE)
      assert.equal(items.length, Math.min(PAGE_SIZE, left), 'total and items disagree')
      seen.push(...items.map(({ id }) => id))
      if (items.length < PAGE_SIZE) return seen
    }
  }

  for (const orderBy of ['created_time asc', 'name', 'id', 'labels.round,created_by'])
    test(`contract 7.4: paging by ${orderBy} shows each initial resource exactly once`, async () => {
      await whileWriting(async ids => {
        const seen = await allPages({ orderBy, search: `labels.round = 'r${round}'` })
        for (const id of ids) assert.equal(seen.filter(other => other === id).length, 1)
      })
    })

  test('contract 7.4: paging in the default order misses no initial resource', async () => {
    await whileWriting(async ids => {
      const seen = new Set(await allPages({ search: `labels.round = 'r${round}'` }))
      assert.deepEqual(
        ids.filter(id => !seen.has(id)),
        [],
      )
    })
  })

  test('contract 7.1: total and items never disagree within one answer', async () => {
    await whileWriting(async () => {
      let lastTotal = 0
      for (let turn = 0; turn < 60; turn++) {
        const { items, total } = await page({ pageSize: 1000 })
        assert.equal(items.length, total)
        assert.equal(new Set(items.map(({ id }) => id)).size, total, 'a resource appears twice in one answer')
        assert.ok(total >= lastTotal, 'a resource disappeared')
        lastTotal = total
      }
    })
  })

  test('contract 7.1: every item of an answer matches its search while the conditions change', async () => {
    await whileWriting(async ids => {
      for (let turn = 0; turn < 60; turn++) {
        const wanted = turn % 2 === 0 ? 'True' : 'False'
        const search = `status.conditions.Ready = '${wanted}' and labels.round = 'r${round}'`
        const { items, total } = await page({ pageSize: 1000, search })
        assert.equal(items.length, total)
        for (const { status } of items)
          assert.equal(status.conditions.find(({ type }) => type === 'Ready')?.status, wanted)
        if (wanted === 'True') assert.ok(total <= ids.length)
      }
    })
  })

  test('contract 4.8, 7.1: an acknowledged write is in the next list of every client', async () => {
    const other = new TestClient(bench.server.origin)
    for (let index = 0; index < 30; index++) {
      const { id } = await bench.client.cluster(`seen-${index}`)
      const { json } = await other.list('/clusters', { search: `name = 'seen-${index}'` })
      assert.deepEqual(
        json.items.map((item: { id: string }) => item.id),
        [id],
      )
    }
    other.close()
  })
})
