// Measures the files of src/ that a request touches. V8 counts the calls of every function of a running server during a report
// and a search (precise coverage). The files with a called function are the walk. Several requests are measured, so that the work
// of a timer during one of them does not count.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { before, describe, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { TestClient } from '../harness/client.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { startTestServer } from '../harness/server.ts'
import { BOUNDS, WALKS, type Walk } from './walks.ts'

const BUILT = new URL('../../src/', import.meta.url).href
/** Files that only watch a request: metrics, the log and the composition that wires them. */
const BYSTANDERS = /^src\/(observe\/|start\/|main\.ts$)/
const CLUSTERS = 20
/** Requests before the first measured one. They fill caches and let V8 optimize the code. */
const WARM_UP = 60
const MEASURED = 20
/** Wait after a request: a group commit answers before its work is done. */
const SETTLE_MS = 5
const STARTED_MS = Date.UTC(2026, 0, 1)

const requests: Record<Walk, (client: TestClient, ids: readonly string[], count: number) => Promise<void>> = {
  async report(client, ids, count) {
    const answer = await client.post(`/clusters/${ids[count % ids.length]}/statuses`, {
      adapter: 'dns',
      observed_generation: 1,
      observed_time: new Date(STARTED_MS + count * 1000).toISOString(),
      conditions: ['Available', 'Applied', 'Health'].map(type => ({ type, status: 'True' })),
    })
    assert.equal(answer.status, 201, answer.text)
  },
  async search(client) {
    const answer = await client.list('/clusters', { search: "status.conditions.Ready='True'", pageSize: 100 })
    assert.equal(answer.json.total, CLUSTERS)
  },
}

describe('the files that a request touches', { timeout: TEST_HANGS_AFTER_MS }, () => {
  const measured = new Map<Walk, readonly string[]>()

  before(async () => {
    const { origin, stop } = await startTestServer({
      engine: 'uws',
      environment: { HYPERFLEET_AUTH_ENABLED: 'false' },
    })
    const client = new TestClient(origin)
    const session = new Session()
    session.connect()
    try {
      const ids = await createClusters(client)
      await session.post('Profiler.enable')
      await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
      for (const walk of ['report', 'search'] as const) {
        const request = requests[walk]
        for (let count = 0; count < WARM_UP; count++) await request(client, ids, count)
        const runs = new Map<string, number>()
        for (let count = WARM_UP; count < WARM_UP + MEASURED; count++) {
          await wait(SETTLE_MS)
          await filesSinceLast(session)
          await request(client, ids, count)
          await wait(SETTLE_MS)
          for (const file of await filesSinceLast(session)) runs.set(file, (runs.get(file) ?? 0) + 1)
        }
        measured.set(walk, usual(runs))
      }
    } finally {
      session.disconnect()
      client.close()
      await stop()
    }
  })

  for (const walk of ['report', 'search'] as const) {
    test(`a ${walk} touches exactly the files of its walk`, () => {
      assert.deepEqual(measured.get(walk), WALKS[walk])
    })

    test(`a ${walk} touches at most ${BOUNDS[walk]} files`, () => {
      assert.ok(WALKS[walk].length <= BOUNDS[walk], `${WALKS[walk].length} files`)
    })

    test(`docs/ARCHITECTURE.md shows only files of the walk of a ${walk}`, () => {
      const page = readFileSync(new URL('../../../docs/ARCHITECTURE.md', import.meta.url), 'utf8')
      const section = page.split('\n## ').find(text => text.startsWith(`A walk: a ${walk}\n`)) ?? ''
      const shown = [...section.matchAll(/^\| `(src\/[^`]+)`/gm)].map(([, path = '']) => path)
      assert.ok(shown.length > 0)
      assert.deepEqual(
        shown.filter(path => !WALKS[walk].includes(path)),
        [],
      )
    })
  }
})

/** Files that ran for most of the requests, which excludes timers. */
function usual(runs: ReadonlyMap<string, number>): string[] {
  const files = [...runs].filter(([, count]) => count > MEASURED / 2).map(([file]) => file)
  return files.filter(file => !BYSTANDERS.test(file)).sort()
}

async function createClusters(client: TestClient): Promise<string[]> {
  const ids: string[] = []
  for (let i = 0; i < CLUSTERS; i++) {
    const answer = await client.post('/clusters', { kind: 'Cluster', name: `cluster-${i}`, spec: {} })
    assert.equal(answer.status, 201, answer.text)
    ids.push(answer.json.id)
  }
  return ids
}

/** Source files with a function that ran since the last call, which reset V8's counts. */
async function filesSinceLast(session: Session): Promise<string[]> {
  const { result } = await session.post('Profiler.takePreciseCoverage')
  return result
    .filter(({ url, functions }) => url.startsWith(BUILT) && functions.some(hasRun))
    .map(({ url }) => `src/${url.slice(BUILT.length).replace(/js$/, 'ts')}`)
}

function hasRun({ ranges }: { ranges: { count: number }[] }): boolean {
  return ranges.some(({ count }) => count > 0)
}
