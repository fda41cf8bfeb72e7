// Runs simulations in this process against a test server, over a network that the test controls.
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { Api } from '../../src/cli/connection/api.ts'
import { type Client, createClient } from '../../src/cli/connection/client.ts'
import { parseOptions } from '../../tools/simulate/options.ts'
import type { Time } from '../../tools/simulate/persistence.ts'
import { type SimulationResult, simulateFleet } from '../../tools/simulate/simulation.ts'
import { BARE_MACHINE } from '../cli/bare-machine.ts'

export const TIME: Time = {
  machineMs: Date.now,
  nowMs: () => performance.now(),
  sleep: async ms => {
    await wait(ms)
  },
}

export interface Run {
  readonly result: SimulationResult
  /** The progress shown to the user. */
  readonly notes: string
}

/**
 * Runs a simulation to its end.
 * @param flags as on the command line
 * @param network wraps the client that talks to the server
 */
export async function runSimulation(
  flags: readonly string[],
  network: (client: Client) => Client = client => client,
  signal: AbortSignal = new AbortController().signal,
): Promise<Run> {
  const options = parseOptions(flags, BARE_MACHINE)
  const client = createClient(options.target, options.connections)
  let notes = ''
  const output = {
    isTerminal: false,
    write: (text: string) => {
      notes += text
    },
  }
  try {
    return {
      result: await simulateFleet(options, {
        client: network(client),
        streams: new Api(client, options.target.url),
        time: TIME,
        output,
        signal,
      }),
      notes,
    }
  } finally {
    client.close()
  }
}

/** The failed checks, as sentences. */
export function wrongChecks({ checks }: SimulationResult): string[] {
  return checks
    .filter(({ expected, found }) => expected !== found)
    .map(({ name, expected, found }) => `${name}: ${expected} expected, ${found} found`)
}
