// Manifest of a backup: what was copied, up to which journal entry, and its digest. It is written after everything else
// is on disk, so a folder without one is not a complete backup.
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import { PRIVATE_FILE } from '../../binary/private-folder.ts'
import { FORMAT } from '../../store/codec.ts'
import { FolderError } from './folder-error.ts'

const MANIFEST_FILE = 'manifest.json'
const FORMAT_NAME = 'hyperfleet-backup'
const VERSION = 1

const count = Type.Integer({ minimum: 0 })

const ManifestSchema = Type.Object({
  format: Type.Literal(FORMAT_NAME),
  version: Type.Integer({ minimum: 1 }),
  /** Format of the records (src/store/codec.ts). */
  store_format: Type.Integer({ minimum: 1 }),
  /** Version of the program that made the backup, and the time. */
  program: Type.String(),
  created_time: Type.String(),
  sequence: count,
  clusters: count,
  nodepools: count,
  statuses: count,
  digest: Type.String(),
})

export type Manifest = Type.Static<typeof ManifestSchema>

/** Content of a new manifest, without the formats. */
export type BackupFacts = Omit<Manifest, 'format' | 'version' | 'store_format'>

/** Writes the manifest and flushes it. */
export async function writeManifest(folder: string, facts: BackupFacts): Promise<void> {
  const manifest: Manifest = { format: FORMAT_NAME, version: VERSION, store_format: FORMAT, ...facts }
  const file = await open(join(folder, MANIFEST_FILE), 'wx', PRIVATE_FILE)
  try {
    await file.writeFile(`${JSON.stringify(manifest, null, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/**
 * Reads the manifest of a folder; undefined if it has none, as a data folder that is not a backup.
 * @throws FolderError if it cannot be read, or is of a later version
 */
export async function readManifest(folder: string): Promise<Manifest | undefined> {
  const path = join(folder, MANIFEST_FILE)
  const manifest = parsed(path, await contentOf(path))
  if (manifest === undefined) return undefined
  if (!Compile(ManifestSchema).Check(manifest))
    throw new FolderError(`${path} is not the manifest of a backup.`)
  if (manifest.version <= VERSION && manifest.store_format <= FORMAT) return manifest
  throw new FolderError(
    `${folder} was made by a newer version of this program, ${manifest.program}: use that.`,
  )
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new FolderError(`${path} cannot be read.`, { cause: error })
  }
}

function parsed(path: string, text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new FolderError(`${path} is not the manifest of a backup.`, { cause: error })
  }
}
