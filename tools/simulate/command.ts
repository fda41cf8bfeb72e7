// `hyperfleet simulate`: creates a fleet on a running server, plays its adapters, and checks the server's answers.
import { setMaxListeners } from 'node:events'
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { type Command, EXIT } from '../../src/cli/command.ts'
import { Api } from '../../src/cli/connection/api.ts'
import { createClient } from '../../src/cli/connection/client.ts'
import { thisMachine } from '../../src/cli/connection/machine.ts'
import { flagLines } from '../../src/cli/flags/flag.ts'
import type { Output } from '../../src/cli/terminal/output.ts'
import { progressOutput } from '../../src/cli/terminal/progress.ts'
import { stopped } from '../../src/cli/terminal/signals.ts'
import { count } from '../../src/cli/terminal/text.ts'
import { type Check, checkTable, isRight } from './checks.ts'
import { parseOptions, SIMULATE_FLAGS, type SimulateOptions } from './options.ts'
import type { Time } from './persistence.ts'
import { type SimulationResult, simulateFleet } from './simulation.ts'

export const simulate: Command = {
  help: () => `Usage: hyperfleet simulate [flags]

Creates clusters and nodepools on a running server, sends the reports of their adapters (first reports, heartbeats, failures,
recoveries) and changes specs now and then. After that it deletes a part of the fleet, lets the adapters finish, and creates the
same again. Finally it compares the server's answers with its own ledger, and with --watch also what its watches have said. Ctrl-C ends the simulation early, with the checks; a
second Ctrl-C ends it at once. With --rate it plays rate times duration events, so that the same flags repeat exactly the same
simulation; without, as many of these events as fit into the duration.

${flagLines(SIMULATE_FLAGS)}`,
  examples: [
    ['hyperfleet simulate --clusters 50 --duration 10'],
    ['hyperfleet simulate --seed 7 --rate 500 --name-prefix trial'],
  ],
  flags: SIMULATE_FLAGS,
  async run(args, output) {
    const options = parseOptions(args, thisMachine())
    const client = createClient(options.target, options.connections)
    const stop = stopped()
    setMaxListeners(0, stop.signal) // every worker may wait at the same time
    try {
      return conclude(
        options,
        await simulateFleet(options, {
          client,
          streams: new Api(client, options.target.url),
          time: TIME,
          output: progressOutput(),
          signal: stop.signal,
        }),
        output,
      )
    } finally {
      stop.end()
      client.close()
    }
  },
}

const TIME: Time = {
  machineMs: Date.now,
  nowMs: () => performance.now(),
  sleep: async (ms, signal) => {
    if (!signal.aborted) await wait(ms, undefined, { signal }).catch(() => undefined)
  },
}

/** Prints the table and the conclusion. Returns the exit code. */
function conclude(
  options: SimulateOptions,
  { checks, traffic, examples }: SimulationResult,
  output: Output,
): number {
  const print = (line: string) => output.write(`${line}\n`)
  const wrong = checks.filter(check => !isRight(check))
  print(checkTable(checks))
  print(`\n${count(traffic.requests)} requests, ${count(traffic.retries)} of them retries`)
  if (wrong.length === 0) {
    print(`all ${checks.length} checks passed`)
    return EXIT.ok
  }
  for (const example of examples) print(`unexpected: ${example}`)
  print(`${wrong.length} of ${checks.length} checks failed: ${advice(options, wrong)}`)
  return EXIT.failed
}

function advice({ required, namePrefix }: SimulateOptions, wrong: readonly Check[]): string {
  // A deletion that waits for another adapter is an unexpected answer.
  const isAboutReady = wrong.every(({ name }) => / ready$|^unexpected answers$/.test(name))
  if (isAboutReady && required.Cluster.length + required.NodePool.length === 0)
    return 'if the server requires adapters, name them with --required-cluster and --required-nodepool'
  return `unless another client has written to resources with the label simulation=${namePrefix}, this is a fault of the server`
}
