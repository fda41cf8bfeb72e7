// Bodies without a length: streams that last until one side ends them (contract 12.1, 12.5).
import assert from 'node:assert/strict'
import { type IncomingMessage, request } from 'node:http'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { BodyWriter, HttpResponse, OpenBody, OpenEnd } from '../../src/http/transport/transport.ts'
import { head, onEachEngine, serve, type TestServer, until } from './transport-server.ts'

/** A body that a test writes by hand. */
class TestBody implements OpenBody {
  readonly ends: OpenEnd[] = []
  writer: BodyWriter | undefined
  readies = 0
  onReady = () => {}

  begin(writer: BodyWriter): void {
    this.writer = writer
    writer.write(Buffer.from('begun\n'))
  }

  ready(): void {
    this.readies++
    this.onReady()
  }

  over(end: OpenEnd): void {
    this.ends.push(end)
  }
}

function answerOf(stream: OpenBody): HttpResponse {
  return { status: 200, headers: ['Content-Type', 'text/plain'], body: Buffer.alloc(0), stream }
}

/** Opens a stream with a client of its own connection. */
async function open(
  context: TestContext,
  { listener }: TestServer,
  path = '/',
  method = 'GET',
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port: listener.port, path, method, agent: false }, response =>
      resolve(response),
    )
    sent.on('error', reject)
    sent.end()
    context.after(() => sent.destroy())
  })
}

function collect(response: IncomingMessage): { text: string; isClosed: boolean } {
  const received = { text: '', isClosed: false }
  response.setEncoding('latin1')
  response.on('data', (chunk: string) => {
    received.text += chunk
  })
  response.on('error', () => {})
  response.on('close', () => {
    received.isClosed = true
  })
  return received
}

/** Writes numbered lines until the client is behind. Returns the number of the next line. */
function fill(writer: BodyWriter, from = 0, limit = 64 * 1024 * 1024): number {
  let line = from
  for (let bytes = 0; bytes < limit; bytes += LINE_BYTES) if (!writer.write(lineOf(line++))) return line
  throw new Error('the client is never behind')
}

/** Writes lines until the client has taken nothing for a while. Returns the number of the next line. */
async function flood(body: TestBody, from = 0): Promise<number> {
  let line = fill(writerOf(body), from)
  body.onReady = () => {
    line = fill(writerOf(body), line)
  }
  for (let before = -1; before !== line; ) {
    before = line
    await wait(100)
  }
  body.onReady = () => {}
  return line
}

const LINE_BYTES = 10_000
/** Bytes that a slow reader takes at once. */
const SIP_BYTES = 16 * 1024

function lineOf(number: number): Buffer {
  return Buffer.from(`${String(number).padEnd(LINE_BYTES - 1, '.')}\n`)
}

function writerOf({ writer }: TestBody): BodyWriter {
  if (writer === undefined) throw new Error('the body has not begun')
  return writer
}

