// The store between two slices of a large change: a crash, a close, a checkpoint, a copy, and writes that come meanwhile.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Put } from '../../src/state/put.ts'
import type { Resource } from '../../src/state/records.ts'
import { FolderWriter } from '../../src/store/copy/folder-writer.ts'
import type { Store, StoreEvent } from '../../src/store/store.ts'
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

const POOLS = 12
const cluster = clusterOf(1)
const pools = Array.from({ length: POOLS }, (_, i) => nodepoolOf(i + 10, 1))

/** Turns of an application, which come when a test lets them. */
class Slices {
  readonly #turns: (() => void)[] = []
  readonly options = { nextTurn: (turn: () => void) => this.#turns.push(turn), recordsPerTurn: 4 }

  get isWaiting(): boolean {
    return this.#turns.length > 0
  }

  /** Waits for the end of a slice. */
  async between(): Promise<void> {
    while (!this.isWaiting) await new Promise(setImmediate)
  }

  next(): void {
    this.#turns.shift()?.()
  }

  /** Lets the application end. */
  async finish(over: Promise<unknown>): Promise<void> {
    let isOver = false
    void over.then(() => {
      isOver = true
    })
    while (!isOver) {
      this.next()
      await new Promise(setImmediate)
    }
  }
}

/** A cluster with nodepools, each with a report, and another cluster. */
async function stageFamily(store: Store): Promise<void> {
  for (const each of [cluster, ...pools]) void store.stage([put(each), put(statusOf(each, 'dns'))])
  await store.stage([put(clusterOf(2))])
}

function marked(resource: Resource): Put {
  const mark = { generation: 2, updatedTime: 9n, deletedTime: 9n, deletedBy: 'eve@example.com' }
  return put({ ...resource, ...mark, conditions: newConditions(resource.kind, 9n) })
}

function removal({ kind, id }: Resource): Put {
  return { kind: 'removal', resource: { kind, id }, time: 9n }
}

const CHANGES = {
  marks: [marked(cluster), ...pools.map(marked)],
  removals: [...pools.toReversed(), cluster].map(removal),
  both: [...pools.slice(4).map(marked), marked(cluster), ...pools.slice(0, 4).toReversed().map(removal)],
}

/** Commits a change, and waits for the end of its first slice. */
async function begin(store: Store, slices: Slices, puts: readonly Put[]): Promise<{ done: Promise<number> }> {
  const change = store.prepare(cluster.id)
  for (const each of puts) change.add(each)
  const done = change.commit()
  await slices.between()
  // Earlier groups of the same commit have turns of their own.
  for (; store.beingApplied === undefined; await slices.between()) slices.next()
  assert.equal(store.beingApplied, cluster.id)
  return { done }
}

for (const [name, puts] of Object.entries(CHANGES)) {
  test(`a crash after any slice of ${name} leaves the whole change, also after a checkpoint (contract 4.8, 5.7, 11.11)`, async t => {
    const folder = temporaryFolder(t)
    const slices = new Slices()
    let finished = 0
    let onFolded = () => {}
    const store = await openFor(t, join(folder, 'data'), {
      application: slices.options,
      checkpoint: { maxJournalEntries: 1_000_000, maxJournalBytes: 1 << 30, maxJournalAgeMs: 20 },
      onEvent: ({ kind }: StoreEvent) => {
        if (kind !== 'checkpoint-finished') return
        finished++
        onFolded()
      },
    })
    await stageFamily(store)
    while (store.journalInfo.entries > 0) await new Promise(resolve => setTimeout(resolve, 5))
    const before = finished
    void store.stage([put(clusterOf(3))])
    const { done } = await begin(store, slices, puts)
    const copies: string[] = []
    const crash = () => {
      const copy = join(folder, `crashed-${copies.length}`)
      cpSync(join(folder, 'data'), copy, { recursive: true })
      copies.push(copy)
    }
    // No commit is under way, unless a checkpoint is.
    if (finished === before)
      await new Promise<void>(resolve => {
        onFolded = resolve
      })
    await turns(3)
    for (; slices.isWaiting; await turns(3)) {
      crash()
      slices.next()
    }
    await done
    assert.ok(copies.length > 3, `${copies.length} slices`)
    const after = dump(store)
    await store.close()
    for (const copy of copies) assert.deepEqual(dump(await openFor(t, copy)), after, copy)
    assert.deepEqual(dump(await openFor(t, join(folder, 'data'))), after)
  })

  test(`a close between slices of ${name} waits for the last one, and so do later changes (contract 4.8, 5.7, 12.3)`, async t => {
    const folder = temporaryFolder(t)
    const slices = new Slices()
    const store = await openFor(t, folder, { application: slices.options })
    await stageFamily(store)
    const { sequence } = store.state
    const { done } = await begin(store, slices, puts)
    const answered: string[] = []
    void done.then(() => answered.push('large'))
    void store.stage([put(clusterOf(2, { generation: 2 }))]).then(() => answered.push('later'))
    assert.equal(store.stagedSequence, sequence + 2)
    void store.close().then(() => answered.push('close'))
    for (; store.beingApplied !== undefined; await turns(5)) {
      await turns(5)
      assert.deepEqual([answered, store.state.sequence], [[], sequence])
      assert.equal(store.state.resource('Cluster', cluster.id)?.isMarked, false)
      assert.equal(store.state.resource('Cluster', idOf(2))?.resource.generation, 1)
      slices.next()
    }
    await store.close()
    assert.deepEqual(answered.slice(0, 2), ['large', 'later'])
    assert.equal(store.state.sequence, sequence + 2)
    const after = dump(store)
    const again = await openFor(t, folder)
    assert.deepEqual([dump(again), again.state.sequence], [after, sequence + 2])
  })

  test(`a copy that is taken between slices of ${name} has the whole change (contract 4.8, 5.7)`, async t => {
    const folder = temporaryFolder(t)
    const slices = new Slices()
    const store = await openFor(t, join(folder, 'data'), { application: slices.options })
    await stageFamily(store)
    const { done } = await begin(store, slices, puts)
    slices.next()
    await slices.between()
    mkdirSync(join(folder, 'copy'))
    const writer = await FolderWriter.create(join(folder, 'copy'), {
      commitDeadlineMs: 30_000,
      randomId: randomUUID,
    })
    let isCopied = false
    const copied = (async () => {
      for await (const parts of store.copy()) await writer.take(parts)
      await writer.finish()
      await writer.close()
      isCopied = true
    })()
    await turns(50)
    assert.equal(isCopied, false)
    await slices.finish(done)
    await copied
    assert.deepEqual(dump(await openFor(t, join(folder, 'copy'))), dump(store))
  })
}
