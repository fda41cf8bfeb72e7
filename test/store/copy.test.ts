// Copies of a working store, and of a folder at rest.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { documentOf } from '../../src/state/document.ts'
import { NO_BODY, numberIn } from '../../src/state/layout.ts'
import type { Put } from '../../src/state/put.ts'
import { plainResource, type Resource } from '../../src/state/records.ts'
import type { Copy, CopyPart } from '../../src/store/copy/copy.ts'
import { restCopy } from '../../src/store/copy/copy.ts'
import { FolderWriter } from '../../src/store/copy/folder-writer.ts'
import { StoredFolder } from '../../src/store/copy/stored-folder.ts'
import { openJournal } from '../../src/store/journal/journal.ts'
import { openStore, type Store } from '../../src/store/store.ts'

import { Random } from '../index/random.ts'
import {
  clusterOf,
  dump,
  nodepoolOf,
  openFor,
  optionsFor,
  put,
  retained,
  statusOf,
  temporaryFolder,
  turns,
} from './samples.ts'

const DEADLINE_MS = 30_000
const WRITING = { commitDeadlineMs: DEADLINE_MS, randomId: randomUUID }
const FILLING = 'x'.repeat(2000)

/** Writes a copy into a folder. Calls `between` after each slice. */
async function take(copy: Copy, folder: string, between: () => unknown = () => {}): Promise<CopyPart> {
  mkdirSync(folder)
  const writer = await FolderWriter.create(folder, WRITING)
  let last: CopyPart | undefined
  for await (const parts of copy) {
    await writer.take(parts)
    last = parts.at(-1)
    await between()
  }
  await writer.finish()
  await writer.close()
  assert(last !== undefined)
  return last
}

/** Makes random writes, and records every change by its journal sequence. */
class Writer {
  readonly changes: (readonly Put[])[] = []
  readonly #store: Store
  readonly #draw: (bound: number) => number
  #created = 0

  constructor(store: Store, draw: (bound: number) => number) {
    this.#store = store
    this.#draw = draw
  }

  write(): void {
    const puts = this.#puts()
    this.changes.push(puts)
    void this.#store.stage(puts)
  }

