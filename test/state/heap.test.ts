// The JavaScript heap that a fleet takes: every object in it is visited by each collection of the whole heap.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { StateBuilder } from '../harness/state.ts'
import { clusterOf, statusOf } from '../store/samples.ts'

const CLUSTERS = 20_000
/** Bytes of heap for a cluster with two statuses. */
const MAX_HEAP_BYTES = 100

test(`the heap grows by at most ${MAX_HEAP_BYTES} bytes for each cluster with two statuses (contract 9.3)`, t => {
  const collectGarbage = exposedGarbageCollector()
  // A first fleet, so that code and caches are there before.
  fleetOf(1000)
  collectGarbage()
  const before = process.memoryUsage().heapUsed
  const state = fleetOf(CLUSTERS)
  collectGarbage()
  const perCluster = (process.memoryUsage().heapUsed - before) / CLUSTERS
  assert.equal(state.count('Cluster'), CLUSTERS)
  t.diagnostic(
    `${perCluster.toFixed(1)} bytes of heap, ${(state.bytes / CLUSTERS).toFixed(0)} bytes of documents`,
  )
  assert.ok(perCluster <= MAX_HEAP_BYTES, `${perCluster} bytes per cluster`)
})

function fleetOf(clusters: number) {
  const builder = new StateBuilder()
  for (let number = 0; number < clusters; number++) {
    const cluster = clusterOf(number, { spec: JSON.stringify({ filling: 'x'.repeat(500) }) })
    builder.put(cluster)
    for (const adapter of ['dns', 'validation']) builder.put(statusOf(cluster, adapter))
  }
  return builder.state
}

function exposedGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collectGarbage: unknown = runInNewContext('gc')
  assert.ok(typeof collectGarbage === 'function')
  return () => collectGarbage()
}
