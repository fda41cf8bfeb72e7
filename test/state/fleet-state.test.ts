import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type AdapterStatus, plainResource, type Resource } from '../../src/state/records.ts'
import { Random, runSeed } from '../harness/random.ts'
import { plainStatus, StateBuilder } from '../harness/state.ts'
import { clusterOf, statusOf } from '../store/samples.ts'

const SEED = runSeed()
/** More than the cache of conditions can keep. */
const CLUSTERS = 3000
const WRITES = 20_000
const ADAPTERS = ['dns', 'validator', 'placement']

test(`records read from their documents equal the written ones, seed ${SEED}`, () => {
  const random = new Random(SEED)
  const builder = new StateBuilder()
  const { state } = builder
  const resources: Resource[] = []
  const statuses: Map<string, AdapterStatus>[] = []
  for (let number = 0; number < CLUSTERS; number++) {
    resources.push(clusterOf(number))
    statuses.push(new Map())
    builder.put(clusterOf(number))
  }
  for (let write = 0; write < WRITES; write++) {
    const slot = random.below(CLUSTERS)
    const [resource, own] = [resources[slot], statuses[slot]]
    assert.ok(resource !== undefined && own !== undefined)
    if (random.chance(0.5)) {
      const entry = state.resource('Cluster', resource.id)
      assert.ok(entry !== undefined)
      assert.deepEqual(plainResource(state.recordOf(entry)), resource)
      const spec = JSON.stringify({ write, filling: 'é'.repeat(random.below(100)) })
      const changed = { ...plainResource(state.recordOf(entry)), generation: resource.generation + 1, spec }
      resources[slot] = changed
      builder.put(changed)
      continue
    }
    const status = statusOf(resource, random.of(ADAPTERS), { data: `{"write":${write}}` })
    own.set(status.adapter, status)
    builder.put(status)
  }
  for (const [slot, entry] of state.living('Cluster').entries()) {
    assert.deepEqual(plainResource(entry.resource), resources[slot])
    assert.deepEqual(
      entry.statuses.map(({ status }) => plainStatus(status)),
      [...(statuses[slot]?.values() ?? [])],
    )
  }
})

test('a version that is kept does not change, and a document is copied as served', () => {
  const builder = new StateBuilder()
  const { state } = builder
  builder.put(clusterOf(1, { generation: 1 }))
  const entry = state.living('Cluster')[0]
  assert.ok(entry !== undefined)
  const json = String(entry.json)
  const target = Buffer.alloc(entry.jsonLength + 2, '.')
  assert.equal(entry.copyJson(target, 1), entry.jsonLength + 1)
  assert.equal(String(target), `.${json}.`)
  const first = plainResource(entry.resource)
  const kept = entry.version.kept()
  builder.put(clusterOf(1, { generation: 2, conditions: [] }))
  assert.deepEqual(plainResource(kept.resource), first)
  assert.notDeepEqual(plainResource(entry.resource), first)
  assert.equal(String(kept.json), json)
  assert.equal(kept.copyJson(target, 1), kept.jsonLength + 1)
  assert.equal(String(target), `.${json}.`)
})

test('a version does not change when the resource is written again (contract 4.8)', () => {
  const builder = new StateBuilder()
  const { state } = builder
  const apply = (generation: number) => builder.put(clusterOf(1, { generation }))
  apply(1)
  const version = state.living('Cluster')[0]?.version
  for (let generation = 2; generation < 2000; generation++) apply(generation)
  assert.equal(version?.resource.generation, 1)
  assert.equal(JSON.parse(String(version?.json)).generation, 1)
  assert.equal(state.living('Cluster')[0]?.resource.generation, 1999)
})
