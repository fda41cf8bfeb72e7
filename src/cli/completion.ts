// `hyperfleet completion`: the script that lets a shell complete command lines of hyperfleet.
import { type Command, EXIT, UsageError } from './command.ts'
import { bashScript } from './completion/bash.ts'
import { fishScript } from './completion/fish.ts'
import { zshScript } from './completion/zsh.ts'
import { standardScreen } from './terminal/screen.ts'

const SCRIPTS = new Map([
  ['bash', bashScript],
  ['zsh', zshScript],
  ['fish', fishScript],
])

/** @param commands all that there are, this one included */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'print the completion script of a shell',
    help: () => `Usage: hyperfleet completion bash|zsh|fish

Prints a script that completes commands, flags, their values, files, and the names of clusters and nodepools.

  bash  source <(hyperfleet completion bash)            in ~/.bashrc
  zsh   source <(hyperfleet completion zsh)             in ~/.zshrc, after compinit
  fish  hyperfleet completion fish > ~/.config/fish/completions/hyperfleet.fish`,
    operands: [{ choices: [...SCRIPTS.keys()] }],
    async run(args) {
      const script = args.length === 1 ? SCRIPTS.get(args[0] ?? '') : undefined
      if (script === undefined)
        throw new UsageError(`completion takes one shell, bash, zsh or fish, not '${args.join(' ')}'`)
      standardScreen().write(script(commands()))
      return EXIT.ok
    },
  }
}
