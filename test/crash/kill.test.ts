// `kill -9` under load loses nothing that was answered and shows nothing that no one sent (contract 4.8, 5.7).
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { report, TestClient } from '../harness/client.ts'
import { freePort } from '../harness/free-port.ts'
import { Ledger, type OwnedCluster } from './ledger.ts'
import { ServerProcess } from './server-process.ts'

const CYCLES = Number(process.env.HYPERFLEET_TEST_KILLS ?? 20)
const WRITERS = 16
const LOAD_MS = 200
const ADAPTERS = ['dns', 'validator']

/** Creates a cluster, then changes it and reports about it, until the server is gone. */
async function writeUntilKilled(client: TestClient, ledger: Ledger, name: string): Promise<number> {
  const cluster = ledger.own(name)
  let answered = 0
  try {
    await ledger.write(cluster.spec, 0, async () => {
      cluster.id = (await client.cluster(name, { spec: { n: 0 } })).id
    })
    for (let n = 1; ; n++) {
      await changeAndReport(client, ledger, cluster, n)
      answered++
    }
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    return answered // the connection broke
  }
}

async function changeAndReport(
  client: TestClient,
  ledger: Ledger,
  cluster: OwnedCluster,
  n: number,
): Promise<void> {
  const path = `/clusters/${cluster.id}`
  await ledger.write(cluster.spec, n, async () => {
    assert.equal((await client.patch(path, { spec: { n } })).json.generation, n + 1)
  })
  for (const adapter of ADAPTERS) {
    const sent = cluster.reports.get(adapter) ?? { answered: undefined, underWay: undefined }
    cluster.reports.set(adapter, sent)
    await ledger.write(sent, n, async () => {
      const time = new Date(1_767_225_600_000 + n * 1000).toISOString()
      assert.equal((await client.post(`${path}/statuses`, report(adapter, 'True', n + 1, time))).status, 201)
    })
  }
}

/** Holds everything that the server shows against the ledger. */
async function check(client: TestClient, ledger: Ledger): Promise<void> {
  const shown = new Map<string, { id: string; generation: number; spec: { n: number }; status: unknown }>()
  for (let page = 1, total = 1; shown.size < total; page++) {
    const { json } = await client.list('/clusters', { page, pageSize: 1000, orderBy: 'id' })
    total = json.total
    for (const item of json.items) shown.set(item.name, item)
    if (json.size === 0) break
  }
  for (const name of shown.keys()) assert.ok(ledger.clusters.has(name), `${name} was sent by no one`)
  for (const cluster of ledger.clusters.values()) {
    const item = shown.get(cluster.name)
    ledger.settle(cluster.spec, item?.spec.n, `the spec of ${cluster.name}`)
    if (item === undefined) {
      ledger.clusters.delete(cluster.name)
      continue
    }
    assert.equal(item.generation, item.spec.n + 1)
    await checkReports(client, ledger, cluster, item.id)
  }
}

async function checkReports(
  client: TestClient,
  ledger: Ledger,
  cluster: OwnedCluster,
  id: string,
): Promise<void> {
  const { json } = await client.get(`/clusters/${id}/statuses`)
  for (const [adapter, sent] of cluster.reports) {
    const item = json.items.find((status: { adapter: string }) => status.adapter === adapter)
    const seconds = item && (Date.parse(item.last_report_time) - 1_767_225_600_000) / 1000
    ledger.settle(sent, seconds, `the report of ${adapter} about ${cluster.name}`)
    if (item === undefined) continue
    // The report and the resource's conditions became durable together (contract 5.7).
    const served = (await client.get(`/clusters/${id}`)).json.status.conditions
    const type = adapter === 'dns' ? 'DnsSuccessful' : 'ValidatorSuccessful'
    const condition = served.find((candidate: { type: string }) => candidate.type === type)
    assert.equal(condition?.last_updated_time, item.last_report_time)
    assert.equal(condition?.observed_generation, item.observed_generation)
  }
}

test(`${CYCLES} times kill -9 under ${WRITERS} writers loses nothing that was answered (contract 4.8, 5.7)`, async t => {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-crash-'))
  const port = await freePort()
  const ledger = new Ledger()
  let answered = 0
  let server: ServerProcess | undefined
  try {
    for (let cycle = 0; cycle < CYCLES; cycle++) {
      server = await ServerProcess.start(folder, port)
      const client = new TestClient(`http://127.0.0.1:${port}`)
      const fresh = new Ledger()
      await check(client, ledger)
      const writers = Array.from({ length: WRITERS }, (_, i) =>
        writeUntilKilled(client, fresh, `c${cycle}-w${i}`),
      )
      await new Promise(resolve => setTimeout(resolve, LOAD_MS))
      await server.kill()
      for (const count of await Promise.all(writers)) answered += count
      client.close()
      for (const [name, cluster] of fresh.clusters) ledger.clusters.set(name, cluster)
    }
    server = await ServerProcess.start(folder, port)
    const client = new TestClient(`http://127.0.0.1:${port}`)
    await check(client, ledger)
    client.close()
    assert.equal(await server.stop(), 0)
    t.diagnostic(`${CYCLES} kills, ${ledger.clusters.size} clusters, ${answered} rounds of writes answered`)
    assert.ok(answered > CYCLES, 'there was load')
  } finally {
    await server?.kill()
    await rm(folder, { recursive: true, force: true })
  }
})
