import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { encodeBody, keyOf } from '../../src/state/document.ts'
import type { Put } from '../../src/state/put.ts'
import { Arena } from '../../src/store/arena.ts'
import { crc32c } from '../../src/store/checksum/crc32c.ts'
import { checksumOf, encodeSnapshotValue, encodeText, FORMAT } from '../../src/store/codec.ts'
import { StoredFolder } from '../../src/store/copy/stored-folder.ts'
import { openJournal } from '../../src/store/journal/journal.ts'
import { Environment } from '../../src/store/lmdb/environment.ts'
import { Snapshot } from '../../src/store/snapshot/snapshot.ts'
import { openStore, type Store, type StoreEvent } from '../../src/store/store.ts'
import {
  clusterOf,
  dump,
  idOf,
  nodepoolOf,
  openFor,
  optionsFor,
  put,
  statusOf,
  temporaryFolder,
} from './samples.ts'

const WRITER = fileURLToPath(new URL('./writer-process.js', import.meta.url))

function startWriter(t: TestContext, folder: string, ...more: (string | number)[]): ChildProcess {
  const child = spawn(process.execPath, [WRITER, folder, ...more.map(String)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => child.kill('SIGKILL'))
  return child
}

/** Reads `count` announced writes by cluster, then kills the writer. */
async function announced(child: ChildProcess, count: number): Promise<Map<number, number>> {
  const numbers = new Map<number, number>()
  if (child.stdout === null) throw new Error('the child has no output')
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    const [cluster = 0, write = 0] = line.split(' ').map(Number)
    numbers.set(cluster, write)
    if (++lines === count) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return numbers
}

/** Checks that each announced write or a later one is present, and each report beside the resource of its change. */
function checkAnnounced(store: Store, numbers: ReadonlyMap<number, number>): void {
  for (const [cluster, write] of numbers) {
    const entry = store.state.resource('Cluster', idOf(cluster))
    assert.ok(entry !== undefined, `cluster ${cluster}`)
    assert.ok(
      entry.resource.generation >= write,
      `cluster ${cluster}: ${entry.resource.generation} < ${write}`,
    )
  }
  for (const { resource, statuses } of store.state.living('Cluster')) {
    assert.equal(
      statuses.find(({ adapter }) => adapter === 'dns')?.status.observedGeneration,
      resource.generation,
    )
  }
}

test('after an orderly end nothing is lost, and the journal is folded (contract 4.8)', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  const cluster = clusterOf(1)
  void store.stage([put(cluster), put(statusOf(cluster, 'validator')), put(statusOf(cluster, 'dns'))])
  void store.stage([put(nodepoolOf(2, 1, { spec: '{"n":-0}' }))])
  await store.settled()
  void store.stage([put(clusterOf(1, { generation: 2 }))])
  await store.settled()
  const before = dump(store)
  const { bytes, statusCount } = store.state
  await store.close()
  const again = await openFor(t, folder)
  assert.deepEqual(dump(again), before)
  assert.equal(again.state.bytes, bytes)
  assert.equal(again.state.statusCount, statusCount)
  assert.deepEqual(again.journalInfo, { entries: 0, bytes: 0, lastBatchSize: 0, lastFlushMs: 0 })
  assert.equal(again.newest.adapters('Cluster'), 2)
})

