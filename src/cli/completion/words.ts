// What the completion scripts are made from: every command with its flags and operands.
import type { Command } from '../command.ts'
import type { Flag } from '../flags/flag.ts'

/** The flag that every command takes beside its own. */
const HELP: Flag = { name: 'help', short: 'h', meaning: 'show the help' }

/** So many names of the server's are offered at most. */
export const NAMES_MAX = 500

/** Lists the names of a kind: `$1` or its like is `clusters` or `nodepools`. */
export function namesCommand(kind: string): string {
  return `hyperfleet get ${kind} -o name --limit ${NAMES_MAX} 2>/dev/null | cut -d/ -f2-`
}

export function flagsOf({ flags = [] }: Command): readonly Flag[] {
  return [...flags, HELP]
}

/** `--output` and `-o`. */
export function spellings({ name, short }: Flag): string[] {
  return short === undefined ? [`--${name}`] : [`--${name}`, `-${short}`]
}

/** A word that a shell takes as it stands: in single quotes, one within them as `'\''`. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
