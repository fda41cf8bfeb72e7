// Renumberings: an index without holes is built beside the present one and takes its place. Searches go on with their views.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey } from '../../src/search/check/fields.ts'
import type { FleetState } from '../../src/state/fleet-state.ts'
import type { Resource } from '../../src/state/records.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { RandomStream } from '../../tools/simulate/random.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'
import { bySlot, newConditions, StateBuilder } from '../harness/state.ts'
import { clusterOf } from '../store/samples.ts'
import { Random } from './random.ts'
import { RandomFleet } from './random-fleet.ts'
import { INDEXED_PATHS, rebuild, writeOut } from './rebuild-oracle.ts'

const BOUND = { timeout: TEST_HANGS_AFTER_MS }
const TIME = 1_800_000_000_000_000n
/** Holes that are never worth a renumbering. */
const HOLES = 1024

/** An index whose later turns come when the test lets them. */
function indexed<B extends { readonly state: FleetState }>(builder: B, slotsPerTurn?: number) {
  const memory = new LinearMemory()
  const turns: (() => void)[] = []
  const index = FleetIndex.attach(builder.state, {
    kernels: loadKernels(memory),
    seed: KNOWN_SEED,
    isSearchableLabelKey,
    specPaths: INDEXED_PATHS,
    nextTurn: callback => turns.push(callback),
    ...(slotsPerTurn === undefined ? {} : { slotsPerTurn }),
  })
  /** Runs the next turn. Returns whether there was one. */
  const turn = () => {
    const callback = turns.shift()
    callback?.()
    return callback !== undefined
  }
  const rest = () => {
    while (turn());
  }
  return { builder, memory, index, clusters: () => index.of('Cluster'), turn, rest }
}

function cluster(number: number, changes: Partial<Resource> = {}): Resource {
  const labels = new Map([['team', `team-${number % 7}`]])
  return clusterOf(number, { labels, conditions: newConditions('Cluster', TIME), ...changes })
}

/** Clusters by number, of which all below `removed` are removed again. */
function sparse(living: number, removed: number, slotsPerTurn?: number) {
  const builder = new StateBuilder()
  for (let number = 0; number < removed + living; number++) builder.put(cluster(number))
  const fleet = indexed(builder, slotsPerTurn)
  for (let number = 0; number < removed; number++) builder.remove(cluster(number))
  return fleet
}

type Indexed = Pick<ReturnType<typeof indexed>, 'index' | 'builder'>

function assertTrue({ index, builder: { state } }: Indexed) {
  for (const kind of ['Cluster', 'NodePool'] as const) {
    assert.deepEqual(writeOut(index.of(kind)), rebuild(bySlot(state.resources(kind))), `${kind} indexes`)
    assert.equal(index.of(kind).count, state.count(kind))
  }
}

test('a renumbering begins with more than 1,024 holes, and leaves none (contract 11.8)', BOUND, () => {
  const fleet = sparse(10, HOLES)
  fleet.rest()
  assert.equal(fleet.clusters().slotCount, 10 + HOLES)
  fleet.builder.remove(cluster(HOLES))
  const before = fleet.clusters()
  fleet.rest()
  assert.notEqual(fleet.clusters(), before)
  assert.equal(fleet.clusters().slotCount, 9)
  assert.equal(fleet.clusters().hasHoles, false)
  assertTrue(fleet)
  assert.equal(fleet.turn(), false, 'no turn is left')
})

test(
  'a renumbering of a larger fleet begins when a third of its size are holes (contract 11.8)',
  BOUND,
  () => {
    const living = 6000
    const fleet = sparse(living, living / 3)
    fleet.rest()
    assert.equal(fleet.clusters().slotCount, (living * 4) / 3)
    for (let number = living / 3; number < living / 3 + 2; number++) fleet.builder.remove(cluster(number))
    fleet.rest()
    assert.equal(fleet.clusters().slotCount, living - 2)
  },
)

test(
  'writes between the turns of renumberings reach the index that takes over (contract 4.8, 11.8)',
  BOUND,
  () => {
    const random = new Random()
    const fleet = new RandomFleet(new RandomStream(random.word()))
    const kept = indexed(fleet, 40)
    let takeOvers = 0
    for (const target of [700, 200, 0, 900]) {
      while (fleet.state.count('Cluster') < target + HOLES) fleet.write()
      while (fleet.state.count('Cluster') > target) {
        const entry = fleet.state.resources('Cluster').at(random.below(kept.clusters().slotCount))
        if (entry === undefined) continue
        fleet.remove(entry)
        if (random.chance(0.2)) fleet.write()
        const before = kept.clusters()
        if (random.chance(0.3)) kept.turn()
        if (kept.clusters() === before) continue
        takeOvers++
        assertTrue(kept)
      }
      assertTrue(kept)
    }
    kept.rest()
    assertTrue(kept)
    assert(takeOvers > 2, `${takeOvers} indexes took over`)
  },
)

