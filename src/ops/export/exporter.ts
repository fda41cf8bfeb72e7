// Exports a data folder at rest as lines. Reads the folder twice: the first line announces the number of records, and
// damage is found before anything is written.

import type { Counts } from '../../store/copy/copy.ts'
import { countedAs } from '../../store/copy/copy.ts'
import type { StoredFolder } from '../../store/copy/stored-folder.ts'
import type { OnAdvance } from '../backup/advance.ts'
import { headerLine, recordLine } from './format.ts'

/** Size of a chunk; the last line may exceed it. */
const CHUNK_BYTES = 64 * 1024
const LINE_END = Buffer.from('\n')

export interface ExportTask {
  readonly signal: AbortSignal
  readonly onAdvance: OnAdvance
}

/** Throws StoreError if anything in the folder is damaged. */
export async function countRecords(folder: StoredFolder, { signal, onAdvance }: ExportTask): Promise<Counts> {
  const counts = { clusters: 0, nodepools: 0, statuses: 0 }
  let done = 0
  let reported = 0
  for await (const version of folder.records()) {
    signal.throwIfAborted()
    counts[countedAs(version)]++
    done += version.records.length
    if (done - reported < 1000) continue
    onAdvance({ doing: 'checking', done, total: folder.about })
    reported = done
  }
  return counts
}

/** The whole export in chunks; each is made when the consumer asks for it. */
export async function* exportLines(
  folder: StoredFolder,
  counts: Counts,
  { signal, onAdvance }: ExportTask,
): AsyncGenerator<Buffer, void> {
  const total = counts.clusters + counts.nodepools + counts.statuses
  let chunk: Buffer[] = [headerLine(counts), LINE_END]
  let bytes = 0
  let done = 0
  for await (const version of folder.records()) {
    signal.throwIfAborted()
    const line = recordLine(version)
    chunk.push(line, LINE_END)
    bytes += line.length
    done++
    if (bytes < CHUNK_BYTES) continue
    yield Buffer.concat(chunk)
    onAdvance({ doing: 'exporting', done, total })
    chunk = []
    bytes = 0
  }
  yield Buffer.concat(chunk)
}
