// Measures the functions of src/ that a request touches. V8 counts the calls of every function of a running server (precise
// coverage) during several requests of one kind, so that the work of a timer during one of them does not count.
import assert from 'node:assert/strict'
import { Session } from 'node:inspector/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { TestClient } from '../harness/client.ts'
import { startTestServer } from '../harness/server.ts'

/** A compiled function that ran for most of the requests. */
export interface RanFunction {
  /** Path of its source, `src/….ts`. */
  readonly file: string
  /** URL of the compiled module, and the function's place in it. */
  readonly module: string
  readonly start: number
  readonly end: number
}

/** Sends the request number `count`, which must succeed. */
type Sending = (client: TestClient, ids: readonly string[], count: number) => Promise<void>

const BUILT = new URL('../../src/', import.meta.url).href
const CLUSTERS = 20
/** Requests before the first measured one. They fill caches and let V8 optimize the code. */
const WARM_UP = 60
const MEASURED = 20
/** Wait after a request: a group commit answers before its work is done. */
const SETTLE_MS = 5
const STARTED_MS = Date.UTC(2026, 0, 1)

const SENDINGS = {
  async report(client, ids, count) {
    const answer = await client.post(`/clusters/${ids[count % ids.length]}/statuses`, {
      adapter: 'dns',
      observed_generation: 1,
      observed_time: new Date(STARTED_MS + count * 1000).toISOString(),
      conditions: ['Available', 'Applied', 'Health'].map(type => ({ type, status: 'True' })),
    })
    assert.equal(answer.status, 201, answer.text)
  },
  async get(client, ids, count) {
    const answer = await client.get(`/clusters/${ids[count % ids.length]}`)
    assert.equal(answer.status, 200, answer.text)
  },
  async list(client) {
    const answer = await client.list('/clusters', { orderBy: 'created_time', order: 'desc', pageSize: 10 })
    assert.equal(answer.json.total, CLUSTERS)
  },
  async search(client) {
    const answer = await client.list('/clusters', { search: "status.conditions.Ready='True'", pageSize: 100 })
    assert.equal(answer.json.total, CLUSTERS)
  },
} satisfies Record<string, Sending>

export type Measured = keyof typeof SENDINGS

/** Measures kinds of requests, in their order, on uWebSockets.js without authentication. A search finds what reports made ready. */
export async function measure(kinds: readonly Measured[]): Promise<ReadonlyMap<Measured, RanFunction[]>> {
  const { origin, stop } = await startTestServer({
    engine: 'uws',
    environment: { HYPERFLEET_AUTH_ENABLED: 'false' },
  })
  const client = new TestClient(origin)
  try {
    const ids = await createClusters(client)
    return await withCoverage(async session => {
      const measured = new Map<Measured, RanFunction[]>()
      for (const kind of kinds) {
        const send: Sending = SENDINGS[kind]
        measured.set(kind, await usualFunctions(session, count => send(client, ids, count)))
      }
      return measured
    })
  } finally {
    client.close()
    await stop()
  }
}

/** Functions of one module that run during some work. */
export function functionsThatRun(work: () => Promise<unknown>, module: string): Promise<RanFunction[]> {
  return withCoverage(async session => {
    await work()
    return functionsSinceLast(session, module)
  })
}

async function withCoverage<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
    return await work(session)
  } finally {
    session.disconnect()
  }
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

/** Functions that run for most of the requests, which excludes timers. */
async function usualFunctions(session: Session, send: (count: number) => Promise<void>) {
  for (let count = 0; count < WARM_UP; count++) await send(count)
  const runs = new Map<string, { readonly ran: RanFunction; count: number }>()
  for (let count = WARM_UP; count < WARM_UP + MEASURED; count++) {
    await wait(SETTLE_MS)
    await functionsSinceLast(session)
    await send(count)
    await wait(SETTLE_MS)
    for (const ran of await functionsSinceLast(session)) {
      const key = `${ran.module} ${ran.start}-${ran.end}`
      const known = runs.get(key)
      if (known === undefined) runs.set(key, { ran, count: 1 })
      else known.count++
    }
  }
  return [...runs.values()].filter(({ count }) => count > MEASURED / 2).map(({ ran }) => ran)
}

/** Functions of modules whose URL begins with `modules` that ran since the last call, which reset V8's counts. */
async function functionsSinceLast(session: Session, modules = BUILT): Promise<RanFunction[]> {
  const { result } = await session.post('Profiler.takePreciseCoverage')
  return result
    .filter(({ url }) => url.startsWith(modules))
    .flatMap(({ url, functions }) => {
      const file = `src/${url.slice(BUILT.length).replace(/js$/, 'ts')}`
      return functions
        .flatMap(({ ranges }) => ranges.slice(0, 1))
        .filter(({ count }) => count > 0)
        .map(({ startOffset, endOffset }) => ({ file, module: url, start: startOffset, end: endOffset }))
    })
}
