// Flags and operands of a command, as data for parsing, --help, docs/guide/cli.md and completion.

export interface Flag {
  readonly name: string
  readonly short?: string
  /** Placeholder for the value in the help. Absent for a switch. */
  readonly value?: string
  readonly meaning: string
  /** The default, as shown in the help. Absent if there is none or `meaning` mentions it. */
  readonly fallback?: string
  /** The values to choose from. */
  readonly choices?: readonly string[]
  /** Kind of completion for the value if there are no choices. */
  readonly completes?: Completes
  /** Keeps every value of a repeated flag, not only the last. */
  readonly repeats?: boolean
  /** Names in other programs. A user who tries one gets the right name. */
  readonly elsewhere?: readonly string[]
}

/** True if other programs use the name for this flag. */
export function isCalled({ elsewhere = [] }: Flag, name: string): boolean {
  return elsewhere.includes(name)
}

/** A positional argument, for completion. */
export interface Operand {
  readonly choices?: readonly string[]
  /** `named`: names of the kind that the first operand selects. */
  readonly completes?: Completes | 'named'
  /** Applies to this and all later positions. */
  readonly repeats?: boolean
}

/** Kinds of words that the server knows. */
export const ASKED_KINDS = [
  'clusters',
  'nodepools',
  'fields',
  'counted',
  'ordered',
  'selector',
  'search',
] as const

export type AskedKind = (typeof ASKED_KINDS)[number]

/** Files and folders of this machine, or what the server knows. */
export type Completes = 'file' | 'folder' | AskedKind

/** A longer flag has its meaning on the next line. */
const LONGEST_BESIDE = 40

/** Formats flags for the help. */
export function flagLines(flags: readonly Flag[]): string {
  const width = Math.max(...flags.map(flag => flagForm(flag).length).filter(each => each <= LONGEST_BESIDE))
  return flags
    .map(flag => {
      const form = flagForm(flag)
      const lead = form.length > width ? `${form}\n  ${' '.repeat(width)}` : form.padEnd(width)
      return `  ${lead}  ${flagMeaning(flag)}`
    })
    .join('\n')
}

/** `-o, --output FORM`. */
export function flagForm({ name, short, value }: Flag): string {
  const lead = short === undefined ? '' : `-${short}, `
  return `${lead}--${name}${value === undefined ? '' : ` ${value}`}`
}

/** The meaning with the default. */
export function flagMeaning({ meaning, fallback }: Flag): string {
  return fallback === undefined ? meaning : `${meaning} (default ${fallback})`
}
