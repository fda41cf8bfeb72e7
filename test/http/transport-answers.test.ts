// Sending of answers: framing, failures of the handler, streaming under back-pressure, clients that disconnect.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BufferedBody } from '../../src/http/transport/pieces.ts'
import type { HttpRequest, HttpResponse } from '../../src/http/transport/transport.ts'
import { head, onEachEngine, serve, text, until } from './transport-server.ts'

const MIB = 1024 * 1024

function patterned(bytes: number): Buffer {
  return Buffer.from(Uint32Array.from({ length: bytes / 4 }, (_, i) => i * 2_654_435_761).buffer)
}

onEachEngine('answers', transport => {
  test('204 and 304 have neither body nor length', async context => {
    const server = await serve(context, transport, ({ path }) => text('ignored', Number(path.slice(1))))
    const client = server.connect()
    for (const status of [204, 304]) {
      const answer = await client.send(head(`GET /${status}`)).answer()
      assert.equal(answer.status, status)
      assert.equal(answer.headers.has('content-length'), false)
      assert.equal(answer.headers.has('transfer-encoding'), false)
    }
    assert.equal((await client.send(head('GET /201')).answer()).body.toString(), 'ignored')
  })

  test('an empty body has the length 0', async context => {
    const server = await serve(context, transport, () => ({
      status: 200,
      headers: [],
      body: Buffer.alloc(0),
    }))
    const client = server.connect()
    assert.equal((await client.send(head('GET /')).answer()).headers.get('content-length'), '0')
    assert.equal((await client.send(head('GET /')).answer()).status, 200)
  })

  test('a body of several buffers, including parts of a pool, arrives as one', async context => {
    const body = new BufferedBody(['{"a":', '[1,2]', '', '}'].map(part => Buffer.from(part)))
    const server = await serve(context, transport, () => ({ status: 200, headers: ['X-A', '1'], body }))
    const answer = await server.connect().send(head('GET /')).answer()
    assert.equal(answer.body.toString(), '{"a":[1,2]}')
    assert.equal(answer.headers.get('x-a'), '1')
  })

  test('the connection closes if the answer or the client asks for it', async context => {
    const server = await serve(context, transport, ({ path }) => ({
      ...text('bye'),
      close: path === '/close',
    }))
    const closing = server.connect().send(head('GET /close'))
    const answer = await closing.answer()
    assert.deepEqual([answer.body.toString(), answer.headers.get('connection')], ['bye', 'close'])
    await closing.closed()
    const asking = server.connect().send(head('GET /', 'Connection: close'))
    assert.equal((await asking.answer()).body.toString(), 'bye')
    await asking.closed()
    const closingHead = server.connect().send(head('HEAD /close'))
    assert.equal((await closingHead.answer(true)).headers.get('connection'), 'close')
    await closingHead.closed()
  })

  test('a handler that throws gets an answer, and the server continues', async context => {
    const error = new Error('broken')
    const server = await serve(context, transport, request => {
      if (request.path === '/throw') throw error
      if (request.path === '/reject') return Promise.reject(error)
      return text('fine')
    })
    const client = server.connect()
    for (const path of ['/throw', '/reject']) {
      const answer = await client.send(head(`GET ${path}`)).answer()
      assert.deepEqual([answer.status, answer.body.toString()], [500, 'failed'])
    }
    client.send(`${head('POST /throw', 'Content-Length: 2')}ab`)
    assert.equal((await client.answer()).status, 500)
    assert.deepEqual(server.faults, Array(3).fill({ kind: 'failed', error }))
    assert.equal((await client.send(head('GET /')).answer()).body.toString(), 'fine')
  })

  test('if the answer to a fault fails as well, a bare status is sent', async context => {
    const fail = () => {
      throw new Error('broken')
    }
    const options = { host: '127.0.0.1', port: 0, handler: fail, onFault: fail }
    const listener = await transport.listen(options)
    context.after(() => listener.close())
    const server = await serve(context, transport, fail)
    assert.equal((await server.connect().send(head('GET /')).answer()).status, 500)
    const { RawClient } = await import('./raw-client.ts')
    const client = new RawClient(listener.port).send(head('GET /'))
    const answer = await client.answer()
    assert.deepEqual([answer.status, answer.body.length], [500, 0])
    await client.closed()
  })

  test('contract 9.1: a header with a line break is never sent', async context => {
    const bad: Record<string, HttpResponse['headers']> = {
      '/cr': ['X-A', 'a\rX-B: b'],
      '/lf': ['X-A', 'a\nX-B: b'],
      '/name': ['X-A\r\nX-B', 'b'],
      '/latin1': ['X-A', '\xe9'],
      '/good': ['X-A', 'a\t~ !'],
    }
    const server = await serve(context, transport, ({ path }) => ({ ...text('x'), headers: bad[path] ?? [] }))
    const client = server.connect()
    for (const path of ['/cr', '/lf', '/name', '/latin1']) {
      const answer = await client.send(head(`GET ${path}`)).answer()
      assert.deepEqual([answer.status, answer.headers.has('x-b')], [500, false])
    }
    assert.equal((await client.send(head('GET /good')).answer()).headers.get('x-a'), 'a\t~ !')
  })

  test('an answer of 20 MB reaches a slow reader byte by byte', async context => {
    const bytes = patterned(20 * MIB)
    const cuts = [0, 1, 70_000, 70_010, 5 * MIB, 5 * MIB + 300_000, 5 * MIB + 300_001, 20 * MIB]
    const many = Array.from({ length: 20_000 }, (_, i) => bytes.subarray(i * 1000, (i + 1) * 1000))
    const bodies: Record<string, readonly Buffer[]> = {
      '/one': [bytes],
      '/cut': cuts.slice(1).map((end, i) => bytes.subarray(cuts[i], end)),
      '/many': [...many, bytes.subarray(20_000_000)],
    }
    const server = await serve(context, transport, async ({ path }) => {
      if (path === '/many') await new Promise(resolve => setImmediate(resolve))
      return { status: 200, headers: [], body: new BufferedBody(bodies[path] ?? []) }
    })
    const client = server.connect()
    for (const path of Object.keys(bodies)) {
      client.send(head(`GET ${path}`))
      client.pause()
      await new Promise(resolve => setTimeout(resolve, 30))
      client.resume()
      for (let i = 0; i < 10; i++) {
        await new Promise(resolve => setTimeout(resolve, 3))
        client.pause()
        await new Promise(resolve => setTimeout(resolve, 3))
        client.resume()
      }
      const { body } = await client.answer()
      assert.ok(body.equals(bytes), path)
    }
  })

  test('answers sent in one piece and read slowly keep their bytes', async context => {
    const bodies = Array.from({ length: 4 }, (_, number) =>
      Array.from({ length: 8000 }, (_, i) => Buffer.alloc(1000, number * 8000 + i)),
    )
    const server = await serve(
      context,
      transport,
      ({ path }) => ({
        status: 200,
        headers: [],
        body: new BufferedBody(bodies[Number(path.slice(1))] ?? []),
      }),
      { streamingBytes: 16 * MIB },
    )
    const clients = bodies.map((_, number) => {
      const client = server.connect()
      client.send(head(`GET /${number}`))
      client.pause()
      return client
    })
    await new Promise(resolve => setTimeout(resolve, 100))
    for (const [number, client] of clients.entries()) {
      client.resume()
      const { body } = await client.answer()
      assert.ok(body.equals(Buffer.concat(bodies[number] ?? [])), `answer ${number}`)
    }
  })

  test('an answer that nobody reads is not copied into memory', async context => {
    const part = Buffer.alloc(256 * 1024, 'x')
    const body = new BufferedBody(Array<Buffer>(1600).fill(part))
    let asked = 0
    const server = await serve(
      context,
      transport,
      () => {
        asked++
        return { status: 200, headers: [], body }
      },
      { inFlightBytes: 1024 * MIB },
    )
    const client = server.connect()
    client.pause()
    const before = process.memoryUsage().rss
    client.send(head('GET /'))
    await until(() => asked === 1)
    await new Promise(resolve => setTimeout(resolve, 100))
    assert.ok(process.memoryUsage().rss - before < 100 * MIB)
  })

  test('clients that disconnect during an answer do no harm', async context => {
    const bytes = patterned(20 * MIB)
    const asked: HttpRequest[] = []
    const server = await serve(context, transport, request => {
      asked.push(request)
      return { status: 200, headers: [], body: bytes }
    })
    for (let i = 1; i <= 5; i++) {
      const client = server.connect()
      client.pause()
      client.send(head('GET /'))
      await until(() => asked.length === i)
      await new Promise(resolve => setTimeout(resolve, 10))
      client.destroy()
    }
    await until(() => asked.every(request => request.aborted))
    assert.ok((await server.connect().send(head('GET /')).answer()).body.equals(bytes))
  })

  test('bytes of answers in flight are limited; beyond, a large answer becomes a fault', async context => {
    const body = Buffer.alloc(30 * MIB, 'x')
    const large: HttpResponse = { status: 200, headers: [], body }
    const handler = ({ path }: HttpRequest) => (path === '/large' ? large : text('small'))
    const server = await serve(context, transport, handler, { inFlightBytes: 40 * MIB })
    const slow = server.connect()
    slow.pause()
    slow.send(head('GET /large'))
    const other = server.connect()
    await new Promise(resolve => setTimeout(resolve, 50))
    const refused = await other.send(head('GET /large')).answer()
    assert.deepEqual([refused.status, refused.body.toString()], [503, 'overloaded'])
    assert.equal((await other.send(head('GET /small')).answer()).body.toString(), 'small')
    slow.resume()
    assert.equal((await slow.answer()).body.length, body.length)
    assert.equal((await other.send(head('GET /large')).answer()).body.length, body.length)
    slow.send(head('GET /large'))
    await until(() => slow.pendingBytes > 0)
    slow.destroy()
    await new Promise(resolve => setTimeout(resolve, 50))
    assert.equal((await other.send(head('GET /large')).answer()).status, 200)
  })

  test('many requests sent at once by a client that reads slowly do not pile up answers', async context => {
    const body = Buffer.alloc(200 * 1024, 'x')
    const server = await serve(context, transport, () => ({ status: 200, headers: [], body }))
    const client = server.connect()
    client.pause()
    const before = process.memoryUsage().rss
    client.send(head('GET /').repeat(2000))
    await new Promise(resolve => setTimeout(resolve, 300))
    assert.ok(process.memoryUsage().rss - before < 150 * MIB)
    client.destroy()
    assert.equal((await server.connect().send(head('GET /')).answer()).body.length, body.length)
  })
})
