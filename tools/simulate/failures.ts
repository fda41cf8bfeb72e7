// Failures that end a simulation early. Every message tells the user what to do.

import { EXIT, FailedError } from '../../src/cli/command.ts'

/** The simulation cannot go on. */
export class SimulationError extends FailedError {
  override readonly name: string = 'SimulationError'

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message, exitCode)
  }
}

/** The server does not answer, or not in a way that a request can succeed. */
export class ServerLostError extends SimulationError {
  override readonly name = 'ServerLostError'

  constructor(server: URL, duration: string, last: string) {
    super(
      `the server at ${server.origin} has failed to answer for ${duration} (${last}): look at its log; ` +
        'once it runs, the same command goes on with the fleet as it is',
      EXIT.unreachable,
    )
  }
}

/** The user stopped the simulation before it knew enough to check anything. */
export class StoppedError extends SimulationError {
  override readonly name = 'StoppedError'

  constructor() {
    super(
      'stopped while requests were unanswered: nothing was checked; the fleet stays as it is',
      EXIT.interrupted,
    )
  }
}
