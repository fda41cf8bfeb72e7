// Data folders with faults planted in them, written with the store's own lower classes, which check none of it.

import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { conditionsUnder, statusFromReport } from '../../../src/fleet/report.ts'
import { encodeRecords } from '../../../src/state/document.ts'
import type { RecordPut } from '../../../src/state/put.ts'
import type { AdapterStatus, Resource } from '../../../src/state/records.ts'
import { Arena } from '../../../src/store/arena.ts'
import { encodeSnapshotValue } from '../../../src/store/codec.ts'
import { FolderWriter } from '../../../src/store/copy/folder-writer.ts'
import { encodeGroup } from '../../../src/store/journal/group.ts'
import { newConditions } from '../../harness/state.ts'
import { clusterOf, nodepoolOf, put, temporaryFolder, time } from '../../store/samples.ts'

const CREATED = time('2026-01-01T00:00:00.001Z')

const NO_COUNTS = { clusters: 0, nodepools: 0, statuses: 0 }
const NO_WATERMARKS = { latestTime: undefined, latestId: undefined }

export interface Planted {
  readonly put: RecordPut
  readonly slot: number
}

export function soundCluster(number: number, changes: Partial<Resource> = {}): Resource {
  return clusterOf(number, {
    conditions: newConditions('Cluster', CREATED),
    ...changes,
  })
}

export function soundNodepool(number: number, owner: number, changes: Partial<Resource> = {}): Resource {
  return nodepoolOf(number, owner, {
    conditions: newConditions('NodePool', CREATED),
    ...changes,
  })
}

/** A resource with a report about it, as the fleet makes them of it. */
export function reported(resource: Resource, adapter: string): [Resource, AdapterStatus] {
  const names = ['Available', 'Applied', 'Health'] as const
  const report = {
    adapter,
    observedGeneration: resource.generation,
    observedTime: time('2026-02-01T00:00:00Z'),
    conditions: names.map(type => ({ type, status: 'True' as const })),
    metadata: undefined,
    data: '{"a": 1}',
  }
  const status = statusFromReport(report, resource, undefined)
  const conditions =
    conditionsUnder(status, resource, [], { compatibility: 'documents', required: [] }) ?? resource.conditions
  return [{ ...resource, conditions }, status]
}

/** Records with the slots that they should have: the resources of each kind in their order, statuses in that of theirs. */
export function inPlace(...records: readonly (Resource | AdapterStatus)[]): Planted[] {
  const next = new Map<string, number>()
  return records.map(record => {
    const among = 'adapter' in record ? record.resourceId : record.kind
    const slot = next.get(among) ?? 0
    next.set(among, slot + 1)
    return { put: put(record), slot }
  })
}

/** Twelve clusters, some with labels, nodepools and reports. */
export function soundFleet(): Planted[] {
  const clusters = Array.from({ length: 12 }, (_, i) =>
    reported(soundCluster(i + 1, i % 2 === 0 ? { labels: new Map([['env', `e'${i % 4}`]]) } : {}), 'dns'),
  )
  const pools = Array.from({ length: 5 }, (_, i) => soundNodepool(100 + i, 1 + i))
  return inPlace(...clusters.flat(), ...pools)
}

/** Writes a folder that holds these records and nothing else. */
export async function plantedFolder(t: TestContext, records: readonly Planted[]): Promise<string> {
  const folder = join(temporaryFolder(t), 'planted')
  mkdirSync(folder)
  const arena = new Arena()
  const writer = await FolderWriter.create(folder, { commitDeadlineMs: 30_000, randomId: randomUUID })
  await writer.take([
    { kind: 'start', folded: 1, records: 0 },
    ...records.flatMap(({ put: each, slot }) =>
      encodeRecords(each, slot, 1).records.map(({ key, sequence, body }) => {
        return { kind: 'record' as const, key, value: encodeSnapshotValue(key, sequence, body, arena) }
      }),
    ),
    { kind: 'group', ...encodeGroup(1, undefined, [[]]) },
    { kind: 'end', sequence: 1, counts: NO_COUNTS, watermarks: NO_WATERMARKS },
  ])
  await writer.finish()
  await writer.close()
  return folder
}
