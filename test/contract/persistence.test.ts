// Acknowledged data survives a restart byte for byte, from the journal and from a snapshot, on either engine
// (contract 4.8, 5.7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { at, type Bench, benchOnBothEngines } from '../harness/bench.ts'
import { report } from '../harness/client.ts'
import { fleetText } from '../harness/fleet-text.ts'
import { assertProblem } from '../harness/problem.ts'

/** Creates, changes and reports on some resources of both kinds. */
async function fill(bench: Bench): Promise<void> {
  for (let count = 0; count < 6; count++) {
    bench.clockMs += 1234
    const cluster = await bench.client.cluster(bench.name(), {
      spec: { count },
      labels: { count: `${count}` },
    })
    const nodepool = await bench.client.nodepool(cluster.id, 'pool', { spec: { of: count } })
    const paths = [cluster.href, `/clusters/${cluster.id}/nodepools/${nodepool.id}`]
    for (const path of paths) {
      await bench.client.post(`${path}/statuses`, report('dns', 'True', 1, at(count), { data: { count } }))
      await bench.client.post(`${path}/statuses`, report('validator', 'Unknown', 1, at(count)))
      bench.clockMs += 1
      await bench.client.patch(path, { spec: { count, again: true } })
      await bench.client.put(`${path}/statuses`, report('dns', 'False', 2, at(count)))
      if (count % 2 === 0) await bench.client.patch(path, { labels: { even: 'yes' } })
    }
  }
}

const FORMS = [
  { title: 'from the journal', environment: {} },
  {
    title: 'from snapshot and journal',
    environment: { HYPERFLEET_STORAGE_CHECKPOINT_JOURNAL_ENTRIES: '5' },
  },
]

for (const { title, environment } of FORMS)
  benchOnBothEngines(
    `persistence ${title}`,
    bench => {
      test('contract 4.8: a restart returns every byte, repeatedly and on the other engine', async () => {
        await fill(bench)
        const before = await fleetText(bench.client)
        for (const engine of ['uws', 'node', bench.engine]) {
          await bench.restart({ HYPERFLEET_SERVER_ENGINE: engine })
          assert.equal(await fleetText(bench.client), before)
        }
        await fill(bench)
        const more = await fleetText(bench.client)
        await bench.restart()
        assert.equal(await fleetText(bench.client), more)
      })

      test('contract 4.3, 3.5: names stay taken and generations continue after a restart', async () => {
        const cluster = await bench.client.cluster('taken', { spec: { a: 1 } })
        await bench.client.nodepool(cluster.id, 'taken')
        await bench.restart()
        const creation = { kind: 'Cluster', name: 'taken', spec: {} }
        assertProblem(await bench.client.post('/clusters', creation), 'HYPERFLEET-CNF-001')
        const nodepool = { ...creation, kind: 'NodePool' }
        assertProblem(
          await bench.client.post(`/clusters/${cluster.id}/nodepools`, nodepool),
          'HYPERFLEET-CNF-001',
        )
        assert.deepEqual((await bench.client.patch(cluster.href, { spec: { a: 1.0 } })).json, cluster)
        assert.equal((await bench.client.patch(cluster.href, { spec: { a: 2 } })).json.generation, 2)
      })

      test('contract 4.8: searches have the same results after a restart', async () => {
        const searches = [
          "labels.even = 'yes'",
          "status.conditions.Ready = 'False'",
          'generation = 2',
          "name like 'n-%'",
        ]
        const totals = () =>
          Promise.all(
            searches.map(async search => (await bench.client.list('/clusters', { search })).json.total),
          )
        const before = await totals()
        assert.ok(before.every(total => total > 0))
        await bench.restart()
        assert.deepEqual(await totals(), before)
      })
    },
    environment,
  )
