// Requests as handlers see them, and refusals of heads.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BufferedBody } from '../../src/http/transport/pieces.ts'
import type { HttpRequest } from '../../src/http/transport/transport.ts'
import { gate, head, onEachEngine, serve, text, until } from './transport-server.ts'

onEachEngine('requests', transport => {
  test('a request arrives with its method, path, query and headers', async context => {
    const server = await serve(context, transport, request =>
      text([request.method, request.path, request.query, request.header('x-mark')].join(' ')),
    )
    const client = server.connect()
    client.send(head('GET /a/b%20c?d=e&f=%2B+g', 'X-Mark: here'))
    const { status, headers, body } = await client.answer()
    assert.equal(status, 200)
    assert.equal(headers.get('content-type'), 'text/plain')
    assert.equal(headers.get('content-length'), String(body.length))
    assert.equal(body.toString(), 'GET /a/b%20c d=e&f=%2B+g here')
  })

  test('an absent query and an empty one are both empty', async context => {
    const server = await serve(context, transport, ({ path, query }) => text(`[${path}][${query}]`))
    const client = server.connect()
    assert.equal((await client.send(head('GET /a')).answer()).body.toString(), '[/a][]')
    assert.equal((await client.send(head('GET /a?')).answer()).body.toString(), '[/a][]')
    assert.equal((await client.send(head('GET /a??b')).answer()).body.toString(), '[/a][?b]')
  })

  test('contract 7.5: unescaped bytes outside ASCII arrive one by one, or the request is refused', async context => {
    let handled = 0
    const server = await serve(context, transport, ({ path, query }) => {
      handled++
      return text(`${path} ${query}`)
    })
    for (const raw of ['x=\xc3\xa9', '\xef\xbb\xbfx=1', 'x=\xf0\x9f\x98\x80']) {
      const client = server.connect().send(head(`GET /${raw}?${raw}`))
      if (transport.engine === 'uws') {
        assert.equal((await client.answer()).body.toString('latin1'), `/${raw} ${raw}`)
      } else {
        assert.match(await client.rest(), /^HTTP\/1\.1 400 /)
        assert.equal(handled, 0)
      }
    }
  })

  test('contract 7.5: unescaped bytes that are not UTF-8 never arrive as valid text, or the request is refused', async context => {
    const server = await serve(context, transport, ({ path, query }) => text(`${path} ${query}`))
    const ask = async (raw: string) => {
      const client = server.connect().send(head(`GET /${raw}?${raw}`))
      if (transport.engine === 'uws') return (await client.answer()).body.toString('latin1')
      assert.match(await client.rest(), /^HTTP\/1\.1 400 /)
      return undefined
    }
    for (const [raw, received] of [
      ['x=\xffy', 'x=\xffy'],
      ['x=\xc3(y', 'x=\xff(y'],
      ['x=\xed\xa0\x80y', 'x=\xff\xff\xffy'],
      ['x=\xe2\x82&y', 'x=\xff&y'],
      ['x=\xef\xbf\xbdy', 'x=\xffy'],
      ['x=\xc3', 'x=\xff'],
    ] as const) {
      assert.equal(await ask(raw), transport.engine === 'uws' ? `/${received} ${received}` : undefined)
    }
  })

  test('contract 7.5: quotes and brackets may arrive unescaped', async context => {
    const server = await serve(context, transport, ({ query }) => text(query))
    const raw = `search=labels.a='b"c'and(x<>[1,2]){}|\\^\``
    const { body } = await server
      .connect()
      .send(head(`GET /?${raw}`))
      .answer()
    assert.equal(body.toString(), raw)
  })

  test('headers are there after asynchronous work, and after the answer', async context => {
    let kept: HttpRequest | undefined
    const server = await serve(context, transport, async request => {
      kept = request
      await new Promise(resolve => setImmediate(resolve))
      return text(`${request.header('x-mark')}${request.header('x-none')}${request.header('x-empty')}`)
    })
    const client = server.connect()
    const { body } = await client.send(head('GET /', 'X-Mark: h\xe9h', 'X-Mark: second', 'X-Empty:')).answer()
    assert.equal(body.toString('latin1'), 'h\xe9hundefinedundefined')
    assert.equal(kept?.header('x-mark'), 'h\xe9h')
  })

  test('contract 2.2: HEAD is answered with the length of the body but without the body', async context => {
    const server = await serve(context, transport, async request => {
      if (request.path === '/later') await new Promise(resolve => setImmediate(resolve))
      return text(`${request.method} and more`)
    })
    const client = server.connect()
    for (const path of ['/now', '/later']) {
      const answer = await client.send(head(`HEAD ${path}`)).answer(true)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-length'), '13')
    }
    assert.equal((await client.send(head('GET /after')).answer()).body.toString(), 'GET and more')
  })

  test('contract 2.2: HEAD of a streamed answer sends none of it', async context => {
    const big = Buffer.alloc(1024 * 1024, 'x')
    const server = await serve(context, transport, () => ({
      status: 200,
      headers: [],
      body: new BufferedBody([big, big]),
    }))
    const client = server.connect()
    const { headers } = await client.send(head('HEAD /')).answer(true)
    assert.equal(headers.get('content-length'), String(2 * big.length))
    assert.equal((await client.send(head('HEAD /')).answer(true)).status, 200)
  })

  test('methods arrive as sent', async context => {
    const server = await serve(context, transport, request => text(request.method))
    const client = server.connect()
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE']) {
      assert.equal((await client.send(head(`${method} /`)).answer()).body.toString(), method)
    }
  })

  test('one connection takes many requests, also if they are sent at once', async context => {
    const server = await serve(context, transport, request => text(request.path))
    const client = server.connect()
    const paths = Array.from({ length: 50 }, (_, i) => `/${i}`)
    client.send(paths.map(path => head(`GET ${path}`)).join(''))
    for (const path of paths) assert.equal((await client.answer()).body.toString(), path)
  })

  test('a request after an unanswered one is answered after it or closes the connection', async context => {
    const { opened, open } = gate()
    const server = await serve(context, transport, async request => {
      await opened
      return text(request.path)
    })
    const client = server.connect()
    client.send(head('GET /first') + head('GET /second'))
    if (transport.engine === 'uws') {
      await client.closed()
      open()
      return
    }
    open()
    assert.equal((await client.answer()).body.toString(), '/first')
    assert.equal((await client.answer()).body.toString(), '/second')
  })

  test('contract 8.1: a head of 16 KiB is accepted, in one piece or in several', async context => {
    const server = await serve(context, transport, ({ query }) => text(String(query.length)))
    const client = server.connect()
    const query = 'q'.repeat(15 * 1024)
    const exact = head('GET /?', `X-Fill: `)
    const full = head('GET /?', `X-Fill: ${'x'.repeat(16 * 1024 - exact.length)}`)
    assert.equal((await client.send(head(`GET /?${query}`)).answer()).body.toString(), String(query.length))
    assert.equal((await client.send(full).answer()).status, 200)
    client.send(full.slice(0, 9000))
    await new Promise(resolve => setTimeout(resolve, 20))
    assert.equal((await client.send(full.slice(9000)).answer()).status, 200)
  })

  test('contract 8.1: a longer head gets 431 and a closed connection', async context => {
    const server = await serve(context, transport, () => text('never'))
    for (const request of [
      head(`GET /?${'q'.repeat(17 * 1024)}`),
      head('GET /', `X-Fill: ${'x'.repeat(17 * 1024)}`),
      head('GET /', ...Array.from({ length: 2000 }, (_, i) => `X-${i}: abcdef`)),
    ]) {
      const answers = await server.connect().send(request).rest()
      assert.match(answers, /^(HTTP\/1\.1 431 .*application\/problem\+json.*"status":431\} *)?$/s)
    }
  })

  test('contract 8.1: a head of 98 fields is accepted; a longer one is accepted on node:http and gets 431 on the native engine', async context => {
    const server = await serve(context, transport, request => text(String(request.values('x-97'))))
    const fields = (count: number) => Array.from({ length: count - 1 }, (_, i) => `X-${i + 1}: ${i + 1}`)
    assert.equal(
      (
        await server
          .connect()
          .send(head('GET /', ...fields(98)))
          .answer()
      ).body.toString(),
      '97',
    )
    for (const count of [99, 110, 500]) {
      const client = server.connect().send(head('GET /', ...fields(count)))
      if (transport.engine === 'node') assert.equal((await client.answer()).body.toString(), '97')
      else
        assert.match(await client.rest(), /^HTTP\/1\.1 431 .*"title":"Request Head Too Large","status":431/s)
    }
  })

  test('contract 9.1: invalid heads are refused and close the connection', async context => {
    let handled = 0
    const server = await serve(context, transport, () => {
      handled++
      return text('never')
    })
    for (const request of [
      head('GET /a b'),
      head('GET nothing'),
      'GET / HTTP/1.1\r\n\r\n',
      head('GET /', 'X-Folded: a\r\n b'),
      head('GET /', 'X Space: a'),
      head('OPTIONS *'),
    ]) {
      const answer = await server.connect().send(request).rest()
      assert.match(answer, /^HTTP\/1\.1 400 /)
      // If the engine can parse it, it goes through `onFault`; otherwise the engine answers.
      if (answer.endsWith('malformed')) continue
      assert.match(answer, /^Content-Type: ?application\/problem\+json\r$/m)
      const { status, code } = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
      assert.deepEqual([status, code], [400, 'HYPERFLEET-VAL-006'])
    }
    assert.equal(handled, 0)
  })

  test('a client that disconnects while its request is decided does no harm', async context => {
    const { opened, open } = gate()
    let seen: HttpRequest | undefined
    const server = await serve(context, transport, async request => {
      if (request.path !== '/leave') return text('here')
      seen = request
      await opened
      return text('nobody')
    })
    const client = server.connect().send(head('GET /leave'))
    await until(() => seen !== undefined)
    assert.equal(seen?.aborted, false)
    client.destroy()
    await until(() => seen?.aborted === true)
    open()
    assert.equal((await server.connect().send(head('GET /')).answer()).body.toString(), 'here')
    assert.deepEqual(server.faults, [])
  })
})
