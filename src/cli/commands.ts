// All commands, in the order of the help.
import { backup } from './backup.ts'
import { type Command, EXIT_MEANINGS } from './command.ts'
import { completionCommand } from './completion.ts'
import { config } from './config.ts'
import { create } from './create.ts'
import { describe } from './describe.ts'
import { docs } from './docs.ts'
import { explain } from './explain.ts'
import { exportCommand } from './export.ts'
import { get } from './get.ts'
import { health } from './health.ts'
import { importCommand } from './import.ts'
import { patch } from './patch.ts'
import { report } from './report.ts'
import { restore } from './restore.ts'
import { serve } from './serve.ts'
import { simulate } from './simulate.ts'
import { verify } from './verify.ts'
import { version } from './version.ts'

export const COMMANDS: readonly Command[] = [
  serve,
  get,
  describe,
  create,
  patch,
  report,
  config,
  health,
  explain,
  simulate,
  backup,
  restore,
  verify,
  exportCommand,
  importCommand,
  completionCommand(() => COMMANDS),
  docs,
  version,
]

/** The help of `hyperfleet` itself. */
export function overview(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`)
  const exits = EXIT_MEANINGS.map(([code, meaning]) => `  ${String(code).padEnd(10)} ${meaning}`)
  return [
    'Usage: hyperfleet COMMAND [flags]',
    '',
    ...lines,
    '',
    'Exit codes:',
    ...exits,
    '',
    'hyperfleet COMMAND --help tells more.',
  ].join('\n')
}
