// A full disk: writes are refused, reads continue, and writes resume automatically.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { report, type TestAnswer, TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { TEST_HANGS_AFTER_MS, WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'
import { assertProblem } from '../harness/problem.ts'
import { ENGINES, type EngineName, startTestServer, type TestServer } from '../harness/server.ts'
import { diskAccess, mountSmallDisk, runInNamespace, type SmallDisk } from '../harness/small-disk.ts'

const DISK_BYTES = 24 * 1024 * 1024
/** Number of writes that may still fit into space the store has already taken. */
const MOST_WRITES = 4000
const PADDING = 'x'.repeat(4000)

/** One server on a disk of its own, with its acknowledged and refused writes. */
class FullDisk {
  readonly disk: SmallDisk = mountSmallDisk(DISK_BYTES)
  readonly stored = new Map<string, string>()
  readonly refused = new Set<string>()
  readonly #engine: EngineName
  readonly #healthPort: number
  #server: TestServer | undefined
  #client: TestClient | undefined
  #names = 0

  constructor(engine: EngineName, healthPort: number) {
    this.#engine = engine
    this.#healthPort = healthPort
  }

  get client(): TestClient {
    if (this.#client === undefined) throw new Error('the server is not running')
    return this.#client
  }

  async start(): Promise<void> {
    const folder = join(this.disk.folder, 'data')
    mkdirSync(folder, { recursive: true })
    const environment = { HYPERFLEET_HEALTH_PORT: String(this.#healthPort) }
    this.#server = await startTestServer({ engine: this.#engine, folder, environment })
    this.#client = new TestClient(this.#server.origin)
  }

  async stop(): Promise<void> {
    this.#client?.close()
    await this.#server?.server.close()
  }

  /** Creates a cluster and records the outcome. */
  async create(): Promise<TestAnswer> {
    const name = `c-${this.#names++}`
    const answer = await this.client.post('/clusters', { kind: 'Cluster', name, spec: { padding: PADDING } })
    if (answer.status === 201) this.stored.set(name, answer.json.id)
    else this.refused.add(name)
    return answer
  }

  async createUntilRefused(): Promise<TestAnswer> {
    for (let turn = 0; turn < MOST_WRITES; turn++) {
      const answer = await this.create()
      if (answer.status !== 201) return answer
    }
    throw new Error('the disk is full, but every write is accepted')
  }

  async readiness(): Promise<{ status: number; text: string }> {
    const answer = await fetch(`http://127.0.0.1:${this.#healthPort}/readyz`)
    return { status: answer.status, text: await answer.text() }
  }

  /** Asserts that the list is exactly what was acknowledged. */
  async assertContents(): Promise<void> {
    const names: string[] = []
    for (let page = 1; ; page++) {
      const { status, json } = await this.client.list('/clusters', { page, pageSize: 1000, orderBy: 'id' })
      assert.equal(status, 200)
      assert.equal(json.total, this.stored.size)
      names.push(...json.items.map(({ name }: { name: string }) => name))
      if (json.items.length < 1000) break
    }
    assert.deepEqual(names, [...this.stored.keys()])
  }
}

function assertRefused(answer: TestAnswer): void {
  assertProblem(answer, 'HYPERFLEET-SVC-001')
  assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/)
}

function describeFullDisk(engine: EngineName): void {
  describe(`a full disk (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
    let full: FullDisk
    let first: { id: string }

    before(async () => {
      full = new FullDisk(engine, await freePort())
      await full.start()
      for (let count = 0; count < 20; count++) assert.equal((await full.create()).status, 201)
      first = { id: [...full.stored.values()][0] ?? '' }
      await full.disk.fill()
    })
    after(async () => {
      await full.stop()
      full.disk.unmount()
    })

    test('contract 9.2: a write without room is refused with 503 and Retry-After', async () => {
      assertRefused(await full.createUntilRefused())
    })

    test('contract 9.2: every other write is refused as well', async () => {
      const path = `/clusters/${first.id}`
      assertRefused(await full.create())
      assertRefused(await full.client.patch(path, { spec: { padding: `${PADDING}y` } }))
      assertRefused(
        await full.client.post(`${path}/statuses`, report('dns', 'True', 1, '2026-01-01T00:00:00Z')),
      )
      assertRefused(
        await full.client.post(`${path}/nodepools`, { kind: 'NodePool', name: 'pool', spec: { PADDING } }),
      )
      assertRefused(await full.client.delete(path))
      const removed = await Promise.all(Array.from({ length: 10 }, () => full.client.delete(path)))
      for (const answer of removed) assertRefused(answer)
      const together = await Promise.all(Array.from({ length: 20 }, () => full.create()))
      for (const answer of together) assertRefused(answer)
    })

    test('contract 9.2: reads continue and show nothing of refused writes', async () => {
      await full.assertContents()
      const { status, json } = await full.client.get(`/clusters/${first.id}`)
      assert.equal(status, 200)
      assert.deepEqual([json.generation, json.spec], [1, { padding: PADDING }])
      assert.equal((await full.client.get(`/clusters/${first.id}/statuses`)).json.total, 0)
      assert.equal((await full.client.get('/nodepools')).json.total, 0)
    })

    test('contract 9.2: faults of a request are still reported', async () => {
      assertProblem(await full.client.post('/clusters', { kind: 'Cluster' }), 'HYPERFLEET-VAL-000')
      assertProblem(await full.client.get('/clusters?page=0'), 'HYPERFLEET-VAL-004')
    })

    test('contract 9.2: /readyz reports that the disk is full', async () => {
      const { status, text } = await full.readiness()
      assert.equal(status, 503)
      assert.match(text, /disk/)
    })

    test('contract 9.2: writes resume automatically once there is room', async () => {
      await full.disk.free()
      const deadline = Date.now() + WAIT_HANGS_AFTER_MS
      let answer = await full.create()
      while (answer.status !== 201) {
        assertRefused(answer)
        assert.ok(Date.now() < deadline, 'writes did not resume')
        await delay(100)
        answer = await full.create()
      }
      assert.equal((await full.readiness()).status, 200)
      for (let count = 0; count < 20; count++) assert.equal((await full.create()).status, 201)
      await full.assertContents()
    })

    test('contract 9.2: the name of a refused creation is free', async () => {
      const [name = ''] = full.refused
      full.stored.set(name, (await full.client.cluster(name)).id)
      full.refused.delete(name)
      await full.assertContents()
    })

    test('contract 9.2: after a restart all acknowledged data exists and nothing else', async () => {
      await full.stop()
      await full.start()
      await full.assertContents()
      const { json } = await full.client.get(`/clusters/${first.id}`)
      assert.deepEqual([json.generation, json.spec], [1, { padding: PADDING }])
      assert.equal((await full.client.get(`/clusters/${first.id}/statuses`)).json.total, 0)
    })

    test('contract 9.2: a disk can fill up repeatedly', async () => {
      for (let round = 0; round < 2; round++) {
        await full.disk.fill()
        assertRefused(await full.createUntilRefused())
        await full.disk.free()
        const deadline = Date.now() + WAIT_HANGS_AFTER_MS
        while ((await full.create()).status !== 201) {
          assert.ok(Date.now() < deadline, 'writes did not resume')
          await delay(100)
        }
      }
      await full.assertContents()
      await full.stop()
      await full.start()
      await full.assertContents()
    })
  })
}

const access = diskAccess()
switch (access.kind) {
  case 'mount':
    for (const engine of ENGINES) describeFullDisk(engine)
    break
  case 'namespace':
    test('contract 9.2: a full disk, in a namespace that can mount one', () => {
      assert.equal(runInNamespace(fileURLToPath(import.meta.url)), undefined)
    })
    break
  case 'none':
    test('contract 9.2: a full disk', { skip: access.reason }, () => {})
}
