// Generates the command reference in docs/guide/cli.md from the commands.
import { EXIT_MEANINGS, helpOf } from './command.ts'
import type { LoadedCommand } from './commands.ts'

/** Lines that enclose the generated parts of the page. */
const MARKS = {
  exits: ['<!-- exit codes: made from the program -->', '<!-- end of exit codes -->'],
  commands: ['<!-- commands: made from the program -->', '<!-- end of commands -->'],
} as const

/** The page with its generated parts replaced. Throws if a pair of markers is missing. */
export function withCommandReference(page: string, commands: readonly LoadedCommand[]): string {
  const exits = [
    '| code | meaning |',
    '|---|---|',
    ...EXIT_MEANINGS.map(([code, text]) => `| ${code} | ${text} |`),
  ]
  return replaced(replaced(page, MARKS.exits, exits.join('\n')), MARKS.commands, sections(commands))
}

/** A heading and the help of each command. */
function sections(commands: readonly LoadedCommand[]): string {
  return commands
    .map(
      command =>
        `### ${command.name}\n\n${capitalised(command.summary)}.\n\n\`\`\`\n${helpOf(command)}\n\`\`\``,
    )
    .join('\n\n')
}

function replaced(page: string, [begin, end]: readonly [string, string], text: string): string {
  const [before, rest] = page.split(begin)
  const [, after] = rest?.split(end) ?? []
  if (before === undefined || after === undefined) throw new Error(`the page has no ${begin}`)
  return `${before}${begin}\n\n${text}\n\n${end}${after}`
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
