// Groups of the journal as they are written, and as a start, a copy and a folder at rest read them.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { encodeRecords } from '../../src/state/document.ts'
import type { RecordPut } from '../../src/state/put.ts'
import { type Copy, restCopy } from '../../src/store/copy/copy.ts'
import { FolderWriter } from '../../src/store/copy/folder-writer.ts'
import { StoredFolder } from '../../src/store/copy/stored-folder.ts'
import { MAX_COMMIT_BYTES } from '../../src/store/group-commit.ts'
import { type EncodedGroup, encodeGroup } from '../../src/store/journal/group.ts'
import { openJournal } from '../../src/store/journal/journal.ts'
import { type Fold, Snapshot } from '../../src/store/snapshot/snapshot.ts'
import type { StoreEvent } from '../../src/store/store.ts'
import { StoredRecords } from '../../src/store/stored-records.ts'
import { plainGroup, recordsIn } from './journal-values.ts'
import { clusterOf, dump, openFor, put, statusOf, temporaryFolder } from './samples.ts'

const DEADLINE_MS = 30_000
const IDENTITY = { store: 'groups', epoch: 1 }
const NO_MARKS = { latestTime: undefined, latestId: undefined }

/** Ten changes of four clusters, each with a report: the puts and their numbers in the order of creation. */
const CHANGES = Array.from({ length: 10 }, (_, i): readonly (readonly [RecordPut, number])[] => {
  const number = i % 4
  const cluster = clusterOf(number + 1, { generation: i + 1 })
  return [
    [put(cluster), number],
    [put(statusOf(cluster, 'dns')), 0],
  ]
})

/** The changes in groups of these sizes. A group of one is a value of an earlier format. */
function groupsOf(sizes: readonly number[], format = 4): EncodedGroup[] {
  let last = 0
  return sizes.map(size => {
    const own = size === 1 ? format : 4
    const changes = CHANGES.slice(last, last + size).map(puts =>
      puts.flatMap(each => recordsIn(own, ...each)),
    )
    last += size
    return plainGroup({ format: own, last, latestTime: BigInt(last), changes })
  })
}

/** A folder whose snapshot has the first changes, and whose journal has these groups. */
async function folderOf(t: TestContext, folded: number, groups: readonly EncodedGroup[]): Promise<string> {
  const folder = temporaryFolder(t)
  const journal = openJournal(join(folder, 'journal'), DEADLINE_MS)
  await journal.identify(IDENTITY)
  await journal.commit(groups)
  await journal.close()
  const snapshot = new Snapshot(join(folder, 'snapshot'), DEADLINE_MS)
  await snapshot.create(IDENTITY)
  const newest = new Map<string, Fold>()
  for (const [i, puts] of CHANGES.slice(0, folded).entries())
    for (const each of puts)
      for (const { key, sequence, body } of encodeRecords(...each, i + 1).records)
        newest.set(key, { key, sequence, body, replaces: undefined })
  const folds = [...newest.values()]
  await snapshot.fold(folds, NO_MARKS)
  await snapshot.complete(folded, { ...NO_MARKS, removalsAfter: 0 })
  await snapshot.close()
  return folder
}

async function copyTo(folder: string, copy: Copy): Promise<string> {
  mkdirSync(folder)
  const writer = await FolderWriter.create(folder, {
    commitDeadlineMs: DEADLINE_MS,
    randomId: () => 'copied',
  })
  for await (const parts of copy) await writer.take(parts)
  await writer.finish()
  await writer.close()
  return folder
}

