// Random writes and reads, and what the tags of the answers say about their bytes. HYPERFLEET_TEST_LONG=1 takes more steps.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Operations } from '../fleet/fleet-operations.ts'
import { FleetOracle } from '../fleet/fleet-oracle.ts'
import { Bench } from '../harness/bench.ts'
import type { TestAnswer, TestClient } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { Random, runSeed } from '../harness/random.ts'
import { ENGINES } from '../harness/server.ts'
import { request } from './operation-requests.ts'

const IS_LONG = process.env.HYPERFLEET_TEST_LONG === '1'
const STEPS = IS_LONG ? 2000 : 120
const RESTART_EVERY = IS_LONG ? 200 : 40
const READS_PER_STEP = 6
const SEED = runSeed()
const REQUIRED = { Cluster: ['dns'], NodePool: ['pool'] }
const QUERIES = [
  '',
  '?pageSize=3',
  '?pageSize=3&page=2',
  '?pageSize=0',
  '?orderBy=name&pageSize=4',
  '?orderBy=updated_time%20desc',
  `?search=${encodeURIComponent("status.conditions.Ready='False'")}&pageSize=5`,
  `?search=${encodeURIComponent('generation > 1')}`,
  `?search=${encodeURIComponent('updated_time < now-2s')}`,
]

/** The texts that answered one request by their tags, and the tags by what the answers were made of. */
interface Seen {
  readonly texts: Map<string, string>
  readonly tags: Map<string, string>
}

class Reader {
  readonly #client: () => TestClient
  readonly #seen = new Map<string, Seen>()
  /** The last tag of each request; of those that found nothing there is none. */
  readonly last = new Map<string, string>()

  constructor(client: () => TestClient) {
    this.#client = client
  }

  /** Reads a path, with the tag of the last answer. The answer has what it should have. */
  async read(path: string): Promise<void> {
    const known = this.last.get(path)
    const answer = await this.#client().get(path, known === undefined ? {} : { 'if-none-match': known })
    if (answer.status === 404) {
      this.last.delete(path)
      return
    }
    const seen = this.#seenOf(path)
    const tag = String(answer.headers.etag)
    if (answer.status === 304) assert.equal(tag, known, path)
    else assert.notEqual(tag, known, `${path}: 304 if the client has the answer`)
    const { text, json } = answer.status === 304 ? await this.#plain(path, tag) : answer
    assert.equal(seen.texts.get(tag) ?? text, text, `${path}: two texts with the tag ${tag}`)
    seen.texts.set(tag, text)
    this.last.set(path, tag)
    const parts = await this.#partsOf(json)
    if (parts === undefined) return
    assert.equal(seen.tags.get(parts) ?? tag, tag, `${path}: two tags of ${parts}`)
    seen.tags.set(parts, tag)
  }

  /** The tags are what they were at the last reads. */
  async confirm(paths: Iterable<string>): Promise<void> {
    for (const path of paths) {
      const tag = this.last.get(path)
      if (tag === undefined) continue
      const { status } = await this.#client().get(path, { 'if-none-match': tag })
      assert.equal(status, 304, path)
    }
  }

  async #plain(path: string, tag: string): Promise<TestAnswer> {
    const answer = await this.#client().get(path)
    assert.deepEqual([answer.status, answer.headers.etag], [200, tag], path)
    return answer
  }

  /** The parts of a list of resources: its numbers, and the tag of each item. Undefined for any other answer. */
  async #partsOf(json: TestAnswer['json']): Promise<string | undefined> {
    if (!/^(Cluster|NodePool)List$/.test(json.kind)) return undefined
    const { page, size, total } = json
    const tags: unknown[] = []
    for (const { href } of json.items) tags.push(href, (await this.#client().get(href)).headers.etag)
    return JSON.stringify([page, size, total, tags])
  }

  #seenOf(path: string): Seen {
    const present = this.#seen.get(path)
    if (present !== undefined) return present
    const seen = { texts: new Map<string, string>(), tags: new Map<string, string>() }
    this.#seen.set(path, seen)
    return seen
  }
}

/** The path of some read. */
function somePath(random: Random, oracle: FleetOracle): string {
  const cluster = random.chance(0.8) && oracle.resources('Cluster').length > 0
  const query = random.of(QUERIES)
  if (!cluster) return `/${random.of(['clusters', 'nodepools'])}${query}`
  const clusterPath = `/clusters/${random.of(oracle.resources('Cluster')).id}`
  const nodepools = oracle.resources('NodePool')
  const nodepool = nodepools.length === 0 ? clusterPath : `/nodepools/${random.of(nodepools).id}`
  return random.of([
    clusterPath,
    nodepool,
    `${clusterPath}/nodepools${query}`,
    `${random.of([clusterPath, nodepool])}/statuses${random.of(['', '?pageSize=1', '?search=adapter%3D%27dns%27'])}`,
  ])
}

async function sequence(client: TestClient): Promise<number> {
  return Number((await client.get('/clusters?pageSize=0')).headers['x-hyperfleet-sequence'])
}

for (const [e, engine] of ENGINES.entries())
  test(`contract 12.3, 12.10: tags stand for bytes, stay while nothing is written, and survive restarts (${engine}), seed ${SEED}`, {
    timeout: TEST_HANGS_AFTER_MS * (IS_LONG ? 20 : 1),
  }, async () => {
    const random = new Random(SEED, e)
    const oracle = new FleetOracle({ compatibility: 'documents', required: REQUIRED })
    const operations = new Operations(random)
    const bench = new Bench(engine, {
      HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: JSON.stringify(REQUIRED.Cluster),
      HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: JSON.stringify(REQUIRED.NodePool),
    })
    await bench.start()
    const reader = new Reader(() => bench.client)
    let known = 0
    try {
      for (let step = 0; step < STEPS; step++) {
        bench.clockMs += random.of([0, 0, 1, 7, 1000])
        const operation = operations.next(oracle, bench.clockMs)
        const before = await sequence(bench.client)
        const answer = await request(bench.client, operation)
        oracle.answer(operation, bench.clockMs, () => answer.json.id)
        const shown = Number(answer.headers['x-hyperfleet-sequence'] ?? before)
        assert.equal(await sequence(bench.client), shown, JSON.stringify([operation, answer.text]))
        assert.ok(shown === before || shown === before + 1)
        const paths = Array.from({ length: READS_PER_STEP }, () => somePath(random, oracle))
        for (const path of paths) await reader.read(path)
        await reader.confirm(paths)
        if (step % RESTART_EVERY === RESTART_EVERY - 1) {
          for (const path of reader.last.keys()) await reader.read(path)
          await bench.restart()
          await reader.confirm(reader.last.keys())
          known += reader.last.size
        }
      }
    } finally {
      await bench.stop()
    }
    assert.ok(known > 20, `${known} tags were confirmed after restarts`)
  })
