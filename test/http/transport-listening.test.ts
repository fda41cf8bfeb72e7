// Listening on a port, exclusively, and releasing it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { ListenError, type ListenProblem } from '../../src/http/transport/listen-error.ts'
import type { Transport, TransportOptions } from '../../src/http/transport/transport.ts'
import { freePort } from '../harness/free-port.ts'
import { gate, head, onEachEngine, serve, text, until } from './transport-server.ts'

function options(port: number, host = '127.0.0.1'): TransportOptions {
  return { host, port, handler: () => text('other'), onFault: () => text('fault', 500) }
}

async function refusal(transport: Transport, given: TransportOptions): Promise<ListenProblem> {
  try {
    await (await transport.listen(given)).close()
  } catch (error) {
    assert.ok(error instanceof ListenError, String(error))
    assert.match(error.message, new RegExp(`:${given.port}: `))
    return error.problem
  }
  return assert.fail('it listens')
}

// Fixed ports, because uWebSockets.js sets no socket options if the system chooses the port.
onEachEngine('listening', transport => {
  test('a port is not shared with a second server of the same process', async context => {
    const server = await serve(context, transport, () => text('first'), { port: await freePort() })
    assert.equal(await refusal(transport, options(server.listener.port)), 'port-taken')
    for (let i = 0; i < 10; i++) {
      assert.equal((await server.connect().send(head('GET /')).answer()).body.toString(), 'first')
    }
  })

  test('a port is not shared with another process', async context => {
    const server = await serve(context, transport, () => text('first'), { port: await freePort() })
    const load = new URL('../../src/http/transport/load.js', import.meta.url).href
    const program = `
      import { chooseTransport } from ${JSON.stringify(load)}
      const answer = () => ({ status: 200, headers: [], body: Buffer.alloc(0) })
      const port = ${server.listener.port}
      chooseTransport('${transport.engine}').listen({ host: '127.0.0.1', port, handler: answer, onFault: answer }).then(
        () => { console.log('shared'); process.exit() },
        error => console.log(error.problem),
      )`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program])
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk
    })
    await once(child, 'close')
    assert.equal(output.trim(), 'port-taken')
  })

  test('a port in use is refused', async context => {
    const other = createServer()
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    context.after(() => other.close())
    const address = other.address()
    assert.ok(typeof address === 'object' && address !== null)
    assert.equal(await refusal(transport, options(address.port)), 'port-taken')
  })

  test('a foreign host and an invalid port are refused', async () => {
    assert.equal(await refusal(transport, options(0, '192.0.2.1')), 'host-unavailable')
    assert.equal(await refusal(transport, options(70_000)), 'other')
  })

  test('closing refuses new connections and releases the port', async context => {
    const server = await serve(context, transport, () => text('first'), { port: await freePort() })
    const idle = server.connect()
    assert.equal((await idle.send(head('GET /')).answer()).status, 200)
    const silent = server.connect()
    await until(() => silent.pendingBytes === 0)
    await Promise.all([server.listener.close(), server.listener.close()])
    await idle.closed()
    await silent.closed()
    await server.connect().closed()
    const again = await transport.listen(options(server.listener.port))
    await again.close()
  })

  test('closing answers a request already in flight on an idle connection, then closes that connection', async context => {
    const server = await serve(context, transport, () => text('first'), {
      lingerMs: 60_000,
      closeDeadlineMs: 60_000,
    })
    const client = server.connect()
    const first = await client.send(head('GET /')).answer()
    assert.notEqual(first.headers.get('connection'), 'close')
    const closed = server.listener.close()
    await new Promise(resolve => setTimeout(resolve, 30))
    await server.connect().closed()
    const last = await client.send(head('GET /')).answer()
    assert.deepEqual([last.body.toString(), last.headers.get('connection')], ['first', 'close'])
    await client.closed()
    await closed
  })

  test('closing waits for the requests in flight and sends Connection: close', async context => {
    const { opened, open } = gate()
    let asked = 0
    const body = Buffer.alloc(8 * 1024 * 1024, 'x')
    const server = await serve(
      context,
      transport,
      async () => {
        asked++
        await opened
        return { status: 200, headers: [], body }
      },
      { closeDeadlineMs: 60_000 },
    )
    const client = server.connect().send(head('GET /'))
    await until(() => asked === 1)
    let isClosed = false
    const closed = server.listener.close().then(() => {
      isClosed = true
    })
    await new Promise(resolve => setTimeout(resolve, 30))
    assert.equal(isClosed, false)
    open()
    const answer = await client.answer()
    assert.equal(answer.headers.get('connection'), 'close')
    assert.ok(answer.body.equals(body))
    await closed
    await client.closed()
  })

  test('closing cuts off requests that do not finish within the deadline', async context => {
    const { opened, open } = gate()
    let asked = 0
    const server = await serve(
      context,
      transport,
      async () => {
        asked++
        await opened
        return text('late')
      },
      { closeDeadlineMs: 50 },
    )
    const client = server.connect().send(head('GET /'))
    await until(() => asked === 1)
    await server.listener.close()
    await client.closed()
    open()
    await new Promise(resolve => setImmediate(resolve))
  })
})
