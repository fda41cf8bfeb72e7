// Deletion: the mark, its cascade, and what is answered in each state of a resource (contract, section 11).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { finalized, report } from '../harness/client.ts'
import { assertProblem } from '../harness/problem.ts'

const MODES = ['documents', 'both', 'current'] as const
const NO_ID = '2zzzzzzzzzzzzzzzzzzzzzzzzzz'
const REQUIRED = {
  HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: '["dns","validator"]',
  HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL: '["pool"]',
}
const BLANK = ' \t\n\u00a0'
const TEN = Array.from({ length: 10 })

for (const mode of MODES)
  benchOnBothEngines(
    `deletion with ${mode}`,
    bench => {
      let seconds = 0
      /** Moves the clock on and gives its time. */
      const later = () => {
        seconds += 10
        bench.clockAt(seconds)
        return at(seconds)
      }
      const read = async (path: string) => (await bench.client.get(path)).json
      const family = async () => {
        const cluster = await bench.client.cluster(bench.name(), { labels: { env: 'test' } })
        const pools = [
          await bench.client.nodepool(cluster.id, 'one'),
          await bench.client.nodepool(cluster.id, 'two'),
        ]
        const path = `/clusters/${cluster.id}`
        return { cluster, path, pools, poolPaths: pools.map(({ id }) => `${path}/nodepools/${id}`) }
      }

      test('contract 11.1, 11.2, 3.1, 3.5, 4.5: the first DELETE marks a resource and answers 202 with it', async () => {
        for (const isFlat of [false, true]) {
          const { cluster, path, pools, poolPaths } = await family()
          const targets = [
            [pools[0], isFlat ? `/nodepools/${pools[0].id}` : poolPaths[0]],
            [cluster, path],
          ] as const
          for (const [before, target = ''] of targets) {
            const time = later()
            const { status, json, text } = await bench.client.delete(target)
            assert.equal(status, 202)
            const members = ['created_by', 'updated_by', 'deleted_time', 'deleted_by', 'status']
            assert.deepEqual(Object.keys(json).slice(-5), members)
            assert.deepEqual(json, {
              ...before,
              generation: 2,
              updated_time: time,
              deleted_time: time,
              deleted_by: 'system@hyperfleet.local',
              status: json.status,
            })
            assert.equal((await bench.client.get(target)).text, text)
          }
        }
      })

      test('contract 3.1: a resource that is not being deleted has neither key', async () => {
        const { cluster, pools } = await family()
        for (const resource of [cluster, ...pools])
          assert.deepEqual(
            Object.keys(resource).filter(key => key.startsWith('deleted')),
            [],
          )
      })

      test('contract 11.1, 4.6, 4.10: a DELETE ignores its body, whatever its type, but not its length', async () => {
        const bodies = [
          [{ 'content-type': 'application/yaml' }, 'kind: Cluster'],
          [{ 'content-type': 'application/json' }, '{"broken'],
          [{ 'content-type': 'nonsense' }, Buffer.from([0xff, 0xfe])],
          [{}, { reason: 5 }],
        ] as const
        for (const [headers, body] of bodies) {
          const { path } = await family()
          assert.equal((await bench.client.send(path, { method: 'DELETE', headers, body })).status, 202)
        }
        const { path } = await family()
        const large = await bench.client.send(path, { method: 'DELETE', body: 'x'.repeat(1_100_000) })
        assertProblem(large, 'HYPERFLEET-VAL-009')
        assert.equal('deleted_time' in (await read(path)), false)
      })

      test('contract 11.1, 11.12, 2.2: deleting what is unknown, of another cluster or of another kind is 404', async () => {
        const { cluster, path, pools } = await family()
        const other = await family()
        const missing = [
          [`/clusters/${NO_ID}`, 'HYPERFLEET-NTF-002'],
          [`/clusters/${pools[0].id}`, 'HYPERFLEET-NTF-002'],
          [`/clusters/${NO_ID}/nodepools/${pools[0].id}`, 'HYPERFLEET-NTF-002'],
          [`${path}/nodepools/${NO_ID}`, 'HYPERFLEET-NTF-003'],
          [`${path}/nodepools/${other.pools[0].id}`, 'HYPERFLEET-NTF-003'],
          [`/nodepools/${NO_ID}`, 'HYPERFLEET-NTF-003'],
          [`/nodepools/${cluster.id}`, 'HYPERFLEET-NTF-003'],
        ] as const
        for (const [target, code] of missing) {
          assertProblem(await bench.client.delete(target), code)
          assertProblem(await bench.client.forceDelete(target), code)
        }
        assert.deepEqual(await read(other.poolPaths[0] ?? ''), other.pools[0])
      })

      test('contract 11.3: a second DELETE answers 202 and changes nothing, also below a cluster', async () => {
        const { path, poolPaths } = await family()
        await bench.client.delete(path)
        const all = [path, ...poolPaths]
        const before = await Promise.all(all.map(read))
        later()
        for (const [i, target] of all.entries()) {
          const { status, json } = await bench.client.delete(target)
          assert.deepEqual([status, json], [202, before[i]])
        }
        assert.deepEqual(await Promise.all(all.map(read)), before)
      })

      test('contract 11.3: of ten deletions at once exactly one marks the resource', async () => {
        const { path, poolPaths } = await family()
        for (const target of [poolPaths[0] ?? '', path]) {
          const answers = await Promise.all(TEN.map(() => bench.client.delete(target)))
          const [first] = answers
          assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([202]))
          assert.deepEqual(new Set(answers.map(({ text }) => text)), new Set([first?.text]))
          assert.equal(first?.json.generation, 2)
        }
      })

      test('contract 11.4: with a cluster its nodepools are marked; one that already is stays as it is', async () => {
        const { path, poolPaths } = await family()
        const [first = '', second = ''] = poolPaths
        await bench.client.patch(second, { spec: { size: 2 } })
        later()
        const early = (await bench.client.delete(first)).json
        const time = later()
        const { json } = await bench.client.delete(path)
        assert.deepEqual(await read(first), early)
        const cascaded = await read(second)
        assert.deepEqual(
          [cascaded.generation, cascaded.deleted_time, cascaded.deleted_by, cascaded.updated_time],
          [3, time, json.deleted_by, time],
        )
        assert.equal(json.deleted_time, time)
      })

      test('contract 11.4: the deletion of a nodepool touches neither its cluster nor its siblings', async () => {
        const { cluster, path, pools, poolPaths } = await family()
        await bench.client.delete(poolPaths[0] ?? '')
        assert.deepEqual(await read(path), cluster)
        assert.deepEqual(await read(poolPaths[1] ?? ''), pools[1])
      })

      test('contract 11.5: a resource that is being deleted is read like any other', async () => {
        const { cluster, path, pools, poolPaths } = await family()
        const deleted = (await bench.client.delete(path)).json
        assert.deepEqual(await read(path), deleted)
        assert.deepEqual(await read(`/nodepools/${pools[0].id}`), await read(poolPaths[0] ?? ''))
        const search = `name = '${cluster.name}' and labels.env = 'test'`
        const { json } = await bench.client.list('/clusters', { search })
        assert.deepEqual([json.total, json.items], [1, [deleted]])
        const nested = await read(`${path}/nodepools`)
        assert.deepEqual([nested.total, nested.items.length], [2, 2])
        assert.equal((await bench.client.get(`${path}/statuses`)).status, 200)
      })

      test('contract 11.6: a PATCH of it is 409, after 400 and 404, also if it would change nothing', async () => {
        const { cluster, path, pools, poolPaths } = await family()
        await bench.client.delete(path)
        const targets = [
          [path, `Cluster '${cluster.id}' is marked for deletion`],
          [poolPaths[0] ?? '', `NodePool '${pools[0].id}' is marked for deletion`],
          [`/nodepools/${pools[0].id}`, `NodePool '${pools[0].id}' is marked for deletion`],
        ] as const
        for (const [target, detail] of targets) {
          const before = await read(target)
          for (const patch of [{}, { spec: {} }, { spec: { n: 1 } }, { labels: { a: 'b' } }])
            assertProblem(await bench.client.patch(target, patch), 'HYPERFLEET-CNF-003', detail)
          assertProblem(await bench.client.patch(target, { name: 'x' }), 'HYPERFLEET-VAL-000')
          assert.deepEqual(await read(target), before)
        }
        assertProblem(
          await bench.client.patch(`/clusters/${NO_ID}/nodepools/${pools[0].id}`, {}),
          'HYPERFLEET-NTF-002',
        )
      })

      test('contract 11.6: a nodepool for it is 409, after 400 and before the name', async () => {
        const { cluster, path } = await family()
        await bench.client.delete(path)
        const pool = { kind: 'NodePool', name: 'one', spec: {} }
        const detail = `Cluster '${cluster.id}' is marked for deletion`
        for (const name of ['one', 'three'])
          assertProblem(
            await bench.client.post(`${path}/nodepools`, { ...pool, name }),
            'HYPERFLEET-CNF-003',
            detail,
          )
        assertProblem(
          await bench.client.post(`${path}/nodepools`, { kind: 'NodePool' }),
          'HYPERFLEET-VAL-000',
        )
        assert.equal((await read(`${path}/nodepools`)).total, 2)
      })

      test('contract 4.3, 11.6: a name is free from the DELETE on; many may be deleted and one may live', async () => {
        const name = bench.name()
        const ids = new Set<string>()
        for (let round = 0; round < 3; round++) {
          const { id, generation } = await bench.client.cluster(name)
          assert.equal(generation, 1)
          ids.add(id)
          assertProblem(
            await bench.client.post('/clusters', { kind: 'Cluster', name, spec: {} }),
            'HYPERFLEET-CNF-001',
          )
          if (round < 2) await bench.client.delete(`/clusters/${id}`)
        }
        assert.equal(ids.size, 3)
        assert.equal((await bench.client.list('/clusters', { search: `name = '${name}'` })).json.total, 3)
        const { path } = await family()
        await bench.client.delete(`${path}/nodepools/${(await read(`${path}/nodepools`)).items[0].id}`)
        const freed = await bench.client.nodepool(path.slice('/clusters/'.length), 'two')
        assert.equal(freed.generation, 1)
      })

      test('contract 11.4, 11.6: a nodepool created while its cluster is deleted is in the cascade or refused', async () => {
        for (let round = 0; round < 10; round++) {
          const { id } = await bench.client.cluster(bench.name())
          const path = `/clusters/${id}`
          const create = (n: number) =>
            bench.client.post(`${path}/nodepools`, { kind: 'NodePool', name: `pool-${n}`, spec: {} })
          const sent = TEN.map((_, n) => (n === round ? bench.client.delete(path) : create(n)))
          const answers = await Promise.all(sent)
          const created = answers.filter(({ status }) => status === 201)
          for (const { status, json } of answers)
            assert.ok(status === 201 || status === 202 || json.code === 'HYPERFLEET-CNF-003')
          const { deleted_time } = await read(path)
          const { total, items } = await read(`${path}/nodepools`)
          assert.equal(total, created.length)
          for (const pool of items) assert.deepEqual([pool.generation, pool.deleted_time], [2, deleted_time])
        }
      })

      test('contract 11.9, 11.13: once removed, every address of it is 404, and nothing brings it back', async () => {
        const { path, pools, poolPaths } = await family()
        await bench.client.delete(path)
        assert.equal((await bench.client.forceDelete(path)).status, 204)
        const targets = [
          [path, 'HYPERFLEET-NTF-002'],
          [poolPaths[0] ?? '', 'HYPERFLEET-NTF-002'],
          [`/nodepools/${pools[0].id}`, 'HYPERFLEET-NTF-003'],
        ] as const
        for (const [target, code] of targets) {
          const answers = [
            await bench.client.get(target),
            await bench.client.get(`${target}/statuses`),
            await bench.client.patch(target, { spec: {} }),
            await bench.client.put(`${target}/statuses`, report('dns', 'True', 2, at(0))),
            await bench.client.put(`${target}/statuses`, finalized('dns', 2, at(0))),
            await bench.client.delete(target),
            await bench.client.forceDelete(target),
          ]
          for (const answer of answers) assertProblem(answer, code)
        }
        assertProblem(await bench.client.get(`${path}/nodepools`), 'HYPERFLEET-NTF-002')
        const pool = { kind: 'NodePool', name: 'one', spec: {} }
        assertProblem(await bench.client.post(`${path}/nodepools`, pool), 'HYPERFLEET-NTF-002')
        assert.equal(
          (await bench.client.list('/clusters', { search: `id = '${path.slice(10)}'` })).json.total,
          0,
        )
        assert.equal(
          (await bench.client.list('/nodepools', { search: `id = '${pools[0].id}'` })).json.total,
          0,
        )
      })

      test('contract 11.12: a force deletion needs a reason, then the resource, then its mark', async () => {
        const { cluster, path, pools, poolPaths } = await family()
        const faults = [{}, { reason: null }, { reason: '' }, { reason: BLANK }, { reason: 5 }]
        const tooLong = [{ reason: 'x'.repeat(1025) }, { reason: '😀'.repeat(1025) }]
        const targets = [path, `/clusters/${NO_ID}`, ...poolPaths, `/nodepools/${pools[0].id}`]
        for (const target of targets)
          for (const body of [...faults, ...tooLong]) {
            const answer = await bench.client.post(`${target}/force-delete`, body)
            assertProblem(answer, 'HYPERFLEET-VAL-000')
            assert.equal(answer.json.errors[0].field, 'reason')
            if ('reason' in body && body.reason === BLANK)
              assert.equal(answer.json.errors[0].message, 'must not be blank')
          }
        assertProblem(await bench.client.post(`${path}/force-delete`, '[]'), 'HYPERFLEET-VAL-006')
        const detail = `Cluster '${cluster.id}' is not in Finalizing state`
        assertProblem(await bench.client.forceDelete(path), 'HYPERFLEET-CNF-003', detail)
        for (const target of [...poolPaths.slice(0, 1), `/nodepools/${pools[0].id}`])
          assertProblem(
            await bench.client.forceDelete(target),
            'HYPERFLEET-CNF-003',
            `NodePool '${pools[0].id}' is not in Finalizing state`,
          )
        assert.deepEqual(await read(path), cluster)
      })

      test('contract 11.12: it answers 204; the resource, its children and their reports are gone', async () => {
        for (const reason of ['x', '😀'.repeat(1024), '\ud83d\ude00'.repeat(1024), ' stuck ']) {
          const { path, poolPaths, pools } = await family()
          await bench.client.put(`${path}/statuses`, report('dns', 'True', 1, at(0)))
          await bench.client.delete(poolPaths[0] ?? '')
          await bench.client.delete(path)
          const body = { reason, other: true }
          const { status, text } = await bench.client.post(`${path}/force-delete`, body)
          assert.deepEqual([status, text], [204, ''])
          for (const target of [path, ...pools.map(({ id }) => `/nodepools/${id}`)])
            assert.equal((await bench.client.get(target)).status, 404)
        }
      })

      test('contract 11.12, 11.8: a nodepool removed by force leaves its cluster waiting, or takes it along', async () => {
        const { path, pools, poolPaths } = await family()
        await bench.client.delete(path)
        assert.equal((await bench.client.forceDelete(`/nodepools/${pools[0].id}`)).status, 204)
        assert.equal((await read(`${path}/nodepools`)).total, 1)
        for (const adapter of ['dns', 'validator'])
          await bench.client.put(`${path}/statuses`, finalized(adapter, 2, at(seconds)))
        assert.equal((await bench.client.get(path)).status, 200)
        assert.equal((await bench.client.forceDelete(poolPaths[1] ?? '')).status, 204)
        assertProblem(await bench.client.get(path), 'HYPERFLEET-NTF-002')
      })
    },
    { ...REQUIRED, HYPERFLEET_COMPATIBILITY: mode },
  )
