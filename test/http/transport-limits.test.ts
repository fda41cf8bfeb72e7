// Limits of a listener: connections, requests in progress, bodies in flight, slow readers and senders.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HttpRequest } from '../../src/http/transport/transport.ts'
import { gate, head, onEachEngine, serve, text, until } from './transport-server.ts'

const MIB = 1024 * 1024

onEachEngine('limits', transport => {
  test('a connection beyond the limit is closed, and a closed one makes room', async context => {
    const server = await serve(context, transport, () => text('in'), { connections: 3 })
    const ask = async () => {
      const client = server.connect().send(head('GET /'))
      return { client, answer: await client.answer().catch(() => undefined) }
    }
    const admitted = [await ask(), await ask(), await ask()]
    for (const { answer } of admitted) assert.equal(answer?.status, 200)
    for (let i = 0; i < 50; i++) assert.equal((await ask()).answer, undefined)
    for (const { client } of admitted)
      assert.equal((await client.send(head('GET /')).answer()).body.toString(), 'in')
    admitted[0]?.client.destroy()
    let status: number | undefined
    while (status !== 200) status = (await ask()).answer?.status
  })

  test('a request beyond the limit becomes a fault before it is decided', async context => {
    const { opened, open } = gate()
    let decided = 0
    const server = await serve(
      context,
      transport,
      async () => {
        decided++
        await opened
        return text('decided')
      },
      { requestsInFlight: 2 },
    )
    const admitted = [server.connect().send(head('GET /')), server.connect().send(head('GET /'))]
    await until(() => decided === 2)
    const other = server.connect()
    for (let i = 0; i < 5; i++) {
      const answer = await other.send(head('GET /')).answer()
      assert.deepEqual([answer.status, answer.body.toString()], [503, 'overloaded'])
      const posted = await other.send(`${head('POST /', 'Content-Length: 4')}body`).answer()
      assert.equal(posted.status, 503)
    }
    assert.equal(decided, 2)
    open()
    for (const client of admitted) assert.equal((await client.answer()).body.toString(), 'decided')
    assert.equal((await other.send(head('GET /')).answer()).body.toString(), 'decided')
    assert.ok(server.faults.every(fault => fault.kind === 'overloaded' && fault.by === 'requests'))
  })

  test('clients that disconnect make room for others', async context => {
    const seen: HttpRequest[] = []
    const server = await serve(
      context,
      transport,
      request => {
        seen.push(request)
        return request.path === '/stay' ? new Promise(() => {}) : text('in')
      },
      { requestsInFlight: 2 },
    )
    for (let round = 1; round <= 5; round++) {
      const clients = [server.connect().send(head('GET /stay')), server.connect().send(head('GET /stay'))]
      await until(() => seen.length === 2 * round + (round - 1))
      for (const client of clients) client.destroy()
      await until(() => seen.filter(({ path }) => path === '/stay').every(({ aborted }) => aborted))
      assert.equal((await server.connect().send(head('GET /')).answer()).status, 200)
    }
  })

  test('requests whose body is still arriving block nobody', async context => {
    const server = await serve(
      context,
      transport,
      async request => {
        const { kind } = await request.body(100)
        return text(kind)
      },
      { requestsInFlight: 2 },
    )
    const slow = Array.from({ length: 10 }, () =>
      server.connect().send(`${head('POST /', 'Content-Length: 2')}x`),
    )
    await new Promise(resolve => setTimeout(resolve, 50))
    assert.equal((await server.connect().send(head('GET /')).answer()).body.toString(), 'body')
    for (const client of slow) assert.equal((await client.send('x').answer()).body.toString(), 'body')
  })

  test('bodies in flight share a limit of bytes, and one that does not fit is dropped', async context => {
    const server = await serve(
      context,
      transport,
      async request => {
        const body = await request.body(MIB)
        return text(body.kind === 'body' ? String(body.bytes.length) : body.kind)
      },
      { bodiesBytes: 100_000 },
    )
    const post = (bytes: number) => head('POST /', `Content-Length: ${bytes}`)
    const first = server.connect().send(post(80_000) + 'x'.repeat(79_999))
    const second = server.connect()
    await until(() => first.pendingBytes === 0)
    await new Promise(resolve => setTimeout(resolve, 50))
    for (let i = 0; i < 3; i++) {
      assert.equal(
        (await second.send(post(50_000) + 'x'.repeat(50_000)).answer()).body.toString(),
        'overloaded',
      )
      assert.equal((await second.send(`${post(4)}body`).answer()).body.toString(), '4')
    }
    assert.equal((await first.send('x').answer()).body.toString(), '80000')
    assert.equal((await second.send(post(90_000) + 'x'.repeat(90_000)).answer()).body.toString(), '90000')
  })

  test('contract 4.11: a client with many unfinished bodies blocks nobody else', async context => {
    const server = await serve(
      context,
      transport,
      async request => {
        const body = await request.body(MIB)
        return text(body.kind === 'body' ? String(body.bytes.length) : body.kind)
      },
      { bodiesBytes: 400_000 },
    )
    const post = (client: string, bytes: number) =>
      head('POST /', `X-Client: ${client}`, `Content-Length: ${bytes}`)
    const refused: string[] = []
    for (let i = 0; i < 20; i++) {
      const hog = server.connect().send(post('hog', 40_000) + 'x'.repeat(39_999))
      hog.answer().then(
        answer => refused.push(answer.body.toString().trimEnd()),
        () => {},
      )
    }
    await until(() => refused.length >= 10)
    // In two pieces, so that it is kept while unfinished.
    const other = server.connect().send(post('other', 40_000) + 'x'.repeat(20_000))
    await new Promise(resolve => setTimeout(resolve, 50))
    assert.equal((await other.send('x'.repeat(20_000)).answer()).body.toString(), '40000')
    assert.ok(refused.every(kind => kind === 'overloaded'))
  })

  test('readers that take nothing do not count as requests in progress', async context => {
    const body = Buffer.alloc(8 * MIB, 'x')
    const server = await serve(
      context,
      transport,
      request => (request.path === '/large' ? { status: 200, headers: [], body } : text('in')),
      { requestsInFlight: 2 },
    )
    const slow = Array.from({ length: 5 }, () => server.connect())
    for (const client of slow) {
      client.pause()
      client.send(head('GET /large'))
    }
    await new Promise(resolve => setTimeout(resolve, 100))
    assert.equal((await server.connect().send(head('GET /')).answer()).status, 200)
  })

  test('small answers that nobody reads count as well; beyond the limit their connections are closed', async context => {
    // Larger than the socket buffers of both sides.
    const body = Buffer.alloc(8 * MIB, 'x')
    const server = await serve(
      context,
      transport,
      request => (request.path === '/large' ? { status: 200, headers: [], body } : text('in')),
      { streamingBytes: 16 * MIB, inFlightBytes: 40 * MIB },
    )
    const slow = Array.from({ length: 8 }, () => server.connect())
    for (const client of slow) {
      client.send(head('GET /large', 'X-Client: slow'))
      await until(() => client.pendingBytes > 0 || client.isClosed)
      client.pause()
    }
    const other = server.connect().send(head('GET /large', 'X-Client: other'))
    assert.equal((await other.answer()).body.length, 8 * MIB)
    for (const client of slow) client.resume()
    await until(() => slow.every(client => client.isClosed || client.pendingBytes > 8 * MIB))
    assert.ok(slow.some(client => client.isClosed))
    assert.ok(slow.some(client => !client.isClosed))
  })

  test('an answer larger than the limit is sent regardless of other answers, one at a time', async context => {
    const body = Buffer.alloc(50 * MIB, 'x')
    const server = await serve(
      context,
      transport,
      ({ path }) => ({
        status: 200,
        headers: [],
        body: path === '/huge' ? body : body.subarray(0, 30 * MIB),
      }),
      { inFlightBytes: 40 * MIB },
    )
    const slow = server.connect().send(head('GET /large'))
    await until(() => slow.pendingBytes > 0)
    slow.pause()
    const client = server.connect().send(head('GET /huge'))
    await until(() => client.pendingBytes > 0)
    client.pause()
    const other = server.connect()
    assert.equal((await other.send(head('GET /huge')).answer()).status, 503)
    client.resume()
    assert.equal((await client.answer()).body.length, body.length)
    await until(() => true)
    assert.equal((await other.send(head('GET /huge')).answer()).body.length, body.length)
  })

  test('a reader that takes too long is disconnected, and its memory is freed', async context => {
    const large = Buffer.alloc(30 * MIB, 'x')
    const medium = Buffer.alloc(300 * 1024, 'x')
    let asked = 0
    const server = await serve(
      context,
      transport,
      ({ path }) => {
        asked++
        return { status: 200, headers: [], body: path === '/large' ? large : medium }
      },
      { answerDeadlineMs: 1500, inFlightBytes: large.length + medium.length / 2 },
    )
    const slow = server.connect()
    slow.pause()
    slow.send(head('GET /large'))
    await until(() => asked === 1)
    const other = server.connect()
    let answer = await other.send(head('GET /medium')).answer()
    assert.equal(answer.status, 503)
    while (answer.status === 503) {
      // It reads a little from time to time, so it is never idle.
      slow.resume()
      await new Promise(resolve => setImmediate(resolve))
      slow.pause()
      await new Promise(resolve => setTimeout(resolve, 20))
      answer = await other.send(head('GET /medium')).answer()
    }
    assert.deepEqual([answer.status, answer.body.length], [200, medium.length])
    slow.resume()
    await slow.closed()
    assert.ok(slow.pendingBytes < large.length)
  })

  test('the address of a client and all values of a header are available', async context => {
    const server = await serve(context, transport, async request => {
      const before = request.path === '/now' ? [request.peer(), ...request.values('x-a')] : []
      await new Promise(resolve => setImmediate(resolve))
      return text([...before, request.peer(), ...request.values('x-a'), ...request.values('x-b')].join())
    })
    const client = server.connect()
    const ask = async (path: string) => {
      const answer = await client.send(head(`GET ${path}`, 'X-A: 1', 'X-B:', 'X-A: 2')).answer()
      return answer.body.toString()
    }
    assert.equal(await ask('/now'), '127.0.0.1,1,2,127.0.0.1,1,2,')
    assert.equal(await ask('/later'), '127.0.0.1,1,2,')
  })

  test('no answer names the engine', async context => {
    const server = await serve(context, transport, () => text('in'))
    const { headers } = await server.connect().send(head('GET /')).answer()
    assert.deepEqual(
      [...headers.keys()].filter(name => /uws|uwebsockets|server|powered/.test(name)),
      [],
    )
  })
})
