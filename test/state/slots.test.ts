// Slots of a state under removals and renumberings, beside a plain list of what was created and not removed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Renumbering } from '../../src/state/fleet-state.ts'
import type { Resource } from '../../src/state/records.ts'
import { Random, runSeed } from '../harness/random.ts'
import { bySlot, StateBuilder } from '../harness/state.ts'
import { clusterOf } from '../store/samples.ts'

class Churn {
  readonly builder = new StateBuilder()
  readonly random: Random
  /** The living in creation order. */
  living: Resource[] = []
  /** Ids written since the last take. */
  written = new Set<string>()
  #created = 0

  constructor(seed: number) {
    this.random = new Random(seed)
  }

  write(): void {
    const share = this.random.below(10)
    const at = this.random.below(this.living.length)
    const present = this.living[at]
    if (present === undefined || share < 4) this.#put(clusterOf(++this.#created))
    else if (share < 5) {
      this.living[at] = { ...present, generation: present.generation + 1 }
      this.#put({ ...present, generation: present.generation + 1 })
    } else this.remove(at)
  }

  create(count: number): void {
    for (let i = 0; i < count; i++) this.#put(clusterOf(++this.#created))
  }

  remove(at: number): void {
    const [gone] = this.living.splice(at, 1)
    if (gone !== undefined) this.builder.remove(gone)
  }

  /** Checks that slots rise with creation, lead to their entries, and are not taken by removed ones. */
  check(): void {
    const { state } = this.builder
    const entries = state.resources('Cluster')
    assert.deepEqual(
      state.living('Cluster').map(({ id, resource }) => [id, resource.generation]),
      this.living.map(({ id, generation }) => [id, generation]),
    )
    assert.equal(state.count('Cluster'), this.living.length)
    for (const [slot, entry] of bySlot(entries).entries())
      if (entry !== undefined) assert.equal(entry.slot, slot)
    const numbers = state.living('Cluster').map(({ number }) => number)
    for (let i = 0; i < 5; i++) {
      const from = this.random.below(this.#created + 2)
      const first = numbers.find(number => number >= from)
      assert.equal(state.resourceFrom('Cluster', from)?.number, first)
    }
  }

  /** Begins a checkpoint, which must find what was written since the last one. Returns its end, after which it is done or has failed. */
  checkpoint(): () => void {
    const { state } = this.builder
    const dirty = state.takeDirty()
    const taken = this.written
    const expected = this.living.filter(({ id }) => taken.has(id)).map(({ id }) => id)
    const changed = dirty.changed[Symbol.iterator]()
    const early = expected.slice(0, this.random.below(3)).map(() => changed.next().value?.id)
    assert.deepEqual(early, expected.slice(0, early.length))
    this.written = new Set()
    return () => {
      const living = new Set(this.living.map(({ id }) => id))
      const late = [...dirty.changed].filter(entry => !entry.isRemoved).map(({ id }) => id)
      assert.deepEqual(
        late,
        expected.filter(id => living.has(id)),
      )
      if (this.random.chance(0.5)) {
        state.giveBackDirty(dirty)
        for (const id of taken) this.written.add(id)
      } else for (const removed of dirty.removed) state.forget(removed)
    }
  }

  #put(cluster: Resource): void {
    if (!this.living.some(({ id }) => id === cluster.id)) this.living.push(cluster)
    this.written.add(cluster.id)
    this.builder.put(cluster)
  }
}

test('slots keep the order of creation through removals, and a renumbering closes the holes between any writes', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const churn = new Churn(seed)
  const { random, builder } = churn
  churn.create(3000)
  assert.equal(builder.state.renumber('Cluster'), undefined, 'there are no holes')
  while (churn.living.length > 1000) churn.remove(random.below(churn.living.length))
  churn.check()
  for (let round = 0; round < 3; round++) {
    while (churn.living.length > 900) churn.remove(random.below(churn.living.length))
    const endBefore = churn.checkpoint()
    churn.create(random.below(20))
    const renumbering = builder.state.renumber('Cluster')
    assert.ok(renumbering !== undefined, 'more than half are holes')
    const isEndedWithin = random.chance(0.5)
    const visited = renumberBetweenWrites(churn, renumbering, isEndedWithin ? endBefore : () => {})
    const endAfter = isEndedWithin ? churn.checkpoint() : endBefore
    const first = builder.state.living('Cluster')[0]
    assert.ok(first !== undefined && visited.has(first.id))
    const former = new Map(builder.state.living('Cluster').map(entry => [entry.id, entry.slot]))
    renumbering.takeOver()
    churn.check()
    for (const entry of builder.state.living('Cluster')) assert.equal(entry.otherSlot, former.get(entry.id))
    assert.ok(builder.state.resources('Cluster').length < 2 * churn.living.length + 1024)
    churn.create(2500)
    churn.check()
    endAfter()
  }
  const dirty = builder.state.takeDirty()
  const ids = churn.living.map(({ id }) => id).filter(id => churn.written.has(id))
  assert.deepEqual(
    [...dirty.changed].map(({ id }) => id),
    ids,
    'a checkpoint finds what was written before the renumberings',
  )
  assert.ok(dirty.removed.every(({ isRemoved }) => isRemoved))
})

/** Takes all steps, with writes after each, and one more after the first. Returns the ids of all entries that got a second slot. */
function renumberBetweenWrites(churn: Churn, renumbering: Renumbering, afterFirst: () => void): Set<string> {
  let next: (() => void) | undefined = afterFirst
  const visited = new Set<string>()
  const visit = ({ id }: { readonly id: string }) => visited.add(id)
  while (renumbering.step(1 + churn.random.below(200), visit)) {
    for (let i = churn.random.below(20); i > 0; i--) churn.write()
    for (const entry of churn.builder.state.living('Cluster')) {
      const second = renumbering.secondSlotOf(entry)
      assert.equal(second !== undefined, visited.has(entry.id))
      if (second !== undefined) assert.equal(renumbering.entries.at(second)?.id, entry.id)
    }
    next?.()
    next = undefined
  }
  return visited
}
