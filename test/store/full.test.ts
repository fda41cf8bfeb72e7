import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Put } from '../../src/state/put.ts'
import { openStore, type Store, type StoreEvent } from '../../src/store/store.ts'
import { clusterOf, dump, idOf, nodepoolOf, optionsFor, put } from './samples.ts'

const ME = fileURLToPath(import.meta.url)
const IN_NAMESPACE = 'HYPERFLEET_TEST_IN_NAMESPACE'
const BALLAST_BYTES = 4 << 20

interface Small {
  /** A data folder on its own small file system. */
  readonly folder: string
  /** A file that fills half of the file system. */
  readonly ballast: string
}

/** Runs the test on a small file system. Skips it if this user cannot mount one. */
async function onSmallDisk(
  t: TestContext,
  body: (small: Small) => Promise<void>,
  megabytes = 8,
): Promise<void> {
  const mountPoint = mkdtempSync(join(tmpdir(), 'hyperfleet-full-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', mountPoint], {
    encoding: 'utf8',
  })
  if (mounted.status !== 0) {
    rmdirSync(mountPoint)
    t.skip(`no small file system: ${mounted.stderr ?? mounted.error?.message}`)
    return
  }
  try {
    const ballast = join(mountPoint, 'ballast')
    writeFileSync(ballast, Buffer.alloc(BALLAST_BYTES))
    await body({ folder: join(mountPoint, 'data'), ballast })
  } finally {
    execFileSync('umount', ['-l', mountPoint])
    rmdirSync(mountPoint)
  }
}

/** Runs these tests again in a user namespace, where this user may mount. Undefined if that is unnecessary or impossible. */
function namespaceStatus(): number | undefined {
  if (process.env[IN_NAMESPACE] !== undefined || process.getuid?.() === 0) return undefined
  const probe = spawnSync('unshare', ['-rm', 'true'])
  if (probe.status !== 0) return undefined
  const env = { ...process.env, [IN_NAMESPACE]: '1', NODE_TEST_CONTEXT: undefined }
  const run = spawnSync('unshare', ['-rm', process.execPath, '--test', ME], { env, stdio: 'inherit' })
  return run.status ?? 1
}

/** Commits puts as a prepared change, as cascades do. */
function prepared(store: Store, puts: readonly Put[]): Promise<number> {
  const change = store.prepare(idOf(1))
  for (const each of puts) change.add(each)
  return change.commit()
}

const FILL = 'x'.repeat(3000)

/** Stages clusters, 32 at a time, until one is refused. Returns the numbers of the stored ones and the next number. */
async function writeUntilFull(store: Store, from: number): Promise<{ done: Set<number>; next: number }> {
  const done = new Set<number>()
  for (let next = from; ; ) {
    const numbers = Array.from({ length: 32 }, () => next++)
    const writes = numbers.map(number => {
      return store
        .stage([put(clusterOf(number, { spec: `{"fill":"${FILL}"}` }))])
        .then(() => done.add(number))
    })
    const refused = (await Promise.allSettled(writes)).filter(outcome => outcome.status === 'rejected')
    if (refused.length === 0) continue
    assert.equal(refused.length, 32, 'a group commit is done or refused as a whole')
    for (const outcome of refused) assert.equal(outcome.reason.name, 'StorageFullError')
    return { done, next }
  }
}

async function dumpAfterRestart(folder: string): Promise<string[]> {
  const store = await openStore(optionsFor(folder))
  const lines = dump(store)
  await store.close()
  return lines
}

/** Resolves with the next event of a kind. */
function eventOf(kind: StoreEvent['kind']): { promise: Promise<void>; onEvent: (event: StoreEvent) => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<void>(settle => {
    resolve = settle
  })
  return { promise, onEvent: event => (event.kind === kind ? resolve() : undefined) }
}

const status = namespaceStatus()

