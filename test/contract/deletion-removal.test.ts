// Removal: the adapters that a deletion awaits, and the moment at which a resource goes (contract 11.7, 11.8).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { finalized, report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const MODES = ['documents', 'both', 'current'] as const
const REQUIRED = {
  HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns","validator"]',
  HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '["pool"]',
}

/** Moves the clock of a bench on by ten seconds at a time. */
function clockOf(bench: Bench) {
  let seconds = 0
  return () => {
    seconds += 10
    bench.clockAt(seconds)
    return at(seconds)
  }
}

/** The steps of these tests: each report must be stored, each state is read back. */
function stepsOf(bench: Bench) {
  const later = clockOf(bench)
  const put = async (path: string, body: object, status = 201) => {
    const answer = await bench.client.put(`${path}/statuses`, body)
    assert.equal(answer.status, status, answer.text)
    return answer.json
  }
  return {
    later,
    put,
    available: (path: string, adapter: string, generation: number) =>
      put(path, report(adapter, 'True', generation, later())),
    finish: (path: string, adapter: string, generation = 2) =>
      put(path, finalized(adapter, generation, later())),
    statusOf: async (path: string) => (await bench.client.get(path)).status,
    cluster: async () => `/clusters/${(await bench.client.cluster(bench.name())).id}`,
    nodepool: async (path: string, name = 'pool') => {
      const { id } = await bench.client.nodepool(path.slice('/clusters/'.length), name)
      return `${path}/nodepools/${id}`
    },
    remove: async (path: string) => {
      const answer = await bench.client.delete(path)
      assert.equal(answer.status, 202, answer.text)
      return answer.json
    },
  }
}

