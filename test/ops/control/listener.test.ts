// The control socket over a real store.
import assert from 'node:assert/strict'
import { closeSync, existsSync, mkdirSync, openSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { requestCopy } from '../../../src/ops/control/client.ts'
import { type ControlListener, listenForControl } from '../../../src/ops/control/listener.ts'
import type { CopyPart } from '../../../src/store/copy/copy.ts'
import type { Store } from '../../../src/store/store.ts'
import { clusterOf, openFor, put, temporaryFolder } from '../../store/samples.ts'

const FOREVER = new AbortController().signal

async function listening(t: TestContext, folder: string, store: Store) {
  const broken: unknown[] = []
  const listener = await listenForControl(folder, {
    copy: () => store.copy(),
    onBrokenOff: error => broken.push(error),
  })
  t.after(() => listener.close())
  return { listener, broken }
}

async function storeOf(t: TestContext, folder: string, clusters: number): Promise<Store> {
  const store = await openFor(t, folder)
  const spec = JSON.stringify({ filling: 'z'.repeat(10_000) })
  for (let i = 1; i <= clusters; i++) void store.stage([put(clusterOf(i, { spec }))])
  await store.settled()
  return store
}

async function all(copy: AsyncIterable<readonly CopyPart[]>): Promise<CopyPart[]> {
  const parts: CopyPart[] = []
  for await (const some of copy) parts.push(...some)
  return parts
}

test('a copy comes over the socket, which only its owner may open and which is gone afterwards', async t => {
  const folder = temporaryFolder(t)
  const store = await storeOf(t, folder, 50)
  const { listener } = await listening(t, folder, store)
  const socket = join(folder, 'control.sock')
  assert.equal(statSync(socket).mode & 0o777, 0o600)
  const parts = await all(await requestCopy(folder, FOREVER))
  assert.equal(parts.filter(({ kind }) => kind === 'record').length, 100)
  await listener.close()
  assert.equal(existsSync(socket), false)
})

test('a folder works although its path is longer than a socket address', {
  skip: process.platform !== 'linux',
}, async t => {
  const folder = join(temporaryFolder(t), 'long-'.repeat(30))
  const store = await storeOf(t, folder, 3)
  await listening(t, folder, store)
  assert.ok(existsSync(join(folder, 'control.sock')))
  assert.equal((await all(await requestCopy(folder, FOREVER))).at(-1)?.kind, 'end')
})

test('a socket that a killed server left is taken over', async t => {
  const folder = temporaryFolder(t)
  const socket = join(folder, 'control.sock')
  closeSync(openSync(socket, 'w')) // what is there is removed, whatever it is
  const store = await storeOf(t, folder, 1)
  await listening(t, folder, store)
  assert.ok(statSync(socket).isSocket())
  assert.equal((await all(await requestCopy(folder, FOREVER))).at(-1)?.kind, 'end')
})

test('a socket without a server gives a clear error', async t => {
  const folder = temporaryFolder(t)
  await assert.rejects(requestCopy(folder, FOREVER), {
    name: 'ControlError',
    message: /not by a server that can copy it/,
  })
  mkdirSync(join(folder, 'other'))
  const other = createServer(socket => socket.end('hello\r\n\r\n'))
  await new Promise<void>(resolve => other.listen(join(folder, 'other', 'control.sock'), resolve))
  t.after(() => other.close())
  await assert.rejects(requestCopy(join(folder, 'other'), FOREVER), { name: 'ControlError' })
})

test('a reader that goes away ends the copy, and the store can be closed', async t => {
  const folder = temporaryFolder(t)
  const store = await storeOf(t, folder, 2000)
  const { listener, broken } = await listening(t, folder, store)
  const stop = new AbortController()
  const copy = await requestCopy(folder, stop.signal)
  await assert.rejects(async () => {
    for await (const _ of copy) stop.abort()
  })
  await listener.close()
  assert.equal(broken.length, 1)
  await store.close()
})

test('closing breaks off copies, and their readers get an error', async t => {
  const folder = temporaryFolder(t)
  const store = await storeOf(t, folder, 2000)
  const { listener } = await listening(t, folder, store)
  const copy = await requestCopy(folder, FOREVER)
  await assert.rejects(
    async () => {
      for await (const _ of copy) await listener.close()
    },
    { name: 'ControlError', message: /broke off in the middle/ },
  )
})

test('a reader that does not read pauses the copy, which waits in bounded memory', async t => {
  const folder = temporaryFolder(t)
  const store = await storeOf(t, folder, 2000)
  let made = 0
  const listener: ControlListener = await listenForControl(folder, {
    copy: () => counted(store.copy(), bytes => (made += bytes)),
    onBrokenOff: () => {},
  })
  t.after(() => listener.close())
  const copy = await requestCopy(folder, FOREVER)
  const iterator = copy[Symbol.asyncIterator]()
  await iterator.next()
  let before = -1
  while (before < made) {
    before = made
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  assert.ok(made < 4 << 20, `${made} bytes of 20 MB were made ahead`)
  await iterator.return?.()
})

async function* counted(copy: AsyncGenerator<CopyPart[], void>, count: (bytes: number) => void) {
  for await (const parts of copy) {
    count(parts.reduce((sum, part) => sum + ('value' in part ? part.value.length : 0), 0))
    yield parts
  }
}

test('one copy too many is refused, and so is any other request', async t => {
  const folder = temporaryFolder(t)
  const store = await storeOf(t, folder, 2000)
  const { listener } = await listening(t, folder, store)
  const copies = await Promise.all([1, 2, 3, 4].map(() => requestCopy(folder, FOREVER)))
  await assert.rejects(requestCopy(folder, FOREVER), /4 copies are being made already/)
  const status = await new Promise(resolve => {
    request({ socketPath: join(folder, 'control.sock'), path: '/clusters' }, answer => {
      answer.resume()
      resolve(answer.statusCode)
    }).end()
  })
  assert.equal(status, 404)
  assert.equal(copies.length, 4)
  await listener.close()
})
