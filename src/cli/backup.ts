// `hyperfleet backup`: copies the fleet of a running server, or of a stopped server's data folder, into a new folder.
import { randomUUID } from 'node:crypto'
import { readBuildInfo } from '../binary/build-info.ts'
import { copyInto, readBack } from '../ops/backup/copy-into.ts'
import { buildFolder } from '../ops/backup/fresh-folder.ts'
import { writeManifest } from '../ops/backup/manifest.ts'
import { openSource } from '../ops/backup/source.ts'
import { type Command, EXIT } from './command.ts'
import { flagLines } from './flags/flag.ts'
import { FOLDER_FLAGS, readFolderArguments } from './folder/options.ts'
import { countsText, type Surroundings, watched } from './folder/work.ts'
import type { Output } from './terminal/output.ts'
import { count } from './terminal/text.ts'

export const backup: Command = {
  help: () => `Usage: hyperfleet backup TO [flags]

Copies the fleet as of one moment into the folder TO, which must be empty or missing. A server that uses the data folder keeps
running; the backup contains every write that it acknowledged before that moment. TO appears once all of it is on disk and has
been read back.

${flagLines(FOLDER_FLAGS)}`,
  examples: [
    ['hyperfleet backup /backups/today'],
    ['hyperfleet backup /backups/today --storage-path /var/lib/hyperfleet'],
  ],
  flags: FOLDER_FLAGS,
  operands: [{ completes: 'folder' }],
  async run(args, output) {
    const { path, commitDeadlineMs, positionals } = readFolderArguments(args, {
      command: 'backup',
      flags: FOLDER_FLAGS,
      names: { least: 1, most: 1, called: 'one folder to create' },
    })
    const [to = ''] = positionals
    return watched(surroundings => makeBackup({ path, commitDeadlineMs, to, output }, surroundings))
  },
}

interface BackupTask {
  readonly path: string
  readonly commitDeadlineMs: number
  readonly to: string
  readonly output: Output
}

async function makeBackup(
  { path, commitDeadlineMs, to, output }: BackupTask,
  { signal, onAdvance, elapsed }: Surroundings,
): Promise<number> {
  // Opens the source first: its errors matter more than those about the target.
  const source = await openSource({ path, commitDeadlineMs, signal })
  try {
    const fresh = { path: to, outside: path }
    const facts = await buildFolder(fresh, async folder => {
      const task = { folder, commitDeadlineMs, randomId: randomUUID, signal, onAdvance }
      const found = await readBack(task, await copyInto(source.copy, task))
      const program = readBuildInfo().version
      await writeManifest(folder, { program, created_time: new Date().toISOString(), ...found })
      return found
    })
    const from = source.kind === 'running' ? 'the running server' : path
    output.write(
      `copied ${countsText(facts)} as of journal entry ${count(facts.sequence)} from ${from} to ${to} in ${elapsed()}\n`,
    )
  } finally {
    await source.close()
  }
  return EXIT.ok
}