for (const mode of MODES)
  benchOnBothEngines(
    `removal with ${mode} and required adapters`,
    bench => {
      const { later, put, available, finish, statusOf, cluster, nodepool, remove } = stepsOf(bench)

      test('contract 11.7, 11.8: it goes with the report by which the last required adapter finishes, answered 201', async () => {
        const path = await cluster()
        for (const adapter of ['dns', 'validator']) await available(path, adapter, 1)
        await remove(path)
        await finish(path, 'dns')
        assert.equal(await statusOf(path), 200)
        const time = later()
        const stored = await put(path, finalized('validator', 2, time))
        assert.deepEqual(
          [stored.adapter, stored.observed_generation, stored.last_report_time],
          ['validator', 2, time],
        )
        assert.deepEqual(stored.conditions.at(-1), {
          type: 'Finalized',
          status: 'True',
          last_transition_time: time,
        })
        assertProblem(await bench.client.get(path), 'HYPERFLEET-NTF-002')
        assertProblem(
          await bench.client.put(`${path}/statuses`, finalized('dns', 2, later())),
          'HYPERFLEET-NTF-002',
        )
      })

      test('contract 11.7: Finalized without a deletion means nothing, and does not count later', async () => {
        const path = await cluster()
        for (const adapter of ['dns', 'validator']) await finish(path, adapter, 1)
        assert.equal(await statusOf(path), 200)
        const { generation } = await remove(path)
        assert.equal(generation, 2)
        await finish(path, 'dns')
        assert.equal(await statusOf(path), 200)
        await finish(path, 'validator')
        assert.equal(await statusOf(path), 404)
      })

      test('contract 11.7: only Finalized=True at the generation of the resource finishes', async () => {
        const path = await cluster()
        await remove(path)
        await finish(path, 'dns')
        await finish(path, 'validator', 1)
        for (const status of ['False', 'Unknown'])
          await put(path, finalized('validator', 2, later(), { status }))
        await put(path, report('validator', 'False', 2, later()))
        assert.equal(await statusOf(path), 200)
        await put(path, finalized('validator', 3, later()), 204)
        await put(path, finalized('validator', 1, later()), 204)
        await put(path, finalized('validator', 2, at(0)), 204)
        assert.equal(await statusOf(path), 200)
        await finish(path, 'validator')
        assert.equal(await statusOf(path), 404)
      })

      test('contract 11.7: an adapter that has finished may take it back before the others finish', async () => {
        const path = await cluster()
        await remove(path)
        await finish(path, 'dns')
        await put(path, finalized('dns', 2, later(), { status: 'False' }))
        await finish(path, 'validator')
        assert.equal(await statusOf(path), 200)
        await finish(path, 'dns')
        assert.equal(await statusOf(path), 404)
      })

      test('contract 11.7, 5.6: a first Unknown report may finish, whatever its Available; a later one is dropped', async () => {
        const path = await cluster()
        await available(path, 'dns', 1)
        await remove(path)
        await put(path, finalized('validator', 2, later(), { available: 'Unknown' }))
        await put(path, finalized('dns', 2, later(), { available: 'Unknown' }), 204)
        assert.equal(await statusOf(path), 200)
        await put(path, finalized('dns', 2, later(), { available: 'True' }))
        assert.equal(await statusOf(path), 404)
        const second = await cluster()
        await remove(second)
        await finish(second, 'dns')
        await put(second, finalized('validator', 2, later(), { available: 'Unknown' }))
        assert.equal(await statusOf(second), 404)
      })

      test('contract 11.7: adapters that are not required do not count', async () => {
        const path = await cluster()
        await available(path, 'other', 1)
        await remove(path)
        await finish(path, 'other')
        await put(path, report('another', 'True', 2, later()))
        await finish(path, 'dns')
        assert.equal(await statusOf(path), 200)
        await finish(path, 'validator')
        assert.equal(await statusOf(path), 404)
      })

      test('contract 11.8: a cluster waits for its nodepools, and goes with the last of them', async () => {
        const path = await cluster()
        const pools = [await nodepool(path, 'one'), await nodepool(path, 'two')] as const
        await remove(path)
        for (const adapter of ['dns', 'validator']) await finish(path, adapter)
        assert.equal(await statusOf(path), 200)
        await finish(pools[0], 'pool')
        assert.deepEqual([await statusOf(pools[0]), await statusOf(path)], [404, 200])
        const before = (await bench.client.get(path)).json
        await finish(`/nodepools/${pools[1].split('/').at(-1)}`, 'pool')
        assert.deepEqual([await statusOf(pools[1]), await statusOf(path)], [404, 404])
        assert.equal(before.generation, 2)
      })

      test('contract 11.8: a cluster without nodepools left waits for its adapters, and changes nothing meanwhile', async () => {
        const path = await cluster()
        const pool = await nodepool(path)
        await remove(path)
        const before = (await bench.client.get(path)).json
        await finish(pool, 'pool')
        assert.deepEqual((await bench.client.get(path)).json, before)
        for (const adapter of ['dns', 'validator']) await finish(path, adapter)
        assert.equal(await statusOf(path), 404)
      })

      test('contract 11.8, 11.4: a nodepool that goes leaves a living cluster as it is', async () => {
        const path = await cluster()
        const pool = await nodepool(path)
        const before = (await bench.client.get(path)).json
        await remove(pool)
        await finish(pool, 'pool')
        assert.equal(await statusOf(pool), 404)
        assert.deepEqual((await bench.client.get(path)).json, before)
        assert.equal((await bench.client.get(`${path}/nodepools`)).json.total, 0)
        await nodepool(path)
      })
    },
    { ...REQUIRED, HYPERFLEET_COMPATIBILITY: mode },
  )