  #puts(): Put[] {
    const spec = JSON.stringify({
      n: this.changes.length,
      filling: FILLING.slice(this.#draw(FILLING.length)),
    })
    if (this.#created < 10 || this.#draw(4) === 0) {
      const number = ++this.#created
      const owner = 1 + this.#draw(9)
      const isOwned = number >= 10 && this.#draw(2) === 0 && this.#isPresent(clusterOf(owner))
      return [put(isOwned ? nodepoolOf(number, owner, { spec }) : clusterOf(number, { spec }))]
    }
    const resource = this.#resource()
    if (this.#draw(10) === 0) return this.#removal(resource)
    const generation = resource.generation + 1
    const changed = { ...resource, generation, spec }
    const adapter = ['dns', 'validator', 'placement'][this.#draw(3)] ?? ''
    return this.#draw(2) === 0 ? [put(changed)] : [put(changed), put(statusOf(changed, adapter))]
  }

  #isPresent({ id }: Resource): boolean {
    return this.#store.newest.resource('Cluster', id) !== undefined
  }

  #removal(resource: Resource): Put[] {
    const nodepools = [...this.#store.newest.nodepoolsOf(resource.id)].toReversed()
    return [...nodepools, resource].map(({ kind, id }) => ({
      kind: 'removal',
      resource: { kind, id },
      time: 5n,
    }))
  }

  #resource(): Resource {
    for (;;) {
      const { id } = clusterOf(1 + this.#draw(this.#created))
      const found = this.#store.newest.resource('Cluster', id) ?? this.#store.newest.resource('NodePool', id)
      if (found !== undefined) return plainResource(found)
    }
  }
}

test('a copy made under load is the state at one journal sequence, with its removals for another server (contract 4.8, 12.4, 14.15)', async t => {
  const random = new Random()
  const draw = (bound: number) => random.below(bound)
  for (let round = 0; round < 6; round++) {
    const withRemovals = round % 2 === 1
    const folder = temporaryFolder(t)
    const store = await openFor(t, join(folder, 'data'), {
      checkpoint: { maxJournalEntries: 20 + draw(100), maxJournalBytes: 1 << 30, maxJournalAgeMs: 1 << 30 },
    })
    const writer = new Writer(store, draw)
    for (let i = 0; i < 300 * round; i++) writer.write()
    await store.settled()
    const before = writer.changes.length
    const last = await take(store.copy(withRemovals), join(folder, 'copy'), async () => {
      for (let i = draw(30); i > 0; i--) writer.write()
      await turns(draw(6))
    })
    await store.settled()
    assert(last.kind === 'end')
    assert.ok(last.sequence >= before, `${last.sequence} >= ${before}`)

    // The oracle: a second store with the changes up to that number, made one by one.
    const plain = await openFor(t, join(folder, 'plain'))
    for (const puts of writer.changes.slice(0, last.sequence)) void plain.stage(puts)
    await plain.settled()
    const copied = await openFor(t, join(folder, 'copy'))
    assert.deepEqual(dump(copied), dump(plain))
    if (withRemovals) {
      assert.deepEqual(retained(copied), retained(plain))
      assert.equal(copied.state.removals.floor, 0)
    } else assert.ok(copied.state.removals.floor >= before)
    assert.equal(copied.latestId, plain.latestId)
    assert.equal(copied.latestTime, plain.latestTime)
    assert.deepEqual(last.counts, {
      clusters: plain.state.count('Cluster'),
      nodepools: plain.state.count('NodePool'),
      statuses: plain.state.statusCount,
    })
    void copied.stage([put(clusterOf(900_000))])
    await copied.settled()
    for (const each of [store, plain, copied]) await each.close()
  }
})

test('a copy delays the trimming of the journal, but not checkpoints, until it ends', async t => {
  const folder = temporaryFolder(t)
  let checkpoints = 0
  const store = await openFor(t, folder, {
    checkpoint: { maxJournalEntries: 50, maxJournalBytes: 1 << 30, maxJournalAgeMs: 1 << 30 },
    onEvent: ({ kind }) => {
      if (kind === 'checkpoint-finished') checkpoints++
    },
  })
  const write = async (count: number) => {
    for (let i = 0; i < count; i++) {
      void store.stage([put(clusterOf(1 + (i % 40), { spec: JSON.stringify({ i }) }))])
      await store.settled()
    }
    await turns(50)
  }
  await write(100)
  const copy = store.copy()
  const start = (await copy.next()).value?.[0]
  assert(start?.kind === 'start')
  const seen = checkpoints
  await write(200)
  assert.ok(checkpoints > seen, 'checkpoints go on')
  await copy.return()
  const rest = await takeNumbers(store)
  assert.ok(rest.includes(start.folded + 200), 'another copy begins where the journal is now')
  await store.close()
  const journal = openJournal(join(folder, 'journal'), DEADLINE_MS)
  assert.ok(
    journal.first > start.folded,
    `${journal.first} > ${start.folded}: the journal was trimmed after all`,
  )
  await journal.close()
})

async function takeNumbers(store: Store): Promise<number[]> {
  const numbers: number[] = []
  for await (const parts of store.copy())
    for (const part of parts) if (part.kind === 'group') numbers.push(part.last)
  return numbers
}

test('the entries of a long copy stay available although checkpoints fold them meanwhile', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, join(folder, 'data'), {
    checkpoint: { maxJournalEntries: 10, maxJournalBytes: 1 << 30, maxJournalAgeMs: 1 << 30 },
  })
  for (let i = 1; i <= 500; i++) void store.stage([put(clusterOf(i, { spec: JSON.stringify({ FILLING }) }))])
  await store.settled()
  const last = await take(store.copy(), join(folder, 'copy'), async () => {
    for (let i = 1; i <= 40; i++) {
      void store.stage([put(clusterOf(i, { generation: 2 }))])
      await store.settled()
    }
  })
  assert(last.kind === 'end' && last.sequence > 600)
  assert.deepEqual(dump(await openFor(t, join(folder, 'copy'))).length, 500)
})

test('an empty store can be copied', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, join(folder, 'data'))
  await take(store.copy(), join(folder, 'copy'))
  await store.close()
  const stored = await StoredFolder.open(join(folder, 'data'), DEADLINE_MS)
  await take(restCopy(stored), join(folder, 'copy-at-rest'))
  await stored.close()
  for (const name of ['copy', 'copy-at-rest'])
    assert.deepEqual(dump(await openFor(t, join(folder, name))), [])
})

test('a copy without its end is not finished', async t => {
  const folder = temporaryFolder(t)
  const writer = await FolderWriter.create(folder, WRITING)
  t.after(() => writer.close())
  await assert.rejects(writer.finish(), /no end/)
  await assert.rejects(
    writer.take([{ kind: 'group', first: 1, last: 1, value: Buffer.alloc(20) }]),
    /out of order/,
  )
})

