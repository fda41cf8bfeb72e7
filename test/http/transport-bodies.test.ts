// Arrival of bodies, including bodies that are too large, too slow, broken or not wanted.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BodyResult, Handler } from '../../src/http/transport/transport.ts'
import { gate, head, onEachEngine, serve, text, until } from './transport-server.ts'

const LIMIT = 1000

/** Answers with the outcome of the body: its text, or the kind of the result. */
const echo: Handler = async request => {
  const result = await request.body(LIMIT)
  return result.kind === 'body' ? text(`got ${result.bytes.toString('latin1')}`) : text(result.kind, 413)
}

onEachEngine('bodies', transport => {
  test('a body arrives whole, in one piece and in many', async context => {
    const server = await serve(context, transport, echo)
    const client = server.connect()
    const body = Array.from({ length: 100 }, (_, i) => String.fromCharCode(128 + i)).join('')
    client.send(head('POST /', 'Content-Length: 100') + body)
    assert.equal((await client.answer()).body.toString('latin1'), `got ${body}`)
    client.send(head('POST /', 'Content-Length: 100'))
    for (const byte of body) {
      client.send(byte)
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.equal((await client.answer()).body.toString('latin1'), `got ${body}`)
  })

  test('a body that fills many reads arrives whole', async context => {
    const bytes = Buffer.from(Array.from({ length: 900_000 }, (_, i) => (i * 7) % 251))
    const server = await serve(context, transport, async request => {
      const result = await request.body(1024 * 1024)
      return { status: 200, headers: [], body: result.kind === 'body' ? result.bytes : Buffer.alloc(0) }
    })
    const client = server.connect().send(head('PUT /', `Content-Length: ${bytes.length}`))
    client.send(bytes)
    assert.ok((await client.answer()).body.equals(bytes))
  })

  test('a body may be read late, and twice', async context => {
    const server = await serve(context, transport, async request => {
      await new Promise(resolve => setTimeout(resolve, 20))
      const first = await request.body(LIMIT)
      const second = await request.body(2)
      return text(`${first.kind} ${second.kind}`)
    })
    const client = server.connect().send(`${head('POST /', 'Content-Length: 5')}hello`)
    assert.equal((await client.answer()).body.toString(), 'body too-large')
  })

  test('no body is an empty body', async context => {
    const server = await serve(context, transport, echo)
    const client = server.connect()
    assert.equal((await client.send(head('POST /')).answer()).body.toString(), 'got ')
    assert.equal((await client.send(head('POST /', 'Content-Length: 0')).answer()).body.toString(), 'got ')
  })

  test('a client that expects 100 Continue gets it', async context => {
    const server = await serve(context, transport, echo)
    for (const expectation of ['100-continue', '100-Continue', '100-CONTINUE']) {
      const client = server.connect()
      client.send(head('POST /', `Expect: ${expectation}`, 'Content-Length: 2'))
      await until(() => client.pendingBytes > 0)
      const answer = await client.send('ok').answer()
      assert.deepEqual([answer.status, answer.body.toString()], [200, 'got ok'])
      assert.equal(answer.headers.get('content-type'), 'text/plain')
      assert.equal((await client.send(head('GET /')).answer()).body.toString(), 'got ')
    }
  })

  test('contract 4.6: a body over the limit is answered, and the connection stays open', async context => {
    const server = await serve(context, transport, echo)
    const client = server.connect()
    const tooLarge = 'x'.repeat(LIMIT + 1)
    client.send(head('POST /', `Content-Length: ${LIMIT + 1}`) + tooLarge)
    const declared = await client.answer()
    assert.deepEqual([declared.status, declared.body.toString()], [413, 'too-large'])
    client.send(head('POST /', `Content-Length: ${LIMIT}`) + 'y'.repeat(LIMIT))
    assert.equal((await client.answer()).status, 200)
  })

  test('contract 4.6: a client that sends all of a body over the limit before it reads gets the answer', async context => {
    const server = await serve(context, transport, echo)
    const size = 3 * 1024 * 1024
    const client = server.connect().send(head('POST /', `Content-Length: ${size}`))
    client.pause()
    client.send(Buffer.alloc(size, 'x'))
    await new Promise(resolve => setTimeout(resolve, 50))
    client.resume()
    assert.equal((await client.answer()).status, 413)
  })

  test('contract 4.6: beyond the drain limit the answer is sent at once and the connection closes', async context => {
    const server = await serve(context, transport, echo, { drainBytes: 5000 })
    const declared = server.connect().send(head('POST /', 'Content-Length: 1000000000'))
    const answer = await declared.answer()
    assert.equal(answer.status, 413)
    assert.equal(answer.headers.get('connection'), 'close')
    await declared.closed()
  })

  test('the limit of a handler is bounded by the limit of the transport', async context => {
    const handler: Handler = async request => text((await request.body(1_000_000)).kind)
    const server = await serve(context, transport, handler, { bodyBytes: 10 })
    const client = server.connect().send(`${head('POST /', 'Content-Length: 11')}12345678901`)
    assert.equal((await client.answer()).body.toString(), 'too-large')
  })

  test('a slow body is awaited; beyond the deadline it is dropped and the connection closes', async context => {
    const server = await serve(context, transport, echo, { bodyDeadlineMs: 300 })
    const slow = server.connect().send(`${head('POST /', 'Content-Length: 2')}o`)
    await new Promise(resolve => setTimeout(resolve, 100))
    assert.equal((await slow.send('k').answer()).body.toString(), 'got ok')
    const tooSlow = server.connect().send(head('POST /', 'Content-Length: 2'))
    const answer = await tooSlow.answer()
    assert.equal(answer.body.toString(), 'timeout')
    assert.equal(answer.headers.get('connection'), 'close')
    await tooSlow.closed()
  })

  /** After such a body uWebSockets.js would forget its idle timeout. */
  const goesOn = transport.engine === 'node'

  test(`contract 4.11: a body nobody reads is not awaited, and the connection ${goesOn ? 'stays open' : 'closes'} after it`, async context => {
    const paths: string[] = []
    const server = await serve(context, transport, request => {
      paths.push(request.path)
      return text(request.path, 404)
    })
    const client = server.connect().send(`${head('POST /one', 'Content-Length: 40')}ab`)
    const answer = await client.answer()
    assert.equal(answer.body.toString().trimEnd(), '/one')
    assert.equal(answer.headers.get('connection') === 'close', !goesOn)
    // The rest of the body looks like a request but is not one.
    client.send(
      `${'GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n'.padEnd(38)}${head('POST /two', 'Content-Length: 2')}`,
    )
    if (!goesOn) {
      await client.closed()
      assert.deepEqual(paths, ['/one'])
      return
    }
    assert.equal((await client.answer()).body.toString(), '/two')
    client.send(`ef${head('GET /three')}`)
    assert.equal((await client.answer()).body.toString(), '/three')
    assert.deepEqual(paths, ['/one', '/two', '/three'])
  })

  test('contract 4.11: a later answer frees the body as well', async context => {
    const { opened, open } = gate()
    const server = await serve(context, transport, async () => {
      await opened
      return text('decided', 401)
    })
    const client = server.connect().send(`${head('POST /', 'Content-Length: 4')}ab`)
    await new Promise(resolve => setTimeout(resolve, 30))
    assert.equal(client.pendingBytes, 0)
    open()
    assert.equal((await client.answer()).status, 401)
    client.send(`cd${head('GET /')}`)
    if (goesOn) assert.equal((await client.answer()).status, 401)
    else await client.closed()
  })

  test('contract 4.11: a body too long to be dropped closes its connection, and no part of it is read as a request', async context => {
    const paths: string[] = []
    const handler: Handler = request => {
      paths.push(request.path)
      return text('no', 404)
    }
    const server = await serve(context, transport, handler, { drainBytes: 5000 })
    const client = server.connect().send(head('POST /', 'Content-Length: 1000000'))
    const answer = await client.answer()
    assert.deepEqual([answer.status, answer.headers.get('connection')], [404, 'close'])
    client.send(head('GET /hidden').repeat(100))
    await client.closed()
    assert.deepEqual(paths, ['/'])
  })

  test('contract 4.11: 100 Continue is not sent if nobody reads the body', async context => {
    const server = await serve(context, transport, request => text(request.path, 401))
    for (const expectation of ['100-Continue', '100-CONTINUE']) {
      const client = server.connect()
      client.send(head('POST /', `Expect: ${expectation}`, 'Content-Length: 10'))
      const rest = await client.rest()
      assert.match(rest, /^HTTP\/1\.1 401 /)
      assert.match(rest, /\r\nConnection: close\r\n/i)
    }
    const sends = server.connect()
    sends.send(`${head('POST /', 'Expect: 100-Continue', 'Content-Length: 2')}ok${head('GET /behind')}`)
    assert.equal((await sends.answer()).body.toString(), '/')
  })

  test('an unread body that does not arrive ends at the deadline', async context => {
    const server = await serve(context, transport, () => text('no', 404), { bodyDeadlineMs: 100 })
    const client = server.connect().send(`${head('POST /', 'Content-Length: 4')}ab`)
    assert.equal((await client.answer()).status, 404)
    await client.closed()
  })

  test('a client that disconnects during its body aborts the request', async context => {
    const results: BodyResult[] = []
    const server = await serve(context, transport, async request => {
      results.push(await request.body(LIMIT))
      assert.equal(request.aborted, true)
      return text('nobody')
    })
    const client = server.connect().send(`${head('POST /', 'Content-Length: 4')}ab`)
    await new Promise(resolve => setTimeout(resolve, 30))
    client.destroy()
    await until(() => results.length === 1)
    assert.deepEqual(results, [{ kind: 'aborted' }])
    assert.deepEqual(server.faults, [])
  })

  test('contract 9.1: ambiguous framing is refused, and nothing after it is read', async context => {
    const handled: string[] = []
    const server = await serve(context, transport, request => {
      handled.push(request.path)
      return text('handled')
    })
    for (const headers of [
      ['Content-Length: 5', 'Content-Length: 6'],
      ['Content-Length: 5', 'Content-Length: 5'],
      ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', 'Content-Length: 5'],
      ['Content-Length: 5, 5'],
      ['Content-Length: +5'],
      ['Content-Length: 0x5'],
      ['Content-Length: 99999999999999999999'],
      ['Content-Length:', 'Content-Length: 5'],
      ['Content-Length: 5', 'content-length:'],
      ['Transfer-Encoding:', 'Content-Length: 5'],
      ['Content-Length: \xa05'],
      ['Content-Length: 5\x85'],
      ['Content-Length: 5\xff\xff'],
      ['Content-Length: \v5'],
      ['Content-Length: 5\f'],
      ['Content-Length: 5\0'],
      ['Content-Length: 5 5'],
      ['Content-Length : 5'],
      ['Content-Length\t: 5'],
      [' Content-Length: 5'],
      [': nothing', 'Content-Length: 5'],
      [':', 'Content-Length: 5'],
      ['Content-Length:', ' 5'],
    ]) {
      for (const method of ['POST', 'GET', 'HEAD', 'DELETE', 'PATCH', 'OPTIONS', 'BREW']) {
        const request = head(`${method} /`, ...headers)
        const title = JSON.stringify(request)
        assert.match(await server.connect().send(request).rest(), /^HTTP\/1\.1 400 /, title)
        const behind = await server
          .connect()
          .send(`${request}hello${head('GET /behind')}`)
          .rest()
        assert.match(behind, /^(HTTP\/1\.1 400 .*)?$/s, title)
        assert.equal(behind.lastIndexOf('HTTP/1.1 4') > 0, false, title)
      }
    }
    assert.deepEqual(handled, [])
  })

  test('only blanks around a length are trimmed', async context => {
    const server = await serve(context, transport, echo)
    const client = server.connect()
    for (const field of ['Content-Length:5', 'CONTENT-LENGTH:  5 ', 'content-length:\t 5'])
      assert.equal((await client.send(`${head('POST /', field)}hello`).answer()).body.toString(), 'got hello')
  })

  test('values keep bytes outside ASCII at their ends', async context => {
    const server = await serve(context, transport, async request => {
      await new Promise(resolve => setImmediate(resolve))
      return text(`[${request.header('x-a')}][${request.header('x-b')}][${request.values('x-c')}]`)
    })
    const client = server.connect()
    client.send(head('GET /', 'X-A: \xa0b\xe9 ', 'X-B: \xc3\xa9', 'X-C: \t '))
    assert.equal((await client.answer()).body.toString('latin1'), '[\xa0b\xe9][\xc3\xa9][]')
  })
})
