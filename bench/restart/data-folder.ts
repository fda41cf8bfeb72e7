// Data folder for the restart: a snapshot of the whole fleet and a journal with some newer reports, as a server leaves
// it that was killed between two checkpoints. Built with the store's own parts, in large groups.
import { join } from 'node:path'
import { encodePut, encodeRecords, keyedBodies } from '../../src/state/document.ts'
import type { RecordPut } from '../../src/state/put.ts'
import { type EncodedGroup, encodeGroup } from '../../src/store/journal/group.ts'
import { openJournal } from '../../src/store/journal/journal.ts'
import { type Fold, Snapshot } from '../../src/store/snapshot/snapshot.ts'
import { samplePuts, sampleReport } from './sample-records.ts'

/** Clusters in one transaction. */
const CLUSTERS_PER_COMMIT = 5000
/** Reports in one group of the journal, as of 64 connections. */
const REPORTS_PER_GROUP = 64
/** One cluster in so many has a newer report in the journal. */
const CLUSTERS_PER_REPORT = 10
const DEADLINE_MS = 600_000
const IDENTITY = { store: 'benchmark', epoch: 1 }

/** Creates the folder with `size` clusters. */
export async function makeDataFolder(path: string, size: number): Promise<void> {
  const journal = openJournal(join(path, 'journal'), DEADLINE_MS)
  const snapshot = new Snapshot(join(path, 'snapshot'), DEADLINE_MS)
  await journal.identify(IDENTITY)
  await snapshot.create(IDENTITY)
  await journal.commit([groupOf(1, [samplePuts(0, size)])])
  let latestId: string | undefined
  let latestTime: bigint | undefined
  for (let from = 0; from < size; from += CLUSTERS_PER_COMMIT) {
    const puts = range(from, Math.min(size, from + CLUSTERS_PER_COMMIT)).map(slot => samplePuts(slot, size))
    const last = puts.at(-1)?.[0]
    if (last?.kind === 'resource') {
      latestId = last.record.id
      latestTime = last.record.updatedTime
    }
    await snapshot.fold(
      puts.flatMap((of, i) => foldsOf(of, from + i)),
      { latestTime, latestId },
    )
  }
  await snapshot.complete(1, { latestTime, latestId, removalsAfter: 0 })
  const reports = range(0, Math.ceil(size / CLUSTERS_PER_REPORT))
  for (let from = 0; from < reports.length; from += REPORTS_PER_GROUP) {
    const some = reports.slice(from, from + REPORTS_PER_GROUP)
    const changes = some.map(i => [sampleReport(i * CLUSTERS_PER_REPORT, size, 0, 1)])
    await journal.commit([groupOf(from + 2, changes)])
  }
  await journal.close()
  await snapshot.close()
}

function foldsOf(puts: readonly RecordPut[], slot: number): Fold[] {
  return puts.flatMap((put, i) =>
    encodeRecords(put, slotOf(put, slot, i), 1).records.map(({ key, sequence, body }) => {
      return { key, sequence, body, replaces: undefined }
    }),
  )
}

/** Encodes changes: the puts that create a cluster, or reports of the first adapter. */
function groupOf(first: number, changes: readonly (readonly RecordPut[])[]): EncodedGroup {
  const encoded = changes.map(puts =>
    puts.flatMap((put, i) => keyedBodies(encodePut(put, slotOf(put, 0, i)))),
  )
  return encodeGroup(first + changes.length - 1, undefined, encoded)
}

/** Number of a cluster, or of a status within its cluster. */
function slotOf(put: RecordPut, clusterSlot: number, place: number): number {
  return put.kind === 'resource' ? clusterSlot : Math.max(0, place - 1)
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}
