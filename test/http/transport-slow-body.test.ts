// Bodies and connections at the engine's idle timeout of ten seconds. These tests take that long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { head, onEachEngine, serve, text } from './transport-server.ts'

const SECONDS = 13

onEachEngine('slow bodies', transport => {
  test('a body may take longer than the timeout of the engine', async context => {
    const server = await serve(context, transport, async request => {
      const result = await request.body(100)
      return text(result.kind === 'body' ? result.bytes.toString() : result.kind)
    })
    const client = server.connect().send(head('POST /', `Content-Length: ${SECONDS}`))
    for (let i = 0; i < SECONDS; i++) {
      await new Promise(resolve => setTimeout(resolve, 1000))
      client.send('x')
    }
    assert.equal((await client.answer()).body.toString(), 'x'.repeat(SECONDS))
  })

  // uWebSockets.js forgets its idle timeout at the last byte of a body that arrives after the answer.
  for (const [what, body, rest] of [
    ['with its head', 'body', undefined],
    ['in part with its head', 'bo', 'dy'],
    ['behind the answer', '', 'body'],
  ] as const)
    test(`contract 4.11: a connection whose body comes ${what} is closed if nothing more arrives`, async context => {
      const server = await serve(context, transport, () => text('early', 404))
      const client = server.connect().send(`${head('POST /', 'Content-Length: 4')}${body}`)
      assert.equal((await client.answer()).body.toString().trimEnd(), 'early')
      if (rest !== undefined) client.send(rest)
      await client.closed()
    })

  test('contract 4.11: a connection whose body arrived with its head takes another request', async context => {
    const server = await serve(context, transport, () => text('early', 404))
    const client = server.connect()
    for (let i = 0; i < 2; i++) {
      client.send(`${head('POST /', 'Content-Length: 4')}body`)
      assert.equal((await client.answer()).body.toString(), 'early')
    }
  })

  test('contract 4.11: a long answer to a read with a body is sent after the body', async context => {
    const long = 'x'.repeat(100_000)
    const server = await serve(context, transport, () => text(long))
    const client = server.connect().send(`${head('GET /', 'Content-Length: 4')}bo`)
    await new Promise(resolve => setTimeout(resolve, 100))
    client.send('dy')
    assert.equal((await client.answer()).body.toString(), long)
  })
})
