// Records, folders and stores for the tests of the store.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { RecordPut } from '../../src/state/put.ts'
import {
  type AdapterStatus,
  RESOURCE_KINDS,
  type Resource,
  type ResourceKind,
} from '../../src/state/records.ts'
import { openStore, type Store, type StoreOptions } from '../../src/store/store.ts'
import { type Instant, parseInstant } from '../../src/wire/instant.ts'
import { putOf } from '../harness/state.ts'

export function time(text: string): Instant {
  const instant = parseInstant(text)
  if (instant === undefined) throw new Error(`${text} is no time`)
  return instant
}

/** An id of the documented form. Ids sort by their number. */
export function idOf(number: number): string {
  return `2${number.toString(36).padStart(26, '0')}`
}

const CREATED = time('2026-01-01T00:00:00.001Z')

export function clusterOf(number: number, changes: Partial<Resource> = {}): Resource {
  return {
    kind: 'Cluster',
    id: idOf(number),
    name: `cluster-${number}`,
    ownerId: undefined,
    generation: 1,
    spec: '{}',
    labels: undefined,
    createdTime: CREATED,
    updatedTime: CREATED,
    createdBy: 'ada@example.com',
    updatedBy: 'ada@example.com',
    deletedTime: undefined,
    deletedBy: undefined,
    conditions: [],
    specChangedTime: CREATED,
    ...changes,
  }
}

export function nodepoolOf(number: number, ownerNumber: number, changes: Partial<Resource> = {}): Resource {
  return clusterOf(number, {
    kind: 'NodePool',
    name: `pool-${number}`,
    ownerId: idOf(ownerNumber),
    ...changes,
  })
}

export function statusOf(
  resource: Resource,
  adapter: string,
  changes: Partial<AdapterStatus> = {},
): AdapterStatus {
  return {
    resourceKind: resource.kind,
    resourceId: resource.id,
    adapter,
    observedGeneration: resource.generation,
    conditions: [{ type: 'Available', status: 'True', lastTransitionTime: CREATED }],
    metadata: undefined,
    data: undefined,
    createdTime: CREATED,
    lastReportTime: CREATED,
    ...changes,
  }
}

export function put(record: Resource | AdapterStatus): RecordPut {
  return putOf(record)
}

/** The stores of each test, which are closed before its folders are removed. */
const opened = new WeakMap<TestContext, Store[]>()

/** A folder that is removed after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-store-'))
  t.after(async () => {
    for (const store of opened.get(t) ?? []) await store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return folder
}

export function optionsFor(path: string, changes: Partial<StoreOptions> = {}): StoreOptions {
  return {
    path,
    commitDeadlineMs: 30_000,
    checkpoint: { maxJournalEntries: 1_000_000, maxJournalBytes: 1 << 30, maxJournalAgeMs: 600_000 },
    monotonicMs: () => performance.now(),
    randomId: randomUUID,
    onFatal: error => {
      throw error
    },
    ...changes,
  }
}

/** A store that is closed after the test, if still open. */
export async function openFor(
  t: TestContext,
  path: string,
  changes: Partial<StoreOptions> = {},
): Promise<Store> {
  const store = await openStore(optionsFor(path, changes))
  opened.set(t, [...(opened.get(t) ?? []), store])
  t.after(() => store.close())
  return store
}

/** The visible state as text, which is the same for equal states. */
export function dump(store: Store): string[] {
  const lines: string[] = []
  for (const kind of ['Cluster', 'NodePool'] as const satisfies readonly ResourceKind[]) {
    for (const entry of store.state.living(kind)) {
      lines.push(`${entry.number} ${entry.json.toString()} ${entry.resource.specChangedTime}`)
      for (const { adapter, json } of entry.statuses) lines.push(`  ${adapter} ${json.toString()}`)
    }
  }
  return lines
}

/** The retained removals, as a watch would send them. */
export function retained(store: Store): string[] {
  const found: string[] = []
  const { removals } = store.state
  for (const kind of RESOURCE_KINDS) {
    const walk = removals.after({ kind, ownerId: undefined }, removals.floor)
    const use = (number: number) => {
      const removal = removals.find(kind, number)
      assert.ok(removal !== undefined)
      found.push(`${removal.sequence} ${removal.number} ${removal.object}`)
    }
    while (walk.step(3, use));
  }
  return found.sort()
}

/** Lets all pending work run. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise(setImmediate)
}
