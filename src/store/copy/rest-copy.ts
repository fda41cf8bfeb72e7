// The copy of a data folder at rest: every record in its newest version, so that nothing is left to replay.
import { Arena } from '../../state/arena.ts'
import { encodeSnapshotValue } from '../codec.ts'
import type { CopyPart } from './copy.ts'
import type { StoredFolder, StoredVersion } from './stored-folder.ts'

/** Throws StoreError when anything in the folder is damaged or missing. */
export async function* restCopy(folder: StoredFolder): AsyncGenerator<CopyPart[], void> {
  const { sequence } = folder
  const counts = { clusters: 0, nodepools: 0, statuses: 0 }
  const arena = new Arena()
  yield [{ kind: 'start', folded: sequence, records: folder.about }]
  for await (const version of folder.records()) {
    counts[countedAs(version)]++
    const { key, json } = version
    yield [{ kind: 'record', key, value: encodeSnapshotValue(key, version.sequence, json, arena) }]
  }
  // A journal is never empty beside records, or it could be taken for a lost one.
  const newest = folder.newestEntry()
  if (newest !== undefined) yield [{ kind: 'entry', ...newest }]
  yield [{ kind: 'end', sequence, counts, watermarks: await folder.watermarks() }]
}

/** What a record counts as. */
export function countedAs({ put }: Pick<StoredVersion, 'put'>): 'clusters' | 'nodepools' | 'statuses' {
  if (put.kind === 'status') return 'statuses'
  return put.record.kind === 'Cluster' ? 'clusters' : 'nodepools'
}