test('a removal frees memory, outlives restarts and leaves the watermarks (contract 3.2, 3.4, 11.6, 11.8)', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  const [first, second] = [clusterOf(1), clusterOf(2)]
  void store.stage([put(first), put(statusOf(first, 'dns'))])
  await store.settled()
  const { bytes } = store.state
  void store.stage([put(second), put(statusOf(second, 'validator')), put(nodepoolOf(3, 2))])
  await store.settled()
  const late = second.updatedTime + 1_000_000n
  void store.stage(
    [nodepoolOf(3, 2), second].map(
      ({ kind, id }): Put => ({ kind: 'removal', resource: { kind, id }, time: late }),
    ),
  )
  assert.equal(store.newest.resource('Cluster', second.id), undefined)
  assert.deepEqual(store.newest.statuses(second.id), [])
  assert.equal(store.newest.idOfName('Cluster', undefined, second.name), undefined)
  assert.ok(
    store.pending(second.id) !== undefined,
    'an answer that rests on the removal waits for its commit (4.8)',
  )
  assert.ok(store.state.resource('Cluster', second.id) !== undefined, 'readers see it until then')
  await store.settled()
  const check = (of: Store) => {
    assert.deepEqual(dump(of).length, 2)
    assert.equal(of.state.bytes, bytes)
    assert.equal(of.state.statusCount, 1)
    assert.equal(of.newest.adapters('Cluster'), 1)
    assert.equal(of.latestId, idOf(3))
    assert.equal(of.latestTime, late)
  }
  check(store)
  const copy = join(temporaryFolder(t), 'copy')
  cpSync(folder, copy, { recursive: true })
  check(await openFor(t, copy))
  await store.close()
  check(await openFor(t, folder))
})

test('a checkpoint that ended after its erasures is replayed, and a lost resource is not taken for one (contract 4.8)', async t => {
  for (const isRemoved of [true, false]) {
    const folder = temporaryFolder(t)
    const first = await openFor(t, join(folder, 'data'))
    const cluster = clusterOf(1)
    await first.stage([put(cluster), put(statusOf(cluster, 'dns'))])
    await first.close()
    const store = await openFor(t, join(folder, 'data'))
    await store.stage([put(statusOf(cluster, 'dns', { observedGeneration: 2 }))])
    if (isRemoved) await store.stage([{ kind: 'removal', resource: cluster, time: 5n }])
    cpSync(join(folder, 'data'), join(folder, 'copy'), { recursive: true })
    const snapshot = new Snapshot(join(folder, 'copy', 'snapshot'), 1000)
    const erasures = snapshot
      .read(undefined, 10)
      .map(({ key, value }) => ({ key: String(key), checksum: checksumOf(value) }))
    assert.equal(erasures.length, 3)
    await snapshot.erase(erasures, undefined, {
      latestTime: undefined,
      latestId: cluster.id,
      removalsAfter: 0,
    })
    await snapshot.close()
    const opening = openFor(t, join(folder, 'copy'))
    if (isRemoved) assert.deepEqual(dump(await opening), [])
    else
      await assert.rejects(opening, {
        kind: 'damaged',
        message: new RegExp(`resource ${cluster.id}, which Cluster/${cluster.id}/dns is about, is missing`),
      })
    await store.close()
  }
})

test('a resource without its conditions is refused by name (contract 4.8)', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  const cluster = clusterOf(1)
  await store.stage([put(cluster), put(statusOf(cluster, 'dns'))])
  await store.close()
  const snapshot = new Snapshot(join(folder, 'snapshot'), 1000)
  const key = `Cluster/${cluster.id}/`
  const value = snapshot.get(key)
  assert.ok(value !== undefined)
  const erasures = [{ key, checksum: checksumOf(value) }]
  await snapshot.erase(erasures, undefined, {
    latestTime: undefined,
    latestId: cluster.id,
    removalsAfter: 0,
  })
  await snapshot.close()
  await assert.rejects(openFor(t, folder), {
    kind: 'damaged',
    message: `the record of the conditions of Cluster ${cluster.id} is missing. Restore the data folder from a backup.`,
  })
  const stored = await StoredFolder.open(folder, 1000)
  const faults: string[] = []
  for await (const { key: read } of stored.records(fault => faults.push(fault.message)))
    assert.equal(read, `Cluster/${cluster.id}/dns`)
  await stored.close()
  assert.deepEqual(faults, [
    `the record ${key}, the conditions of Cluster/${cluster.id}, is missing. Restore the data folder from a backup.`,
  ])
})

