// Changes that are put together over many turns of the event loop, each in a group of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Put } from '../../src/state/put.ts'
import type { Resource } from '../../src/state/records.ts'
import { GroupWriter } from '../../src/store/journal/group.ts'
import type { Store } from '../../src/store/store.ts'
import { Random, runSeed } from '../harness/random.ts'
import { newConditions } from '../harness/state.ts'
import { clusterOf, dump, idOf, nodepoolOf, openFor, put, statusOf, temporaryFolder } from './samples.ts'

const MARK = { generation: 2, updatedTime: 9n, deletedTime: 9n, deletedBy: 'eve@example.com' }

function marked(resource: Resource): Put {
  return put({ ...resource, ...MARK, conditions: newConditions(resource.kind, 9n) })
}

function removal({ kind, id }: Resource): Put {
  return { kind: 'removal', resource: { kind, id }, time: 10n }
}

/** A cluster with nodepools, each with a report, and another cluster. */
async function familyIn(store: Store, nodepools: number) {
  const cluster = clusterOf(1)
  const pools = Array.from({ length: nodepools }, (_, i) => nodepoolOf(i + 10, 1))
  for (const each of [cluster, ...pools]) void store.stage([put(each), put(statusOf(each, 'dns'))])
  await store.stage([put(clusterOf(2))])
  return { cluster, pools }
}

test('a large change has the same bytes as a group with the same change', () => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const random = new Random(seed)
  for (const count of [0, 1, 7, 300]) {
    const pad = () => JSON.stringify({ pad: 'é'.repeat(random.below(900)) })
    const puts = Array.from({ length: count }, (_, i) =>
      random.chance(0.3) ? removal(nodepoolOf(i + 10, 1)) : marked(nodepoolOf(i + 10, 1, { spec: pad() })),
    )
    const [large, plain] = [new GroupWriter(), new GroupWriter()]
    large.beginLargeChange()
    plain.beginChange()
    for (const writer of [large, plain]) {
      for (const [i, each] of puts.entries()) writer.add(each, i)
      writer.endChange()
    }
    assert.ok(large.seal(77, 9n).value.equals(plain.seal(77, 9n).value), `${count} records`)
    // The memory is used again by a group of another kind.
    large.begin()
    plain.begin()
    for (const writer of [large, plain]) {
      writer.beginChange()
      writer.add(put(clusterOf(5)), 4)
      writer.endChange()
    }
    assert.ok(large.seal(78, undefined).value.equals(plain.seal(78, undefined).value))
  }
})

test('a large change becomes visible at once, after all that was staged before its commit, and is there after a restart (contract 4.8, 5.7, 11.11)', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  const { cluster, pools } = await familyIn(store, 40)
  const change = store.prepare(idOf(1))
  const before = dump(store)
  for (const [i, each] of [...pools, cluster].entries()) {
    change.add(marked(each))
    if (i % 10 === 0) await store.stage([put(clusterOf(100 + i))])
  }
  const shown = () => [...store.state.nodepoolsOf(cluster.id)].map(({ isMarked }) => isMarked)
  assert.deepEqual(new Set(shown()), new Set([false]))
  const earlier = store.stage([put(clusterOf(2, { generation: 2 }))])
  const last = store.stagedSequence
  let isEarlierDurable = false
  void earlier.then(() => {
    isEarlierDurable = true
  })
  const committed = change.commit()
  const later = store.stage([put(clusterOf(2, { generation: 3 }))])
  assert.deepEqual(new Set(shown()), new Set([false]))
  assert.equal(await committed, last + 1)
  assert.equal(isEarlierDurable, true)
  assert.deepEqual(new Set(shown()), new Set([true]))
  assert.equal(store.state.resource('Cluster', cluster.id)?.resource.deletedBy, MARK.deletedBy)
  await later
  assert.equal(store.state.resource('Cluster', idOf(2))?.resource.generation, 3)
  const after = dump(store)
  assert.notDeepEqual(after, before)
  await store.close()
  const again = await openFor(t, folder)
  assert.deepEqual(dump(again), after)
  assert.equal(again.latestTime !== undefined && again.latestTime >= 9n, true)
})

test('a large change that is forgotten leaves nothing, and one of removals removes everything (contract 11.11, 11.12)', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  const { cluster, pools } = await familyIn(store, 20)
  const forgotten = store.prepare(idOf(1))
  for (const each of [...pools, cluster]) forgotten.add(marked(each))
  const before = dump(store)
  const change = store.prepare(idOf(1))
  for (const each of [...pools.toReversed(), cluster]) change.add(removal(each))
  assert.deepEqual(dump(store), before)
  await change.commit()
  assert.deepEqual(store.state.living('NodePool'), [])
  assert.equal(store.state.statusCount, 0)
  assert.equal(store.newest.idOfName('Cluster', undefined, cluster.name), undefined)
  await store.stage([put(clusterOf(7, { name: cluster.name }))])
  const after = dump(store)
  await store.close()
  assert.deepEqual(dump(await openFor(t, folder)), after)
})

test('a large change refuses what is not there, or not durable, and nothing is staged', async t => {
  const store = await openFor(t, temporaryFolder(t))
  const { cluster, pools } = await familyIn(store, 2)
  const [first] = pools
  assert.ok(first !== undefined)
  const change = store.prepare(idOf(1))
  assert.throws(() => change.add(marked(nodepoolOf(99, 1))), /is not of the cluster/)
  assert.throws(() => change.add(marked(clusterOf(2))), /is not of the cluster/)
  assert.throws(() => change.add(put(statusOf(cluster, 'dns'))), /has no status/)
  const staged = store.stage([put({ ...first, generation: 2 })])
  assert.throws(() => change.add(marked(first)), /is not durable/)
  await staged
  change.add(marked(first))
  await change.commit()
  assert.equal(store.state.resource('NodePool', first.id)?.isMarked, true)
  assert.equal(store.health.kind, 'ok')
})
