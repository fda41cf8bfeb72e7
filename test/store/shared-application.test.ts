// Large changes of a journal that several servers share: applied in slices by the server that wrote them and by those that follow, as if at once.
import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Put } from '../../src/state/put.ts'
import type { Resource } from '../../src/state/records.ts'
import { StoreError } from '../../src/store/errors.ts'
import type { Group } from '../../src/store/group-commit.ts'
import type { SharedJournal, SharedOutcome, SharedStore } from '../../src/store/shared/shared-journal.ts'
import type { Store } from '../../src/store/store.ts'
import type { ApplicationOptions } from '../../src/store/write-path.ts'
import { Random, runSeed } from '../harness/random.ts'
import { newConditions } from '../harness/state.ts'
import {
  clusterOf,
  dump,
  idOf,
  nodepoolOf,
  openFor,
  put,
  statusOf,
  temporaryFolder,
  turns,
} from './samples.ts'

/** More records than a change of one request has. */
const POOLS = 80

/** The journal, in memory, with the store of its writer. */
class MemoryJournal implements SharedJournal<Group> {
  readonly bodies: Buffer[] = []
  readonly isLeading = true
  readonly hasLease = true
  writer: SharedStore<Group> | undefined

  async append(body: Buffer, own: Group): Promise<SharedOutcome> {
    this.bodies.push(Buffer.from(body))
    await this.writer?.apply(placeOf(this.bodies.length), body, own)
    return 'stored'
  }

  async confirm(): Promise<SharedOutcome> {
    return 'stored'
  }
}

function placeOf(position: number) {
  return { position, text: `place ${position}` }
}

/** A server that follows. */
class Follower {
  readonly store: Store
  readonly #shared: SharedStore<Group>
  #position = 0

  private constructor(store: Store) {
    this.store = store
    const journal = new MemoryJournal()
    this.#shared = store.share(
      { ...journal, isLeading: false, append: journal.append, confirm: journal.confirm },
      0,
    )
  }

  static async open(t: TestContext, folder: string, application: ApplicationOptions): Promise<Follower> {
    return new Follower(await openFor(t, folder, { application }))
  }

  /** Applies the next entry. */
  apply(body: Buffer): void | Promise<void> {
    return this.#shared.apply(placeOf(++this.#position), body, undefined)
  }

  async follow({ bodies }: MemoryJournal): Promise<void> {
    while (this.#position < bodies.length) await this.apply(bodies[this.#position] as Buffer)
  }
}

async function writerOf(t: TestContext, folder: string, application: ApplicationOptions = {}) {
  const store = await openFor(t, folder, { application })
  const journal = new MemoryJournal()
  journal.writer = store.share(journal, 0)
  return { store, journal }
}

function marked(resource: Resource): Put {
  const mark = { generation: 2, updatedTime: 9n, deletedTime: 9n, deletedBy: 'eve@example.com' }
  return put({ ...resource, ...mark, conditions: newConditions(resource.kind, 9n) })
}

function removal({ kind, id }: Resource): Put {
  return { kind: 'removal', resource: { kind, id }, time: 9n }
}

/** A cluster with nodepools, some with reports. */
async function stageFamily(store: Store, number: number, pools: readonly Resource[]): Promise<void> {
  const cluster = clusterOf(number)
  void store.stage([put(cluster)])
  for (const [i, pool] of pools.entries())
    void store.stage(i % 3 === 0 ? [put(pool)] : [put(pool), put(statusOf(pool, 'dns'))])
  await store.settled()
}

function poolsOf(number: number, count: number): Resource[] {
  return Array.from({ length: count }, (_, i) => nodepoolOf(number * 1000 + i, number))
}

/** Some nodepools marked, some removed, the cluster last, in any of the forms that deletions have. */
function deletionOf(random: Random, cluster: Resource, pools: readonly Resource[]): Put[] {
  const removedShare = random.of([0, 0.5, 1])
  const [kept, removed]: [Resource[], Resource[]] = [[], []]
  for (const pool of pools) (random.chance(removedShare) ? removed : kept).push(pool)
  const ofCluster = kept.length === 0 ? removal(cluster) : marked(cluster)
  return [...kept.map(marked), ...removed.toReversed().map(removal), ofCluster]
}

