// Requests that violate or stretch HTTP: no 5xx, no hanging, nothing stored (contract 2.2, 4.6, 8.1, 9.1).
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { before, test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { BASE, report } from '../harness/client.ts'
import { fleetText } from '../harness/fleet-text.ts'
import { type RawAnswer, rawRequest, sendRaw } from '../harness/raw.ts'

const CREATION = '{"kind":"Cluster","name":"smuggled","spec":{}}'

/** Incomplete heads. */
const SHORT_HEADS: readonly string[] = ['GET', '', 'nonsense', `GET ${BASE}/clusters`]
const HEADS: readonly string[] = [
  'GET / ',
  '\u0016\u0003\u0001\u0002\u0000\u0001\u0000',
  `GET ${BASE}/clusters HTTP/0.9\r\nHost: a`,
  `GET ${BASE}/clusters HTTP/2.0\r\nHost: a`,
  `GET ${BASE}/clusters HTTP/9.9\r\nHost: a`,
  `GET ${BASE}/clusters HTTX/1.1\r\nHost: a`,
  `GET ${BASE}/clusters HTTP/1.1`,
  `GET ${BASE}/clusters HTTP/1.1\r\nHost: a\r\nNo colon here`,
  `GET ${BASE}/clusters HTTP/1.1\r\nHost: a\r\nBad\u0000Name: b`,
  `GET ${BASE}/clusters HTTP/1.1\r\nHost: a\r\nName: bad\u0000value`,
  `GET ${BASE}/clusters HTTP/1.1\r\nHost: a\r\n: empty`,
  `GET ${BASE}/clusters HTTP/1.1\r\nHost : a`,
  `GET  ${BASE}/clusters  HTTP/1.1\r\nHost: a`,
]

/** Framings of a creation that must not take effect. */
const FRAMINGS: readonly (readonly [title: string, head: readonly string[], body: string])[] = [
  ['two different lengths', ['Content-Length: 5', `Content-Length: ${CREATION.length}`], CREATION],
  [
    'two different lengths, longer first',
    [`Content-Length: ${CREATION.length}`, 'Content-Length: 5'],
    CREATION,
  ],
  ['a negative length', ['Content-Length: -1'], CREATION],
  ['a length that is no number', ['Content-Length: ten'], CREATION],
  ['a length with a sign', [`Content-Length: +${CREATION.length}`], CREATION],
  ['a length in hexadecimal', ['Content-Length: 0x2e'], CREATION],
  ['a length that overflows', ['Content-Length: 99999999999999999999999'], CREATION],
  ['an empty length', ['Content-Length: '], CREATION],
  [
    'both framings',
    [`Content-Length: ${CREATION.length}`, 'Transfer-Encoding: chunked'],
    `${CREATION.length.toString(16)}\r\n${CREATION}\r\n0\r\n\r\n`,
  ],
  ['an unknown encoding', ['Transfer-Encoding: gzip'], CREATION],
  ['a chunk size that is none', ['Transfer-Encoding: chunked'], `zz\r\n${CREATION}\r\n0\r\n\r\n`],
  ['a negative chunk size', ['Transfer-Encoding: chunked'], `-1\r\n${CREATION}\r\n0\r\n\r\n`],
  [
    'a chunk size that overflows',
    ['Transfer-Encoding: chunked'],
    `fffffffffffffffff\r\n${CREATION}\r\n0\r\n\r\n`,
  ],
]

const METHODS = [
  'FOO',
  'get',
  'Post',
  'BREW',
  'TRACE',
  'LINK',
  'PURGE',
  'MKCOL',
  'A'.repeat(300),
  'G€T',
  '{}',
]

benchOnBothEngines('bad requests', bench => {
  let stored = ''
  before(async () => {
    const { href } = await bench.client.cluster('kept')
    await bench.client.post(`${href}/statuses`, report('dns', 'True', 1, at(1)))
    stored = await fleetText(bench.client)
  })
  const send = (bytes: string | Buffer) => sendRaw(bench.server.origin, bytes)
  const assertNoFault = (answer: RawAnswer | undefined, what: string) => {
    const { status } = answer ?? { status: 400 }
    assert.ok(status < 500 && status !== 201, `${what}: ${status}`)
  }

  test('contract 9.1: heads that are not HTTP', async () => {
    for (const head of HEADS)
      assertNoFault(
        await send(Buffer.from(`${head}\r\nConnection: close\r\n\r\n`, 'latin1')),
        JSON.stringify(head),
      )
    for (const head of SHORT_HEADS)
      assertNoFault(await sendRaw(bench.server.origin, `${head}\r\n\r\n`, true), JSON.stringify(head))
  })

  test('contract 2.2, 9.1: unknown methods are refused, on known and unknown paths', async () => {
    for (const method of METHODS)
      for (const path of [`${BASE}/clusters`, '/nowhere']) {
        const answer = await send(rawRequest(method, path, '', ['Connection: close']))
        assertNoFault(answer, method)
        if (answer !== undefined) assert.ok(answer.status >= 400, `${method}: ${answer.status}`)
      }
  })

  test('contract 8.1: a head of 16 KiB is accepted, a longer one gets 431 or a closed connection', async () => {
    const sized = (size: number) => {
      const request = rawRequest('GET', `${BASE}/clusters`, '', [
        'Connection: close',
        'X-Filler: ',
      ]).toString()
      return request.replace('X-Filler: ', `X-Filler: ${'x'.repeat(size - request.length)}`)
    }
    assert.equal((await send(sized(15 * 1024)))?.status, 200)
    for (const size of [17 * 1024, 64 * 1024, 1024 * 1024]) {
      const answer = await send(sized(size))
      assert.ok(answer === undefined || answer.status === 431, `${size}: ${answer?.status}`)
    }
    const many = Array.from({ length: 5000 }, (_, index) => `X-${index}: ${index}`)
    const answer = await send(rawRequest('GET', `${BASE}/clusters`, '', ['Connection: close', ...many]))
    assert.ok(answer === undefined || answer.status === 431, `${answer?.status}`)
  })

  test('contract 8.1, 9.1: too long a target gets a 4xx or a closed connection', async () => {
    for (const length of [17_000, 100_000]) {
      const answer = await send(rawRequest('GET', `${BASE}/clusters?search=${'a'.repeat(length)}`, ''))
      assert.ok(answer === undefined || [414, 431].includes(answer.status), `${answer?.status}`)
    }
  })

  test('contract 4.6, 9.1: bodies of ambiguous length create nothing', async () => {
    for (const [title, head, body] of FRAMINGS) {
      const headers = ['Content-Type: application/json', 'Connection: close', ...head]
      const request = rawRequest('POST', `${BASE}/clusters`, '', headers).toString()
      assertNoFault(await send(request + body), title)
      assert.equal(await fleetText(bench.client), stored, title)
    }
  })

  test('contract 4.6: a body longer than its Content-Length is cut there, and the rest is not part of it', async () => {
    const cut = rawRequest('POST', `${BASE}/clusters`, '', ['Content-Length: 20']).toString() + CREATION
    const answer = await send(cut)
    assert.equal(answer?.status, 400)
  })

  test('contract 4.6, 4.8: a client that disconnects during its body changes nothing', async () => {
    for (const cut of [0, 1, CREATION.length - 1]) {
      const head = rawRequest('POST', `${BASE}/clusters`, '', [`Content-Length: ${CREATION.length}`])
      const { hostname, port } = new URL(bench.server.origin)
      await new Promise<void>(resolve => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(Buffer.concat([head, Buffer.from(CREATION.slice(0, cut))]), () => socket.destroy())
        })
        socket.on('close', () => resolve())
      })
    }
    assert.equal(await fleetText(bench.client), stored)
  })

  test('contract 2.2, 9.1: a body of a read is ignored', async () => {
    for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS'])
      assertNoFault(
        await send(rawRequest(method, `${BASE}/clusters`, CREATION, ['Connection: close'])),
        method,
      )
  })

  test('contract 9.1: header values that look like further headers are not echoed as headers', async () => {
    for (const id of ['a b', 'x\r\nX-Injected: yes', 'é', '', 'a'.repeat(5000), '<script>', '"quoted"']) {
      const headers = ['Connection: close', `X-Request-Id: ${id}`]
      const answer = await send(rawRequest('GET', `${BASE}/clusters/none`, '', headers))
      assert.equal(answer?.status, 404, JSON.stringify(id))
      assert.equal(answer.headers.get('x-injected'), undefined)
      assert.match(answer.headers.get('x-request-id') ?? '', /^[\x21-\x7e]+$/)
    }
  })

  test('contract 9.1: none of this has changed stored data', async () => {
    assert.equal(await fleetText(bench.client), stored)
  })
})

benchOnBothEngines(
  'slow bodies',
  bench => {
    test('contract 4.6, 9.1: a body that does not arrive in time is not awaited', async () => {
      const head = rawRequest('POST', `${BASE}/clusters`, '', [`Content-Length: ${CREATION.length}`])
      const answer = await sendRaw(
        bench.server.origin,
        Buffer.concat([head, Buffer.from(CREATION.slice(0, 10))]),
      )
      assert.ok(answer === undefined || [400, 408].includes(answer.status), `${answer?.status}`)
      assert.equal((await bench.client.get('/clusters')).json.total, 0)
    })
  },
  { HYPERFLEET_SERVER_BODY_DEADLINE_MS: '200' },
)
