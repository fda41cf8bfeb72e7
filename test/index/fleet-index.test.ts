import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { listSlots } from '../../src/index/posting-list.ts'
import { isSearchableLabelKey } from '../../src/search/check/fields.ts'
import type { FleetState } from '../../src/state/fleet-state.ts'
import type { ResourceKind } from '../../src/state/records.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { RandomStream } from '../../tools/simulate/random.ts'
import { bySlot } from '../harness/state.ts'
import { RandomFleet } from './random-fleet.ts'
import { INDEXED_PATHS, rebuild, writeOut } from './rebuild-oracle.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const KINDS = ['Cluster', 'NodePool'] as const satisfies readonly ResourceKind[]

function attach(state: FleetState) {
  const memory = new LinearMemory()
  return {
    memory,
    index: FleetIndex.attach(state, {
      kernels: loadKernels(memory),
      seed: KNOWN_SEED,
      isSearchableLabelKey,
      specPaths: INDEXED_PATHS,
    }),
  }
}

function assertTrue(index: FleetIndex, state: FleetState): void {
  for (const kind of KINDS) {
    assert.deepEqual(writeOut(index.of(kind)), rebuild(bySlot(state.resources(kind))), `${kind} indexes`)
    assert.equal(index.of(kind).count, state.count(kind))
  }
}

/** Number of slots of each index, by name. */
function entries(index: FleetIndex): Map<string, number> {
  return new Map(index.memory().map(({ name, entries }) => [name, entries]))
}

for (const { writes, every } of [
  { writes: 300, every: 1 },
  { writes: 12_000, every: 1500 },
]) {
  test(`after each ${every} of ${writes} random writes, every index equals a rebuilt one (contract 4.8, 8.3)`, () => {
    console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
    const fleet = new RandomFleet(new RandomStream(SEED, writes))
    const { index } = attach(fleet.state)
    for (let done = 1; done <= writes; done++) {
      fleet.write()
      if (done % every === 0) assertTrue(index, fleet.state)
    }
    assert.deepEqual(entries(index), entries(attach(fleet.state).index), 'kept and attached later')
  })
}

test('an index attached to a loaded state follows later writes (contract 4.8)', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const fleet = new RandomFleet(new RandomStream(SEED, 'attached'))
  for (let done = 0; done < 2000; done++) fleet.write()
  const { index } = attach(fleet.state)
  assertTrue(index, fleet.state)
  for (let done = 0; done < 500; done++) fleet.write()
  assertTrue(index, fleet.state)
})

test('slots lead to their entries and ids to their slots, of one kind only (contract 3.2)', () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const fleet = new RandomFleet(new RandomStream(SEED, 'slots'))
  const { index } = attach(fleet.state)
  for (let done = 0; done < 200; done++) fleet.write()
  const [clusters, nodepools] = [index.of('Cluster'), index.of('NodePool')]
  assert.equal(clusters.slotCount, fleet.state.resources('Cluster').length)
  assert(clusters.hasHoles)
  for (const { slot, resource } of fleet.state.living('Cluster')) {
    assert.equal(clusters.entryAt(slot).id, resource.id)
    assert.equal(clusters.slotOfId(resource.id), slot)
    assert.equal(nodepools.slotOfId(resource.id), undefined)
    assert.deepEqual([...listSlots(clusters.names.slotsOf(resource.name) ?? -1)], [slot])
  }
  assert.throws(() => clusters.entryAt(clusters.slotCount), /there is no Cluster in slot/)
})

test('an index that is attached over many turns includes the writes between them (contract 4.8)', async () => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const fleet = new RandomFleet(new RandomStream(SEED, 'in turns'))
  for (let done = 0; done < 16_000; done++) fleet.write()
  const options = {
    kernels: loadKernels(new LinearMemory()),
    seed: KNOWN_SEED,
    isSearchableLabelKey,
    specPaths: INDEXED_PATHS,
  }
  let isAttached = false
  const attaching = FleetIndex.attachInTurns(fleet.state, options).finally(() => {
    isAttached = true
  })
  let turns = 0
  for (; !isAttached; turns++) {
    for (let done = 0; done < 200; done++) fleet.write()
    await new Promise(setImmediate)
  }
  assert(turns > 2, `${turns} turns`)
  assertTrue(await attaching, fleet.state)
})
