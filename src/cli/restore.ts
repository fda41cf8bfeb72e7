// `hyperfleet restore`: restores a backup to the data folder.
import { randomUUID } from 'node:crypto'
import { auditFolder } from '../ops/audit/folder-audit.ts'
import { copyInto, type FolderFacts, readBack } from '../ops/backup/copy-into.ts'
import { FolderError } from '../ops/backup/folder-error.ts'
import { assertFree, buildFolder, type FreshFolder } from '../ops/backup/fresh-folder.ts'
import { type Replaced, replaceFolder } from '../ops/backup/replace-folder.ts'
import { restCopy } from '../store/copy/copy.ts'
import { StoredFolder } from '../store/copy/stored-folder.ts'
import type { ReplacementPoint } from '../store/crash-point.ts'
import { type Command, EXIT } from './command.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { FOLDER_FLAGS, readFolderArguments } from './folder/options.ts'
import { countsText, faultLines, finishCutOff, type Surroundings, watched } from './folder/work.ts'
import type { Output } from './terminal/output.ts'
import { count } from './terminal/text.ts'

const FLAGS = [
  { name: 'replace', meaning: 'move an existing data folder aside; it is never deleted' },
  ...FOLDER_FLAGS,
] as const satisfies readonly Flag[]

export const restore: Command = {
  help: () => `Usage: hyperfleet restore FROM [flags]

Verifies the backup in the folder FROM and copies it to the data folder, which must be empty or missing. The data folder appears
once all of it is on disk and has been read back. FROM may also be a stopped server's data folder; it is not changed.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet restore /backups/today'],
    [
      'hyperfleet restore /backups/today --replace',
      'with the server stopped; moves the existing folder aside',
    ],
  ],
  flags: FLAGS,
  operands: [{ completes: 'folder' }],
  run: (args, output) => runRestore(args, output),
}

/**
 * Restores a backup.
 * @param reached lets a test end the process at a named moment of a replacement
 */
export async function runRestore(
  args: readonly string[],
  output: Output,
  reached: (point: ReplacementPoint) => void = () => {},
): Promise<number> {
  const { path, commitDeadlineMs, positionals, text } = readFolderArguments(args, {
    command: 'restore',
    flags: FLAGS,
    names: { least: 1, most: 1, called: 'one backup' },
  })
  const [from = ''] = positionals
  const task = {
    from,
    to: path,
    commitDeadlineMs,
    isReplacing: text('replace') !== undefined,
    reached,
    output,
  }
  return watched(surroundings => restoreFolder(task, surroundings))
}

interface RestoreTask {
  readonly from: string
  readonly to: string
  readonly commitDeadlineMs: number
  readonly isReplacing: boolean
  readonly reached: (point: ReplacementPoint) => void
  readonly output: Output
}

async function restoreFolder(task: RestoreTask, surroundings: Surroundings): Promise<number> {
  const { from, to, isReplacing, output } = task
  const fresh = { path: to, outside: from }
  await finishCutOff(to)
  if (!isReplacing) await assertFree(fresh).catch(error => throwWithHint(error))
  await assertSound(task, surroundings)
  const { result, aside } = await place(task, fresh, surroundings)
  const what = `${countsText(result)} as of journal entry ${count(result.sequence)}`
  output.write(`restored ${what} from ${from} to ${to} in ${surroundings.elapsed()}\n`)
  if (aside !== undefined) output.write(`the previous data folder is now ${aside}\n`)
  return EXIT.ok
}

async function place(
  { from, commitDeadlineMs, isReplacing, reached }: RestoreTask,
  fresh: FreshFolder,
  { signal, onAdvance }: Surroundings,
): Promise<Replaced<FolderFacts>> {
  const source = await StoredFolder.open(from, commitDeadlineMs)
  const build = async (folder: string) => {
    const task = { folder, commitDeadlineMs, randomId: randomUUID, signal, onAdvance }
    return readBack(task, await copyInto(restCopy(source), task))
  }
  try {
    if (isReplacing) return await replaceFolder(fresh, { stamp: timeStamp(), reached }, build)
    return { result: await buildFolder(fresh, build), aside: undefined }
  } finally {
    await source.close()
  }
}

async function assertSound({ from, commitDeadlineMs }: RestoreTask, { signal, onAdvance }: Surroundings) {
  const { faults, faultCount } = await auditFolder({ path: from, commitDeadlineMs, signal, onAdvance })
  if (faultCount === 0) return
  const lines = faultLines(faults, faultCount).join('\n')
  throw new Error(`${from} was not restored, because it has faults:\n${lines}`)
}

function throwWithHint(error: unknown): never {
  if (error instanceof FolderError) throw new FolderError(`${error.message} --replace moves it aside.`)
  throw error
}

/** Digits only, which every file system accepts. */
function timeStamp(): string {
  return new Date().toISOString().replace(/\D/g, '').slice(0, 14)
}
