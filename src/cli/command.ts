// The shape of every command of `hyperfleet`, and the failures that reach its user.
import type { Flag, Operand } from './flags/flag.ts'
import type { Output } from './terminal/output.ts'

export interface Command {
  /** Usage, purpose and flags. */
  readonly help: () => string
  /** Command lines, each with its effect if that is not obvious. */
  readonly examples: readonly Example[]
  /** Its flags; none by default. */
  readonly flags?: readonly Flag[]
  /** Arguments after the command's name, by position, for completion. */
  readonly operands?: readonly Operand[]
  /** Runs with the arguments after the command's name, and prints to the output; resolves with the exit code. */
  readonly run: (args: readonly string[], output: Output) => Promise<number>
}

export type Example = readonly [line: string, meaning?: string]

/** The text of `--help`. */
export function helpOf({ help, examples }: Command): string {
  const lines = examples.flatMap(([line, meaning]) => [
    ...(meaning === undefined ? [] : [`  # ${meaning}`]),
    `  ${line}`,
  ])
  return [help(), '', lines.length === 1 ? 'Example:' : 'Examples:', ...lines].join('\n')
}

/** Exit codes by convention, and one for each failure that a script may want to handle. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  conflict: 4,
  unauthorised: 5,
  unreachable: 6,
  interrupted: 130,
} as const

/** The meaning of each exit code, for the help. */
export const EXIT_MEANINGS: readonly (readonly [code: number, meaning: string])[] = [
  [EXIT.ok, 'done'],
  [EXIT.failed, 'failed, or refused by the server'],
  [EXIT.usage, 'a mistake in the command line, in a setting, or in a file that a setting names'],
  [EXIT.notFound, 'there is no such cluster, nodepool or status'],
  [EXIT.conflict, 'the name is taken, or another conflict'],
  [EXIT.unauthorised, 'the server asks for a token, or refuses the one given'],
  [EXIT.unreachable, 'the server cannot be reached, or asks to try again later'],
  [EXIT.interrupted, 'stopped by the user'],
]

/** A mistake in the command line; the message says what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** A failure with an exit code of its own. */
export class FailedError extends Error {
  override readonly name: string = 'FailedError'
  readonly exitCode: number

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** The user stopped the command before its end. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor() {
    super('interrupted: nothing was kept')
  }
}
