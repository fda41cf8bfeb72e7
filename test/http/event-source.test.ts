// Watches as server-sent events over TCP and TLS, read by the EventSource of a real browser, which resumes after `kill -9` of the server.
import assert from 'node:assert/strict'
import { describe, type TestContext, test } from 'node:test'
import { findBrowser, openBrowser } from '../harness/browser.ts'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'
import { BASE } from '../harness/client.ts'
import { KillableServer } from '../harness/killable-server.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES } from '../harness/server.ts'
import { Stream } from '../harness/stream.ts'

const browser = findBrowser()
const whyNoBrowser = browser === undefined && 'Chromium is missing; Debian has it in the package chromium'

/** Starts a server with a certificate of its own. Only the engine of Node speaks TLS. */
async function startSecure(t: TestContext) {
  const authority = new CertificateAuthority()
  t.after(() => authority.remove())
  authority.issue('server')
  const files = ['--server-tls-cert-path', authority.certPath, '--server-tls-key-path', authority.keyPath]
  const server = await KillableServer.start('node', ...files)
  t.after(() => server.stop())
  return { server, ca: authority.trusted.toString() }
}

/** Creates a cluster from within the page. */
function creation(name: string): string {
  const body = JSON.stringify({ kind: 'Cluster', name, spec: {} })
  const headers = { 'content-type': 'application/json' }
  const request = JSON.stringify({ method: 'POST', headers, body })
  return `fetch('${BASE}/clusters', ${request}).then(answer => answer.status)`
}

/** Follows a watch in a browser, kills the server, and follows on. */
async function followInBrowser(t: TestContext, server: KillableServer): Promise<void> {
  const page = await openBrowser(browser ?? '')
  t.after(() => page.close())
  await page.send('Security.enable')
  await page.send('Security.setIgnoreCertificateErrors', { ignore: true })
  await page.open(`${server.origin}${BASE}/clusters`)
  await page.until(`location.pathname === '${BASE}/clusters'`)
  await page.value(`{
    window.events = []
    window.source = new EventSource('${BASE}/clusters?watch=true&fields=id,name')
    source.onmessage = ({ data, lastEventId }) => events.push({ ...JSON.parse(data), lastEventId })
    window.added = name => events.some(({ object }) => object?.name === name)
  }`)
  await page.until("events.some(({ type }) => type === 'BOOKMARK')")
  assert.equal(await page.value(creation('before')), 201)
  await page.until("added('before') && events.at(-1).type === 'BOOKMARK'")
  const { since, lastEventId } = JSON.parse(String(await page.value('JSON.stringify(events.at(-1))')))
  assert.equal(lastEventId, since)

  await server.kill()
  await page.until('source.readyState === EventSource.CONNECTING')
  await server.resume()
  assert.equal(await page.value(creation('after')), 201)
  await page.until("added('after')")
  const types = String(await page.value('events.map(({ type }) => type).join()')).split(',')
  assert.equal(types.filter(type => type === 'RESET').length, 1, `it should resume: ${types}`)
  await page.value('source.close()')
}

describe('server-sent events', { timeout: TEST_HANGS_AFTER_MS }, () => {
  for (const engine of ENGINES)
    test(`contract 12.1, 12.4, 12.13: EventSource of a browser follows a watch and resumes [${engine}]`, {
      skip: whyNoBrowser,
    }, async t => {
      const server = await KillableServer.start(engine)
      t.after(() => server.stop())
      await followInBrowser(t, server)
    })

  test('contract 12.1, 12.4: EventSource of a browser follows a watch over TLS and resumes', {
    skip: whyNoBrowser || whyNoCertificates,
  }, async t => {
    const { server } = await startSecure(t)
    await followInBrowser(t, server)
  })

  test('contract 12.1, 12.4: a stream over TLS resumes with Last-Event-ID', {
    skip: whyNoCertificates,
  }, async t => {
    const { server, ca } = await startSecure(t)
    const open = (headers: Record<string, string>) =>
      Stream.open(server.origin, '/clusters?watch=true', {
        ca,
        headers: { accept: 'text/event-stream', ...headers },
      })
    const first = await open({})
    const bookmark = (await first.untilBookmark()).at(-1)
    await server.kill()
    await first.rest()
    assert.equal(first.isComplete, false)
    await server.resume()
    const second = await open({ 'last-event-id': bookmark?.since ?? '' })
    assert.deepEqual(
      (await second.untilBookmark()).map(({ type }) => type),
      ['BOOKMARK'],
    )
    second.close()
  })
})
