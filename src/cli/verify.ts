// `hyperfleet verify`: reads all of a data folder or backup, and tells everything that is wrong with it.
import { type AuditResult, auditFolder } from '../audit/folder-audit.ts'
import { StoreError } from '../store/errors.ts'
import { type Command, EXIT } from './command.ts'
import { count } from './count.ts'
import { flagLines } from './flags/flag.ts'
import { countsText } from './folder/facts.ts'
import { faultLines } from './folder/fault-list.ts'
import { FOLDER_FLAGS, readFolderArguments } from './folder/options.ts'
import { watched } from './folder/work.ts'

export const verify: Command = {
  name: 'verify',
  summary: 'check every record of a data folder or backup',
  help: () => `Usage: hyperfleet verify [FOLDER] [flags]

Reads every record of a backup or of a stopped server's data folder: checksums, documents, owners, names, the order of
creation, conditions against reports, and searches over indexes against searches over records. Tells all that is wrong, and
writes nothing to the folder. The exit code is 1 when anything is wrong.

${flagLines(FOLDER_FLAGS)}`,
  flags: FOLDER_FLAGS,
  operands: [{ completes: 'folder' }],
  async run(args) {
    const { path, commitDeadlineMs, positionals } = readFolderArguments(args, {
      command: 'verify',
      flags: FOLDER_FLAGS,
      names: { least: 0, most: 1, called: 'one folder at most' },
    })
    const [folder = path] = positionals
    return watched(async ({ signal, onAdvance, elapsed }) => {
      const result = await auditFolder({ path: folder, commitDeadlineMs, signal, onAdvance }).catch(error => {
        throw inUse(folder, error)
      })
      return conclude(folder, result, elapsed())
    })
  },
}

function conclude(folder: string, result: AuditResult, elapsed: string): number {
  const { kind, sequence, digest, faults, faultCount } = result
  for (const line of faultLines(faults, faultCount)) console.log(line)
  console.log(
    `${kind} ${folder}: ${countsText(result)} as of journal entry ${count(sequence)}, read in ${elapsed}`,
  )
  if (faultCount > 0) {
    console.log(`${count(faultCount)} ${faultCount === 1 ? 'fault' : 'faults'}`)
    return EXIT.failed
  }
  console.log(`nothing is wrong; ${digest}`)
  return EXIT.ok
}

function inUse(folder: string, error: unknown): unknown {
  if (!(error instanceof StoreError && error.kind === 'in-use')) return error
  return new Error(
    `the data folder ${folder} is in use: a running server is verified by 'hyperfleet backup TO' and ` +
      "'hyperfleet verify TO'",
    { cause: error },
  )
}
