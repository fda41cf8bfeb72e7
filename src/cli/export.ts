// `hyperfleet export`: writes the fleet of a running server, or of a stopped server's data folder, as JSON Lines.
import { randomUUID } from 'node:crypto'
import { createWriteStream, existsSync } from 'node:fs'
import { mkdtemp, open, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { PRIVATE_FILE } from '../binary/private-folder.ts'
import { copyInto, readBack } from '../ops/backup/copy-into.ts'
import { FolderError, folderError } from '../ops/backup/folder-error.ts'
import { requestCopy } from '../ops/control/client.ts'
import { countRecords, exportLines } from '../ops/export/exporter.ts'
import type { Counts } from '../store/copy/copy.ts'
import { StoredFolder } from '../store/copy/stored-folder.ts'
import { StoreError } from '../store/errors.ts'
import { type Command, EXIT } from './command.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { FOLDER_FLAGS, readFolderArguments } from './folder/options.ts'
import { countsText, type Surroundings, watched } from './folder/work.ts'
import type { Output } from './terminal/output.ts'

const FLAGS = [
  {
    name: 'output',
    short: 'o',
    value: 'FILE',
    meaning: 'write to this file, which must not exist, not to standard output',
    completes: 'file',
  },
  ...FOLDER_FLAGS,
] as const satisfies readonly Flag[]

export const exportCommand: Command = {
  help: () => `Usage: hyperfleet export [flags]

Writes every cluster, nodepool and status, as of one moment, as a line of JSON to standard output or a file. A server that uses
the data folder keeps running; its fleet is first copied to a temporary folder.

${flagLines(FLAGS)}`,
  examples: [['hyperfleet export -o fleet.jsonl'], ['hyperfleet export | gzip > fleet.jsonl.gz']],
  flags: FLAGS,
  async run(args, output) {
    const { path, commitDeadlineMs, text } = readFolderArguments(args, {
      command: 'export',
      flags: FLAGS,
      names: { least: 0, most: 0, called: 'no names' },
    })
    const task = { path, commitDeadlineMs, file: text('output'), output }
    return watched(surroundings => writeExport(task, surroundings))
  },
}

interface ExportOptions {
  readonly path: string
  readonly commitDeadlineMs: number
  /** Undefined for standard output. */
  readonly file: string | undefined
  readonly output: Output
}

async function writeExport(options: ExportOptions, surroundings: Surroundings): Promise<number> {
  const { file, output } = options
  if (file !== undefined && existsSync(file))
    throw new FolderError(`${file} already exists: choose another file, or remove it.`)
  const counts = await withFolder(options, surroundings, async folder => {
    const counted = await countRecords(folder, surroundings)
    const lines = exportLines(folder, counted, surroundings)
    if (file === undefined) await print(lines, output)
    else await writeFile(lines, file)
    return counted
  })
  if (!output.ended.aborted) console.error(`exported ${countsText(counts)} in ${surroundings.elapsed()}`)
  return EXIT.ok
}

/** Reads the folder, or a copy from the server that is using it. */
async function withFolder(
  { path, commitDeadlineMs, file }: ExportOptions,
  surroundings: Surroundings,
  work: (folder: StoredFolder) => Promise<Counts>,
): Promise<Counts> {
  try {
    return await withOpen(path, commitDeadlineMs, work)
  } catch (error) {
    if (!(error instanceof StoreError && error.kind === 'in-use')) throw error
  }
  const { signal, onAdvance } = surroundings
  const copy = await requestCopy(path, signal)
  const folder = await mkdtemp(
    join(file === undefined ? tmpdir() : dirname(resolve(file)), '.export.partial-'),
  )
  try {
    const task = { folder, commitDeadlineMs, randomId: randomUUID, signal, onAdvance }
    await readBack(task, await copyInto(copy, task))
    return await withOpen(folder, commitDeadlineMs, work)
  } catch (error) {
    throw folderError(folder, error)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function withOpen<T>(
  path: string,
  commitDeadlineMs: number,
  work: (folder: StoredFolder) => Promise<T>,
): Promise<T> {
  const folder = await StoredFolder.open(path, commitDeadlineMs)
  try {
    return await work(folder)
  } finally {
    await folder.close()
  }
}

/** Produces lines only as fast as the reader takes them. */
async function print(lines: AsyncGenerator<Buffer>, output: Output): Promise<void> {
  for await (const chunk of lines) {
    await output.send(chunk)
    if (output.ended.aborted) return
  }
}

/** Writes the file atomically: it is complete or missing. */
async function writeFile(lines: AsyncGenerator<Buffer>, path: string): Promise<void> {
  const partial = `${path}.partial-${process.pid}`
  try {
    const written = createWriteStream(partial, { flags: 'wx', mode: PRIVATE_FILE })
    await pipeline(Readable.from(lines, { objectMode: false }), written)
    const file = await open(partial, 'r')
    await file.sync().finally(() => file.close())
    await rename(partial, path)
  } catch (error) {
    // Also fails if the parent is not a folder.
    await rm(partial, { force: true }).catch(() => {})
    throw folderError(dirname(resolve(path)), error)
  }
}
