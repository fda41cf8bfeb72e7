// Parts that the completion scripts share.
import type { Command } from '../command.ts'
import type { ConnectionFlag } from '../connection/flags.ts'
import type { Flag } from '../flags/flag.ts'

/** The flag that every command takes. */
export const HELP: Flag = { name: 'help', short: 'h', meaning: 'show the help' }

/** Stands in for a command. */
export const VERSION: Flag = { name: 'version', short: 'v', meaning: 'print the version' }

/** Flags of a command line that a script hands on. */
export const TYPED_FLAGS = [
  'server',
  'token-file',
  'ca-file',
  'client-config',
] as const satisfies readonly ConnectionFlag[]

/** The variable with the token of a command line: arguments would be in the process list. */
export const TYPED_TOKEN = 'HYPERFLEET_TYPED_TOKEN'

/**
 * A command that prints the words that only the server knows, each a whole word on a line. It prints no errors, and ends soon.
 * @param asked shell words: the kind, the type in the command line, the word so far, and the typed flags as `--name=value`
 * @param token the shell word of the typed token, or of nothing
 */
export function offersCommand(asked: string, token: string): string {
  return `${TYPED_TOKEN}=${token} ${offersOf(asked)}`
}

/** The same without the token, which the caller has put into the environment. */
export function offersOf(asked: string): string {
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