test('repeated kills lose no announced write (contract 4.8, 5.7)', async t => {
  const folder = temporaryFolder(t)
  for (const round of [1, 2, 3]) {
    const numbers = await announced(startWriter(t, folder, 'write', 1_000_000, -1), 300)
    const store = await openFor(t, folder)
    checkAnnounced(store, numbers)
    assert.ok(store.journalInfo.entries > 0 || round > 1)
    const before = dump(store)
    await store.close()
    const again = await openFor(t, folder)
    assert.deepEqual(dump(again), before)
    await again.close()
  }
})

test('a kill at any step of a checkpoint loses nothing and tears nothing (contract 4.8, 5.7)', async t => {
  const folder = temporaryFolder(t)
  for (let steps = 0; steps < 12; steps++) {
    const numbers = await announced(startWriter(t, folder, 'write', 300, steps * steps), 1_000_000)
    assert.ok(numbers.size > 0)
    // The next round continues with the folder as the kill left it. A copy is recovered here.
    const copy = join(temporaryFolder(t), 'copy')
    cpSync(folder, copy, { recursive: true })
    const store = await openStore(optionsFor(copy))
    checkAnnounced(store, numbers)
    await store.close()
    const again = await openFor(t, copy)
    assert.deepEqual(dump(again), dump(store))
    await again.close()
  }
})

test('checkpoints run in the background and trim the journal, and the state is restored from both parts', async t => {
  const folder = temporaryFolder(t)
  const events: StoreEvent['kind'][] = []
  const checkpoint = { maxJournalEntries: 100, maxJournalBytes: 1 << 30, maxJournalAgeMs: 600_000 }
  const store = await openFor(t, folder, { checkpoint, onEvent: ({ kind }) => events.push(kind) })
  for (let round = 1; round <= 50; round++) {
    for (let i = 1; i <= 30; i++) void store.stage([put(clusterOf(i, { generation: round }))])
    await store.settled()
  }
  assert.ok(events.filter(kind => kind === 'checkpoint-finished').length >= 3)
  assert.ok(store.journalInfo.entries < 1500)
  await store.stage([put(clusterOf(31))])
  const before = dump(store)
  // A copy of the files between two commits is a data folder as after a crash.
  const copy = join(temporaryFolder(t), 'copy')
  await new Promise(resolve => setTimeout(resolve, 50))
  cpSync(folder, copy, { recursive: true })
  assert.deepEqual(dump(await openFor(t, copy)), before)
  await store.close()
  const journal = openJournal(join(folder, 'journal'), 1000)
  assert.equal(journal.first, 1501)
  assert.equal(journal.last, 1501)
  await journal.close()
})

test('a checkpoint becomes due by bytes', async t => {
  const events: StoreEvent['kind'][] = []
  const checkpoint = { maxJournalEntries: 1_000_000, maxJournalBytes: 10_000, maxJournalAgeMs: 600_000 }
  const store = await openFor(t, temporaryFolder(t), { checkpoint, onEvent: ({ kind }) => events.push(kind) })
  await store.stage([put(clusterOf(1, { spec: `{"a":"${'x'.repeat(9_000)}"}` }))])
  assert.ok(!events.includes('checkpoint-started'))
  await store.stage([put(clusterOf(2, { spec: `{"a":"${'x'.repeat(9_000)}"}` }))])
  assert.ok(events.includes('checkpoint-started'))
})

test('a checkpoint becomes due by age, even for entries from before a restart', async t => {
  const folder = await folderWithTail(t)
  for (const isNew of [false, true]) {
    let finished = () => {}
    const done = new Promise<void>(resolve => {
      finished = resolve
    })
    const checkpoint = { maxJournalEntries: 1_000_000, maxJournalBytes: 1 << 30, maxJournalAgeMs: 20 }
    const onEvent = ({ kind }: StoreEvent) => (kind === 'checkpoint-finished' ? finished() : undefined)
    const store = await openFor(t, folder, { checkpoint, onEvent })
    if (isNew) await store.stage([put(clusterOf(20))])
    await done
    assert.equal(store.journalInfo.entries, 0)
    await store.close()
  }
})

