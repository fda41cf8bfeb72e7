// The history of the fleet, and the metrics below the base path (contract 15.6, 15.7).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { FleetHistory, MAX_POINTS } from '../../src/observe/fleet-history.ts'
import { isSearchableLabelKey } from '../../src/search/search.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { at, benchOnBothEngines } from '../harness/bench.ts'
import { StateBuilder } from '../harness/state.ts'
import { condition, resource } from '../search/sample.ts'

benchOnBothEngines('the history of the fleet', bench => {
  test('contract 15.6: the history has a point from the start on', async () => {
    for (const [path, kind] of [
      ['/history/clusters', 'ClusterHistory'],
      ['/history/nodepools', 'NodePoolHistory'],
    ] as const) {
      const { status, json } = await bench.client.get(path)
      assert.equal(status, 200)
      const points = [{ time: at(0), total: 0, ready: 0, available: 0, deleting: 0 }]
      assert.deepEqual(json, { kind, interval_seconds: 10, points })
    }
  })

  test('contract 15.7: the metrics are below the base path, too', async () => {
    const { status, text, headers } = await bench.client.get('/metrics')
    assert.equal(status, 200)
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(text, /^hyperfleet_api_ready 1$/m)
  })
})

test('contract 15.6: a point counts by the conditions of the setting, and an hour is kept', () => {
  const builder = new StateBuilder()
  const options = { kernels: loadKernels(new LinearMemory()), seed: KNOWN_SEED, isSearchableLabelKey }
  const index = FleetIndex.attach(builder.state, options)
  const conditions = (['Ready', 'Reconciled', 'LastKnownReconciled'] as const).map(type =>
    condition({ type }),
  )
  builder.put(resource({ conditions }))
  builder.put(resource({ id: '2c2', name: 'c2', deletedTime: 5n, deletedBy: 'ada@example.com' }))
  const documents = new FleetHistory(index, 'documents')
  documents.note(1n)
  assert.deepEqual(documents.points('Cluster'), [{ time: 1n, total: 2, ready: 1, available: 0, deleting: 1 }])
  const current = new FleetHistory(index, 'current')
  for (let time = 0n; time < 400n; time++) current.note(time)
  const points = current.points('Cluster')
  assert.equal(points.length, MAX_POINTS)
  assert.deepEqual(points[0], { time: 40n, total: 2, ready: 1, available: 1, deleting: 1 })
})
