// `hyperfleet import`: creates a data folder from an export, or from a running original server.
import { randomUUID } from 'node:crypto'
import type { Settings } from '../../config/schema.ts'
import { copyInto, readBack } from '../../ops/backup/copy-into.ts'
import { buildFolder } from '../../ops/backup/fresh-folder.ts'
import { Importer, type Refusals, RefusedError } from '../../ops/export/importer.ts'
import { type Command, EXIT, UsageError } from '../command.ts'
import { CONNECTION_FLAGS } from '../connection/flags.ts'
import { thisMachine } from '../connection/machine.ts'
import { readSourceTarget } from '../connection/target.ts'
import { type Flag, flagLines } from '../flags/flag.ts'
import { FOLDER_FLAGS, readFolderArguments } from '../folder/options.ts'
import { countsText, faultLines, finishCutOff, type Surroundings, watched } from '../folder/work.ts'
import type { Output } from '../terminal/output.ts'
import { count, visible } from '../terminal/text.ts'
import { originalSource } from './original.ts'
import { fileSource, type ImportSource } from './source.ts'

const [, TOKEN, TOKEN_FILE, CA_FILE, , REQUEST_TIMEOUT] = CONNECTION_FLAGS

const FLAGS = [
  {
    name: 'from',
    value: 'URL',
    meaning: 'address of a running original server to read, such as http://hyperfleet-api:8000',
    elsewhere: ['server', 'url', 'source', 'api-url'],
  },
  TOKEN,
  TOKEN_FILE,
  CA_FILE,
  REQUEST_TIMEOUT,
  {
    name: 'accept-changes',
    meaning: 'with --from: import even if the fleet still changes; the last changes may be missing',
  },
  {
    name: 'skip-refused',
    meaning: 'skip what is refused and import the rest; a resource and its statuses are skipped together',
  },
  ...FOLDER_FLAGS,
] as const satisfies readonly Flag[]

/** Flags that have no meaning for a file. */
const ONLY_WITH_FROM = ['token', 'token-file', 'ca-file', 'request-timeout', 'accept-changes']

export const importCommand: Command = {
  help: () => `Usage: hyperfleet import [FILE] [flags]
       hyperfleet import --from URL [flags]

Imports the output of 'hyperfleet export', from a file or standard input, into the data folder, which must be empty or missing.
With --from it reads the fleet of a running original server through its API, with the token of these flags alone; 'hyperfleet docs
coming-from' describes the switch. Ids, times, authors, generations, conditions and reports are kept. If anything is refused, the
command reports every fault and imports nothing.

${flagLines(FLAGS)}`,
  examples: [
    ['hyperfleet import fleet.jsonl --storage-path ./new-data'],
    ['gunzip -c fleet.jsonl.gz | hyperfleet import --storage-path ./new-data'],
    ['hyperfleet import --from http://hyperfleet-api:8000 --token-file token --storage-path ./new-data'],
  ],
  flags: FLAGS,
  operands: [{ completes: 'file' }],
  async run(args, output) {
    const { path, commitDeadlineMs, settings, positionals, text } = readFolderArguments(args, {
      command: 'import',
      flags: FLAGS,
      names: { least: 0, most: 1, called: 'at most one file' },
    })
    const [file] = positionals
    const isFromServer = text('from') !== undefined
    const useless = isFromServer ? undefined : ONLY_WITH_FROM.find(name => text(name) !== undefined)
    if (useless !== undefined) throw new UsageError(`--${useless} needs --from, the server that it is for`)
    if (isFromServer && file !== undefined)
      throw new UsageError(`import takes a file or --from, not both: '${file}'`)
    const source = isFromServer
      ? originalSource({
          target: readSourceTarget({ text }, thisMachine()),
          settings,
          acceptsChanges: text('accept-changes') !== undefined,
        })
      : fileSource(file)
    const skipsRefused = text('skip-refused') !== undefined
    const task = { source, path, commitDeadlineMs, settings, skipsRefused, output }
    return watched(surroundings => importFrom(task, surroundings))
  },
}

interface ImportTask {
  readonly source: ImportSource
  readonly path: string
  readonly commitDeadlineMs: number
  readonly settings: Settings
  readonly skipsRefused: boolean
  readonly output: Output
}

async function importFrom(
  { source, path, commitDeadlineMs, settings, skipsRefused, output }: ImportTask,
  surroundings: Surroundings,
): Promise<number> {
  const { signal, onAdvance, elapsed } = surroundings
  const importer = new Importer({ skipsRefused, identityFormat: settings.auth.identityFormat })
  await finishCutOff(path)
  try {
    const facts = await buildFolder({ path }, async folder => {
      const task = { folder, commitDeadlineMs, randomId: randomUUID, signal, onAdvance }
      return readBack(task, await copyInto(importer.copy(source.lines(surroundings)), task))
    })
    if (importer.refusals.faultCount > 0) console.error(refusalText(importer.refusals, source))
    const lead = `imported ${countsText(facts)} from ${source.called} to ${path} in ${elapsed()}`
    output.write([lead, ...source.account(), ''].join('\n'))
    return EXIT.ok
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    const { refusals } = error
    if (refusals.faultCount > 0) console.error(refusalText(refusals, source))
    console.error(`hyperfleet: nothing was imported${adviceOn(refusals)}`)
    return EXIT.failed
  }
}

function refusalText({ faults, faultCount, lineCount }: Refusals, { part }: ImportSource): string {
  const lines = faultLines(faults, faultCount).map(visible)
  return [...lines, `${count(lineCount)} ${lineCount === 1 ? `${part} is` : `${part}s are`} refused`].join(
    '\n',
  )
}

function adviceOn({ strangers }: Refusals): string {
  if (strangers === undefined) return '; --skip-refused imports the rest'
  const { resourceCount, author, where } = strangers
  const lead =
    resourceCount === 1
      ? '1 resource has an author that is no e-mail address'
      : `${count(resourceCount)} resources have authors that are no e-mail addresses`
  return (
    `: ${lead}, such as '${visible(author)}' of ${where}. Generated clients of the documents refuse a list with such an author. ` +
    'Set HYPERFLEET_AUTH_IDENTITY_FORMAT=any, for the import and for the server, to accept them'
  )
}