onEachEngine('open bodies', transport => {
  for (const late of [false, true])
    test(`what is written arrives at once, and the end closes the connection${late ? ' (a late answer)' : ''}`, async context => {
      const body = new TestBody()
      const server = await serve(context, transport, () =>
        late ? Promise.resolve(answerOf(body)) : answerOf(body),
      )
      const response = await open(context, server)
      const received = collect(response)
      assert.equal(response.statusCode, 200)
      assert.equal(response.headers['content-length'], undefined)
      assert.equal(response.headers.connection, 'close')
      await until(() => received.text === 'begun\n')
      const bytes = Buffer.from('one\n')
      assert.equal(writerOf(body).write(bytes), true)
      bytes.fill('x') // The buffer may be reused.
      await until(() => received.text === 'begun\none\n')
      writerOf(body).write(Buffer.alloc(0))
      writerOf(body).write(Buffer.from('two\n'))
      writerOf(body).end()
      assert.equal(writerOf(body).write(Buffer.from('too late')), true)
      await until(() => received.isClosed)
      assert.equal(response.complete, true)
      assert.equal(received.text, 'begun\none\ntwo\n')
      await until(() => body.ends.length > 0)
      assert.deepEqual(body.ends, ['sent'])
    })

  test('a stream may end in the turn in which it begins', async context => {
    const ends: OpenEnd[] = []
    const body: OpenBody = {
      begin(writer) {
        writer.write(Buffer.from('all'))
        writer.end()
      },
      ready: () => {},
      over: end => ends.push(end),
    }
    const server = await serve(context, transport, () => answerOf(body))
    const received = collect(await open(context, server))
    await until(() => received.isClosed)
    assert.deepEqual([received.text, ends], ['all', ['sent']])
  })

  test('HEAD gets the head alone', async context => {
    const body = new TestBody()
    const server = await serve(context, transport, () => answerOf(body))
    const response = await open(context, server, '/', 'HEAD')
    const received = collect(response)
    assert.equal(response.statusCode, 200)
    assert.equal(response.headers['content-length'], undefined)
    await until(() => received.isClosed)
    assert.deepEqual([received.text, body.writer, body.ends], ['', undefined, []])
  })

  test('contract 12.9: HEAD of a stream announces no end of the connection, which takes another request', async context => {
    const body = new TestBody()
    const server = await serve(context, transport, ({ path }) =>
      path === '/' ? answerOf(body) : { status: 200, headers: [], body: Buffer.from('next') },
    )
    const client = server.connect()
    const answer = await client.send(head('HEAD /')).answer(true)
    assert.equal(answer.status, 200)
    assert.notEqual(answer.headers.get('connection'), 'close')
    for (const name of ['content-length', 'transfer-encoding'])
      assert.equal(answer.headers.get(name), undefined)
    assert.equal((await client.send(head('GET /next')).answer()).body.toString(), 'next')
  })

  test('a client that leaves ends the stream, once', async context => {
    const body = new TestBody()
    const server = await serve(context, transport, () => answerOf(body))
    const client = server.connect().send(head('GET /'))
    await until(() => client.pendingBytes > 0)
    client.reset()
    await until(() => body.ends.length > 0)
    assert.equal(writerOf(body).write(Buffer.from('to nobody')), true)
    writerOf(body).end()
    writerOf(body).cutOff()
    assert.deepEqual(body.ends, ['gone'])
  })

  test('a client that closes its half has left', async context => {
    const body = new TestBody()
    const server = await serve(context, transport, () => answerOf(body))
    const client = server.connect().send(head('GET /'))
    await until(() => client.pendingBytes > 0)
    client.end()
    await until(() => body.ends.length > 0)
    assert.deepEqual(body.ends, ['gone'])
  })

  test('a stream can be cut off', async context => {
    const body = new TestBody()
    const server = await serve(context, transport, () => answerOf(body))
    const received = collect(await open(context, server))
    await until(() => received.text !== '')
    writerOf(body).cutOff()
    await until(() => received.isClosed && body.ends.length > 0)
    assert.deepEqual(body.ends, ['gone'])
  })

  test('contract 12.5: a slow reader is waited for, and gets every byte', async context => {
    const body = new TestBody()
    const server = await serve(context, transport, () => answerOf(body))
    const response = await open(context, server)
    const received = collect(response)
    await until(() => received.text !== '')
    let line = 0
    for (let round = 0; round < 3; round++) {
      response.pause()
      line = await flood(body, line)
      const { readies } = body
      response.resume()
      await until(() => body.readies > readies)
    }
    response.pause()
    line = await flood(body, line)
    writerOf(body).end() // It waits for the client.
    await wait(20)
    assert.deepEqual(body.ends, [])
    response.resume()
    await until(() => received.isClosed)
    const lines = Array.from({ length: line }, (_, number) => lineOf(number).toString('latin1'))
    assert.ok(received.text === `begun\n${lines.join('')}`)
    assert.equal(response.complete, true)
    await until(() => body.ends.length > 0)
    assert.deepEqual(body.ends, ['sent'])
  })

  test('contract 12.5: a client that takes nothing until the answer deadline is cut off', async context => {
    const body = new TestBody()
    const server = await serve(context, transport, () => answerOf(body), { answerDeadlineMs: 200 })
    const client = server.connect().send(head('GET /'))
    await until(() => client.pendingBytes > 0)
    client.pause()
    await flood(body)
    await until(() => body.ends.length > 0)
    assert.deepEqual(body.ends, ['stalled'])
  })

  test('contract 12.5: a client that reads more slowly than the engine sees is not cut off', {
    skip: process.platform === 'linux' ? false : 'only Linux lists the send queues of connections',
  }, async context => {
    const body = new TestBody()
    const answerDeadlineMs = 1500
    const server = await serve(context, transport, () => answerOf(body), { answerDeadlineMs })
    const client = server.connect().send(head('GET /'))
    await until(() => client.pendingBytes > 0)
    client.pause()
    const line = await flood(body)
    // The kernel reports room after a third of its queue of 4 MiB. That takes twice the deadline, and all of it six times.
    for (let read = 0; read < 1_000_000; read += SIP_BYTES) {
      await wait(answerDeadlineMs / 30)
      assert.deepEqual(body.ends, [], `after ${read} bytes`)
      client.sip(SIP_BYTES)
    }
    client.resume()
    writerOf(body).end()
    await until(() => body.ends.length > 0)
    assert.deepEqual(body.ends, ['sent'])
    assert.ok(line > 0)
  })

  test('contract 12.5: for as long as the deadline allows, neither silence nor a client that takes nothing ends a stream', async context => {
    const bodies: Record<string, TestBody> = { '/idle': new TestBody(), '/stalled': new TestBody() }
    const server = await serve(context, transport, ({ path }) => answerOf(bodies[path] ?? new TestBody()))
    const [idle, stalled] = [await open(context, server, '/idle'), await open(context, server, '/stalled')]
    const [ofIdle, ofStalled] = [collect(idle), collect(stalled)]
    const [idleBody, stalledBody] = [bodies['/idle'], bodies['/stalled']]
    if (idleBody === undefined || stalledBody === undefined) throw new Error('a body is missing')
    await until(() => ofIdle.text !== '' && ofStalled.text !== '')
    stalled.pause()
    const line = await flood(stalledBody)
    await wait(14_000) // The idle timeouts of the engines are 10 to 12 seconds.
    assert.deepEqual([idleBody.ends, stalledBody.ends], [[], []])
    stalled.resume()
    writerOf(idleBody).write(Buffer.from('still here\n'))
    await until(() => ofIdle.text === 'begun\nstill here\n')
    await until(() => ofStalled.text.length === 'begun\n'.length + line * LINE_BYTES)
  })

  test('requests behind a stream are not answered', async context => {
    const body = new TestBody()
    let handled = 0
    const server = await serve(context, transport, () => {
      handled++
      return answerOf(body)
    })
    const client = server.connect().send(head('GET /') + head('GET /'))
    await until(() => body.writer !== undefined)
    await wait(20)
    if (body.ends.length === 0) writerOf(body).end()
    await client.closed()
    assert.equal(handled, 1)
  })

  test('a listener that closes waits for streams to be ended', async context => {
    const body = new TestBody()
    const server = await serve(context, transport, () => answerOf(body), { closeDeadlineMs: 60_000 })
    const received = collect(await open(context, server))
    await until(() => received.text !== '')
    const closed = server.listener.close()
    await wait(20)
    writerOf(body).write(Buffer.from('bye\n'))
    writerOf(body).end()
    await closed
    assert.deepEqual([received.text, body.ends], ['begun\nbye\n', ['sent']])
  })
})
