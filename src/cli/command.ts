// Defines a command of `hyperfleet` and the failures that its user sees.
import type { Flag, Operand } from './flags/flag.ts'
import type { Output } from './terminal/output.ts'

export interface Command {
  /** Usage, purpose and flags. */
  readonly help: () => string
  /** Command lines, each with a note if its effect is not obvious. */
  readonly examples: readonly Example[]
  /** Its flags; none by default. */
  readonly flags?: readonly Flag[]
  /** Positional arguments after the command's name, for completion. */
  readonly operands?: readonly Operand[]
  /** Runs with the arguments after the command's name. Resolves with the exit code. */
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

/** The conventional exit codes, and one for each failure that a script may want to handle. */
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
  [EXIT.notFound, 'no such cluster, nodepool or status'],
  [EXIT.conflict, 'a conflict, such as a name that is taken'],
  [EXIT.unauthorised, 'the server requires a token, or rejects the one given'],
  [EXIT.unreachable, 'the server cannot be reached, or asks the client to retry later'],
  [EXIT.interrupted, 'stopped by the user'],
]

/** A mistake in the command line. The message says what is allowed. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** Ends a message about what a command takes with what it was given instead; with nothing if it was given nothing. */
export function notGiven(operands: readonly string[]): string {
  return operands.length === 0 ? '' : `, not '${operands.join(' ')}'`
}

/** A failure with a specific exit code. */
export class FailedError extends Error {
  override readonly name: string = 'FailedError'
  readonly exitCode: number

  constructor(message: string, exitCode: number, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** The user stopped the command. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor() {
    super('interrupted: nothing was changed')
  }
}