test('a copy of any size needs bounded memory while it waits for the disk', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, join(folder, 'data'))
  const spec = JSON.stringify({ filling: 'y'.repeat(100_000) })
  for (let i = 1; i <= 200; i++) void store.stage([put(clusterOf(i, { spec }))])
  await store.settled()
  mkdirSync(join(folder, 'copy'))
  const writer = await FolderWriter.create(join(folder, 'copy'), WRITING)
  let most = 0
  let slices = 0
  for await (const parts of store.copy()) {
    const bytes = parts.reduce((sum, part) => sum + ('value' in part ? part.value.length : 0), 0)
    await writer.take(parts)
    most = Math.max(most, bytes + writer.waitingBytes)
    slices++
  }
  await writer.finish()
  await writer.close()
  assert.ok(slices > 50, 'the copy came in slices')
  assert.ok(most < 6 << 20, `${most} bytes of 20 MB waited at once`)
  const copied = await openFor(t, join(folder, 'copy'))
  assert.equal(copied.latestId, store.latestId)
  assert.equal(copied.latestTime, store.latestTime)
})

/** A folder as after a crash: a snapshot, and a tail of the journal. */
async function crashedFolder(folder: string): Promise<string[]> {
  const store = await openStore(optionsFor(join(folder, 'live')))
  for (let i = 1; i <= 30; i++) {
    const cluster = clusterOf(i)
    void store.stage([put(cluster), put(statusOf(cluster, 'validator')), put(statusOf(cluster, 'dns'))])
  }
  await store.settled()
  await store.close()
  const again = await openStore(optionsFor(join(folder, 'live')))
  for (let i = 20; i <= 40; i++) {
    const cluster = clusterOf(i, { generation: 2 })
    void again.stage([put(cluster), put(statusOf(cluster, 'alpha')), put(statusOf(cluster, 'dns'))])
  }
  void again.stage([put(nodepoolOf(50, 3))])
  for (const number of [10, 25, 35]) {
    const removed = { kind: 'Cluster', id: clusterOf(number).id } as const
    void again.stage([{ kind: 'removal', resource: removed, time: 5n }])
  }
  await again.settled()
  cpSync(join(folder, 'live'), join(folder, 'data'), { recursive: true })
  const lines = dump(again)
  await again.close()
  return lines
}

test('a folder at rest returns every record in its newest version, statuses in the order of first reports', async t => {
  const folder = temporaryFolder(t)
  const expected = await crashedFolder(folder)
  const stored = await StoredFolder.open(join(folder, 'data'), DEADLINE_MS)
  const lines: string[] = []
  for await (const whole of stored.records()) {
    const { put: read, records } = whole
    lines.push(
      read.kind === 'resource'
        ? `${numberIn(records[0]?.body ?? NO_BODY)} ${documentOf(whole)} ${read.record.specChangedTime}`
        : `  ${read.record.adapter} ${documentOf(whole)}`,
    )
  }
  assert.deepEqual(lines, expected)
  await take(restCopy(stored), join(folder, 'copy'))
  await stored.close()
  assert.deepEqual(dump(await openFor(t, join(folder, 'copy'))), expected)
})

test('reading a folder at rest writes nothing to it, and locks out writers but not readers', async t => {
  const folder = temporaryFolder(t)
  await crashedFolder(folder)
  const data = join(folder, 'data')
  const files = () =>
    readdirSync(data, { recursive: true, encoding: 'utf8' })
      .sort()
      .map(name => {
        const { mtimeMs, size } = statSync(join(data, name))
        const isFile = statSync(join(data, name)).isFile()
        return [name, mtimeMs, size, isFile ? readFileSync(join(data, name)).toString('base64') : '']
      })
  const before = files()
  const stored = await StoredFolder.open(data, DEADLINE_MS)
  const other = await StoredFolder.open(data, DEADLINE_MS)
  await assert.rejects(openStore(optionsFor(data)), { kind: 'in-use' })
  for await (const _ of stored.records());
  await stored.close()
  await other.close()
  assert.deepEqual(files(), before)
})

test('a folder that is not a data folder, is in use or is incomplete is refused with a message', async t => {
  const folder = temporaryFolder(t)
  const refused = (path: string, message: RegExp) =>
    assert.rejects(StoredFolder.open(path, DEADLINE_MS), { name: 'StoreError', message })
  await refused(join(folder, 'none'), /there is no folder/)
  await refused(folder, /is not a data folder/)
  const store = await openFor(t, join(folder, 'data'))
  await refused(join(folder, 'data'), /in use by another process/)
  await store.close()
  mkdirSync(join(folder, 'half'))
  cpSync(join(folder, 'data', 'snapshot'), join(folder, 'half', 'snapshot'), { recursive: true })
  await refused(join(folder, 'half'), /incomplete: its journal is missing/)
  assert.equal(existsSync(join(folder, 'half', 'journal')), false)
})
