#!/usr/bin/env node
// The `hyperfleet` command: picks a command by its name and turns its failures into messages and exit codes.
import { SettingsError } from '../config/settings.ts'
import { backup } from './backup.ts'
import { type Command, EXIT, InterruptedError, UsageError } from './command.ts'
import { config } from './config.ts'
import { docs } from './docs.ts'
import { explain } from './explain.ts'
import { exportCommand } from './export.ts'
import { health } from './health.ts'
import { importCommand } from './import.ts'
import { restore } from './restore.ts'
import { serve } from './serve.ts'
import { simulate } from './simulate.ts'
import { verify } from './verify.ts'
import { version } from './version.ts'

const COMMANDS: readonly Command[] = [
  serve,
  config,
  health,
  backup,
  restore,
  verify,
  exportCommand,
  importCommand,
  explain,
  simulate,
  docs,
  version,
]

function overview(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(10)} ${summary}`)
  return [
    'Usage: hyperfleet COMMAND [flags]',
    '',
    ...lines,
    '',
    'hyperfleet COMMAND --help tells more.',
  ].join('\n')
}

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
    console.log(overview())
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  const command = COMMANDS.find(candidate => candidate.name === name.replace(/^--version$/, 'version'))
  if (command === undefined) throw new UsageError(`there is no command '${name}'\n\n${overview()}`)
  if (args.includes('--help') || args.includes('-h')) {
    console.log(command.help())
    return EXIT.ok
  }
  return command.run(args)
}

// Without `await`: as the one file the program is a CommonJS module, which has none at its top.
main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  error => {
    console.error(`hyperfleet: ${error instanceof Error ? error.message : error}`)
    process.exitCode = exitCodeOf(error)
  },
)

function exitCodeOf(error: unknown): number {
  if (error instanceof InterruptedError) return EXIT.interrupted
  return error instanceof UsageError || error instanceof SettingsError ? EXIT.usage : EXIT.failed
}
