#!/usr/bin/env node
// The `hyperfleet` command: picks a command by its name and turns its failures into messages and exit codes.
import { SettingsError } from '../config/settings.ts'
import { nearestName } from '../wire/nearest-name.ts'
import { type Command, EXIT, FailedError, InterruptedError, UsageError } from './command.ts'
import { COMMANDS, overview } from './commands.ts'

async function main([name, ...args]: readonly string[]): Promise<number> {
  const isHelp = name === 'help' || name === '--help' || name === '-h'
  const [topic] = args
  if (name === undefined || (isHelp && topic === undefined)) {
    console.log(overview())
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  const command = commandCalled(isHelp && topic !== undefined ? topic : name)
  if (isHelp || args.includes('--help') || args.includes('-h')) {
    console.log(command.help())
    return EXIT.ok
  }
  return command.run(args)
}

function commandCalled(name: string): Command {
  const command = COMMANDS.find(candidate => candidate.name === name.replace(/^--version$/, 'version'))
  if (command !== undefined) return command
  const names = COMMANDS.map(candidate => candidate.name)
  const nearest = nearestName(name, names)
  const help = nearest === undefined ? `\n\n${overview()}` : `; did you mean ${nearest}?`
  throw new UsageError(`there is no command '${name}'${help}`)
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
  if (error instanceof FailedError) return error.exitCode
  return error instanceof UsageError || error instanceof SettingsError ? EXIT.usage : EXIT.failed
}
