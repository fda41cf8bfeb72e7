// Chunked bodies. node:http accepts exactly what RFC 9112, 7.1 allows. The native engine cannot check this framing, so it
// refuses it by the head (contract 4.10).
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { chooseTransport } from '../../src/http/transport/load.ts'
import type { BodyResult, Handler } from '../../src/http/transport/transport.ts'
import { head, serve, text, until } from './transport-server.ts'

const LIMIT = 1000
const echo: Handler = async request => {
  const result = await request.body(LIMIT)
  return result.kind === 'body' ? text(`got ${result.bytes.toString('latin1')}`) : text(result.kind, 413)
}
const CHUNKED = head('POST /', 'Transfer-Encoding: chunked')
const chunk = (content: string) => `${content.length.toString(16)}\r\n${content}\r\n`
const statuses = (answers: string) =>
  [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => Number(match[1]))

describe('bodies in chunks, on node:http', () => {
  const transport = chooseTransport('node')

  test('contract 4.10: a chunked body arrives whole, with extensions and trailers', async context => {
    const server = await serve(context, transport, echo)
    const client = server.connect()
    client.send(CHUNKED + chunk('one '))
    await new Promise(resolve => setTimeout(resolve, 20))
    client.send(`${chunk('two')}0\r\n\r\n`)
    assert.equal((await client.answer()).body.toString(), 'got one two')
    for (const body of [
      '2\r\nok\r\n0\r\nX-Digest: abc\r\n\r\n',
      '2;a=b\r\nok\r\n0\r\n\r\n',
      '2;a="b;c"\r\nok\r\n0;last\r\n\r\n',
      '0002\r\nok\r\n000\r\n\r\n',
      '1\r\no\r\n1\r\nk\r\n0\r\nA: 1\r\nB: 2\r\n\r\n',
    ])
      assert.equal(
        (await client.send(CHUNKED + body).answer()).body.toString(),
        'got ok',
        JSON.stringify(body),
      )
    client.send(`${head('POST /', 'transfer-encoding: CHUNKED')}${chunk('\n')}0\r\n\r\n`)
    assert.equal((await client.answer()).body.toString(), 'got \n')
  })

  test('contract 4.10: an invalid chunked body is refused, and nothing in it is read as a request', async context => {
    const results: BodyResult[] = []
    const server = await serve(context, transport, async request => {
      results.push(await request.body(LIMIT))
      return text('nobody')
    })
    const broken = [
      'zz\r\nhello\r\n0\r\n\r\n',
      '2:\r\nok\r\n0\r\n\r\n',
      '<\r\n123456789012\r\n0\r\n\r\n',
      '\r\nok\r\n0\r\n\r\n',
      ' 2\r\nok\r\n0\r\n\r\n',
      '2 \r\nok\r\n0\r\n\r\n',
      '0x2\r\nok\r\n0\r\n\r\n',
      '+2\r\nok\r\n0\r\n\r\n',
      '-2\r\nok\r\n0\r\n\r\n',
      '2\nok\r\n0\r\n\r\n',
      '2\rok\r\n0\r\n\r\n',
      '2\r\nok!\r\n0\r\n\r\n',
      '2\r\nok\n0\r\n\r\n',
      '2;a\rb\r\nok\r\n0\r\n\r\n',
      '2;a\nb\r\nok\r\n0\r\n\r\n',
      '2\r\nok\r\n0\r\nX Y: 1\r\n\r\n',
      '2\r\nok\r\n0\r\nX: 1\r\n folded\r\n\r\n',
      'fffffffffffffffff\r\nok\r\n0\r\n\r\n',
    ]
    for (const body of broken) {
      const answers = await server
        .connect()
        .send(CHUNKED + body + head('GET /behind'))
        .rest()
      assert.deepEqual(statuses(answers), [400], JSON.stringify(body))
    }
    await until(() => results.length === broken.length)
    assert.deepEqual(new Set(results.map(({ kind }) => kind)), new Set(['aborted']))
  })

  test('contract 4.10: other encodings are refused, with everything after them', async context => {
    let handled = 0
    const server = await serve(context, transport, () => {
      handled++
      return text('never')
    })
    for (const fields of [
      ['Transfer-Encoding: gzip, chunked'],
      ['Transfer-Encoding: chunked, chunked'],
      ['Transfer-Encoding: identity'],
      ['Transfer-Encoding: chunked, identity'],
      ['Transfer-Encoding: \xa0chunked'],
      ['Transfer-Encoding: chunked\x85'],
      ['Transfer-Encoding: "chunked"'],
      ['Transfer-Encoding: xchunked'],
      ['Transfer-Encoding:'],
      ['Transfer-Encoding:', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: chunked', 'Content-Length: 5'],
      ['Transfer-Encoding : chunked'],
    ])
      for (const method of ['POST', 'GET', 'DELETE']) {
        const request = `${head(`${method} /`, ...fields)}5\r\nhello\r\n0\r\n\r\n${head('POST /behind')}`
        assert.deepEqual(statuses(await server.connect().send(request).rest()), [400], fields.join())
      }
    assert.equal(handled, 0)
  })

  test('contract 4.6: a chunked body over the limit is answered, and the connection stays open', async context => {
    const server = await serve(context, transport, echo)
    const client = server.connect().send(`${CHUNKED}${chunk('x'.repeat(LIMIT + 1))}0\r\n\r\n`)
    assert.equal((await client.answer()).body.toString(), 'too-large')
    assert.equal((await client.send(head('GET /')).answer()).body.toString(), 'got ')
  })

  test('a chunked body beyond the deadline is dropped and the connection closes', async context => {
    const server = await serve(context, transport, echo, { bodyDeadlineMs: 300 })
    const client = server.connect().send(CHUNKED)
    assert.equal((await client.answer()).body.toString(), 'timeout')
    await client.closed()
  })
})

const best = chooseTransport('auto')
if (best.engine === 'uws')
  describe('bodies in chunks, on uWebSockets.js', () => {
    const INNER = head('POST /hidden', 'Content-Length: 0')
    const BODIES = [
      '',
      '2\r\nok\r\n0\r\n\r\n',
      '2\r\nok\r\n0\r\nX-Digest: abc\r\n\r\n',
      '2;a=b\r\nok\r\n0\r\n\r\n',
      '2:\r\nok\r\n0\r\n\r\n',
      '\r\nok\r\n0\r\n\r\n',
      'zz\r\n',
      `0\r\n${INNER}`,
      `0\r\n\r\n${INNER}`,
      INNER,
      `0\r\n\r\n${INNER.repeat(500)}`,
      `8000\r\n${'x'.repeat(0x8000)}\r\n0\r\n\r\n${INNER}`,
    ]

    test('contract 4.10: Transfer-Encoding is answered 411 by the head, the connection closes, and nothing after it is read', async context => {
      const handled: string[] = []
      const server = await serve(context, best, request => {
        handled.push(request.path)
        return text('never')
      })
      for (const method of ['POST', 'GET', 'DELETE'])
        for (const value of ['chunked', 'Chunked', 'gzip, chunked', 'identity', '\xa0chunked', 'chunked\xff'])
          for (const body of BODIES) {
            const request = head(`${method} /`, `Transfer-Encoding: ${value}`) + body
            const answers = await server.connect().send(request).rest()
            const title = JSON.stringify(request.slice(0, 300))
            assert.deepEqual(statuses(answers), [411], title)
            assert.match(answers, /^Connection: close\r$/m, title)
          }
      assert.deepEqual(handled, [])
      assert.ok(server.faults.every(({ kind }) => kind === 'length-required'))
    })

    test('contract 4.10: a client that expects 100 Continue is refused, and what it sends later is not read', async context => {
      let handled = 0
      const server = await serve(context, best, () => {
        handled++
        return text('never')
      })
      const client = server.connect()
      client.send(head('POST /', 'Transfer-Encoding: chunked', 'Expect: 100-continue'))
      const { status, headers } = await client.answer()
      assert.deepEqual([status, headers.get('connection')], [411, 'close'])
      client.send(`0\r\n\r\n${INNER}`)
      await client.closed()
      assert.equal(handled, 0)
    })

    test('contract 4.10: HEAD is refused without a body, and nothing after it is read', async context => {
      let handled = 0
      const server = await serve(context, best, () => {
        handled++
        return text('never')
      })
      const request = head('HEAD /', 'Transfer-Encoding: chunked')
      assert.match(await server.connect().send(request).rest(), /^HTTP\/1\.1 411 .*\r\n\r\n$/s)
      for (const body of BODIES) {
        const answers = await server
          .connect()
          .send(request + body)
          .rest()
        assert.match(answers, /^(HTTP\/1\.1 4(11|00) .*)?$/s)
        assert.ok(statuses(answers).length <= 1)
      }
      assert.equal(handled, 0)
    })

    test('contract 4.10: outstanding answers are sent before the refusal', async context => {
      const server = await serve(context, best, request => text(request.path))
      const client = server.connect()
      client.send(head('GET /first') + head('PUT /', 'Transfer-Encoding: chunked'))
      assert.equal((await client.answer()).body.toString(), '/first')
      assert.equal((await client.answer()).status, 411)
      await client.closed()
    })
  })
