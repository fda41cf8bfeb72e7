// Fates of the writes that a test sent: answered, refused, or without an answer. Checks that a server shows exactly
// these.
import assert from 'node:assert/strict'
import { report, type TestAnswer, type TestClient } from '../../harness/client.ts'
import { WAIT_HANGS_AFTER_MS } from '../../harness/patience.ts'
import { assertProblem } from '../../harness/problem.ts'

/** A write, by a number of its own. */
type Fate = 'answered' | 'refused' | 'unanswered'

interface Cluster {
  readonly name: string
  id: string | undefined
  /** Fate of each value sent for `spec.n`, in the order of sending. */
  readonly specs: [n: number, fate: Fate][]
  /** The same of the reports, by the second of their time. */
  readonly reports: [n: number, fate: Fate][]
}

/** Records whose pages are written one by one, and some with pages of their own. */
const PADDINGS = [10, 200, 3000, 9000]

export class Written {
  readonly #clusters: Cluster[] = []
  #next = 0
  readonly counts: Record<Fate, number> = { answered: 0, refused: 0, unanswered: 0 }

  /** Creates a cluster, changes it and reports about it, unless an answer prevents it. */
  async write(client: TestClient): Promise<void> {
    const cluster: Cluster = { name: `c-${this.#clusters.length}`, id: undefined, specs: [], reports: [] }
    this.#clusters.push(cluster)
    const n = this.#next++
    const answer = await this.#send(cluster.specs, n, 201, () =>
      client.post('/clusters', { kind: 'Cluster', name: cluster.name, spec: this.#spec(n) }),
    )
    if (answer?.status !== 201) return
    cluster.id = answer.json.id
    await this.#change(client, cluster)
  }

  /**
   * Writes until a write is answered: after a full disk, a server resumes writes automatically. Returns false on a
   * timeout.
   */
  async recovers(client: TestClient): Promise<boolean> {
    const { answered } = this.counts
    const deadlineMs = performance.now() + WAIT_HANGS_AFTER_MS
    while (this.counts.answered === answered) {
      if (performance.now() > deadlineMs) return false
      await this.write(client)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    return true
  }

  async #change(client: TestClient, cluster: Cluster): Promise<void> {
    const path = `/clusters/${cluster.id}`
    const changed = this.#next++
    await this.#send(cluster.specs, changed, 200, () => client.patch(path, { spec: this.#spec(changed) }))
    const reported = this.#next++
    await this.#send(cluster.reports, reported, 201, () =>
      client.post(`${path}/statuses`, report('dns', 'True', 1, timeOf(reported))),
    )
  }

  /** Sends a write and notes what became of it; undefined when the connection broke. */
  async #send(
    fates: [number, Fate][],
    n: number,
    status: number,
    send: () => Promise<TestAnswer>,
  ): Promise<TestAnswer | undefined> {
    const answer = await send().catch(error => {
      if (error instanceof assert.AssertionError) throw error
      return undefined
    })
    if (answer !== undefined && answer.status !== status) {
      assertProblem(answer, 'HYPERFLEET-SVC-001')
      assert.match(answer.headers['retry-after'] ?? '', /^[1-9]\d*$/)
    }
    const fate = answer === undefined ? 'unanswered' : answer.status === status ? 'answered' : 'refused'
    this.counts[fate]++
    fates.push([n, fate])
    return answer
  }

  #spec(n: number): { n: number; padding: string } {
    return { n, padding: 'x'.repeat(PADDINGS[n % PADDINGS.length] ?? 0) }
  }

  /** Holds a server to show every answered write, none that was refused, and nothing that was not sent. */
  async check(client: TestClient): Promise<void> {
    const shown = new Map<string, { id: string; name: string; spec: { n: number; padding: string } }>()
    for (let page = 1; ; page++) {
      const { status, json } = await client.list('/clusters', { page, pageSize: 500, orderBy: 'id' })
      assert.equal(status, 200)
      for (const item of json.items) shown.set(item.name, item)
      if (shown.size >= json.total) break
    }
    const reports = new Map<string, number>()
    for (const { id, name } of shown.values()) {
      const { json } = await client.get(`/clusters/${id}/statuses`)
      for (const item of json.items) reports.set(name, secondOf(item.last_report_time))
    }
    for (const cluster of this.#clusters) {
      const item = shown.get(cluster.name)
      shown.delete(cluster.name)
      checkShown(cluster.specs, item?.spec.n, `the spec of ${cluster.name}`)
      if (item !== undefined) assert.deepEqual(item.spec, this.#spec(item.spec.n))
      checkShown(cluster.reports, reports.get(cluster.name), `the report about ${cluster.name}`)
    }
    assert.deepEqual([...shown.keys()], [], 'nobody sent these')
  }
}

/** Shown is the last answered value, or one without an answer that was sent after it. */
function checkShown(fates: readonly [number, Fate][], shown: number | undefined, what: string): void {
  const last = fates.findLastIndex(([, fate]) => fate === 'answered')
  const allowed: (number | undefined)[] = [fates[last]?.[0]]
  for (const [n, fate] of fates.slice(last + 1)) if (fate === 'unanswered') allowed.push(n)
  assert.ok(allowed.includes(shown), `${what}: ${shown} is shown, and may be ${allowed.join(' or ')}`)
}

const EPOCH_MS = Date.parse('2026-01-01T00:00:00Z')

function timeOf(n: number): string {
  return new Date(EPOCH_MS + n * 1000).toISOString()
}

function secondOf(time: string): number {
  return (Date.parse(time) - EPOCH_MS) / 1000
}
