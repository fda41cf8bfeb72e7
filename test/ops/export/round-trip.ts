// Exports as text, and back into folders, by the parts of the program alone.
import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { copyInto } from '../../../src/ops/backup/copy-into.ts'
import { countRecords, exportLines } from '../../../src/ops/export/exporter.ts'
import { Importer, type ImportOptions } from '../../../src/ops/export/importer.ts'
import { readLines } from '../../../src/ops/export/line-reader.ts'
import { StoredFolder } from '../../../src/store/copy/stored-folder.ts'
import { temporaryFolder } from '../../store/samples.ts'

export const QUIET = {
  signal: new AbortController().signal,
  onAdvance: () => {},
  commitDeadlineMs: 30_000,
  randomId: randomUUID,
}

export const STRICT: ImportOptions = { skipsRefused: false, identityFormat: 'email' }

export async function exported(path: string): Promise<string> {
  const folder = await StoredFolder.open(path, QUIET.commitDeadlineMs)
  const chunks: Buffer[] = []
  for await (const chunk of exportLines(folder, await countRecords(folder, QUIET), QUIET)) chunks.push(chunk)
  await folder.close()
  return Buffer.concat(chunks).toString('utf8')
}

/** Imports a text into a new folder. */
export async function imported(
  t: TestContext,
  text: string,
  importer = new Importer(STRICT),
): Promise<string> {
  const folder = join(temporaryFolder(t), 'imported')
  mkdirSync(folder)
  await copyInto(importer.copy(readLines(onePiece(text))), { folder, ...QUIET })
  return folder
}

async function* onePiece(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text)
}
