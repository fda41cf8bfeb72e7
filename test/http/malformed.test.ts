// Malformed requests in large numbers: none is answered 5xx, none hangs, and none leaks memory.
// HYPERFLEET_TEST_LONG=1 sends a hundred thousand.
import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { sendRaw } from '../harness/raw.ts'
import { ENGINES } from '../harness/server.ts'
import { startSeparateServer } from './separate-server.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const REQUESTS = process.env.HYPERFLEET_TEST_LONG === '1' ? 100_000 : 1500
const AT_ONCE = 16
/** Permitted growth of the heap after a collection. Leaking any part of each request would exceed it. */
const MAY_GROW_BYTES = 8 * 1024 * 1024
const PATHS = [
  '/api/hyperfleet/v1/clusters',
  '/api/hyperfleet/v1/clusters/x/statuses',
  '/',
  '/%',
  '/\0',
  '*',
  'http://x/',
]

const bytes = fc.uint8Array({ maxLength: 400 }).map(array => Buffer.from(array))
const line = fc.oneof(
  fc.constantFrom(
    'Host: localhost',
    'Host:',
    'Content-Length: 3',
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    'Content-Length: 3, 4',
    'Transfer-Encoding: chunked',
    'Transfer-Encoding: gzip, chunked',
    'Transfer-Encoding : chunked',
    'Expect: 100-continue',
    'Expect: nonsense',
    'Connection: upgrade',
    'Upgrade: websocket',
    'Connection: close',
    'Content-Type: text/plain',
    'Content-Type: application/json; charset=\xff',
    'X-Request-Id: a\tb',
    'Authorization: Bearer a.b.c',
    'X-Forwarded-For: ,,,',
    'Origin: null',
    ' folded: x',
    ': no name',
    'no colon',
  ),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.nat(20_000).map(length => `X-Long: ${'x'.repeat(length)}`),
)
const method = fc.oneof(
  fc.constantFrom('GET', 'POST', 'PATCH', 'PUT', 'OPTIONS', 'PRI', 'CONNECT', 'get', ''),
  fc.string(),
)
const target = fc.oneof(
  fc.constantFrom(...PATHS),
  fc.string({ unit: 'binary', maxLength: 100 }).map(text => `/api/hyperfleet/v1/clusters?search=${text}`),
)
const version = fc.constantFrom('HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', 'HTTP', '')
const ending = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n', '\r')
const body = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '5\r\nab',
    '0\r\n\r\n',
    'zz\r\n',
    '{"kind":"Cluster","name":',
    '{"a":'.repeat(70),
    '\xef\xbb\xbf{}',
    '[',
    '"\\ud800"',
  ),
)
const structured = fc
  .tuple(method, target, version, fc.array(line, { maxLength: 6 }), ending, body)
  .map(([verb, path, protocol, lines, end, content]) =>
    Buffer.from(
      [`${verb} ${path} ${protocol}`, 'Host: localhost', ...lines, '', content].join(end),
      'latin1',
    ),
  )
const jsonBody = body.map(content =>
  Buffer.from(
    `POST ${PATHS[0]} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${content.length}\r\n\r\n${content}`,
    'latin1',
  ),
)
const anything = fc.oneof(bytes, structured, jsonBody)

/** Everything received until the server closes, or until a while after the client has closed its half. */
function exchange(port: number, request: Buffer): Promise<string> {
  return new Promise(resolve => {
    let received = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(request))
    const settle = () => {
      clearTimeout(patience)
      socket.destroy()
      resolve(received)
    }
    // The server waits for more input. Answering first or only waiting are both fine here.
    const patience = setTimeout(settle, 20)
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
    })
    socket.on('error', settle)
    socket.on('close', settle)
  })
}

for (const engine of ENGINES)
  describe(`malformed requests (${engine})`, () => {
    test('contract 9.1: none causes a server error, and memory stays flat', async context => {
      console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
      const server = await startSeparateServer(engine)
      context.after(() => server.stop())
      const round = async (requests: readonly Buffer[]) => {
        const queue = requests.values()
        const worker = async () => {
          for (const request of queue) {
            const answer = await exchange(server.port, request)
            const text = request.toString('latin1')
            assert.doesNotMatch(answer, /^HTTP\/1\.1 5/m, JSON.stringify(text))
            assert.match(answer, /^(HTTP\/1\.1 [1-4]\d\d |$)/, JSON.stringify(text))
          }
        }
        await Promise.all(Array.from({ length: AT_ONCE }, worker))
      }
      await round(fc.sample(anything, { seed: SEED, numRuns: 500 }))
      const before = await server.heapBytes()
      for (let sent = 0; sent < REQUESTS; sent += 500)
        await round(fc.sample(anything, { seed: SEED + 1 + sent, numRuns: 500 }))
      const grown = (await server.heapBytes()) - before
      assert.ok(grown < MAY_GROW_BYTES, `${grown} bytes more than before`)
      assert.ok(server.isAlive())
      const answer = await sendRaw(server.origin, `GET ${PATHS[0]} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      assert.equal(answer?.status, 200)
    })
  })