if (status !== undefined) {
  test('with a full disk, in a separate namespace', () => assert.equal(status, 0))
} else {
  test('a full disk refuses writes only, and writes resume without a restart (contract 9.2)', t =>
    onSmallDisk(t, async small => {
      const back = eventOf('storage-back')
      const store = await openStore(optionsFor(small.folder, { onEvent: back.onEvent }))
      const { done, next } = await writeUntilFull(store, 1)
      assert.ok(done.size > 0)
      assert.deepEqual(store.health, { kind: 'full' })
      assert.equal(store.state.resources('Cluster').length, done.size)
      for (const number of done) assert.ok(store.state.resource('Cluster', idOf(number))?.json.includes(FILL))
      const refused = store.stage([put(clusterOf(next))])
      await assert.rejects(refused, { name: 'StorageFullError' })
      assert.equal(store.pending(idOf(next)), undefined)
      assert.equal(store.newest.resource('Cluster', idOf(next)), undefined)
      const before = dump(store)
      rmSync(small.ballast)
      await back.promise
      assert.deepEqual(store.health, { kind: 'ok' })
      await store.stage([put(clusterOf(next, { name: 'afterwards' }))])
      assert.deepEqual(dump(store).slice(0, -1), before)
      const after = dump(store)
      await store.close()
      assert.deepEqual(await dumpAfterRestart(small.folder), after)
    }))

  test('changes staged during the failed commit are dropped with it, including their names (contract 4.8, 9.2)', t =>
    onSmallDisk(t, async small => {
      const back = eventOf('storage-back')
      const store = await openStore(optionsFor(small.folder, { onEvent: back.onEvent }))
      const large = (number: number) => put(clusterOf(number, { spec: `{"fill":"${'x'.repeat(5 << 20)}"}` }))
      await store.stage([put(clusterOf(1))])
      const failing = store.stage([large(2)])
      await new Promise(setImmediate) // the commit has begun
      const meanwhile = store.stage([put(clusterOf(1, { generation: 2 }))])
      assert.notEqual(failing, meanwhile)
      assert.equal(store.newest.idOfName('Cluster', undefined, 'cluster-2'), idOf(2))
      for (const dropped of [failing, meanwhile]) await assert.rejects(dropped, { name: 'StorageFullError' })
      assert.equal(store.newest.idOfName('Cluster', undefined, 'cluster-2'), undefined)
      assert.equal(store.newest.resource('Cluster', idOf(1))?.generation, 1)
      rmSync(small.ballast)
      await back.promise
      // The sequence numbers of dropped changes are reused.
      await store.stage([put(clusterOf(3, { name: 'cluster-2' }))])
      assert.equal(store.state.resource('Cluster', idOf(3))?.slot, 1)
      const before = dump(store)
      await store.close()
      assert.deepEqual(await dumpAfterRestart(small.folder), before)
    }))

  test('a cascade over 10,000 nodepools that finds no room marks and removes none of them (contract 9.2, 11.11)', t =>
    onSmallDisk(
      t,
      async small => {
        let back = eventOf('storage-back')
        const store = await openStore(optionsFor(small.folder, { onEvent: event => back.onEvent(event) }))
        const cluster = clusterOf(1)
        const nodepools = Array.from({ length: 10_000 }, (_, i) => nodepoolOf(i + 2, 1))
        await store.stage([cluster, ...nodepools].map(put))
        const mark = { deletedTime: 5n, deletedBy: 'ada@example.com' }
        const marks = [cluster, ...nodepools].map(resource => put({ ...resource, ...mark }))
        const removals = [...nodepools.toReversed(), cluster].map(
          ({ kind, id }): Put => ({ kind: 'removal', resource: { kind, id }, time: 6n }),
        )
        for (const [puts, left] of [[marks, 10_001] as const, [removals, 0] as const]) {
          const before = dump(store)
          assert.throws(() => writeFileSync(small.ballast, Buffer.alloc(64 << 20)), { code: 'ENOSPC' })
          await assert.rejects(prepared(store, puts), { name: 'StorageFullError' })
          assert.deepEqual(dump(store), before)
          assert.equal([...store.newest.nodepoolsOf(cluster.id)].length, 10_000)
          rmSync(small.ballast)
          await back.promise
          back = eventOf('storage-back')
          await prepared(store, puts)
          assert.equal(store.state.count('Cluster') + store.state.count('NodePool'), left)
        }
        await store.close()
        assert.deepEqual(await dumpAfterRestart(small.folder), [])
      },
      64,
    ))

  test('a disk that gets full between the slices of a large change refuses what comes after it (contract 4.8, 9.2, 11.11)', t =>
    onSmallDisk(t, async small => {
      const back = eventOf('storage-back')
      const held: (() => void)[] = []
      const application = { nextTurn: (turn: () => void) => held.push(turn), recordsPerTurn: 2 }
      const store = await openStore(optionsFor(small.folder, { application, onEvent: back.onEvent }))
      const cluster = clusterOf(1)
      const nodepools = Array.from({ length: 8 }, (_, i) => nodepoolOf(i + 2, 1))
      await store.stage([cluster, ...nodepools].map(put))
      const mark = { deletedTime: 5n, deletedBy: 'ada@example.com' }
      const marking = prepared(
        store,
        [cluster, ...nodepools].map(resource => put({ ...resource, ...mark })),
      )
      while (held.length === 0) await new Promise(setImmediate)
      assert.throws(() => writeFileSync(small.ballast, Buffer.alloc(64 << 20)), { code: 'ENOSPC' })
      const later = store.stage([put(clusterOf(20, { spec: `{"fill":"${'x'.repeat(4 << 20)}"}` }))])
      for (; store.beingApplied !== undefined; await new Promise(setImmediate)) {
        assert.deepEqual(store.health, { kind: 'ok' })
        held.shift()?.()
      }
      await marking
      await assert.rejects(later, { name: 'StorageFullError' })
      const after = dump(store)
      assert.ok(store.state.living('NodePool').every(({ isMarked }) => isMarked))
      rmSync(small.ballast)
      await back.promise
      await store.close()
      assert.deepEqual(await dumpAfterRestart(small.folder), after)
    }))

  test('refused writes do not come back with a restart on the full disk, and reads are served (contract 9.2)', t =>
    onSmallDisk(t, async small => {
      let store = await openStore(optionsFor(small.folder))
      let next = 1
      for (let round = 0; round < 4; round++) {
        // Each round leaves a little room, so that the disk fills up at a different step of the commit.
        truncateSync(small.ballast, BALLAST_BYTES - round * 70_001)
        const back = eventOf('storage-back')
        await store.close()
        store = await openStore(optionsFor(small.folder, { onEvent: back.onEvent }))
        const before = dump(store)
        const written = await writeUntilFull(store, next)
        next = written.next
        assert.equal(store.state.resources('Cluster').length, before.length + written.done.size)
        const after = dump(store)
        await store.close()
        store = await openStore(optionsFor(small.folder))
        assert.deepEqual(dump(store), after)
      }
      await store.close()
    }))

  test('on a disk that is full at the start, a new folder is refused and an existing one serves reads (contract 9.2)', t =>
    onSmallDisk(t, async small => {
      const first = await openStore(optionsFor(small.folder))
      await first.stage([put(clusterOf(1))])
      await first.close()
      assert.throws(() => writeFileSync(small.ballast, Buffer.alloc(16 << 20)), { code: 'ENOSPC' })
      await assert.rejects(openStore(optionsFor(`${small.folder}-new`)), {
        name: 'StoreError',
        kind: 'no-room',
      })
      const store = await openStore(optionsFor(small.folder))
      assert.equal(store.state.resources('Cluster').length, 1)
      await assert.rejects(store.stage([put(clusterOf(2))]), { name: 'StorageFullError' })
      await store.close()
    }))

  test('a checkpoint that finds no room is postponed, and runs when there is room (contract 9.2)', t =>
    onSmallDisk(t, async small => {
      const events: StoreEvent['kind'][] = []
      const back = eventOf('storage-back')
      const store = await openStore(
        optionsFor(small.folder, {
          checkpoint: { maxJournalEntries: 32, maxJournalBytes: 1 << 30, maxJournalAgeMs: 600_000 },
          onEvent: event => {
            events.push(event.kind)
            back.onEvent(event)
          },
        }),
      )
      const { next } = await writeUntilFull(store, 1)
      rmSync(small.ballast)
      await back.promise
      // The last checkpoint may have found room and folded everything.
      await store.stage([put(clusterOf(next))])
      const before = dump(store)
      await store.close()
      assert.equal(events.at(-1), 'checkpoint-finished')
      const again = await openStore(optionsFor(small.folder))
      assert.deepEqual(dump(again), before)
      assert.equal(again.journalInfo.entries, 0)
      await again.close()
    }))

  test('a postponed checkpoint is retried automatically (contract 9.2)', t =>
    onSmallDisk(t, async small => {
      const postponed = eventOf('checkpoint-postponed')
      const finished = eventOf('checkpoint-finished')
      const checkpoint = { maxJournalEntries: 1_000_000, maxJournalBytes: 1 << 30, maxJournalAgeMs: 50 }
      const onEvent = (event: StoreEvent) => {
        postponed.onEvent(event)
        finished.onEvent(event)
      }
      const store = await openStore(optionsFor(small.folder, { checkpoint, onEvent }))
      await store.stage([put(clusterOf(1, { spec: `{"fill":"${'x'.repeat(1 << 20)}"}` }))])
      assert.throws(() => writeFileSync(small.ballast, Buffer.alloc(16 << 20)), { code: 'ENOSPC' })
      await postponed.promise
      assert.equal(store.journalInfo.entries, 1)
      rmSync(small.ballast)
      await finished.promise
      assert.equal(store.journalInfo.entries, 0)
      await store.close()
    }))
}