/**
 * A copy of a folder with five folded clusters, and five in the tail of the journal: in the groups of entries 6 to 7, 8 to 9, and 10.
 */
async function folderWithTail(t: TestContext): Promise<string> {
  const folder = temporaryFolder(t)
  const first = await openFor(t, folder)
  for (let i = 1; i <= 5; i++) {
    const cluster = clusterOf(i, { spec: `{"folded":"needle-${i}"}` })
    void first.stage([put(cluster), put(statusOf(cluster, 'dns'))])
  }
  await first.close()
  const second = await openFor(t, folder)
  for (let i = 1; i <= 5; i++) {
    void second.stage([put(clusterOf(i + 5, { spec: `{"tail":"needle-${i}"}` }))])
    if (i % 2 === 0) await second.settled()
  }
  await second.settled()
  const copy = join(temporaryFolder(t), 'copy')
  cpSync(folder, copy, { recursive: true })
  await second.close()
  return copy
}

for (const [environment, needle, words] of [
  ['snapshot', '{"folded":"needle-3"}', new RegExp(`record Cluster/${idOf(3)} of the snapshot is damaged`)],
  ['journal', '{"tail":"needle-3"}', /the group of entries 8 to 9 of the journal is damaged/],
] as const) {
  test(`one flipped byte in a record of the ${environment} stops the start with a message that names what is damaged`, async t => {
    const folder = await folderWithTail(t)
    const file = join(folder, environment, 'data.mdb')
    const bytes = readFileSync(file)
    for (let at = bytes.indexOf(needle); at !== -1; at = bytes.indexOf(needle, at + 1)) {
      bytes.write('N', at + needle.indexOf('needle'))
    }
    writeFileSync(file, bytes)
    await assert.rejects(openStore(optionsFor(folder)), {
      name: 'StoreError',
      kind: 'damaged',
      message: words,
    })
  })
}

test('a data folder of a newer format is refused with its own message', async t => {
  const folder = await folderWithTail(t)
  const snapshot = new Environment(join(folder, 'snapshot'), 1000)
  const value = encodeText('summary', '{}')
  value.writeUInt8(FORMAT + 1, 4)
  value.writeUInt32LE(crc32c().ofBytes(value, crc32c().ofText('summary'), 4), 0)
  await snapshot.commit([{ kind: 'put', key: 'summary', value }])
  await snapshot.close()
  await assert.rejects(openStore(optionsFor(folder)), { kind: 'newer-format', message: /newer version/ })
})

test('a lost or older journal, a lost snapshot and a missing entry are refused', async t => {
  const whole = await folderWithTail(t)
  const cases: [name: string, kind: string, spoil: (folder: string) => void | Promise<void>][] = [
    ['journal lost', 'gap', folder => rmSync(join(folder, 'journal'), { recursive: true })],
    ['snapshot lost', 'gap', folder => rmSync(join(folder, 'snapshot'), { recursive: true })],
    ['group missing', 'gap', folder => removeKey(join(folder, 'journal'), 9)],
    ['first groups missing', 'gap', folder => removeKeys(join(folder, 'journal'), [5, 7])],
    ['record missing', 'damaged', folder => removeKey(join(folder, 'snapshot'), `Cluster/${idOf(2)}`)],
    ['status missing', 'damaged', folder => removeKey(join(folder, 'snapshot'), `Cluster/${idOf(2)}/dns`)],
    ['record of another time', 'damaged', replaceStatus],
    ['summary missing', 'damaged', folder => removeKey(join(folder, 'snapshot'), 'summary')],
  ]
  for (const [name, kind, spoil] of cases) {
    const folder = join(temporaryFolder(t), 'spoilt')
    cpSync(whole, folder, { recursive: true })
    await spoil(folder)
    await assert.rejects(openStore(optionsFor(folder)), { name: 'StoreError', kind }, name)
    // A refusal releases the folder, so the second start fails in the same way.
    await assert.rejects(openStore(optionsFor(folder)), { name: 'StoreError', kind }, name)
  }
  assert.equal((await openFor(t, whole)).state.living('Cluster').length, 10)
})

