// Removals across restarts (contract 12.4): after any kill the state has every removal after its floor, and never a wrong one. An oracle remembers all
// removals. HYPERFLEET_TEST_SEED repeats a run.
import assert from 'node:assert/strict'
import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Resource } from '../../src/state/records.ts'
import { StoredFolder } from '../../src/store/copy/stored-folder.ts'
import type { CrashPoint } from '../../src/store/crash-point.ts'
import type { Store } from '../../src/store/store.ts'
import { drawFrom } from '../search/random-state.ts'
import { clusterOf, dump, nodepoolOf, openFor, put, retained, statusOf, temporaryFolder } from './samples.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)

interface Known {
  readonly kind: Resource['kind']
  readonly number: number
  readonly sequence: number
  readonly id: string
}

function expected(all: readonly Known[], floor: number): string[] {
  const after = all.filter(({ sequence }) => sequence > floor)
  return after.map(({ sequence, number, id }) => `${sequence} ${number} ${id}`).sort()
}

/** The same with the id in place of the object. */
function withIds(removals: readonly string[]): string[] {
  return removals
    .map(each => {
      const [sequence, number, ...object] = each.split(' ')
      return `${sequence} ${number} ${JSON.parse(object.join(' ')).id}`
    })
    .sort()
}

test('contract 12.4: an orderly restart keeps the removals, with their numbers and owners', async t => {
  const folder = temporaryFolder(t)
  const first = await openFor(t, folder)
  for (let number = 1; number <= 3; number++) await first.stage([put(clusterOf(number))])
  await first.stage([put(nodepoolOf(11, 1))])
  await first.stage([
    { kind: 'removal', resource: nodepoolOf(11, 1), time: 5n },
    { kind: 'removal', resource: clusterOf(1), time: 5n },
  ])
  await first.stage([{ kind: 'removal', resource: clusterOf(3), time: 6n }])
  const before = retained(first)
  assert.equal(before.length, 3)
  await first.close()
  const second = await openFor(t, folder)
  assert.deepEqual(retained(second), before)
  assert.equal(second.state.removals.floor, 0)
  // The number of a removed resource is not given again.
  await second.stage([put(clusterOf(4))])
  assert.deepEqual(retained(second), before)
  assert.equal(second.state.resource('Cluster', clusterOf(4).id)?.number, 3)
  await second.close()
  const stored = await StoredFolder.open(folder, 1000)
  const records = []
  for await (const { key } of stored.records()) records.push(key)
  await stored.close()
  assert.equal(records.length, 2, 'commands do not see the blocks')
})

test('contract 12.4: fewer removals are retained if so configured, in the snapshot, too', async t => {
  const folder = temporaryFolder(t)
  const all: Known[] = []
  for (let round = 0; round < 6; round++) {
    const store = await openFor(t, folder, { retainedRemovals: 5 })
    for (let i = 0; i < 4; i++) {
      const cluster = clusterOf(round * 10 + i)
      await store.stage([put(cluster)])
      const number = store.state.resource('Cluster', cluster.id)?.number ?? 0
      await store.stage([{ kind: 'removal', resource: cluster, time: 5n }])
      all.push({ kind: 'Cluster', number, sequence: store.state.sequence, id: cluster.id })
    }
    assert.equal(store.state.removals.size, Math.min(5, all.length))
    await store.close()
  }
  const stored = await StoredFolder.open(folder, 1000)
  assert.ok(stored.about <= 3, `${stored.about} blocks`)
  await stored.close()
  const store = await openFor(t, folder, { retainedRemovals: 100 })
  assert.deepEqual(withIds(retained(store)), expected(all.slice(-5), 0))
  assert.equal(store.state.removals.floor, all.at(-6)?.sequence)
})

/** So many that a checkpoint takes many transactions. */
const CLUSTERS = 2000

/** Steps of a checkpoint and of a commit at which a process may die. */
const STEPS = new Set<CrashPoint>([
  'checkpoint-taken',
  'erasure-begun',
  'erasure-done',
  'fold-done',
  'completion-begun',
  'completion-done',
])

test(`contract 12.4: a kill at any step loses no removal after the floor, which does not rise (seed ${SEED})`, async t => {
  const draw = drawFrom(SEED)
  let folder = temporaryFolder(t)
  const all: Known[] = []
  const living: Resource[] = []
  let created = 0
  for (let life = 0; life < 12; life++) {
    const copies: string[] = []
    const home = temporaryFolder(t)
    const reached = (point: CrashPoint) => {
      if (!STEPS.has(point)) return
      const copy = join(home, String(copies.length))
      for (const part of ['journal', 'snapshot'])
        cpSync(join(folder, part), join(copy, part), { recursive: true })
      copies.push(copy)
    }
    const store = await openFor(t, folder, { reached })
    assert.deepEqual(withIds(retained(store)), expected(all, 0), `life ${life}`)
    assert.equal(store.state.removals.floor, 0)
    const writes = 20 + draw(150)
    for (let i = 0; i < writes; i++) {
      const place = draw(living.length + 1)
      const present = living[place]
      if (present === undefined || draw(3) === 0) {
        const cluster = clusterOf(++created)
        living.push(cluster)
        void store.stage([put(cluster)])
      } else if (draw(2) === 0) void store.stage([put(statusOf(present, 'dns'))])
      else {
        await store.settled()
        living.splice(place, 1)
        const number = store.state.resource('Cluster', present.id)?.number ?? -1
        await store.stage([{ kind: 'removal', resource: present, time: 5n }])
        all.push({ kind: 'Cluster', number, sequence: store.state.sequence, id: present.id })
      }
    }
    await store.settled()
    const shown = dump(store)
    await store.close()
    assert.ok(copies.length > 0)
    for (const copy of copies) {
      const again = await openFor(t, copy)
      assert.deepEqual(dump(again), shown)
      assert.deepEqual(withIds(retained(again)), expected(all, 0))
      assert.equal(again.state.removals.floor, 0)
      await again.close()
    }
    // The next life is that of a process that died at any of the steps.
    folder = copies[draw(copies.length)] as string
    const numbers = all.map(({ number }) => number)
    assert.equal(new Set(numbers).size, numbers.length, 'no number is given twice')
  }
})

test('contract 12.4: a removal during a checkpoint, of a resource that the snapshot never has, outlives a kill after it', async t => {
  const folder = temporaryFolder(t)
  const copy = join(temporaryFolder(t), 'copy')
  let removing: Promise<unknown> | undefined
  const reached = (point: CrashPoint) => {
    if (point === 'fold-begun')
      removing ??= store.stage([{ kind: 'removal', resource: clusterOf(CLUSTERS), time: 5n }])
    if (point === 'completion-done' && !existsSync(copy))
      for (const part of ['journal', 'snapshot'])
        cpSync(join(folder, part), join(copy, part), { recursive: true })
  }
  const store: Store = await openFor(t, folder, {
    reached,
    checkpoint: { maxJournalEntries: CLUSTERS, maxJournalBytes: 1 << 30, maxJournalAgeMs: 600_000 },
  })
  for (let number = 1; number <= CLUSTERS; number++) void store.stage([put(clusterOf(number))])
  await store.settled()
  while (removing === undefined) await new Promise(setImmediate)
  await removing
  await store.close()
  assert.ok(existsSync(copy))
  const again = await openFor(t, copy)
  assert.equal(again.state.removals.floor, 0)
  assert.equal(again.state.removals.size, 1)
})
