// The memory of the page over an hour of events and of polls, sped up: the heap after a forced collection, the nodes and the listeners stay flat.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { findBrowser } from '../harness/browser.ts'
import { BASE, TestClient } from '../harness/client.ts'
import { until } from '../harness/cluster.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { ConsolePage } from './console-page.ts'

const browser = findBrowser()
const skip = browser === undefined && 'Chromium is missing; Debian has it in the package chromium'
const isLong = process.env.HYPERFLEET_TEST_LONG === '1'
/** Events of an hour with ten changes a second, or a short form of it. */
const EVENTS = isLong ? 36_000 : 1200
/** Polls of an hour, or a short form of it. */
const POLLS = isLong ? 1200 : 60
/** Timers of the page run faster by this factor. */
const SPEED = 60
const ROUNDS = 4
const CLUSTERS = 60
const CONNECTIONS = 8
/** Collections of garbage before a measurement: a finalizer of one frees what the next one takes. */
const COLLECTIONS = 3
/** Growth after the first round that is noise: caches of compiled code, and parts of the browser. */
const NOISE = { bytes: 1_500_000, nodes: 400, listeners: 60 }

const FASTER = `for (const name of ['setTimeout', 'setInterval']) {
  const original = window[name]
  window[name] = (callback, ms, ...rest) => original(callback, (ms ?? 0) / ${SPEED}, ...rest)
}`

interface Memory {
  readonly bytes: number
  readonly nodes: number
  readonly listeners: number
}

/** The long form takes most of an hour. */
const timeout = isLong ? 2 * 3_600_000 : TEST_HANGS_AFTER_MS

describe('the memory of the page', { skip, timeout }, () => {
  let server: TestServer
  let client: TestClient
  let console_: ConsolePage
  const ids: string[] = []
  let reports = 0
  const startMs = Date.now() - 24 * 3_600_000

  before(async () => {
    server = await startTestServer({ engine: 'uws', environment: {} })
    client = new TestClient(server.origin)
    for (let n = 0; n < CLUSTERS; n++) ids.push((await client.cluster(`cluster-${n}`)).id)
    console_ = await ConsolePage.open(browser ?? '', server.origin)
    await console_.page.send('Page.addScriptToEvaluateOnNewDocument', { source: FASTER })
  })
  after(async () => {
    await console_?.close()
    client?.close()
    await server?.stop()
  })

  /** Sends a report about one cluster. Now and then it changes what it says. */
  async function report(id: string): Promise<void> {
    const n = reports++
    const status = Math.floor(n / 7) % 5 === 0 ? 'False' : 'True'
    const conditions = ['Available', 'Applied', 'Health'].map(type => ({
      type,
      status,
      reason: `Reason${n % 10}`,
      message: `report ${n}`,
    }))
    const body = JSON.stringify({
      adapter: `adapter-${n % 3}`,
      observed_generation: 1,
      observed_time: new Date(startMs + n).toISOString(),
      conditions,
      data: { n },
    })
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${server.origin}${BASE}/clusters/${id}/statuses`, {
      method: 'PUT',
      headers,
      body,
    })
    await answer.arrayBuffer()
    assert.ok(answer.ok, `status ${answer.status}`)
  }

  /** Events of watches that the server has sent. */
  async function eventsSent(): Promise<number> {
    const { text } = await client.get('/metrics')
    return [...text.matchAll(/^hyperfleet_api_watch_events_total\S* (\d+)$/gm)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    )
  }

  /** Changes clusters until the page was told of so many changes. */
  async function changeUntil(events: number, targets: readonly string[]): Promise<void> {
    const goal = (await eventsSent()) + events
    for (let sent = 0; sent < goal; ) {
      const before = await eventsSent()
      sent = await until(`the ${before}th event is not the last of ${goal}`, async () => {
        const work = Array.from({ length: CONNECTIONS }, async (_, i) => {
          for (let n = 0; n < targets.length; n++) await report(targets[(n + i * 7) % targets.length] ?? '')
        })
        await Promise.all(work)
        const now = await eventsSent()
        return now > before ? now : undefined
      })
    }
  }

  async function pollUntil(polls: number): Promise<void> {
    const { requested } = console_.page
    for (const goal = requested.length + polls; requested.length < goal; ) {
      const before = requested.length
      await until(`another poll after ${before}`, async () => (requested.length > before ? true : undefined))
    }
  }

  async function measure(): Promise<Memory> {
    for (let n = 0; n < COLLECTIONS; n++) await console_.page.send('HeapProfiler.collectGarbage')
    const heap = await console_.page.send('Runtime.getHeapUsage')
    const dom = await console_.page.send('Memory.getDOMCounters')
    return {
      bytes: Number(heap.usedSize),
      nodes: Number(dom.nodes),
      listeners: Number(dom.jsEventListeners),
    }
  }

  /** Does something in rounds. The first one warms up. */
  async function assertFlat(name: string, act: () => Promise<void>): Promise<void> {
    const found: Memory[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      await act()
      found.push(await measure())
    }
    const [first, ...rest] = found
    const text = found
      .map(
        ({ bytes, nodes, listeners }) =>
          `${(bytes / 1e6).toFixed(2)} MB, ${nodes} nodes, ${listeners} listeners`,
      )
      .join('; ')
    console.log(`${name}: ${text}`)
    const last = rest.at(-1)
    assert.ok(first !== undefined && last !== undefined)
    for (const key of ['bytes', 'nodes', 'listeners'] as const)
      assert.ok(last[key] <= first[key] + NOISE[key], `${name}: ${key} grow: ${text}`)
  }

  test('stays flat while the table of clusters follows an hour of ten changes a second', async () => {
    await console_.show('clusters')
    await console_.shows(/cluster-59/)
    await assertFlat('clusters', () => changeUntil(EVENTS / ROUNDS, ids.slice(-30)))
  })

  test('stays flat while one cluster changes for an hour, once a second', async () => {
    await console_.show(`clusters/${ids[0]}`)
    await console_.shows(/Nothing has happened yet/)
    await assertFlat('one cluster', () => changeUntil(EVENTS / 10 / ROUNDS, ids.slice(0, 1)))
    await console_.shows(/was confirmed|became/)
  })

  for (const view of ['', 'adapters', 'queries', 'server'])
    test(`stays flat through an hour of polls of the view '${view}'`, async () => {
      await console_.show(view)
      await console_.showsNo(/Loading/)
      const isPolled = view !== 'queries'
      await assertFlat(view === '' ? 'overview' : view, async () => {
        await changeOnce()
        if (isPolled) await pollUntil(POLLS / ROUNDS)
      })
    })

  async function changeOnce(): Promise<void> {
    for (const id of ids.slice(0, 10)) await report(id)
  }

  test('stays flat while one walks through all views', async () => {
    const views = ['', 'clusters', `clusters/${ids[0]}`, 'nodepools', 'adapters', 'queries', 'server']
    await console_.show('')
    await assertFlat('walks', async () => {
      for (let n = 0; n < (isLong ? 25 : 3); n++)
        for (const view of views) {
          await console_.page.value(`location.hash = ${JSON.stringify(`#/${view}`)}`)
          await console_.showsNo(/Loading/)
        }
      await console_.page.value("location.hash = '#/'")
      await console_.shows(/in all/)
    })
    console_.assertQuiet('walks')
  })
})
