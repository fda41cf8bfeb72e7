// `hyperfleet completion`: prints a completion script for a shell.
import { type Command, EXIT, notGiven, UsageError } from '../command.ts'
import type { LoadedCommand } from '../commands.ts'
import type { Output } from '../terminal/output.ts'
import { readAsked, readTyped } from './asked.ts'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { zshScript } from './zsh.ts'

/** After this time a completion ends with what it has, whatever the server, its name or the network does. */
const PATIENCE_MS = 2000

const SCRIPTS = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
])

/** @param commands all commands, including this one */
export function completionCommand(commands: () => Promise<readonly LoadedCommand[]>): Command {
  return {
    help: () => `Usage: hyperfleet completion bash|zsh|fish

Prints a script that completes commands, flags, their values, files, pages of the documentation, the names of clusters and
nodepools, and in searches, selectors, orders and counts the fields, label keys and values that the server has.

  bash  source <(hyperfleet completion bash)            in ~/.bashrc
  zsh   source <(hyperfleet completion zsh)             in ~/.zshrc, after compinit
  fish  hyperfleet completion fish > ~/.config/fish/completions/hyperfleet.fish`,
    examples: [['source <(hyperfleet completion bash)']],
    operands: [{ choices: [...SCRIPTS.keys()] }],
    async run(args, output) {
      if (args[0] === 'offers') return printOffers(args.slice(1), output)
      const script = args.length === 1 ? SCRIPTS.get(args[0] ?? '') : undefined
      if (script === undefined)
        throw new UsageError(`completion takes one shell, bash, zsh or fish${notGiven(args)}`)
      output.write(script(await commands()))
      return EXIT.ok
    },
  }
}

/** Answers a completion script. Nothing is a failure: then there is nothing to offer. */
async function printOffers(args: readonly string[], output: Output): Promise<number> {
  // A resolver that hangs keeps a process alive, so no orderly end is certain.
  const deadline = setTimeout(() => process.exit(EXIT.ok), PATIENCE_MS)
  try {
    const asked = readAsked(args)
    const typed = readTyped(args, process.env)
    if (asked === undefined || typed === undefined) return EXIT.ok
    const { offersFromServer } = await import('./offers.ts')
    for (const word of await offersFromServer(asked, typed)) output.write(`${word}\n`)
  } catch {
    // An error on the terminal would disturb the line that is being typed.
  } finally {
    clearTimeout(deadline)
  }
  return EXIT.ok
}
