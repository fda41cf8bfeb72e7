import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeDocument } from '../../src/state/body-encoder.ts'
import { plainResource } from '../../src/state/document-resource.ts'
import { plainStatus } from '../../src/state/document-status.ts'
import { State } from '../../src/state/fleet-state.ts'
import type { AdapterStatus, Resource } from '../../src/state/records.ts'
import { Random, runSeed } from '../harness/random.ts'
import { clusterOf, put, statusOf } from '../store/samples.ts'

const SEED = runSeed()
/** More than are remembered as they were written. */
const CLUSTERS = 3000
const WRITES = 20_000
const ADAPTERS = ['dns', 'validator', 'placement']

test(`records read from their documents are those that were written, seed ${SEED}`, () => {
  const random = new Random(SEED)
  const state = new State()
  const resources: Resource[] = []
  const statuses: Map<string, AdapterStatus>[] = []
  let sequence = 0
  const apply = (record: Resource | AdapterStatus, slot: number) => {
    const each = put(record)
    state.apply({ put: each, slot, json: encodeDocument(each, slot), sequence: ++sequence })
  }
  for (let number = 0; number < CLUSTERS; number++) {
    resources.push(clusterOf(number))
    statuses.push(new Map())
    apply(clusterOf(number), number)
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
      resources[slot] = { ...plainResource(state.recordOf(entry)), generation: resource.generation + 1, spec }
      apply(resources[slot], slot)
      continue
    }
    const status = statusOf(resource, random.of(ADAPTERS), { data: `{"write":${write}}` })
    const place = [...own.keys()].indexOf(status.adapter)
    own.set(status.adapter, status)
    apply(status, place === -1 ? own.size - 1 : place)
  }
  for (const [slot, entry] of state.resources('Cluster').entries()) {
    assert.deepEqual(plainResource(entry.resource), resources[slot])
    assert.deepEqual(
      entry.statuses.map(({ status }) => plainStatus(status)),
      [...(statuses[slot]?.values() ?? [])],
    )
  }
})

test('a version in hand stays what it was when the resource is written again (contract 4.8)', () => {
  const state = new State()
  const apply = (generation: number) => {
    const each = put(clusterOf(1, { generation }))
    state.apply({ put: each, slot: 0, json: encodeDocument(each, 0), sequence: generation })
  }
  apply(1)
  const version = state.resources('Cluster')[0]?.version
  for (let generation = 2; generation < 2000; generation++) apply(generation)
  assert.equal(version?.resource.generation, 1)
  assert.equal(JSON.parse(String(version?.json)).generation, 1)
  assert.equal(state.resources('Cluster')[0]?.resource.generation, 1999)
})
