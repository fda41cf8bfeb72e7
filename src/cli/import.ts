// `hyperfleet import`: creates a data folder from an export.
import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { copyInto, readBack } from '../ops/backup/copy-into.ts'
import { buildFolder } from '../ops/backup/fresh-folder.ts'
import { Importer, type Refusals, RefusedError } from '../ops/export/importer.ts'
import { readLines } from '../ops/export/line-reader.ts'
import { reasonOf } from '../wire/text.ts'
import { type Command, EXIT } from './command.ts'
import { type Flag, flagLines } from './flags/flag.ts'
import { FOLDER_FLAGS, readFolderArguments } from './folder/options.ts'
import { countsText, faultLines, finishCutOff, type Surroundings, watched } from './folder/work.ts'
import type { Output } from './terminal/output.ts'
import { count } from './terminal/text.ts'

const FLAGS = [
  {
    name: 'skip-refused',
    meaning: 'skip what is refused and import the rest; a resource and its statuses are skipped together',
  },
  ...FOLDER_FLAGS,
] as const satisfies readonly Flag[]

export const importCommand: Command = {
  help: () => `Usage: hyperfleet import [FILE] [flags]

Imports the output of 'hyperfleet export', from a file or standard input, into the data folder, which must be empty or missing.
Ids, times, generations and conditions are kept. If any line is refused, the command reports every fault and imports nothing.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet import fleet.jsonl --storage-path ./new-data'],
    ['gunzip -c fleet.jsonl.gz | hyperfleet import --storage-path ./new-data'],
  ],
  flags: FLAGS,
  operands: [{ completes: 'file' }],
  async run(args, output) {
    const { path, commitDeadlineMs, positionals, text } = readFolderArguments(args, {
      command: 'import',
      flags: FLAGS,
      names: { least: 0, most: 1, called: 'at most one file' },
    })
    const task = {
      path,
      commitDeadlineMs,
      file: positionals[0],
      skipsRefused: text('skip-refused') !== undefined,
      output,
    }
    return watched(surroundings => importFile(task, surroundings))
  },
}

interface ImportTask {
  readonly path: string
  readonly commitDeadlineMs: number
  readonly file: string | undefined
  readonly skipsRefused: boolean
  readonly output: Output
}

async function importFile(
  { path, commitDeadlineMs, file, skipsRefused, output }: ImportTask,
  { signal, onAdvance, elapsed }: Surroundings,
): Promise<number> {
  const importer = new Importer(skipsRefused)
  await finishCutOff(path)
  try {
    const facts = await buildFolder({ path }, async folder => {
      const task = { folder, commitDeadlineMs, randomId: randomUUID, signal, onAdvance }
      return readBack(task, await copyInto(importer.copy(readLines(piecesOf(file, signal))), task))
    })
    if (importer.refusals.faultCount > 0) console.error(refusalText(importer.refusals))
    output.write(
      `imported ${countsText(facts)} from ${file ?? 'standard input'} to ${path} in ${elapsed()}\n`,
    )
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    console.error(refusalText(error.refusals))
    console.error('hyperfleet: nothing was imported; --skip-refused imports the rest')
    return EXIT.failed
  }
}

async function* piecesOf(file: string | undefined, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted()
  const stream = file === undefined || file === '-' ? process.stdin : createReadStream(file)
  const onAbort = () => stream.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    yield* stream
  } catch (error) {
    const reason = reasonOf(error)
    throw new Error(`${file ?? 'standard input'} cannot be read: ${reason}`, { cause: error })
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function refusalText({ faults, faultCount, lineCount }: Refusals): string {
  const lines = faultLines(faults, faultCount)
  return [...lines, `${count(lineCount)} ${lineCount === 1 ? 'line is' : 'lines are'} refused`].join('\n')
}