for (const [name, groups] of [
  ['one group', groupsOf([10])],
  ['groups', groupsOf([4, 1, 5])],
  ['values of format 3, then groups', groupsOf([1, 1, 1, 1, 1, 5], 3)],
  ['values of format 1, then groups', groupsOf([1, 1, 3, 5], 1)],
] as const)
  test(`a start, a copy and a folder at rest read ${name}, whatever part is folded already (contract 4.8)`, async t => {
    const whole = await openFor(t, await folderOf(t, 0, groupsOf([10])))
    const expected = dump(whole)
    assert.equal(expected.length, 8)
    for (const folded of [0, 1, 4, 7, 9, 10]) {
      const folder = await folderOf(t, folded, groups)
      const stored = await StoredFolder.open(folder, DEADLINE_MS)
      const atRest = await copyTo(join(temporaryFolder(t), 'copy'), restCopy(stored))
      await stored.close()
      const store = await openFor(t, folder)
      assert.deepEqual(dump(store), expected, `from ${folded}`)
      assert.equal(store.journalInfo.entries, 10 - folded)
      assert.equal(store.latestTime, folded === 10 ? undefined : 10n)
      const live = await copyTo(join(temporaryFolder(t), 'copy'), store.copy())
      for (const copy of [atRest, live]) {
        const copied = await openFor(t, copy)
        assert.deepEqual(dump(copied), expected)
        assert.equal(copied.journalInfo.entries, 0)
      }
      await store.stage([put(clusterOf(9))])
      const after = dump(store)
      const crashed = join(temporaryFolder(t), 'crashed')
      cpSync(folder, crashed, { recursive: true })
      await store.close()
      for (const path of [folder, crashed]) assert.deepEqual(dump(await openFor(t, path)), after)
    }
  })

test('one turn of a load reads a bounded part of a large group', async t => {
  const large = (i: number) => recordsIn(4, put(clusterOf(i, { spec: `{"x":"${'x'.repeat(120_000)}"}` })), i)
  for (const [changes, most] of [
    [Array.from({ length: 40 }, (_, i) => large(i + 1)), 9],
    [Array.from({ length: 1200 }, () => []), 500],
  ] as const) {
    const folder = await folderOf(t, 0, [
      encodeGroup(changes.length, 1n, changes),
      encodeGroup(changes.length + 2, 2n, [[], []]),
    ])
    const snapshot = new Snapshot(join(folder, 'snapshot'), DEADLINE_MS)
    const journal = openJournal(join(folder, 'journal'), DEADLINE_MS)
    const { summary } = snapshot
    assert.ok(summary !== undefined)
    const stored = new StoredRecords({ snapshot, journal, summary }, fault => assert.fail(String(fault)))
    const sequences: number[] = []
    for (
      let before = 0;
      stored.visitTail(({ sequence }) => sequences.push(sequence));
      before = sequences.length
    )
      assert.ok(
        sequences.length - before <= most,
        `${sequences.length - before} of ${changes.length} in a turn`,
      )
    assert.deepEqual(
      sequences,
      Array.from({ length: changes.length + 2 }, (_, i) => i + 1),
    )
    assert.equal(stored.watermarks.latestTime, 2n)
    await journal.close()
    await snapshot.close()
  }
})

test('large changes become durable in commits of a bounded size, each of them whole (contract 4.8)', async t => {
  const commits: Extract<StoreEvent, { kind: 'committed' }>[] = []
  const onEvent = (event: StoreEvent) => {
    if (event.kind === 'committed') commits.push(event)
  }
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder, { onEvent })
  const bytesOf = (i: number) => (i === 30 ? 3 << 20 : 100_000)
  for (let i = 1; i <= 60; i++)
    void store.stage([put(clusterOf(i, { spec: `{"x":"${'x'.repeat(bytesOf(i))}"}` }))])
  assert.ok(store.staged.bytes > 8 << 20)
  await store.settled()
  // Each ends with the change that reaches the bound.
  assert.deepEqual(
    commits.map(({ changes }) => changes),
    [10, 10, 10, 10, 10, 10],
  )
  for (const { bytes } of commits) assert.ok(bytes > MAX_COMMIT_BYTES && bytes < MAX_COMMIT_BYTES + (4 << 20))
  const before = dump(store)
  const crashed = join(temporaryFolder(t), 'crashed')
  cpSync(folder, crashed, { recursive: true })
  assert.deepEqual(dump(await openFor(t, crashed)), before)
})
