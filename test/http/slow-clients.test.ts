// Clients of streams that are behind, with send queues that a test writes, and the queues of the kernel.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { kernelAddress, readSendQueues, type SendQueues } from '../../src/http/transport/send-queues.ts'
import { type SlowClient, SlowClients } from '../../src/http/transport/slow-clients.ts'

const DEADLINE_MS = 80
const ADDRESS = '192.0.2.1'

/** Looks at queues one after another, each a quarter of a deadline after the one before. Returns the names of the clients that stalled by the end. */
async function stalledAfter(
  looks: readonly (Readonly<Record<number, number>> | undefined)[],
  clients: Readonly<Record<string, number | undefined>>,
): Promise<string[]> {
  const stalled: string[] = []
  let [nowMs, look] = [0, 0]
  const names = Object.entries(clients)
  await new Promise<void>(resolve => {
    const slow = new SlowClients({
      deadlineMs: DEADLINE_MS,
      nowMs: () => nowMs,
      readQueues: async () => {
        nowMs += DEADLINE_MS / 4
        const queues = looks[look++]
        if (look > looks.length) {
          for (const client of added) slow.remove(client)
          resolve()
        }
        return queues && queuesOf(queues)
      },
    })
    const added = names.map(
      ([name, port]): SlowClient => ({ address: ADDRESS, port, stalled: () => stalled.push(name) }),
    )
    for (const client of added) slow.add(client)
    // Nobody is left to look for.
    const check = setInterval(() => {
      if (stalled.length < names.length && look <= looks.length) return
      clearInterval(check)
      resolve()
    }, 5)
  })
  return stalled.sort()
}

function queuesOf(ports: Readonly<Record<number, number>>): SendQueues {
  const queues = new Map(Object.entries(ports).map(([port, bytes]) => [Number(port), bytes]))
  return new Map([[kernelAddress(ADDRESS), queues]])
}

const SIX = [0, 1, 2, 3, 4, 5]

test('contract 12.5: a queue that stays as long for the deadline is stalled, one that shrinks is not', async () => {
  const looks = SIX.map(look => ({ 1: 5000, 2: 5000 - look }))
  assert.deepEqual(await stalledAfter(looks, { stuck: 1, reading: 2 }), ['stuck'])
})

test('contract 12.5: a queue that shrinks once in a deadline is not stalled', async () => {
  const looks = Array.from({ length: 20 }, (_, look) => ({ 1: 5000 - Math.floor(look / 3) }))
  assert.deepEqual(await stalledAfter(looks, { reading: 1 }), [])
})

test('contract 12.5: without queues, and without its own among them, a client stalls at the deadline', async () => {
  assert.deepEqual(await stalledAfter([undefined, undefined, undefined], { a: 1 }), [])
  assert.deepEqual(await stalledAfter([...SIX.map(() => undefined)], { a: 1, b: undefined }), ['a', 'b'])
  assert.deepEqual(
    await stalledAfter(
      SIX.map(() => ({ 7: 5 })),
      { a: 1 },
    ),
    ['a'],
  )
})

test('contract 12.5: an empty queue belongs to a client that has taken everything', async () => {
  assert.deepEqual(
    await stalledAfter(
      SIX.map(() => ({ 1: 0 })),
      { a: 1 },
    ),
    [],
  )
})

test('contract 12.5: clients whose ports are not known stall once as many queues of their address are stuck', async () => {
  const both = SIX.map(() => ({ 1: 5000, 2: 300, 3: 0 }))
  assert.deepEqual(await stalledAfter(both, { a: undefined, b: undefined }), ['a', 'b'])
  const one = SIX.map(look => ({ 1: 5000, 2: 300 - look }))
  assert.deepEqual(await stalledAfter(one, { a: undefined, b: undefined }), [])
  assert.deepEqual(await stalledAfter(one, { a: undefined }), ['a'])
})

test('addresses have the form of the kernel', { skip: process.arch === 's390x' }, () => {
  for (const [address, listed] of [
    ['127.0.0.1', '0100007F'],
    ['::ffff:127.0.0.1', '0100007F'],
    ['0000:0000:0000:0000:0000:ffff:7f00:0001', '0100007F'],
    ['192.0.2.255', 'FF0200C0'],
    ['::1', '00000000000000000000000001000000'],
    ['2001:db8::1%eth0', 'B80D0120000000000000000001000000'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', 'B80D0120000000000000000001000000'],
  ] as const)
    assert.equal(kernelAddress(address), listed, address)
})

test('the send queues of the kernel are read, by address and port', {
  skip: process.platform === 'linux' ? false : 'only Linux lists them',
}, async context => {
  for (const host of ['127.0.0.1', '::']) {
    const accepted: Socket[] = []
    const server = createServer(socket => accepted.push(socket))
    server.listen(0, host)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const client = connect(port, '127.0.0.1')
    await Promise.all([once(server, 'connection'), once(client, 'connect')])
    context.after(() => {
      client.destroy()
      for (const socket of accepted) socket.destroy()
      server.close()
    })
    const [socket] = accepted
    assert.ok(socket !== undefined)
    const address = kernelAddress(socket.remoteAddress ?? '')
    const queueOf = async () =>
      (await readSendQueues(port, new Set([address])))?.get(address)?.get(socket.remotePort ?? 0)
    assert.equal(await queueOf(), 0)
    client.pause()
    while (socket.write(Buffer.alloc(1 << 20)));
    while (((await queueOf()) ?? 0) === 0);
    assert.equal((await readSendQueues(port, new Set(['AAAAAAAA'])))?.size, 0)
  }
})
