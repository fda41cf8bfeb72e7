// SIGTERM under load: a request that the server has read is answered in full, and one that gets no answer was not read.
//
// A request that was sent whole gets a whole answer, or the connection is closed without a single byte of one. The
// second happens to a new connection that the system had accepted and the server had not. On a kept connection it
// happens to a request that crosses the server's closing of it, the race that HTTP has (RFC 9112, section 9.5): clients
// repeat it. So it must have had no effect, which the next start shows for every write. The test prints how often it
// happened.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { BASE, TestClient } from '../harness/client.ts'
import { apiOf, type CommandProcess, runCommand } from '../harness/command-process.ts'
import { freePort } from '../harness/free-port.ts'
import { ENGINES, type EngineName } from '../harness/server.ts'
import { type RawAnswer, RawClient } from '../http/raw-client.ts'

const STOPS = Number(process.env.HYPERFLEET_TEST_STOPS ?? 3)
const CLIENTS = 12
const LOAD_MS = 250
/** Between the halves of a body that comes slowly. */
const HALF_BODY_MS = 15

/** Observations of the clients of one server. */
class Tally {
  answered = 0
  /** Requests on connections that had already brought an answer, and then were closed without a byte. */
  crossed = 0
  readonly created: string[] = []
  readonly unanswered: string[] = []
  isStopping = false
  hasEnded = false
}

/** Ways to ask: each client has one, so that every way is in progress when the signal comes. */
const WAYS = ['read', 'large read', 'create', 'slow create'] as const

/** Asks on kept connections, and on a new one when the server has closed it, until the server has ended. */
async function ask(way: (typeof WAYS)[number], port: number, prefix: string, tally: Tally): Promise<void> {
  let n = 0
  while (!tally.hasEnded) {
    const client = new RawClient(port)
    for (let onConnection = 0; !client.isClosed; onConnection++) {
      const name = `${prefix}-${n++}`
      const isCreate = way === 'create' || way === 'slow create'
      const answer = await askOnce(client, way, name)
      if (answer === undefined) {
        if (isCreate) tally.unanswered.push(name)
        if (onConnection > 0) tally.crossed++
        assert.ok(tally.isStopping, 'a connection was closed before the stop')
        break
      }
      assert.equal(answer.status, isCreate ? 201 : 200)
      if (isCreate) tally.created.push(name)
      tally.answered++
      if (answer.headers.get('connection') === 'close') break
    }
    client.destroy()
    if (tally.isStopping) await wait(1)
  }
}

/** The whole answer, or undefined when not a byte of one came; fails when a part did. */
async function askOnce(client: RawClient, way: string, name: string): Promise<RawAnswer | undefined> {
  const query = way === 'large read' ? '?pageSize=1000' : '?pageSize=5'
  const body = `{"kind":"Cluster","name":"${name}","spec":{"text":"${'x'.repeat(500)}"}}`
  if (way.endsWith('read')) {
    client.send(`GET ${BASE}/clusters${query} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  } else {
    const head = `POST ${BASE}/clusters HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`
    const half = way === 'slow create' ? 100 : body.length
    client.send(head + body.slice(0, half))
    if (half < body.length) {
      await wait(HALF_BODY_MS)
      client.send(body.slice(half))
    }
  }
  try {
    return await client.answer()
  } catch (error) {
    const isNothing = String(error).includes('before the head of an answer') && client.pendingBytes === 0
    assert.ok(isNothing, `the answer to a ${way} was cut off: ${error}`)
    return undefined
  }
}

async function start(engine: EngineName, folder: string, port: number): Promise<CommandProcess> {
  const server = runCommand(['serve'], {
    HYPERFLEET_SERVER_ENGINE: engine,
    HYPERFLEET_SERVER_PORT: String(port),
    HYPERFLEET_HEALTH_PORT: '0',
    HYPERFLEET_METRICS_PORT: '0',
    HYPERFLEET_STORAGE_PATH: folder,
  })
  await apiOf(server)
  return server
}

/** Everything that was answered is there, and nothing that was not. */
async function check(port: number, { created, unanswered }: Tally): Promise<void> {
  const client = new TestClient(`http://127.0.0.1:${port}`)
  const shown = new Set<string>()
  for (let page = 1, total = 1; shown.size < total; page++) {
    const { json } = await client.list('/clusters', { page, pageSize: 1000, orderBy: 'id' })
    total = json.total
    for (const item of json.items) shown.add(item.name)
    if (json.size === 0) break
  }
  client.close()
  for (const name of created) assert.ok(shown.has(name), `${name} was answered and is lost`)
  for (const name of unanswered) assert.ok(!shown.has(name), `${name} was done and not answered`)
}

for (const engine of ENGINES)
  test(`contract 4.8: ${STOPS} times SIGTERM under load, every request that was read is answered (${engine})`, async t => {
    const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-stop-'))
    const port = await freePort()
    let [answered, crossed] = [0, 0]
    let server: CommandProcess | undefined
    try {
      for (let cycle = 0; cycle < STOPS; cycle++) {
        server = await start(engine, folder, port)
        const tally = new Tally()
        const asking = Array.from({ length: CLIENTS }, (_, i) =>
          ask(WAYS[i % WAYS.length] ?? 'read', port, `s${cycle}-c${i}`, tally),
        )
        const asked = Promise.all(asking)
        await Promise.race([asked, wait(LOAD_MS)])
        tally.isStopping = true
        server.child.kill('SIGTERM')
        const { code, stderr, stdout } = await server.ended
        tally.hasEnded = true
        await asked
        assert.equal(code, 0, stderr + stdout)
        server = await start(engine, folder, port)
        await check(port, tally)
        server.child.kill('SIGTERM')
        assert.equal((await server.ended).code, 0)
        answered += tally.answered
        crossed += tally.crossed
      }
      t.diagnostic(
        `${STOPS} stops, ${answered} requests answered, ${crossed} crossed the closing of their connection`,
      )
      assert.ok(answered > STOPS * CLIENTS, 'there was load')
    } finally {
      server?.child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
    }
  })
