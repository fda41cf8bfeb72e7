// What every command of `hyperfleet` has, and how its failures reach the user.

export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly help: () => string
  /** Runs with the arguments after the command's name; resolves with the exit code. */
  readonly run: (args: readonly string[]) => Promise<number>
}

/** A mistake in the command line: the message tells what would be right. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** The user stopped the command before its end. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError'

  constructor() {
    super('interrupted: nothing was kept')
  }
}

/** Exit codes, after the usual convention. */
export const EXIT = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const
