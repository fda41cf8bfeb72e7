// The OpenAPI page in a real browser: it opens under its own policy, an operation can be tried, and the console stays
// empty.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type BrowserPage, findBrowser, openBrowser } from '../harness/browser.ts'
import { BASE, TestClient } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'

const path = findBrowser()
const skip = path === undefined && 'Chromium is missing; Debian has it in the package chromium'
const LIST = '#operations-Clusters-getClusters'

describe('the page of the OpenAPI document in a browser', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let server: TestServer
  let client: TestClient
  let page: BrowserPage
  before(async () => {
    server = await startTestServer({ engine: 'uws' })
    client = new TestClient(server.origin)
    await client.cluster('shown')
    page = await openBrowser(path ?? '')
    await page.open(`${server.origin}${BASE}/openapi.html`)
  })
  after(async () => {
    await page?.close()
    client?.close()
    await server?.stop()
  })

  const click = async (selector: string) => {
    await page.until(`document.querySelector('${selector}')`)
    await page.value(`document.querySelector('${selector}').click()`)
  }

  test('it shows every operation of the document (contract 1.3)', async () => {
    const { paths } = (await client.get('/openapi')).json
    const ids = Object.values<object>(paths).flatMap(item =>
      Object.values(item).flatMap(operation => operation.operationId ?? []),
    )
    assert.ok(ids.length > 15)
    await page.until('document.querySelector(".opblock")')
    const shown = await page.value('[...document.querySelectorAll(".opblock")].map(block => block.id)')
    assert.ok(Array.isArray(shown))
    assert.deepEqual(shown.map(id => String(id).replace(/^operations-\w+-/, '')).toSorted(), ids.toSorted())
  })

  test('an operation can be tried, and its answer is shown (contract 1.3)', async () => {
    await click(`${LIST} .opblock-summary-control`)
    await click(`${LIST} .try-out__btn`)
    await click(`${LIST} .execute`)
    const row = `${LIST} .live-responses-table .response`
    await page.until(`document.querySelector('${row}')`)
    const text = String(await page.value(`document.querySelector('${row}').innerText`))
    assert.match(text, /^200\b/)
    assert.match(text, /"kind": "ClusterList".*"name": "shown"/s)
  })

  test('it follows the preferred colour scheme', async () => {
    const prefer = (value: string) =>
      page.send('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value }] })
    const colour = 'getComputedStyle(document.querySelector(".swagger-ui .title")).color'
    const light = JSON.stringify(await page.value(colour))
    await prefer('dark')
    await page.until(`${colour} !== ${light}`)
    await prefer('light')
    await page.until(`${colour} === ${light}`)
  })

  test('the console stays empty, and only this server is contacted (contract 1.3)', async () => {
    await click('.btn.authorize')
    await page.until('document.querySelector(".dialog-ux")')
    assert.deepEqual(page.complaints, [])
    const asked = page.requested.filter(address => !address.startsWith('data:'))
    assert.ok(asked.length >= 6)
    assert.deepEqual(
      asked.filter(address => !address.startsWith(`${server.origin}/`)),
      [],
    )
  })

  test('its policy refuses inline scripts and styles (contract 1.3)', async () => {
    await page.value('document.body.innerHTML = `<p style="color: red" onclick="document.title = 1">x</p>`')
    await page.value('document.querySelector("p").click()')
    assert.equal(await page.value('document.title'), 'HyperFleet API')
    assert.match(page.complaints.join(), /style-src 'self'/)
    assert.match(page.complaints.join(), /script-src 'self'/)
  })
})
