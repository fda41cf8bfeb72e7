#!/usr/bin/env node
// The `hyperfleet` program: runs a command and turns its failures into messages and exit codes.
import { nearestName } from '../wire/text.ts'
import { type Command, EXIT, FailedError, helpOf, InterruptedError, UsageError } from './command.ts'
import { COMMANDS, type CommandEntry, overview } from './commands.ts'
import { readGlobals } from './flags/global-flags.ts'
import { type Output, standardOutput } from './terminal/output.ts'

async function main(args: readonly string[], output: Output): Promise<number> {
  const { globals, name, rest } = readGlobals(args)
  const [topic] = rest
  const isHelp = name === 'help' || name === '--help' || name === '-h'
  if (name === undefined || (isHelp && topic === undefined)) {
    output.write(`${overview()}\n`)
    return name === undefined ? EXIT.usage : EXIT.ok
  }
  if (name === '--version' || name === '-v') {
    const { readBuildInfo } = await import('../binary/build-info.ts')
    output.write(`hyperfleet ${readBuildInfo().version}\n`)
    return EXIT.ok
  }
  const command = await entryOf(isHelp && topic !== undefined ? topic : name).load()
  if (isHelp || rest.includes('--help') || rest.includes('-h')) {
    output.write(`${helpOf(command)}\n`)
    return EXIT.ok
  }
  requireFlags(name, command, globals)
  return command.run([...globals, ...rest], output)
}

/**
 * @param globals as `--name=value`
 * @throws UsageError if a flag that precedes the command is not its own
 */
function requireFlags(name: string, { flags = [] }: Command, globals: readonly string[]): void {
  const own = new Set(flags.map(flag => `--${flag.name}`))
  const [foreign] = globals.map(global => global.split('=', 1)[0] ?? '').filter(form => !own.has(form))
  if (foreign !== undefined) throw new UsageError(`${name} takes no ${foreign}, which precedes it`)
}

function entryOf(name: string): CommandEntry {
  const entry = COMMANDS.find(candidate => candidate.name === name)
  if (entry !== undefined) return entry
  const names = COMMANDS.map(candidate => candidate.name)
  const nearest = nearestName(name, names)
  const help = nearest === undefined ? `\n\n${overview()}` : `; did you mean ${nearest}?`
  throw new UsageError(`no such command: '${name}'${help}`)
}

/** Prints the failure, also a failure to write the output. Returns the exit code. */
async function run(args: readonly string[]): Promise<number> {
  const output = standardOutput()
  const code = await main(args, output).catch(fail)
  const failure = await output.finish()
  if (failure === undefined) return code
  console.error(`hyperfleet: standard output cannot be written: ${failure.message}`)
  return EXIT.failed
}

async function fail(error: unknown): Promise<number> {
  console.error(`hyperfleet: ${error instanceof Error ? error.message : error}`)
  if (error instanceof InterruptedError) return EXIT.interrupted
  if (error instanceof FailedError) return error.exitCode
  if (error instanceof UsageError) return EXIT.usage
  const { SettingsError } = await import('../config/settings.ts')
  return error instanceof SettingsError ? EXIT.usage : EXIT.failed
}

// Makes all files private to the user: the fleet is protected by authentication, so its files must be protected too.
process.umask(0o077)

// No `await`: the single-file build is a CommonJS module, which has no top-level await.
run(process.argv.slice(2)).then(code => {
  process.exitCode = code
})
