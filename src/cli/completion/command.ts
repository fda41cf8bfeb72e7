// `hyperfleet completion`: prints a completion script for a shell.
import { type Command, EXIT, UsageError } from '../command.ts'
import type { LoadedCommand } from '../commands.ts'
import { bashScript } from './bash.ts'
import { fishScript } from './fish.ts'
import { zshScript } from './zsh.ts'

const SCRIPTS = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
])

/** @param commands all commands, including this one */
export function completionCommand(commands: () => Promise<readonly LoadedCommand[]>): Command {
  return {
    help: () => `Usage: hyperfleet completion bash|zsh|fish

Prints a script that completes commands, flags, their values, files, pages of the documentation, and the names of clusters and
nodepools.

  bash  source <(hyperfleet completion bash)            in ~/.bashrc
  zsh   source <(hyperfleet completion zsh)             in ~/.zshrc, after compinit
  fish  hyperfleet completion fish > ~/.config/fish/completions/hyperfleet.fish`,
    examples: [['source <(hyperfleet completion bash)']],
    operands: [{ choices: [...SCRIPTS.keys()] }],
    async run(args, output) {
      const script = args.length === 1 ? SCRIPTS.get(args[0] ?? '') : undefined
      if (script === undefined)
        throw new UsageError(`completion takes one shell, bash, zsh or fish, not '${args.join(' ')}'`)
      output.write(script(await commands()))
      return EXIT.ok
    },
  }
}
