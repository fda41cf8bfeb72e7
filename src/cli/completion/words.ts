// Parts that the completion scripts share.
import type { Command } from '../command.ts'
import type { Flag } from '../flags/flag.ts'

/** The flag that every command takes. */
export const HELP: Flag = { name: 'help', short: 'h', meaning: 'show the help' }

/** Stands in for a command. */
export const VERSION: Flag = { name: 'version', short: 'v', meaning: 'print the version' }

/**
 * A command that prints the words that only the server knows, each a whole word on a line. It prints no errors, and ends soon.
 * @param asked shell words: the kind, the type in the command line, and the word so far
 */
export function offersCommand(asked: string): string {
  return `hyperfleet completion offers ${asked} 2>/dev/null </dev/null`
}

export function flagsOf({ flags = [] }: Pick<Command, 'flags'>): readonly Flag[] {
  return [...flags, HELP]
}

/** `--output` and `-o`. */
export function spellings({ name, short }: Flag): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]
}

/** A literal word: in single quotes, with each quote in it as `'\''`. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
