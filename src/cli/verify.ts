// `hyperfleet verify`: reads a whole data folder or backup and reports every fault.
import { type AuditResult, auditFolder } from '../ops/audit/folder-audit.ts'
import { StoreError } from '../store/errors.ts'
import { type Command, EXIT } from './command.ts'
import { flagLines } from './flags/flag.ts'
import { FOLDER_FLAGS, readFolderArguments } from './folder/options.ts'
import { countsText, faultLines, watched } from './folder/work.ts'
import type { Output } from './terminal/output.ts'
import { count } from './terminal/text.ts'

export const verify: Command = {
  help: () => `Usage: hyperfleet verify [FOLDER] [flags]

Reads every record of a backup or of a stopped server's data folder: checksums, documents, owners, names, the order of
creation, conditions against reports, and indexed searches against full scans, also by the paths of HYPERFLEET_SEARCH_SPEC_INDEXES. Reports every fault, and writes nothing to the
folder. The exit code is 1 if there is any fault.

${flagLines(FOLDER_FLAGS)}`,
  examples: [['hyperfleet verify /backups/today']],
  flags: FOLDER_FLAGS,
  operands: [{ completes: 'folder' }],
  async run(args, output) {
    const { path, commitDeadlineMs, settings, positionals } = readFolderArguments(args, {
      command: 'verify',
      flags: FOLDER_FLAGS,
      names: { least: 0, most: 1, called: 'at most one folder' },
    })
    const [folder = path] = positionals
    return watched(async ({ signal, onAdvance, elapsed }) => {
      const { specIndexes } = settings.search
      const options = { path: folder, commitDeadlineMs, specPaths: specIndexes, signal, onAdvance }
      const result = await auditFolder(options).catch(error => {
        throw inUse(folder, error)
      })
      return conclude(folder, result, elapsed(), output)
    })
  },
}

function conclude(folder: string, result: AuditResult, elapsed: string, output: Output): number {
  const { kind, sequence, digest, faults, faultCount } = result
  for (const line of faultLines(faults, faultCount)) output.write(`${line}\n`)
  output.write(
    `${kind} ${folder}: ${countsText(result)} as of journal entry ${count(sequence)}, read in ${elapsed}\n`,
  )
  if (faultCount > 0) {
    output.write(`${count(faultCount)} ${faultCount === 1 ? 'fault' : 'faults'}\n`)
    return EXIT.failed
  }
  output.write(`no faults; ${digest}\n`)
  return EXIT.ok
}

function inUse(folder: string, error: unknown): unknown {
  if (!(error instanceof StoreError && error.kind === 'in-use')) return error
  return new Error(
    `the data folder ${folder} is in use: to verify a running server, run 'hyperfleet backup TO' and then ` +
      "'hyperfleet verify TO'",
    { cause: error },
  )
}
