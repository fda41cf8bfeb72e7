// The copy of a data folder at rest: every record in its newest version, so that nothing is left to replay.
import { type StoredRecord, unhandled } from '../../state/put.ts'
import { Arena } from '../../state/slabs.ts'
import { encodeSnapshotValue } from '../codec.ts'
import type { CopyPart, Counts } from './copy.ts'
import type { StoredFolder } from './stored-folder.ts'

/** Throws StoreError when anything in the folder is damaged or missing. */
export async function* restCopy(folder: StoredFolder): AsyncGenerator<CopyPart[], void> {
  const { sequence } = folder
  const counts = { clusters: 0, nodepools: 0, statuses: 0 }
  const arena = new Arena()
  yield [{ kind: 'start', folded: sequence, records: folder.about }]
  for await (const record of folder.records()) {
    counts[countedAs(record)]++
    const { key, body } = record
    yield [{ kind: 'record', key, value: encodeSnapshotValue(key, record.sequence, body, arena) }]
  }
  // A journal is never empty beside records, or it could be taken for a lost one.
  const newest = folder.newestEntry()
  if (newest !== undefined) yield [{ kind: 'entry', ...newest }]
  yield [{ kind: 'end', sequence, counts, watermarks: await folder.watermarks() }]
}

/** The count that a record belongs to. */
export function countedAs({ put }: StoredRecord): keyof Counts {
  switch (put.kind) {
    case 'resource':
      return put.record.kind === 'Cluster' ? 'clusters' : 'nodepools'
    case 'status':
      return 'statuses'
    default:
      return unhandled(put)
  }
}