for (const mode of MODES)
  benchOnBothEngines(
    `removal with ${mode} and no required adapters`,
    bench => {
      const { later, put, available, finish, statusOf, cluster, nodepool, remove } = stepsOf(bench)

      test('contract 11.8: without a report a deletion removes at once, answered 202 with deleted_time', async () => {
        const path = await cluster()
        const pool = await nodepool(path)
        await nodepool(path, 'other')
        const time = later()
        const gone = await remove(pool)
        assert.deepEqual([gone.generation, gone.deleted_time, gone.updated_time], [2, time, time])
        assert.deepEqual([await statusOf(pool), await statusOf(path)], [404, 200])
        const json = await remove(path)
        assert.deepEqual([json.kind, json.generation, json.deleted_time], ['Cluster', 2, time])
        assert.equal(await statusOf(path), 404)
      })

      test('contract 11.7, 11.8: with reports it waits for every adapter that has one, an Unknown one included', async () => {
        const path = await cluster()
        await available(path, 'dns', 1)
        await put(path, report('late', 'Unknown', 1, later()))
        await remove(path)
        await finish(path, 'dns')
        assert.equal(await statusOf(path), 200)
        await put(path, report('new', 'True', 2, later()))
        await finish(path, 'late')
        assert.equal(await statusOf(path), 200)
        await finish(path, 'new')
        assert.equal(await statusOf(path), 404)
      })

      test('contract 11.8: of a cascade the nodepools without reports go at once, and the cluster with the last one', async () => {
        const path = await cluster()
        const [silent, heard] = [await nodepool(path, 'silent'), await nodepool(path, 'heard')]
        await available(heard, 'pool', 1)
        await remove(path)
        assert.deepEqual(
          [await statusOf(silent), await statusOf(heard), await statusOf(path)],
          [404, 200, 200],
        )
        await finish(heard, 'pool')
        assert.deepEqual([await statusOf(heard), await statusOf(path)], [404, 404])
      })

      test('contract 11.8: a cluster with reports outlives its nodepools', async () => {
        const path = await cluster()
        const pool = await nodepool(path)
        await available(path, 'dns', 1)
        await remove(path)
        assert.deepEqual([await statusOf(pool), await statusOf(path)], [404, 200])
        await finish(path, 'dns')
        assert.equal(await statusOf(path), 404)
      })

      test('contract 11.3, 11.8: ten deletions at once are all 202 or 404', async () => {
        for (let round = 0; round < 5; round++) {
          const path = await cluster()
          await nodepool(path)
          const answers = await Promise.all(Array.from({ length: 10 }, () => bench.client.delete(path)))
          const accepted = answers.filter(({ status }) => status === 202)
          assert.equal(accepted.length, 1)
          for (const answer of answers) if (answer.status !== 202) assertProblem(answer, 'HYPERFLEET-NTF-002')
          assert.equal(await statusOf(path), 404)
        }
      })
    },
    { HYPERFLEET_COMPATIBILITY: mode },
  )

