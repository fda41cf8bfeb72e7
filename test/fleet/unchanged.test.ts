// A PATCH without changes, decided on a version that is staged but not yet durable.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResourceAddress } from '../../src/fleet/answers.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { instantFromMs } from '../../src/wire/instant.ts'
import { newConditions } from '../harness/state.ts'
import { clusterOf, openFor, put, temporaryFolder } from '../store/samples.ts'

test('contract 3.5, 4.8: a PATCH that changes nothing is answered with the version it met, not with a later one', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const created = instantFromMs(Date.UTC(2026, 0, 1))
  const cluster = clusterOf(1, { createdTime: created, conditions: newConditions('Cluster', created) })
  await store.stage([put(cluster)])
  const now = () => instantFromMs(Date.UTC(2026, 1, 1))
  const fleet = new Fleet({
    store,
    clock: { now, stamp: now },
    ids: { next: () => cluster.id },
    limits: { adaptersPerResource: 64, adaptersPerKind: 256, reportAheadMs: 600_000 },
    compatibility: 'documents',
    requiredAdapters: { Cluster: [], NodePool: [] },
    hasRoom: () => true,
    onEvent: () => {},
  })
  const address: ResourceAddress = { kind: 'Cluster', id: cluster.id }
  const patch = (spec: string) => fleet.change(address, { spec, labels: undefined }, 'ada@example.com')
  const [changed, unchanged, changedAgain] = await Promise.all([
    patch('{"n":1}'),
    patch('{"n":1}'),
    patch('{"n":2}'),
  ])
  assert.deepEqual(unchanged, changed)
  assert.equal(changedAgain.kind, 'stored')
  assert.ok(store.state.resource('Cluster', cluster.id)?.json.includes('"spec":{"n":2}'))
})
