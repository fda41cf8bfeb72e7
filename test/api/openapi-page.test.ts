// The page that shows the OpenAPI document: everything it loads comes from this server, and its policy enforces that.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { benchOnBothEngines } from '../harness/bench.ts'
import { BASE } from '../harness/client.ts'

const PAGE = '/openapi.html'
/** Sources that a directive may allow in addition to this server: images may be inline in styles. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = { 'img-src': ["'self'", 'data:'] }
const MEDIA_TYPES: Readonly<Record<string, RegExp>> = {
  css: /^text\/css\b/,
  js: /^text\/javascript\b/,
}

benchOnBothEngines('the page of the OpenAPI document', bench => {
  const addresses = (html: string) =>
    [...html.matchAll(/\b(?:src|href|action|data-[a-z]+)\s*=\s*["']?([^"'\s>]+)/g)].map(([, to = '']) => to)
  const files = async () =>
    addresses((await bench.client.get(PAGE)).text).filter(address => !address.startsWith('data:'))

  test('it is an HTML page (contract 1.3)', async () => {
    const { status, headers, text } = await bench.client.get(PAGE)
    assert.equal(status, 200)
    assert.match(headers['content-type'] ?? '', /^text\/html\b/)
    assert.match(text, /^<!doctype html>/)
    const head = await bench.client.send(PAGE, { method: 'HEAD' })
    assert.deepEqual([head.status, head.text], [200, ''])
    assert.equal(head.headers['content-length'], String(Buffer.byteLength(text)))
  })

  test('its policy allows nothing but this server (contract 1.3)', async () => {
    const { headers } = await bench.client.get(PAGE)
    const policy = new Map(
      String(headers['content-security-policy'])
        .split(';')
        .map(directive => directive.trim().split(/\s+/))
        .map(([name = '', ...sources]) => [name, sources]),
    )
    assert.deepEqual(policy.get('default-src'), ["'none'"])
    assert.deepEqual(policy.get('script-src'), ["'self'"])
    assert.deepEqual(policy.get('connect-src'), ["'self'"])
    for (const name of ['base-uri', 'form-action', 'frame-ancestors'])
      assert.deepEqual(policy.get(name), ["'none'"], name)
    for (const [name, sources] of policy)
      for (const source of sources)
        assert.ok((ALLOWED[name] ?? ["'self'", "'none'"]).includes(source), `${name} ${source}`)
  })

  test('it names no other server and contains no inline script (contract 1.3)', async () => {
    const { text } = await bench.client.get(PAGE)
    assert.doesNotMatch(text, /\/\/[a-z0-9]/i)
    for (const address of addresses(text)) assert.match(address, /^(\/api\/hyperfleet\/|data:,$)/)
    for (const [, attributes = '', body] of text.matchAll(/<script\b([^>]*)>(.*?)<\/script>/gs)) {
      assert.match(attributes, /\bsrc=/)
      assert.equal(body, '')
    }
    assert.doesNotMatch(text, /\son[a-z]+\s*=|javascript:|<(iframe|object|embed|base|form|style)\b/i)
  })

  test('everything it loads is served here with the right media type (contract 1.3)', async () => {
    const loaded = await files()
    assert.ok(loaded.length >= 2)
    for (const file of loaded) {
      const { status, headers, text } = await bench.client.get(file)
      assert.equal(status, 200, file)
      const extension = file.slice(file.lastIndexOf('.') + 1)
      assert.match(headers['content-type'] ?? '', MEDIA_TYPES[extension] ?? /no such file/, file)
      assert.equal(headers['content-length'], String(Buffer.byteLength(text)), file)
    }
  })

  test('its styles load nothing, and its scripts only this document (contract 1.3)', async () => {
    for (const file of await files()) {
      const { text } = await bench.client.get(file)
      if (file.endsWith('.css')) {
        assert.doesNotMatch(text, /@import/)
        for (const [, address = ''] of text.matchAll(/url\(\s*["']?([^)"']*)/g))
          assert.match(address, /^(data:|#)/)
      }
    }
    const [start = ''] = (await files()).slice(-1)
    const { text } = await bench.client.get(start)
    assert.match(text, new RegExp(`url: '${BASE}/openapi'`))
    // Swagger UI's validator is another server, which the policy blocks. With null it is not called at all.
    assert.match(text, /validatorUrl: null/)
    assert.doesNotMatch(text, /\/\/[a-z0-9]/i)
  })
})
