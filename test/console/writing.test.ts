// What the console writes and hands out: a spec that the operator's schema refuses, conflicts, and exports of what is seen.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { findBrowser } from '../harness/browser.ts'
import { TestClient } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { ConsolePage } from './console-page.ts'

const browser = findBrowser()
const skip = browser === undefined && 'Chromium is missing; Debian has it in the package chromium'

const object = { type: 'object' }
const SCHEMAS = {
  ClusterSpec: { ...object, properties: { size: { ...object, properties: { nodes: { type: 'integer' } } } } },
  NodePoolSpec: object,
}
/** Keeps what the page offers for download. */
const KEEP_DOWNLOADS = `window.downloads = []
const create = URL.createObjectURL
URL.createObjectURL = blob => { blob.text().then(text => window.downloads.push(text)); return create(blob) }
HTMLAnchorElement.prototype.click = function () { if (!this.download) this.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true })) }`

describe('writes and exports of the console', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let folder: string
  let server: TestServer
  let client: TestClient
  let page: ConsolePage
  let id: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hyperfleet-schema-'))
    const schema = join(folder, 'schema.json')
    const document = { openapi: '3.1.0', info: { title: 'Specs', version: '1' }, paths: {} }
    await writeFile(schema, JSON.stringify({ ...document, components: { schemas: SCHEMAS } }))
    server = await startTestServer({
      engine: 'uws',
      environment: { HYPERFLEET_SERVER_OPENAPI_SCHEMA_PATH: schema },
    })
    client = new TestClient(server.origin)
    const labels = { note: 'a "quoted", text' }
    const spec = { size: { nodes: 3 } }
    for (const name of ['one', 'two'])
      id = (await client.post('/clusters', { kind: 'Cluster', name, spec, labels })).json.id
    page = await ConsolePage.open(browser ?? '', server.origin)
    await page.page.send('Page.addScriptToEvaluateOnNewDocument', { source: KEEP_DOWNLOADS })
  })
  after(async () => {
    await page?.close()
    client?.close()
    await server?.stop()
    await rm(folder, { recursive: true })
  })

  async function editSpec(text: string): Promise<void> {
    await page.page.value(
      `[...document.querySelectorAll('section')].find(each => each.querySelector('h2')?.innerText === 'Spec').querySelector('button:last-child').click()`,
    )
    await page.type('textarea', text)
  }

  test('contract 4.9: a spec that the schema refuses stays in the editor, with the place of its fault', async () => {
    await page.show(`clusters/${id}`)
    await page.shows(/Spec/)
    await editSpec('{"size":{"nodes":"many"}}')
    await page.click('Save')
    await page.shows(/spec\.size\.nodes/)
    await page.assertAccessible('a refused spec')
    assert.equal(
      await page.page.value('document.querySelector("textarea").value'),
      '{"size":{"nodes":"many"}}',
    )
    await page.type('textarea', '{"size":{"nodes":5}}')
    await page.click('Save')
    await page.shows(/generation 2 ·/)
    assert.deepEqual((await client.get(`/clusters/${id}`)).json.spec, { size: { nodes: 5 } })
  })

  test('a text that is no JSON cannot be saved, and has the place of its fault', async () => {
    await page.show(`clusters/${id}`)
    await page.shows(/Spec/)
    await editSpec('{"size":\n}')
    await page.shows(/line 2/)
    await page.page.until(
      `[...document.querySelectorAll('button')].find(each => each.innerText === 'Save').disabled`,
    )
  })

  test('contract 12.12: a spec that somebody else has changed meanwhile is not overwritten', async () => {
    await page.show(`clusters/${id}`)
    await page.shows(/Spec/)
    await editSpec('{"size":{"nodes":7}}')
    await client.patch(`/clusters/${id}`, { spec: { size: { nodes: 6 } } })
    await page.click('Save')
    await page.shows(/Somebody else has changed it/)
    assert.deepEqual((await client.get(`/clusters/${id}`)).json.spec, { size: { nodes: 6 } })
  })

  for (const [format, button] of [
    ['CSV', 'CSV'],
    ['JSON lines', 'JSON lines'],
  ] as const)
    test(`what is seen is exported as ${format}, in its order`, async () => {
      await page.show('clusters?order=name%20desc')
      await page.shows(/two[\s\S]*one/)
      await page.click('Export')
      await page.click(button)
      await page.page.until('window.downloads.length === 1')
      const lines = String(await page.page.value('window.downloads[0]'))
        .trimEnd()
        .split('\n')
      if (format === 'CSV') {
        assert.equal(lines.length, 3)
        assert.match(lines[0] ?? '', /^id,name,/)
        assert.match(lines[1] ?? '', /^\w+,two,.*"\{""note"":""a \\""quoted\\"", text""\}"/)
        assert.match(lines[2] ?? '', /^\w+,one,/)
      } else
        assert.deepEqual(
          lines.map(line => JSON.parse(line).name),
          ['two', 'one'],
        )
    })
})
