// The parts of completion scripts: every command with its flags and operands.
import type { Command } from '../command.ts'
import type { Flag } from '../flags/flag.ts'

/** The flag that every command takes beside its own. */
export const HELP: Flag = { name: 'help', short: 'h', meaning: 'show the help' }

/** In place of a command. */
export const VERSION: Flag = { name: 'version', short: 'v', meaning: 'print the version' }

/** The most names of the server that are offered. */
export const NAMES_MAX = 500
/** A server that does not answer in this time offers no names. */
const PATIENCE_S = 2

/** Lists the names of a kind: `$1` or its like is `clusters` or `nodepools`. */
export function namesCommand(kind: string): string {
  return `hyperfleet get ${kind} -o name --limit ${NAMES_MAX} --request-timeout ${PATIENCE_S}s 2>/dev/null | cut -d/ -f2-`
}

export function flagsOf({ flags = [] }: Pick<Command, 'flags'>): readonly Flag[] {
  return [...flags, HELP]
}

/** `--output` and `-o`. */
export function spellings({ name, short }: Flag): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]
}

/** A word that a shell takes literally: in single quotes, one within them as `'\''`. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
