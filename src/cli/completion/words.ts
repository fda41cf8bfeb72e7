// Parts that the completion scripts share.
import type { Command } from '../command.ts'
import type { Flag } from '../flags/flag.ts'

/** The flag that every command takes. */
export const HELP: Flag = { name: 'help', short: 'h', meaning: 'show the help' }

/** Stands in for a command. */
export const VERSION: Flag = { name: 'version', short: 'v', meaning: 'print the version' }

/** Limit of the resource names offered. */
export const NAMES_MAX = 500
/** No names are offered if the server does not answer within this time. */
const PATIENCE_S = 2

/** A command that lists names. The kind is `clusters`, `nodepools` or a shell variable with one of them. */
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

/** A literal word: in single quotes, with each quote in it as `'\''`. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
