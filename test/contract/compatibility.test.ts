// HYPERFLEET_COMPATIBILITY: the clients of the documents, today's, or both (contract 1.5).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const SUMMARIES = {
  documents: ['Available', 'Ready'],
  both: ['Available', 'Ready', 'Reconciled', 'LastKnownReconciled'],
  current: ['Reconciled', 'LastKnownReconciled'],
} as const

type Mode = keyof typeof SUMMARIES

const MODES: readonly Mode[] = ['documents', 'both', 'current']
const REQUIRED = { HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns","validator"]' }

interface Condition {
  readonly type: string
  readonly status: string
  readonly reason: string
  readonly message: string
  readonly observed_generation: number
  readonly created_time: string
  readonly last_updated_time: string
  readonly last_transition_time: string
}

async function conditionsOf(bench: Bench, id: string): Promise<Condition[]> {
  return (await bench.client.get(`/clusters/${id}`)).json.status.conditions
}

const typesOf = (conditions: readonly Condition[]) => conditions.map(({ type }) => type)

for (const mode of MODES) {
  benchOnBothEngines(
    `compatibility ${mode}`,
    bench => {
      const isCurrent = mode === 'current'
      const put = async (id: string, adapter: string, generation: number, seconds: number) => {
        bench.clockAt(seconds)
        const body = report(adapter, 'True', generation, at(seconds))
        const { status } = await bench.client.send(`/clusters/${id}/statuses`, { method: 'PUT', body })
        assert.equal(status, 201)
      }

      test('contract 1.5, 6.2, 6.20: a new resource has the conditions of the setting, in its order', async () => {
        const { json } = await bench.client.post('/clusters', {
          kind: 'Cluster',
          name: bench.name(),
          spec: {},
        })
        assert.deepEqual(typesOf(json.status.conditions), SUMMARIES[mode])
        for (const condition of json.status.conditions) {
          assert.equal(condition.status, 'False')
          assert.equal(condition.created_time, json.created_time)
          assert.equal(condition.last_updated_time, json.created_time)
          assert.equal(condition.last_transition_time, json.created_time)
        }
        const [reconciled, lastKnown] = json.status.conditions.slice(-2)
        if (mode === 'documents') return
        assert.deepEqual(
          [reconciled.reason, reconciled.message, reconciled.observed_generation],
          [
            'ReconciledMissingAdapters',
            'Required adapters not reporting Available=True: [dns, validator]. Currently reporting: []',
            1,
          ],
        )
        assert.deepEqual(
          [lastKnown.reason, lastKnown.message, lastKnown.observed_generation],
          ['AdaptersMissingReports', 'Required adapters have not yet reported status', 1],
        )
      })

      test('contract 2.1: with current, POST of a status is 405 and names the methods; otherwise it is accepted', async () => {
        const { id } = await bench.client.cluster(bench.name())
        const path = `/clusters/${id}/statuses`
        const answer = await bench.client.post(path, report('dns', 'True', 1, at(0)))
        if (!isCurrent) return assert.equal(answer.status, 201)
        assertProblem(answer, 'HYPERFLEET-VAL-008')
        assert.equal(answer.headers.allow, 'GET, HEAD, PUT')
        const pool = await bench.client.nodepool(id, 'pool')
        for (const target of [`/clusters/${id}/nodepools/${pool.id}`, `/nodepools/${pool.id}`]) {
          const { status, headers } = await bench.client.send(`${target}/statuses`, { method: 'POST' })
          assert.deepEqual([status, headers.allow], [405, 'GET, HEAD, PUT'])
        }
      })

      test('contract 1.3, 2.1: the OpenAPI document has the operations served', async () => {
        const { json } = await bench.client.get('/openapi')
        const item = json.paths['/api/hyperfleet/v1/clusters/{cluster_id}/statuses']
        assert.equal('post' in item, !isCurrent)
        assert.ok('put' in item)
        assert.ok('AdapterStatusReport' in json.components.schemas)
      })

      test("contract 1.5, 3.5: labels raise the generation for today's clients, in one step with the spec", async () => {
        const { id } = await bench.client.cluster(bench.name())
        const patch = async (body: object) => (await bench.client.patch(`/clusters/${id}`, body)).json
        const step = mode === 'documents' ? 0 : 1
        assert.equal((await patch({ labels: { a: '1' } })).generation, 1 + step)
        assert.equal((await patch({ labels: { a: '1' } })).generation, 1 + step)
        assert.equal((await patch({ labels: { a: '2' }, spec: { n: 1 } })).generation, 2 + step)
        assert.equal((await patch({ labels: {} })).generation, 2 + 2 * step)
      })

      test('contract 3.5: no labels and empty ones are equal if labels count', async () => {
        const { id } = await bench.client.cluster(bench.name())
        const before = (await bench.client.get(`/clusters/${id}`)).json
        bench.clockAt(500)
        const { json } = await bench.client.patch(`/clusters/${id}`, { labels: {} })
        assert.equal(json.generation, 1)
        if (mode !== 'documents') assert.deepEqual(json, before)
      })

      test('contract 6.14, 6.15, 6.16, 6.17, 6.18, 6.19: the conditions after reports and after a new generation', async () => {
        if (mode === 'documents') return
        bench.clockAt(600)
        const { id } = await bench.client.cluster(bench.name())
        await put(id, 'dns', 1, 610)
        await put(id, 'validator', 1, 620)
        const [reconciled, lastKnown] = (await conditionsOf(bench, id)).filter(({ type }) =>
          type.endsWith('econciled'),
        )
        assert.deepEqual(
          [
            reconciled?.status,
            reconciled?.reason,
            reconciled?.last_updated_time,
            reconciled?.last_transition_time,
          ],
          ['True', 'ReconciledAll', at(610), at(620)],
        )
        assert.deepEqual(
          [
            lastKnown?.status,
            lastKnown?.reason,
            lastKnown?.observed_generation,
            lastKnown?.last_updated_time,
          ],
          ['True', 'AllAdaptersReconciled', 1, at(610)],
        )
        bench.clockAt(700)
        const { json } = await bench.client.patch(`/clusters/${id}`, { spec: { n: 2 } })
        const after = new Map<string, Condition>(json.status.conditions.map((c: Condition) => [c.type, c]))
        assert.deepEqual(
          [after.get('Reconciled')?.status, after.get('Reconciled')?.observed_generation],
          ['False', 2],
        )
        assert.equal(after.get('Reconciled')?.last_transition_time, json.updated_time)
        assert.deepEqual(after.get('LastKnownReconciled'), lastKnown)
      })

      test('contract 8.7: they can be searched like any condition; one that is not shown matches nothing', async () => {
        const { id } = await bench.client.cluster(bench.name())
        for (const type of SUMMARIES.both) {
          const query = `search=${encodeURIComponent(`id = '${id}' and status.conditions.${type}='False'`)}`
          const { json } = await bench.client.get(`/clusters?${query}`)
          assert.equal(json.total, SUMMARIES[mode].some(shown => shown === type) ? 1 : 0, type)
        }
      })
    },
    { ...REQUIRED, HYPERFLEET_COMPATIBILITY: mode },
  )
}

benchOnBothEngines(
  'a change of the compatibility over a folder',
  bench => {
    test('contract 1.5: a resource keeps its conditions until its next event, and then has the conditions of the setting', async () => {
      const { id } = await bench.client.cluster(bench.name())
      const path = `/clusters/${id}`
      for (const adapter of ['dns', 'validator']) {
        const body = report(adapter, 'True', 1, at(10))
        assert.equal((await bench.client.send(`${path}/statuses`, { method: 'PUT', body })).status, 201)
      }
      const own = ['DnsSuccessful', 'ValidatorSuccessful']
      let seconds = 20
      for (const mode of ['current', 'both', 'documents', 'current'] as const) {
        const before = await conditionsOf(bench, id)
        await bench.restart({ ...REQUIRED, HYPERFLEET_COMPATIBILITY: mode })
        assert.deepEqual(await conditionsOf(bench, id), before)
        seconds += 10
        bench.clockAt(seconds)
        const body = report('dns', 'True', 1, at(seconds))
        assert.equal((await bench.client.send(`${path}/statuses`, { method: 'PUT', body })).status, 201)
        const after = await conditionsOf(bench, id)
        assert.deepEqual(typesOf(after), [...SUMMARIES[mode], ...own])
        for (const { type, status, last_transition_time } of after.slice(0, -2)) {
          assert.equal(status, 'True', type)
          const known = before.find(condition => condition.type === type)
          assert.equal(last_transition_time, known?.last_transition_time ?? at(seconds), type)
        }
      }
    })

    test('contract 1.5, 11.2: a deletion gives a resource the conditions of the setting', async () => {
      let seconds = 100
      for (const [from, to] of [
        ['documents', 'current'],
        ['current', 'documents'],
        ['documents', 'both'],
        ['both', 'documents'],
        ['current', 'both'],
        ['both', 'current'],
      ] as const) {
        await bench.restart({ ...REQUIRED, HYPERFLEET_COMPATIBILITY: from })
        bench.clockAt(++seconds)
        const { id } = await bench.client.cluster(bench.name())
        const path = `/clusters/${id}`
        for (const adapter of ['dns', 'validator']) {
          const body = report(adapter, 'True', 1, at(seconds))
          assert.equal((await bench.client.put(`${path}/statuses`, body)).status, 201)
        }
        await bench.restart({ ...REQUIRED, HYPERFLEET_COMPATIBILITY: to })
        bench.clockAt(++seconds)
        const { json } = await bench.client.delete(path)
        const conditions: Condition[] = json.status.conditions.slice(0, -2)
        assert.deepEqual(typesOf(conditions), SUMMARIES[to])
        for (const { type, status, last_transition_time } of conditions) {
          const isFalse = type === 'Ready' || type === 'Reconciled'
          assert.equal(status, isFalse ? 'False' : 'True', `${type} from ${from} to ${to}`)
          const wasShown = SUMMARIES[from].some(shown => shown === type)
          // A condition that was not shown begins as False, so Ready and Reconciled do not flip.
          if (isFalse) assert.equal(last_transition_time, wasShown ? at(seconds) : at(seconds - 1), type)
          else assert.equal(last_transition_time, wasShown ? at(seconds - 1) : at(seconds), type)
        }
      }
    })

    test('contract 1.4: an invalid value stops the start and the message lists the valid ones', async () => {
      await assert.rejects(
        bench.restart({ ...REQUIRED, HYPERFLEET_COMPATIBILITY: 'newest' }),
        /HYPERFLEET_COMPATIBILITY is "newest".*documents.*both.*current/s,
      )
      await bench.restart({ ...REQUIRED, HYPERFLEET_COMPATIBILITY: 'documents' })
    })
  },
  REQUIRED,
)
