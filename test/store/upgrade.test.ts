// A folder of an earlier format is folded into the present one a part at a time. A kill at any step of the first checkpoint leaves records of
// both, from which the next start restores the same fleet.
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { FolderDigest } from '../../src/ops/backup/digest.ts'
import type { Put } from '../../src/state/put.ts'
import { plainResource, type Resource, type ResourceCondition } from '../../src/state/records.ts'
import { FolderWriter } from '../../src/store/copy/folder-writer.ts'
import { StoredFolder } from '../../src/store/copy/stored-folder.ts'
import type { CrashPoint } from '../../src/store/crash-point.ts'
import { openJournal } from '../../src/store/journal/journal.ts'
import { Snapshot } from '../../src/store/snapshot/snapshot.ts'
import type { Store } from '../../src/store/store.ts'

import { clusterOf, dump, openFor, put, statusOf, temporaryFolder, time } from './samples.ts'

const FORMATS = fileURLToPath(new URL('../../../test/store/formats', import.meta.url))
const EARLIER = [1, 2, 3]
const DEADLINE_MS = 30_000
/** So many that a checkpoint takes several transactions. */
const CREATED = 60

const NO_COUNTS = { clusters: 0, nodepools: 0, statuses: 0 }

/** The steps of a checkpoint between which the snapshot has records of both formats. */
const STEPS: ReadonlySet<CrashPoint> = new Set([
  ...(['checkpoint-taken', 'erasure-begun', 'erasure-done', 'fold-begun', 'fold-done'] as const),
  ...(['completion-begun', 'completion-done', 'trim-begun', 'trim-done', 'close-checkpointed'] as const),
])

function unpack(t: TestContext, format: number): string {
  const folder = join(temporaryFolder(t), 'data')
  for (const name of ['journal', 'snapshot']) {
    mkdirSync(join(folder, name), { recursive: true })
    const file = readFileSync(join(FORMATS, String(format), `${name}.mdb.gz`))
    writeFileSync(join(folder, name, 'data.mdb'), gunzipSync(file))
  }
  return folder
}

function conditionsAt(generation: number): readonly ResourceCondition[] {
  const [createdTime, late] = [time('2026-01-01T00:00:00Z'), time('2026-02-01T00:00:00.5Z')]
  const times = { createdTime, lastUpdatedTime: late, lastTransitionTime: createdTime }
  const message = 'é "quoted"'
  return [
    { type: 'Ready', status: 'True', reason: 'Because', message, observedGeneration: generation, ...times },
  ]
}

function living(store: Store): readonly Resource[] {
  return store.state.living('Cluster').map(({ resource }) => plainResource(resource))
}

/** One after the other: a report, new conditions alone, a change, nothing, and a removal. */
function putsFor(resource: Resource, place: number): readonly Put[] {
  const { kind, id, generation } = resource
  const conditions = conditionsAt(generation)
  switch (place % 5) {
    case 0:
      return [
        put(statusOf(resource, 'dns', { data: '{"late":1}' })),
        { kind: 'conditions', resource, conditions },
      ]
    case 1:
      return [{ kind: 'conditions', resource: { kind, id }, conditions }]
    case 2:
      return [put({ ...resource, generation: generation + 1, conditions })]
    case 3:
      return []
    default:
      return [{ kind: 'removal', resource: { kind, id }, time: resource.updatedTime }]
  }
}

async function digestOf(folder: string): Promise<string> {
  const stored = await StoredFolder.open(folder, DEADLINE_MS)
  const digest = new FolderDigest()
  for await (const whole of stored.records()) digest.add(whole)
  await stored.close()
  return digest.sum()
}

for (const format of EARLIER)
  test(`a kill at any step of the first checkpoint over format ${format} loses and tears nothing (contract 4.8, 5.7)`, async t => {
    const folder = unpack(t, format)
    const copies: { readonly point: CrashPoint; readonly path: string }[] = []
    let isEnding = false
    const reached = (point: CrashPoint) => {
      if (!isEnding || !STEPS.has(point)) return
      const path = join(folder, '..', `copy-${copies.length}`)
      for (const name of ['journal', 'snapshot'])
        cpSync(join(folder, name), join(path, name), { recursive: true })
      copies.push({ point, path })
    }
    const store = await openFor(t, folder, { reached })
    for (const [place, resource] of living(store).entries()) {
      const puts = putsFor(resource, place)
      if (puts.length > 0) await store.stage(puts)
    }
    for (let i = 0; i < CREATED; i++) {
      const cluster = clusterOf(1000 + i, { conditions: conditionsAt(1) })
      void store.stage([put(cluster), put(statusOf(cluster, 'dns'))])
    }
    await store.settled()
    const shown = dump(store)
    isEnding = true
    await store.close()
    const digest = await digestOf(folder)
    assert.ok(copies.filter(({ point }) => point === 'fold-done').length > 2)
    assert.ok(copies.some(({ point }) => point === 'erasure-done'))
    for (const { point, path } of copies) {
      assert.equal(await digestOf(path), digest, point)
      const again = await openFor(t, path)
      assert.deepEqual(dump(again), shown, point)
      // New writes over what the kill left, and a checkpoint of their own.
      const [first] = living(again)
      assert.ok(first !== undefined)
      await again.stage([{ kind: 'conditions', resource: first, conditions: conditionsAt(7) }])
      const later = dump(again)
      await again.close()
      const last = await openFor(t, path)
      assert.deepEqual(dump(last), later, point)
      await last.close()
    }
  })

for (const format of EARLIER)
  test(`a copy that a server of format ${format} sends is written in the present format`, async t => {
    const folder = unpack(t, format)
    const copy = join(folder, '..', 'copy')
    mkdirSync(copy)
    const snapshot = new Snapshot(join(folder, 'snapshot'), DEADLINE_MS)
    const journal = openJournal(join(folder, 'journal'), DEADLINE_MS)
    const { folded = 0, latestTime, latestId } = snapshot.summary ?? {}
    const writer = await FolderWriter.create(copy, {
      commitDeadlineMs: DEADLINE_MS,
      randomId: () => 'copied',
    })
    await writer.take([
      { kind: 'start', folded, records: 0 },
      ...snapshot
        .read(undefined, 1000)
        .map(({ key, value }) => ({ kind: 'record', key: String(key), value }) as const),
      ...journal.read(folded, 1000).map(group => ({ kind: 'group', ...group }) as const),
      { kind: 'end', sequence: journal.last, counts: NO_COUNTS, watermarks: { latestTime, latestId } },
    ])
    await writer.finish()
    await writer.close()
    await journal.close()
    await snapshot.close()
    assert.equal(await digestOf(copy), await digestOf(folder))
    assert.deepEqual(dump(await openFor(t, copy)), dump(await openFor(t, folder)))
  })

for (const format of EARLIER)
  test(`a folder of format ${format} has the same digest before and after it is written as two records for each resource`, async t => {
    const folder = unpack(t, format)
    const before = await digestOf(folder)
    const store = await openFor(t, folder)
    for (const resource of living(store)) await store.stage([put(resource)])
    for (const { resource } of store.state.living('NodePool'))
      await store.stage([put(plainResource(resource))])
    await store.close()
    assert.equal(await digestOf(folder), before)
  })
