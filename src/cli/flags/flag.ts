// Flags and operands of a command, as data. Parsing, --help, docs/guide/cli.md and completion are made from it.

export interface Flag {
  readonly name: string
  readonly short?: string
  /** The placeholder of its value in the help; a flag without one is a switch. */
  readonly value?: string
  readonly meaning: string
  /** The default, as the help shows it; left out if there is none or `meaning` names it. */
  readonly fallback?: string
  /** The values to choose from. */
  readonly choices?: readonly string[]
  /** Offered by completion for its value, if there are no choices. */
  readonly completes?: Completes
  /** Keeps every value of a repeated flag, not only the last. */
  readonly repeats?: boolean
  /** Its names in other programs: a user who tries one of them is given the right name. */
  readonly elsewhere?: readonly string[]
}

/** True for the name of the flag in other programs. */
export function isCalled({ elsewhere = [] }: Flag, name: string): boolean {
  return elsewhere.includes(name)
}

/** One argument after the command's name, for completion. */
export interface Operand {
  readonly choices?: readonly string[]
  /** `named`: clusters or nodepools, as the operand before it says. */
  readonly completes?: Completes | 'named'
  /** Applies to all positions from here on. */
  readonly repeats?: boolean
}

/** Files and folders of this machine, or what the server has under a name. */
export type Completes = 'file' | 'folder' | 'clusters' | 'nodepools'

/** A longer name of a flag has its meaning on a line of its own. */
const LONGEST_BESIDE = 40

/** The flags as lines of help. */
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