test('contract 4.8, 5.7, 14.1: servers that apply large changes in slices have the state of one that applies them at once, also after a restart', async t => {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  const random = new Random(seed)
  const folder = temporaryFolder(t)
  const path = (name: string) => join(folder, name)
  const { store, journal } = await writerOf(t, path('writer'), { recordsPerTurn: 1 + random.below(40) })
  const sliced = await Follower.open(t, path('sliced'), { recordsPerTurn: 1 + random.below(40) })
  const atOnce = await Follower.open(t, path('at-once'), { recordsPerTurn: 1e9 })
  for (let number = 1; number <= 4; number++) {
    const pools = poolsOf(number, POOLS + random.below(POOLS))
    await stageFamily(store, number, pools)
    const change = store.prepare(idOf(number))
    for (const each of deletionOf(random, clusterOf(number), pools)) change.add(each)
    const done = change.commit()
    // Decided meanwhile, and visible after it.
    void store.stage([put(clusterOf(500 + number))])
    await Promise.all([done, store.settled()])
    if (random.chance(0.5)) await sliced.follow(journal)
    await atOnce.follow(journal)
  }
  await sliced.follow(journal)
  const expected = dump(atOnce.store)
  for (const [name, each] of Object.entries({
    writer: store,
    sliced: sliced.store,
    'at-once': atOnce.store,
  })) {
    assert.deepEqual(dump(each), expected, name)
    const { sequence, latestTime } = { sequence: each.state.sequence, latestTime: each.latestTime }
    await each.close()
    const again = await openFor(t, path(name))
    assert.deepEqual(dump(again), expected, `${name} after a restart`)
    assert.deepEqual([again.state.sequence, again.latestTime], [sequence, latestTime])
    assert.equal(again.cursor, `place ${journal.bodies.length}`)
  }
})

test('contract 4.8, 14.1: while a follower applies slices its state says so, and a close waits for the last one', async t => {
  const folder = temporaryFolder(t)
  const { store, journal } = await writerOf(t, join(folder, 'writer'))
  const pools = poolsOf(1, POOLS)
  await stageFamily(store, 1, pools)
  const waiting: (() => void)[] = []
  const application = { recordsPerTurn: 8, nextTurn: (turn: () => void) => waiting.push(turn) }
  const follower = await Follower.open(t, join(folder, 'follower'), application)
  await follower.follow(journal)
  const { state } = follower.store
  const [before, sequence] = [dump(follower.store), state.sequence]
  const change = store.prepare(idOf(1))
  for (const each of [...pools.map(marked), marked(clusterOf(1))]) change.add(each)
  await change.commit()
  const applied = follower.apply(journal.bodies.at(-1) as Buffer)
  assert.ok(applied instanceof Promise)
  // Reading it takes turns, too, and changes nothing.
  for (; state.application === undefined; await turns(1)) {
    assert.deepEqual(dump(follower.store), before)
    waiting.shift()?.()
  }
  let isClosed = false
  const closed = follower.store.close().then(() => {
    isClosed = true
  })
  let crashes = 0
  for (; waiting.length > 0; await turns(3)) {
    assert.deepEqual([state.application?.clusterId, state.sequence, isClosed], [idOf(1), sequence, false])
    assert.equal(state.resource('Cluster', idOf(1))?.isMarked, false)
    if (++crashes % 5 === 0)
      cpSync(join(folder, 'follower'), join(folder, `crashed-${crashes}`), { recursive: true })
    waiting.shift()?.()
  }
  await Promise.all([applied, closed])
  assert.equal(state.sequence, sequence + 1)
  const after = dump(follower.store)
  assert.deepEqual(after, dump(store))
  // The folder has the whole change, with its place, or nothing of it.
  for (let crash = 5; crash <= crashes; crash += 5) {
    const again = await openFor(t, join(folder, `crashed-${crash}`))
    const isThere = again.state.sequence > sequence
    assert.deepEqual(dump(again), isThere ? after : before)
    assert.equal(again.cursor, `place ${journal.bodies.length - (isThere ? 0 : 1)}`)
  }
  assert.deepEqual(dump(await openFor(t, join(folder, 'follower'))), after)
})

test('contract 14.11: a large change that cannot be read leaves everything as it was, and what comes instead is applied', async t => {
  const folder = temporaryFolder(t)
  const { store, journal } = await writerOf(t, join(folder, 'writer'))
  const pools = poolsOf(1, POOLS)
  await stageFamily(store, 1, pools)
  const follower = await Follower.open(t, join(folder, 'follower'), { recordsPerTurn: 8 })
  await follower.follow(journal)
  const before = dump(follower.store)
  const change = store.prepare(idOf(1))
  for (const each of [...pools.toReversed(), clusterOf(1)]) change.add(removal(each))
  await change.commit()
  const body = journal.bodies.at(-1) as Buffer
  const damaged = Buffer.from(body)
  damaged[damaged.length - 3] = (damaged[damaged.length - 3] ?? 0) ^ 1
  await assert.rejects(async () => follower.apply(damaged), StoreError)
  assert.deepEqual(dump(follower.store), before)
  await follower.apply(body)
  assert.deepEqual(dump(follower.store), dump(store))
  assert.deepEqual(follower.store.state.living('NodePool'), [])
})