benchOnBothEngines(
  'removal across restarts',
  bench => {
    const { later, available, finish, statusOf, cluster, nodepool, remove } = stepsOf(bench)
    const none = {
      HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '[]',
      HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '[]',
    }

    test('contract 11.8, 6.13: a start with another list removes nothing; the next DELETE or report looks', async () => {
      await bench.restart(REQUIRED)
      const deleted = await cluster()
      const reported = await cluster()
      const parent = await cluster()
      const pool = await nodepool(parent)
      for (const path of [deleted, reported, parent]) {
        await remove(path)
        await finish(path, 'dns')
      }
      const all = [deleted, reported, parent, pool]
      const before = await Promise.all(all.map(path => bench.client.get(path)))
      await bench.restart(none)
      for (const [i, path] of all.entries())
        assert.equal((await bench.client.get(path)).text, before[i]?.text)
      later()
      const { deleted_time, generation } = await remove(deleted)
      assert.deepEqual([deleted_time, generation], [before[0]?.json.deleted_time, 2])
      assert.equal(await statusOf(deleted), 404)
      await finish(reported, 'dns')
      assert.equal(await statusOf(reported), 404)
      await remove(parent)
      assert.deepEqual([await statusOf(pool), await statusOf(parent)], [404, 404])
    })

    test('contract 11.7, 6.13: no adapters required, and then some, while something is being deleted', async () => {
      await bench.restart(none)
      const path = await cluster()
      await available(path, 'other', 1)
      await remove(path)
      await bench.restart(REQUIRED)
      await finish(path, 'other')
      assert.equal(await statusOf(path), 200)
      await finish(path, 'dns')
      await bench.restart(none)
      assert.equal(await statusOf(path), 200)
      await remove(path)
      assert.equal(await statusOf(path), 404)
    })

    test('contract 11.4, 11.11: a mark and a removal are there after a restart, whatever is required then', async () => {
      await bench.restart(REQUIRED)
      const [kept, gone] = [await cluster(), await cluster()]
      const pool = await nodepool(kept)
      const poolGone = await nodepool(gone)
      await remove(kept)
      await remove(gone)
      await bench.client.forceDelete(gone)
      const [before, poolBefore] = [await bench.client.get(kept), await bench.client.get(pool)]
      for (const environment of [none, REQUIRED]) {
        await bench.restart(environment)
        assert.equal((await bench.client.get(kept)).text, before.text)
        assert.equal((await bench.client.get(pool)).text, poolBefore.text)
        assert.deepEqual([await statusOf(gone), await statusOf(poolGone)], [404, 404])
      }
    })

    test('contract 4.3, 11.6: names and ids across restarts: two being deleted and one living', async () => {
      await bench.restart(REQUIRED)
      const name = bench.name()
      const ids: string[] = []
      for (let round = 0; round < 2; round++) {
        const { id } = await bench.client.cluster(name)
        ids.push(id)
        await remove(`/clusters/${id}`)
        await bench.restart(REQUIRED)
      }
      ids.push((await bench.client.cluster(name)).id)
      await bench.restart(REQUIRED)
      assertProblem(
        await bench.client.post('/clusters', { kind: 'Cluster', name, spec: {} }),
        'HYPERFLEET-CNF-001',
      )
      const { json } = await bench.client.list('/clusters', { search: `name = '${name}'`, order: 'id asc' })
      assert.deepEqual(
        json.items.map((item: { id: string }) => item.id),
        ids,
      )
      await remove(`/clusters/${ids[2]}`)
      for (const id of ids) await bench.client.forceDelete(`/clusters/${id}`)
      await bench.restart(REQUIRED)
      const { id } = await bench.client.cluster(name)
      assert.ok(ids.every(each => each < id))
    })

    test('contract 1.5, 11.10: a change of the compatibility while something is being deleted, each way', async () => {
      const summaries = {
        documents: ['Available', 'Ready'],
        both: ['Available', 'Ready', 'Reconciled', 'LastKnownReconciled'],
        current: ['Reconciled', 'LastKnownReconciled'],
      } as const
      for (const from of MODES)
        for (const to of MODES) {
          await bench.restart({ ...REQUIRED, HYPERFLEET_COMPATIBILITY: from })
          const path = await cluster()
          for (const adapter of ['dns', 'validator']) await available(path, adapter, 1)
          await remove(path)
          const before = (await bench.client.get(path)).text
          await bench.restart({ ...REQUIRED, HYPERFLEET_COMPATIBILITY: to })
          assert.equal((await bench.client.get(path)).text, before)
          assert.equal((await bench.client.delete(path)).text, before)
          await available(path, 'dns', 2)
          const { conditions } = (await bench.client.get(path)).json.status
          const shown = conditions.slice(0, -2)
          assert.deepEqual(
            shown.map(({ type }: { type: string }) => type),
            [...summaries[to]],
          )
          for (const { type, status } of shown)
            if (type === 'Ready' || type === 'Reconciled') assert.equal(status, 'False', `${from} to ${to}`)
          await finish(path, 'dns')
          await finish(path, 'validator')
          assert.equal(await statusOf(path), 404)
        }
    })
  },
  REQUIRED,
)
