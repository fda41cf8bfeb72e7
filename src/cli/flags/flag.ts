// What a command takes on its command line, as data: reading it, --help, docs/guide/cli.md and completion all follow from it.

export interface Flag {
  readonly name: string
  readonly short?: string
  /** What stands for its value in the help; a flag without one is a switch. */
  readonly value?: string
  readonly meaning: string
  /** The default, as the help shows it; left out where there is none or `meaning` tells. */
  readonly fallback?: string
  /** The values to choose from. */
  readonly choices?: readonly string[]
  /** What completion offers for its value, where there are no choices. */
  readonly completes?: Completes
  /** Whether each of several counts, and not only the last. */
  readonly repeats?: boolean
  /** What other programs call it: a user who tries that is told the name. */
  readonly elsewhere?: readonly string[]
}

/** Whether other programs call the flag so. */
export function isCalled({ elsewhere = [] }: Flag, name: string): boolean {
  return elsewhere.includes(name)
}

/** What stands at one place after the command's name, as far as completion can know. */
export interface Operand {
  readonly choices?: readonly string[]
  /** `named`: clusters or nodepools, as the operand before it says. */
  readonly completes?: Completes | 'named'
  /** Whether it stands for all the places from here on. */
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
