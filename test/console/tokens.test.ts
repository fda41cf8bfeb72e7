// The console of a server with authentication: without a token, with a wrong one, with one that may only read, and with a whole one.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { START_MS } from '../harness/bench.ts'
import { findBrowser } from '../harness/browser.ts'
import { BASE } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'
import { ConsolePage } from './console-page.ts'

const browser = findBrowser()
const skip = browser === undefined && 'Chromium is missing; Debian has it in the package chromium'

describe('the console with authentication', { skip, timeout: TEST_HANGS_AFTER_MS }, () => {
  let signer: Signer
  let keySet: ReturnType<typeof writeKeySet>
  let server: TestServer
  let page: ConsolePage
  let id: string

  before(async () => {
    signer = await Signer.create('one')
    keySet = writeKeySet([signer])
    server = await startTestServer({
      engine: 'uws',
      environment: keySet.environment,
      machineMs: () => START_MS,
    })
    const created = await fetch(`${server.origin}${BASE}/clusters`, {
      method: 'POST',
      headers: { authorization: await signer.bearer(), 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'Cluster', name: 'guarded', spec: {}, labels: { region: 'eu' } }),
    })
    assert.equal(created.status, 201)
    ;({ id } = (await created.json()) as { id: string })
    page = await ConsolePage.open(browser ?? '', server.origin)
  })
  after(async () => {
    await page?.close()
    await server?.stop()
    keySet?.remove()
  })

  async function enter(token: string): Promise<void> {
    await page.page.value('document.querySelector(".top > button").click()')
    await page.type('dialog[open] input', token)
    await page.click('Use it')
  }

  for (const view of ['', 'clusters', 'nodepools', 'adapters', 'queries', 'server'])
    test(`contract 10.1: the view '${view}' opens without a token, asks for one, and shows nothing else`, async () => {
      await page.show(view)
      await page.shows(/Token wanted[\s\S]*The server asks for a token/)
      assert.doesNotMatch(await page.text(), /guarded|Authorization header/)
      await page.assertAccessible(view)
    })

  test('contract 10.1: a wrong token is refused, and a right one shows the fleet', async () => {
    await page.show('clusters')
    await page.shows(/Token wanted/)
    await enter('nonsense')
    await page.shows(/Token wanted[\s\S]*The server asks for a token/)
    await enter(await signer.bearer())
    await page.shows(/Token set[\s\S]*1 match\b[\s\S]*guarded/)
    await page.showsNo(/asks for a token/)
  })

  test('a reload forgets the token', async () => {
    await page.show('clusters')
    await page.shows(/Token wanted/)
  })

  test('contract 10.2: a token without an author reads, and its writes are refused with the reason', async () => {
    await page.show(`clusters/${id}`)
    await page.shows(/Token wanted/)
    await enter(await signer.sign({ claims: { email: undefined } }))
    await page.shows(/guarded[\s\S]*region=eu/)
    await page.click('Edit')
    await page.type('input[aria-label^="Value of"]', 'us')
    await page.click('Save')
    await page.shows(/Your token may not do this/)
    await page.click('Cancel')
    await page.shows(/region=eu/)
  })
})
