// A body that takes longer than the ten seconds after which uWebSockets.js would close the connection by itself. This
// test takes as long.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { head, onEachEngine, serve, text } from './transport-server.ts'

const SECONDS = 13

onEachEngine('slow bodies', transport => {
  test('a body may take longer than the engine would wait by itself', async context => {
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
})
