// Failures that end a simulation early. Every message says what to do.

import { EXIT, FailedError } from '../../src/cli/command.ts'

/** The simulation cannot continue. */
export class SimulationError extends FailedError {
  override readonly name: string = 'SimulationError'

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message, exitCode)
  }
}

/** The server has not answered, or only with errors, for too long. */
export class ServerLostError extends SimulationError {
  override readonly name = 'ServerLostError'

  constructor(server: URL, duration: string, last: string) {
    super(
      `the server at ${server.origin} has failed to answer for ${duration} (${last}): look at its log; ` +
        'once it runs, the same command continues with the existing fleet',
      EXIT.unreachable,
    )
  }
}

/** The user stopped the simulation before anything could be checked. */
export class StoppedError extends SimulationError {
  override readonly name = 'StoppedError'

  constructor() {
    super(
      'stopped with unanswered requests: nothing was checked; the fleet remains as it is',
      EXIT.interrupted,
    )
  }
}
