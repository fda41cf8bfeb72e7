// The console with a fleet of 10,000 clusters, or with as many as HYPERFLEET_TEST_CLUSTERS says.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { findBrowser } from '../harness/browser.ts'
import { BASE } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { ConsolePage } from './console-page.ts'

const browser = findBrowser()
const skip = browser === undefined && 'Chromium is missing; Debian has it in the package chromium'
const CLUSTERS = Number(process.env.HYPERFLEET_TEST_CLUSTERS ?? 10_000)
const TOTAL = CLUSTERS.toLocaleString('en-US')
/** Requests at the same time. */
const CONNECTIONS = 64

async function fill(origin: string): Promise<void> {
  let next = 0
  const create = async () => {
    for (let n = next++; n < CLUSTERS; n = next++) {
      const labels = { region: `region-${n % 7}` }
      const body = JSON.stringify({ kind: 'Cluster', name: `cluster-${n}`, spec: {}, labels })
      const headers = { 'content-type': 'application/json' }
      const { status } = await fetch(`${origin}${BASE}/clusters`, { method: 'POST', headers, body })
      assert.equal(status, 201)
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, create))
}

describe(`a fleet of ${CLUSTERS} clusters`, { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let server: TestServer
  let page: ConsolePage
  before(async () => {
    server = await startTestServer({ engine: 'uws', environment: {} })
    await fill(server.origin)
    page = await ConsolePage.open(browser ?? '', server.origin)
  })
  after(async () => {
    await page?.close()
    await server?.stop()
  })

  test('the overview counts all of them, and is accessible', async () => {
    await page.assertSound('')
    await page.shows(new RegExp(TOTAL))
  })

  test('the table shows both ends of the list, and has few rows in the document', async () => {
    await page.show('clusters?order=created_time%20asc')
    await page.shows(/cluster-0\b/)
    await page.page.value('document.querySelector("[role=grid]").focus()')
    await page.press('End')
    await page.shows(new RegExp(`cluster-${CLUSTERS - 1}\\b`))
    assert.ok(Number(await page.page.value('document.querySelectorAll(".table-row").length')) < 200)
    await page.press('Home')
    await page.shows(/cluster-0\b/)
    page.assertQuiet('clusters')
  })

  test('a search is counted while it is typed', async () => {
    await page.show('clusters')
    await page.type('[role=combobox]', "labels.region='region-3'")
    const matches = Math.ceil((CLUSTERS - 3) / 7).toLocaleString('en-US')
    await page.shows(new RegExp(`${matches} matches`))
  })
})
