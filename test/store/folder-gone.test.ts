// The data folder disappears under a store. No write is acknowledged that the next start would not find (contract 4.8, 9.2).
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Environment } from '../../src/store/lmdb/environment.ts'
import { openStore, type Store } from '../../src/store/store.ts'
import { clusterOf, dump, openFor, optionsFor, put, temporaryFolder } from './samples.ts'

interface Watched {
  readonly store: Store
  readonly base: string
  readonly folder: string
  /** Resolves with the fatal error of the store. */
  readonly failed: Promise<Error & { readonly kind: string }>
}

/** Keeps the process alive until the test ends, which an idle store does not. */
function keepAlive(t: TestContext): void {
  const timer = setInterval(() => {}, 1000)
  t.after(() => clearInterval(timer))
}

async function watched(t: TestContext, changes: Partial<Parameters<typeof openStore>[0]> = {}) {
  keepAlive(t)
  const base = join(temporaryFolder(t), 'base')
  mkdirSync(base)
  const folder = join(base, 'data')
  let fail: (error: Error & { kind: string }) => void = () => {}
  const failed = new Promise<Error & { readonly kind: string }>(resolve => {
    fail = resolve
  })
  const store = await openFor(t, folder, { onFatal: fail, ...changes })
  await store.stage([put(clusterOf(1))])
  return { store, base, folder, failed } satisfies Watched
}

const WAYS: readonly (readonly [string, (watched: Watched) => void, RegExp])[] = [
  ['removed', ({ folder }) => rmSync(folder, { recursive: true }), /data no longer exists/],
  ['moved away', ({ folder }) => renameSync(folder, `${folder}.old`), /data no longer exists/],
  [
    'moved away, and another made in its place',
    ({ folder }) => {
      renameSync(folder, `${folder}.old`)
      mkdirSync(folder)
    },
    /data is not the one that was opened/,
  ],
  [
    'replaced by a copy',
    ({ folder }) => {
      cpSync(folder, `${folder}.copy`, { recursive: true })
      rmSync(folder, { recursive: true })
      renameSync(`${folder}.copy`, folder)
    },
    /data is not the one that was opened/,
  ],
  [
    'replaced by a copy within the same folder',
    ({ folder }) => {
      for (const part of ['journal', 'snapshot']) {
        cpSync(join(folder, part), join(folder, `${part}.copy`), { recursive: true })
        rmSync(join(folder, part), { recursive: true })
        renameSync(join(folder, `${part}.copy`), join(folder, part))
      }
    },
    /journal\/data\.mdb is not the one that was opened/,
  ],
  ['moved with the folder above', ({ base }) => renameSync(base, `${base}.old`), /data no longer exists/],
  [
    'without its journal',
    ({ folder }) => unlinkSync(join(folder, 'journal/data.mdb')),
    /journal\/data\.mdb no longer exists/,
  ],
  [
    'without its snapshot',
    ({ folder }) => rmSync(join(folder, 'snapshot'), { recursive: true }),
    /snapshot\/data\.mdb no longer exists/,
  ],
  ['without its lock', ({ folder }) => unlinkSync(join(folder, 'lock')), /lock no longer exists/],
]

for (const [how, take, words] of WAYS) {
  test(`contract 4.8: a folder that is ${how} accepts no further write, and the process must end`, async t => {
    const gone = await watched(t)
    const { store, failed } = gone
    take(gone)
    const write = store.stage([put(clusterOf(2))])
    const outcome = await Promise.race([write.then(() => 'acknowledged'), failed])
    assert.ok(outcome instanceof Error, 'the write was acknowledged')
    assert.equal(outcome.kind, 'gone')
    assert.match(outcome.message, words)
    assert.equal(store.health.kind, 'failed')
    assert.equal(store.state.resources('Cluster').length, 1)
    await assert.rejects(store.stage([put(clusterOf(3))]), { name: 'StorageFailedError' })
  })
}

test('contract 9.2: an idle store notices it too', async t => {
  const { folder, failed, store } = await watched(t)
  renameSync(folder, `${folder}.old`)
  assert.equal((await failed).kind, 'gone')
  assert.equal(store.health.kind, 'failed')
  // All acknowledged writes are in the moved folder.
  await store.close()
})

test('a link to the folder that is changed to another folder is noticed', async t => {
  keepAlive(t)
  const base = temporaryFolder(t)
  for (const name of ['one', 'two']) mkdirSync(join(base, name))
  symlinkSync(join(base, 'one'), join(base, 'data'))
  let fail: (error: { kind: string }) => void = () => {}
  const failed = new Promise<{ kind: string }>(resolve => {
    fail = resolve
  })
  await openFor(t, join(base, 'data'), { onFatal: error => fail(error) })
  unlinkSync(join(base, 'data'))
  symlinkSync(join(base, 'two'), join(base, 'data'))
  assert.equal((await failed).kind, 'gone')
})

test('a mount over the folder is noticed', async t => {
  const { folder, failed, store } = await watched(t)
  if (spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]).status !== 0)
    return t.skip('mount may not be used here')
  try {
    const durable = store.stage([put(clusterOf(2))])
    const outcome = await Promise.race([durable.then(() => 'acknowledged'), failed])
    assert.ok(outcome instanceof Error && outcome.kind === 'gone', String(outcome))
  } finally {
    spawnSync('umount', ['-l', folder])
  }
})

for (const point of ['checkpoint-begun', 'fold-begun', 'completion-done'] as const) {
  test(`a snapshot that disappears at ${point} is not created again, and the journal is not trimmed`, async t => {
    const checkpoint = { maxJournalEntries: 3, maxJournalBytes: 1 << 30, maxJournalAgeMs: 600_000 }
    let aside = ''
    const gone = await watched(t, {
      checkpoint,
      reached: reached => {
        if (reached !== point || aside !== '') return
        aside = `${gone.folder}.snapshot`
        renameSync(join(gone.folder, 'snapshot'), aside)
      },
    })
    const { store, folder, failed } = gone
    // Later ones may meet the failure.
    for (const number of [2, 3, 4, 5]) void store.stage([put(clusterOf(number))]).catch(() => {})
    assert.equal((await failed).kind, 'gone')
    await store.close()
    assert.equal(existsSync(join(folder, 'snapshot')), false)
    // The lock is held until the process ends, so the next start uses a copy.
    const next = `${folder}.next`
    cpSync(folder, next, { recursive: true })
    await assert.rejects(openStore(optionsFor(next)), { kind: 'gap', message: /without a snapshot/ })
    cpSync(aside, join(next, 'snapshot'), { recursive: true })
    const again = await openStore(optionsFor(next))
    assert.equal(dump(again).length, 5)
    await again.close()
  })
}

test('an environment whose file is gone is not reopened as an empty one', async t => {
  const folder = join(temporaryFolder(t), 'environment')
  const environment = new Environment(folder, 30_000)
  await environment.commit([{ kind: 'put', key: 1, value: Buffer.from('one') }])
  renameSync(folder, `${folder}.old`)
  await assert.rejects(environment.unmap(), { name: 'StorageFailedError', kind: 'gone' })
  assert.equal(existsSync(folder), false)
  mkdirSync(folder)
  await assert.rejects(environment.unmap(), { name: 'StorageFailedError', kind: 'gone' })
  assert.deepEqual(readdirSync(folder), [])
  assert.equal(environment.get(1)?.toString(), 'one')
  await environment.close()
})
