// CORS: only configured origins, and nothing for any other origin.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createCors } from '../../src/http/admission/cors.ts'
import { type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { BASE } from '../harness/client.ts'
import { sendRaw } from '../harness/raw.ts'
import { Signer, writeKeySet } from '../harness/tokens.ts'

const ORIGIN = 'https://console.example.com'
const OTHERS = [
  'https://other.example.com',
  'http://console.example.com',
  `${ORIGIN}:8443`,
  `${ORIGIN}.evil.example`,
  `${ORIGIN}/`,
  'HTTPS://CONSOLE.EXAMPLE.COM',
  'null',
  '*',
]
const signer = await Signer.create('one')
const keySet = writeKeySet([signer])
after(() => keySet.remove())

async function ask(bench: Bench, method: string, path: string, ...headers: string[]) {
  const lines = [`${method} ${BASE}${path} HTTP/1.1`, 'Host: localhost', ...headers]
  const answer = await sendRaw(bench.server.origin, `${lines.join('\r\n')}\r\n\r\n`)
  assert.ok(answer !== undefined)
  return answer
}
const preflight = (bench: Bench, origin: string) =>
  ask(
    bench,
    'OPTIONS',
    '/clusters',
    `Origin: ${origin}`,
    'Access-Control-Request-Method: POST',
    'Access-Control-Request-Headers: authorization,content-type',
  )
const corsHeaders = (headers: ReadonlyMap<string, string>) =>
  [...headers.keys()].filter(name => name.startsWith('access-control-'))

benchOnBothEngines('CORS off', bench => {
  test('contract 2.2, 2.3: no CORS headers are sent, and OPTIONS is a method like any other', async () => {
    const read = await ask(bench, 'GET', '/clusters', `Origin: ${ORIGIN}`)
    assert.deepEqual([read.status, read.headers.get('vary')], [200, 'Authorization'])
    assert.deepEqual(corsHeaders(read.headers), [])
    const asked = await preflight(bench, ORIGIN)
    assert.equal(asked.status, 405)
    assert.deepEqual(corsHeaders(asked.headers), [])
  })
})

benchOnBothEngines(
  'CORS for one origin, with authentication',
  bench => {
    test('contract 2.3: a preflight is answered without a token', async () => {
      const { status, headers, body } = await preflight(bench, ORIGIN)
      assert.deepEqual([status, body], [204, ''])
      assert.equal(headers.get('access-control-allow-origin'), ORIGIN)
      assert.equal(headers.get('vary'), 'Authorization, Origin')
      for (const method of ['GET', 'POST', 'PATCH', 'PUT', 'DELETE'])
        assert.ok(headers.get('access-control-allow-methods')?.split(', ').includes(method))
      assert.match(headers.get('access-control-allow-headers') ?? '', /\bAuthorization\b/)
      const allowed = headers.get('access-control-allow-headers')?.split(', ')
      for (const name of ['Content-Type', 'X-Request-Id', 'traceparent', 'tracestate'])
        assert.ok(allowed?.includes(name), name)
      assert.equal(headers.get('cache-control'), 'no-store')
      assert.match(headers.get('access-control-max-age') ?? '', /^[1-9]\d*$/)
      assert.equal(headers.has('access-control-allow-credentials'), false)
    })

    test('contract 12.13: pages may delete, send conditions and ask for a state, and read tags and sequences', async () => {
      const { headers } = await preflight(bench, ORIGIN)
      assert.ok(headers.get('access-control-allow-methods')?.split(', ').includes('DELETE'))
      const allowed = headers.get('access-control-allow-headers')?.split(', ')
      for (const name of [
        ...['If-Match', 'If-None-Match', 'Last-Event-ID', 'X-HyperFleet-Min-Sequence'],
        ...['X-HyperFleet-Consistency', 'traceparent', 'tracestate'],
      ])
        assert.ok(allowed?.includes(name), name)
      const lines = [`Origin: ${ORIGIN}`, `Authorization: ${await signer.bearer()}`]
      const read = await ask(bench, 'GET', '/clusters', ...lines)
      const exposed = read.headers.get('access-control-expose-headers')?.split(', ')
      for (const name of ['ETag', 'X-HyperFleet-Sequence']) {
        assert.ok(exposed?.includes(name), name)
        assert.ok(read.headers.has(name.toLowerCase()), name)
      }
      const tag = `If-None-Match: ${read.headers.get('etag')}`
      const known = await ask(bench, 'GET', '/clusters', ...lines, tag)
      assert.equal(known.status, 304)
      for (const name of ['vary', 'access-control-allow-origin', 'access-control-expose-headers'])
        assert.equal(known.headers.get(name), read.headers.get(name))
    })

    test('contract 12.13: no token is taken from the query', async () => {
      const token = (await signer.bearer()).replace('Bearer ', '')
      for (const name of ['access_token', 'token', 'authorization', 'bearer'])
        assert.equal((await ask(bench, 'GET', `/clusters?${name}=${token}`)).status, 401)
    })

    test('contract 2.3: the origin can read answers, refusals included', async () => {
      const authorization = `Authorization: ${await signer.bearer()}`
      for (const [expected, ...lines] of [[200, authorization], [401]] as const) {
        const { status, headers } = await ask(bench, 'GET', '/clusters', `Origin: ${ORIGIN}`, ...lines)
        assert.equal(status, expected)
        assert.equal(headers.get('access-control-allow-origin'), ORIGIN)
        assert.match(headers.get('access-control-expose-headers') ?? '', /\bX-Request-Id\b/)
        assert.equal(headers.get('vary'), 'Authorization, Origin')
      }
    })

    test('contract 2.3: no other origin is ever named, and every answer has Vary: Origin', async () => {
      const authorization = `Authorization: ${await signer.bearer()}`
      for (const origin of OTHERS) {
        const read = await ask(bench, 'GET', '/clusters', `Origin: ${origin}`, authorization)
        assert.deepEqual([read.status, read.headers.get('vary')], [200, 'Authorization, Origin'])
        assert.deepEqual(corsHeaders(read.headers), [], origin)
        const asked = await preflight(bench, origin)
        assert.equal(asked.status, 401, origin)
        assert.deepEqual(corsHeaders(asked.headers), [], origin)
      }
      const plain = await ask(bench, 'GET', '/clusters', authorization)
      assert.deepEqual([plain.headers.get('vary'), corsHeaders(plain.headers)], ['Authorization, Origin', []])
    })

    test('contract 2.2: OPTIONS that is not a preflight is a method like any other', async () => {
      const authorization = `Authorization: ${await signer.bearer()}`
      assert.equal((await ask(bench, 'OPTIONS', '/clusters', `Origin: ${ORIGIN}`, authorization)).status, 405)
    })
  },
  {
    ...keySet.environment,
    HYPERFLEET_SERVER_CORS_ORIGINS: JSON.stringify([ORIGIN, 'http://localhost:3000']),
  },
)

benchOnBothEngines(
  'CORS for all',
  bench => {
    test('contract 2.3: every origin is allowed, and the answer is the same for all', async () => {
      for (const origin of [ORIGIN, 'null']) {
        const read = await ask(bench, 'GET', '/clusters', `Origin: ${origin}`)
        assert.equal(read.headers.get('access-control-allow-origin'), '*')
        assert.equal(read.headers.get('vary'), 'Authorization')
        assert.equal((await preflight(bench, origin)).status, 204)
      }
    })
  },
  { HYPERFLEET_SERVER_CORS_ORIGINS: '["*"]' },
)

test('an invalid origin stops the start', () => {
  for (const entry of [
    'console.example.com',
    `${ORIGIN}/`,
    `${ORIGIN}/x`,
    `${ORIGIN}:443`,
    'https://*.example.com x',
    'null',
    'ftp://x',
  ])
    assert.throws(() => createCors([entry]), /server-cors-origins/, entry)
})