test(
  'a view keeps its moment over a take-over, and the next renumbering waits for it (contract 7.1)',
  BOUND,
  () => {
    const fleet = sparse(20, HOLES)
    const { builder, clusters } = fleet
    const former = clusters()
    const view = former.view()
    const seen = Array.from({ length: 20 }, (_, i) => HOLES + i)
    const expected = seen.map(slot => String(view.versionAt(slot).json))
    builder.put(cluster(HOLES + 1, { generation: 2 }))
    builder.remove(cluster(HOLES))
    fleet.rest()
    assert.notEqual(clusters(), former)
    builder.put(cluster(HOLES + 2, { generation: 2 }))
    builder.putConditions(cluster(HOLES + 3), [])
    builder.remove(cluster(HOLES + 4))
    builder.put(cluster(HOLES + 20))
    assert.deepEqual(
      seen.map(slot => String(view.versionAt(slot).json)),
      expected,
    )
    const then = view.livingThen()
    assert.deepEqual([...then.slots(0, 100, 'ascending')], seen)
    then.free()
    const second = clusters()
    for (let number = 2000; number < 2000 + HOLES; number++) {
      builder.put(cluster(number))
      builder.remove(cluster(number))
    }
    fleet.rest()
    assert.equal(clusters(), second, 'it waits')
    assert.deepEqual(
      seen.map(slot => String(view.versionAt(slot).json)),
      expected,
    )
    view.release()
    fleet.rest()
    assert.notEqual(clusters(), second)
    assert.equal(clusters().slotCount, 19)
    assertTrue(fleet)
  },
)

test('what an index counts since the start goes on after a take-over', BOUND, () => {
  const fleet = sparse(5, HOLES)
  fleet.builder.remove(cluster(HOLES))
  const fallen = fleet.clusters().conditions.fallen('Ready')
  assert.equal(fallen, HOLES + 5)
  fleet.rest()
  assert.equal(fleet.clusters().conditions.fallen('Ready'), fallen)
  fleet.builder.put(cluster(5000))
  assert.equal(fleet.clusters().conditions.fallen('Ready'), fallen + 1)
})

test(
  'after a churn of 60 times the fleet, slots and bytes of the indexes follow the living (contract 11.8)',
  BOUND,
  t => {
    const random = new Random()
    const living = 500
    const fleet = sparse(living, 0)
    const present = Array.from({ length: living }, (_, number) => number)
    const writesPerTurn = 50
    let mostSlots = 0
    let mostBytes = 0
    for (let number = living; number < 60 * living; number++) {
      fleet.builder.put(cluster(number))
      const [removed = 0] = present.splice(random.below(present.length), 1, number)
      fleet.builder.remove(cluster(removed))
      mostSlots = Math.max(mostSlots, fleet.clusters().slotCount)
      if (number % writesPerTurn > 0) continue
      mostBytes = Math.max(mostBytes, fleet.memory.allocatedBytes)
      fleet.turn()
    }
    fleet.rest()
    const fresh = sparse(living, 0)
    const bytes = ({ index }: typeof fresh) => index.memory().reduce((sum, use) => sum + use.bytes, 0)
    t.diagnostic(JSON.stringify({ mostSlots, mostBytes, fresh: fresh.memory.allocatedBytes }))
    // A renumbering and the freeing before it take fewer turns.
    assert(mostSlots <= living + HOLES + 16 * writesPerTurn, `${mostSlots} slots`)
    assert(bytes(fleet) <= 3 * bytes(fresh), `${bytes(fleet)} bytes of indexes`)
    assert(mostBytes <= 6 * fresh.memory.allocatedBytes, `${mostBytes} bytes of linear memory at most`)
    for (const number of present) fleet.builder.remove(cluster(number))
    fleet.rest()
    const empty = sparse(0, 0)
    assert(fleet.memory.allocatedBytes - empty.memory.allocatedBytes < 4096, 'nothing is left')
  },
)

test(
  'a renumbering ends although more is created in each turn than it passes without haste (contract 11.8)',
  BOUND,
  () => {
    const fleet = sparse(3000, HOLES, 10)
    for (let number = 0; number < HOLES; number++) fleet.builder.remove(cluster(HOLES + number))
    const before = fleet.clusters()
    let turns = 0
    for (; fleet.clusters() === before; turns++) {
      assert(turns < 1000, 'it does not end')
      for (let i = 0; i < 40; i++) fleet.builder.put(cluster(10_000 + 40 * turns + i))
      fleet.turn()
    }
    assert.equal(fleet.clusters().hasHoles, false)
    assertTrue(fleet)
  },
)

test('an index of an empty fleet or of one that only grows takes no turn', BOUND, () => {
  assert.equal(sparse(0, 0).turn(), false)
  assert.equal(sparse(HOLES * 2, 0).turn(), false)
})
