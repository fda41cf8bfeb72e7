import assert from 'node:assert/strict'
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { type Identity, nextIdentity } from '../../src/store/folder/identity.ts'
import { openJournal } from '../../src/store/journal/journal.ts'
import { openStore } from '../../src/store/store.ts'
import { clusterOf, dump, openFor, optionsFor, put, temporaryFolder } from './samples.ts'

const at = (epoch: number, store = 'a'): Identity => ({ store, epoch })

test('a start raises the epoch, or completes an interrupted raise', () => {
  const next = (journal?: Identity, snapshot?: Identity) => nextIdentity(journal, snapshot, () => 'new')
  assert.deepEqual(next(), at(1, 'new'))
  assert.deepEqual(next(at(1)), at(1))
  assert.deepEqual(next(at(4), at(4)), at(5))
  assert.deepEqual(next(at(5), at(4)), at(5))
  for (const [journal, snapshot] of [
    [at(3), at(4)],
    [at(6), at(4)],
    [at(4), at(4, 'b')],
    [undefined, at(4)],
    [at(2), undefined],
  ] as const) {
    assert.throws(() => next(journal, snapshot), { kind: 'mixed', message: /do not belong together/ })
  }
})

/** Writes a cluster, copies the folder as after a crash, and closes the store. Returns the visible state. */
async function session(t: TestContext, folder: string, number: number, copy: string): Promise<string[]> {
  const store = await openFor(t, folder)
  await store.stage([put(clusterOf(number))])
  const shown = dump(store)
  cpSync(folder, copy, { recursive: true })
  await store.close()
  return shown
}

/** Replaces an environment of a folder by that of another folder. */
function swap(folder: string, other: string, name: 'journal' | 'snapshot'): void {
  rmSync(join(folder, name), { recursive: true })
  cpSync(join(other, name), join(folder, name), { recursive: true })
}

/** Three sessions that crash. Each continues from the crash of the previous one. */
async function crashes(t: TestContext): Promise<{ folders: string[]; shown: string[][] }> {
  const base = temporaryFolder(t)
  const folders = [1, 2, 3].map(number => join(base, `crash-${number}`))
  const shown: string[][] = []
  for (const [i, folder] of folders.entries()) {
    const live = join(base, `live-${i}`)
    if (i > 0) cpSync(folders[i - 1] ?? '', live, { recursive: true })
    shown.push(await session(t, live, i + 1, folder))
  }
  return { folders, shown }
}

test('a journal from before a restart is refused although it adjoins the snapshot (contract 4.8)', async t => {
  const { folders } = await crashes(t)
  const [first = '', second = '', third = ''] = folders
  for (const [folder, older] of [
    [second, first],
    [third, first],
  ] as const) {
    swap(folder, older, 'journal')
    await assert.rejects(openStore(optionsFor(folder)), { kind: 'mixed', message: /journal is older/ })
  }
})

test('an older snapshot is refused, or the journal has all later changes (contract 4.8)', async t => {
  const { folders, shown } = await crashes(t)
  const [first = '', , third = ''] = folders
  const [copy] = [join(temporaryFolder(t), 'copy')]
  cpSync(third, copy, { recursive: true })
  swap(copy, first, 'snapshot')
  await assert.rejects(openStore(optionsFor(copy)), { kind: 'mixed', message: /snapshot is older/ })
  swap(third, folders[1] ?? '', 'snapshot')
  assert.deepEqual(dump(await openFor(t, third)), shown[2])
})

test('repeated crashes between the two marks of a start lose nothing', async t => {
  const { folders, shown } = await crashes(t)
  const folder = folders[2] ?? ''
  for (let round = 0; round < 3; round++) {
    const journal = openJournal(join(folder, 'journal'), 30_000)
    const { store = '', epoch = 0 } = journal.identity ?? {}
    if (round === 0) await journal.identify({ store, epoch: epoch + 1 })
    await journal.close()
    const again = await openFor(t, folder)
    assert.deepEqual(dump(again), shown[2])
    await again.close()
  }
})
