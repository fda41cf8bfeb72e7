// The files of the console: where they are, under which policy, and how browsers keep them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { ENGINES, startTestServer, type TestServer } from '../harness/server.ts'

/** Most compressed bytes of the whole page. */
const MAX_PAGE_BYTES = 150_000

for (const engine of ENGINES)
  describe(`the files of the console, on ${engine}`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    const withServer = async (
      use: (server: TestServer) => Promise<void>,
      environment: Record<string, string> = {},
    ) => {
      const server = await startTestServer({ engine, environment })
      try {
        await use(server)
      } finally {
        await server.stop()
      }
    }
    const get = (server: TestServer, path: string, encoding = 'identity') =>
      fetch(server.origin + path, { redirect: 'manual', headers: { 'Accept-Encoding': encoding } })

    test('/ leads to the console, and the console loads only what this server has', () =>
      withServer(async server => {
        const root = await get(server, '/')
        assert.equal(root.status, 302)
        assert.equal(root.headers.get('location'), '/console/')
        const page = await get(server, '/console/')
        assert.equal(page.status, 200)
        assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
        assert.equal(page.headers.get('cache-control'), 'no-store')
        const policy = page.headers.get('content-security-policy') ?? ''
        for (const rule of [
          "default-src 'none'",
          "script-src 'self'",
          "style-src 'self'",
          "connect-src 'self'",
        ])
          assert.ok(policy.split('; ').includes(rule), rule)
        const html = await page.text()
        assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|style=|https?:\/\/(?!www\.w3\.org)/)
      }))

    test('scripts and styles have names with a hash, are kept for ever, and are small', () =>
      withServer(async server => {
        const html = await (await get(server, '/console')).text()
        const paths = [...html.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g)].map(([, path = '']) => path)
        assert.equal(paths.length, 2)
        let bytes = 0
        for (const path of paths) {
          assert.match(path, /^\/console\/console-[0-9a-f]{12}\.(?:js|css)$/)
          const plain = await get(server, path)
          assert.equal(plain.headers.get('cache-control'), 'public, max-age=31536000, immutable')
          assert.equal(plain.headers.get('content-encoding'), null)
          assert.match(plain.headers.get('vary') ?? '', /Accept-Encoding/)
          const zipped = await get(server, path, 'br;q=1, gzip;q=0.5')
          assert.equal(zipped.headers.get('content-encoding'), 'gzip')
          const length = Number(zipped.headers.get('content-length'))
          assert.equal(await zipped.text(), await plain.text())
          bytes += length
        }
        assert.ok(bytes < MAX_PAGE_BYTES, `${bytes} bytes`)
      }))

    test('a client that refuses gzip gets the plain file', () =>
      withServer(async server => {
        for (const encoding of ['gzip;q=0', 'identity', 'br', 'gzip;q=0.0, deflate'])
          assert.equal(
            (await get(server, '/console/', encoding)).headers.get('content-encoding'),
            null,
            encoding,
          )
      }))

    test('server.console: false takes it away', () =>
      withServer(
        async server => {
          for (const path of ['/', '/console', '/console/'])
            assert.equal((await get(server, path)).status, 404)
          assert.equal((await get(server, '/api/hyperfleet')).status, 200)
        },
        { HYPERFLEET_SERVER_CONSOLE: 'false' },
      ))

    test('a method other than GET and HEAD is refused', () =>
      withServer(async server => {
        const answer = await fetch(`${server.origin}/console/`, { method: 'POST' })
        assert.equal(answer.status, 405)
        assert.equal(answer.headers.get('allow'), 'GET, HEAD')
      }))
  })