test('a folder whose journal was lost before the first checkpoint is refused every time', async t => {
  const folder = temporaryFolder(t)
  const child = startWriter(t, folder, 'write', 1_000_000)
  await announced(child, 50)
  const [journal, aside] = [join(folder, 'journal'), join(folder, 'aside')]
  renameSync(journal, aside)
  for (const lose of [() => rmSync(journal, { recursive: true, force: true }), () => emptyFile(journal)]) {
    lose()
    const refusal = { name: 'StoreError', kind: 'gap', message: /without a journal/ }
    await assert.rejects(openStore(optionsFor(folder)), refusal)
    await assert.rejects(openStore(optionsFor(folder)), refusal)
  }
  rmSync(journal, { recursive: true })
  renameSync(aside, journal)
  assert.ok((await openFor(t, folder)).state.living('Cluster').length > 0)
})

test('large records are read a few at a time, so that a load yields to other work', async t => {
  const journal = openJournal(temporaryFolder(t), 30_000)
  t.after(() => journal.close())
  const value = Buffer.alloc(600 * 1024)
  await journal.commit([1, 2, 3, 4, 5].map(last => ({ first: last, last, value })))
  assert.deepEqual(
    [0, 2, 4, 5].map(after => journal.read(after, 500).map(({ last }) => last)),
    [[1, 2], [3, 4], [5], []],
  )
})

test('a journal of another folder is refused', async t => {
  const [one, other] = [await folderWithTail(t), temporaryFolder(t)]
  const store = await openFor(t, other)
  await store.stage([put(clusterOf(1))])
  await store.close()
  rmSync(join(one, 'journal'), { recursive: true })
  renameSync(join(other, 'journal'), join(one, 'journal'))
  await assert.rejects(openStore(optionsFor(one)), { kind: 'mixed', message: /do not belong together/ })
})

test('a load reports its progress and yields to other work', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  for (let i = 1; i <= 3000; i++) void store.stage([put(clusterOf(i))])
  await store.close()
  const events: StoreEvent[] = []
  let isOpen = false
  let turns = 0
  const count = () => {
    if (isOpen) return
    turns++
    setImmediate(count)
  }
  setImmediate(count)
  const again = await openFor(t, folder, { onEvent: event => events.push(event) })
  isOpen = true
  assert.equal(again.state.living('Cluster').length, 3000)
  assert.ok(turns >= 6)
  const progress = events.flatMap(event => (event.kind === 'recovery-progress' ? [event.progress] : []))
  assert.deepEqual(progress.at(-1), { phase: 'snapshot', done: 6000, total: 6000 })
  assert.equal(events.at(-1)?.kind, 'recovered')
})

/** Empties the file of an environment, as after a lost write. */
function emptyFile(environment: string): void {
  mkdirSync(environment, { recursive: true })
  writeFileSync(join(environment, 'data.mdb'), '')
}

/** Replaces a record by an older, sound one. */
async function replaceStatus(folder: string): Promise<void> {
  const older = put(statusOf(clusterOf(2), 'dns', { data: '{}' }))
  const key = keyOf(older)
  const environment = new Environment(join(folder, 'snapshot'), 1000)
  await environment.commit([
    { kind: 'put', key, value: encodeSnapshotValue(key, 1, encodeBody(older, 0), new Arena()) },
  ])
  await environment.close()
}

async function removeKey(path: string, key: string | number): Promise<void> {
  await removeKeys(path, [key])
}

async function removeKeys(path: string, keys: readonly (string | number)[]): Promise<void> {
  const environment = new Environment(path, 1000)
  await environment.commit(keys.map(key => ({ kind: 'remove', key })))
  await environment.close()
}
