// Outstanding answers of one connection: they arrive in order, before the connection ends, and nothing is read after the
// request that ends it (RFC 9112, 9.3.2 and 9.6).
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chooseTransport } from '../../src/http/transport/load.ts'
import { BufferedBody } from '../../src/http/transport/pieces.ts'
import type { Handler } from '../../src/http/transport/transport.ts'
import { gate, head, onEachEngine, serve, text, until } from './transport-server.ts'

const node = chooseTransport('node')
const statuses = (answers: string) =>
  [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => Number(match[1]))
/** Answers with the path and the body. */
const echo: Handler = async request => {
  const read = await request.body(1000)
  return text(`${request.path} ${read.kind === 'body' ? read.bytes.toString() : read.kind}`)
}
/** Bytes after a request that are not a request; each ends the connection. */
const NO_REQUESTS = [
  'nonsense\r\n\r\n',
  head('GET /', 'X-Folded: a\r\n b'),
  head('GET /', `X-Long: ${'x'.repeat(20_000)}`),
  head('GET /', 'Content-Length: +1'),
  'CONNECT example.test:80 HTTP/1.1\r\nHost: example.test:80\r\n\r\n',
]

describe('a pipeline on node:http', () => {
  test('an outstanding answer is sent before the refusal of what follows, however long it takes', async context => {
    for (const behind of NO_REQUESTS) {
      const { opened, open } = gate()
      const server = await serve(context, node, async request => {
        const answer = await echo(request)
        await opened
        return answer
      })
      const post = `${head('POST /owed', 'Content-Length: 2')}ok`
      const client = server.connect().send(head('GET /first') + post + behind)
      await new Promise(resolve => setTimeout(resolve, 30))
      assert.equal(client.pendingBytes, 0)
      open()
      assert.equal((await client.answer()).body.toString(), '/first ')
      assert.equal((await client.answer()).body.toString(), '/owed ok')
      const refusal = await client.rest()
      assert.match(refusal, /^HTTP\/1\.1 4(00|31) .*"title":"[^"]+","status":4(00|31)/s, behind)
      assert.equal(statuses(refusal).length, 1)
    }
  })

  test('a client that closes its half after a write gets the answer', async context => {
    const { opened, open } = gate()
    const server = await serve(context, node, async request => {
      const answer = await echo(request)
      await opened
      return answer
    })
    const client = server
      .connect()
      .send(`${head('POST /', 'Content-Length: 2')}ok`)
      .end()
    await new Promise(resolve => setTimeout(resolve, 30))
    open()
    assert.match(await client.rest(), /^HTTP\/1\.1 200 .*\/ ok$/s)
    assert.deepEqual(server.faults, [])
  })

  test('a client that closes its half during a large answer gets all of it', async context => {
    const big = Buffer.alloc(8 * 1024 * 1024, 'x')
    const server = await serve(context, node, () => ({
      status: 200,
      headers: [],
      body: new BufferedBody([big]),
    }))
    const client = server.connect().send(head('GET /')).end()
    assert.ok((await client.rest()).length > big.length)
  })

  test('an unsupported Upgrade is ignored: the request, its body and what follows are answered', async context => {
    const server = await serve(context, node, echo)
    const upgrade = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk']
    const client = server.connect()
    client.send(
      head('GET /before') +
        `${head('POST /upgrade', ...upgrade, 'Content-Length: 38')}GET /hidden HTTP/1.1\r\nHost: here\r\n\r\n..` +
        `${head('POST /chunks', ...upgrade, 'Transfer-Encoding: chunked')}2\r\nab\r\n0\r\n\r\n` +
        head('GET /again', 'Connection: upgrade', 'Upgrade: websocket') +
        head('GET /behind'),
    )
    assert.equal((await client.answer()).body.toString(), '/before ')
    assert.match((await client.answer()).body.toString(), /^\/upgrade GET \/hidden /)
    assert.equal((await client.answer()).body.toString(), '/chunks ab')
    assert.equal((await client.answer()).body.toString(), '/again ')
    assert.equal((await client.answer()).body.toString(), '/behind ')
    assert.equal((await client.send(head('GET /later')).answer()).body.toString(), '/later ')
  })

  test('connections with upgrades are counted once', async context => {
    const server = await serve(context, node, echo, { connections: 2 })
    const upgrade = head('GET /', 'Connection: upgrade', 'Upgrade: websocket')
    const client = server.connect()
    for (let i = 0; i < 5; i++) assert.equal((await client.send(upgrade).answer()).status, 200)
    assert.equal((await server.connect().send(head('GET /')).answer()).status, 200)
    client.destroy()
    await until(() => client.isClosed)
  })

  test('invalid versions, targets and hosts are refused with 400', async context => {
    let handled = 0
    const server = await serve(context, node, () => {
      handled++
      return text('never')
    })
    for (const request of [
      'GET /\r\nHost: x\r\n\r\n',
      'GET / HTTP/0.9\r\nHost: x\r\n\r\n',
      'GET / HTTP/2.0\r\nHost: x\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      head('GET /', 'Host: other'),
      head('GET /', 'hOST:'),
      head('GET http://'),
      head('GET http:///a'),
      head('GET http://user@here/a'),
      head('GET ftp://here/a'),
      head('GET here:80'),
      'POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ]) {
      const answers = await server
        .connect()
        .send(request + head('GET /behind'))
        .rest()
      assert.deepEqual(statuses(answers), [400], JSON.stringify(request))
    }
    assert.equal(handled, 0)
  })

  test('contract 8.1: a target in absolute form is reduced to path and query, whatever its host', async context => {
    const server = await serve(context, node, ({ path, query }) => text(`${path} ${query}`))
    const client = server.connect()
    for (const [target, seen] of [
      ['http://localhost/a/b?c=d?e', '/a/b c=d?e'],
      ['HTTP://other.example.test:8000/a', '/a '],
      ['https://[::1]:8000/?x', '/ x'],
      ['http://localhost', '/ '],
      ['http://localhost?x=/y', '/ x=/y'],
      ['http://localhost//a', '//a '],
    ] as const)
      assert.equal((await client.send(head(`GET ${target}`)).answer()).body.toString(), seen, target)
  })
})

onEachEngine('the last request of a connection', transport => {
  test('an unknown expectation is ignored', async context => {
    const server = await serve(context, transport, echo)
    const client = server.connect().send(`${head('POST /', 'Expect: nonsense', 'Content-Length: 2')}ok`)
    assert.equal((await client.answer()).body.toString(), '/ ok')
  })
})
