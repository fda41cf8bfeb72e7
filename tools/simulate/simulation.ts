// A simulation: reads the existing fleet, builds the planned one, lets it live, and checks it.

import type { Api } from '../../src/cli/connection/api.ts'
import type { Client } from '../../src/cli/connection/client.ts'
import type { ProgressOutput } from '../../src/cli/terminal/progress.ts'
import { count } from '../../src/cli/terminal/text.ts'
import { Builder, readEarlier } from './builder.ts'
import { type Check, checkFleet } from './checks.ts'
import { type Crew, Pace, shareOut } from './crew.ts'
import { StoppedError } from './failures.ts'
import { FleetApi, greet } from './fleet-api.ts'
import { FleetWatch } from './fleet-watch.ts'
import { Ledger } from './ledger.ts'
import type { SimulateOptions } from './options.ts'
import { createPersistentClient, type Time, type Traffic } from './persistence.ts'
import { type PlannedCluster, plannedClusters } from './plan.ts'
import { Progress } from './progress.ts'
import type { Resident, Stage } from './residents.ts'
import { type Family, Turnover } from './turnover.ts'

export interface SimulationSurroundings {
  readonly client: Client
  /** The server for watches. */
  readonly streams: Api
  readonly time: Time
  readonly output: ProgressOutput
  /** Aborted when the user stops the simulation. Running requests finish, and the checks follow. */
  readonly signal: AbortSignal
}

export interface SimulationResult {
  readonly checks: readonly Check[]
  readonly traffic: Readonly<Traffic>
  /** Examples of unexpected responses, as sentences. */
  readonly examples: readonly string[]
}

/**
 * Runs a simulation.
 * @throws SimulationError if it cannot continue
 */
export async function simulateFleet(
  options: SimulateOptions,
  surroundings: SimulationSurroundings,
): Promise<SimulationResult> {
  await greet(surroundings.client, options.target.url)
  const simulation = new Simulation(options, surroundings)
  try {
    await simulation.lookBack()
    const families = await simulation.build()
    const residents = families.flatMap(({ cluster, nodepools }) => [cluster, ...nodepools])
    await simulation.report(residents)
    await simulation.live(residents)
    await simulation.turnOver(families)
    return await simulation.check()
  } finally {
    simulation.close()
  }
}

class Simulation {
  readonly #options: SimulateOptions
  readonly #time: Time
  readonly #signal: AbortSignal
  readonly #crew: Crew
  readonly #pace: Pace
  readonly #ledger: Ledger
  readonly #traffic: Readonly<Traffic>
  readonly #progress: Progress
  readonly #api: FleetApi
  readonly #stage: Stage
  readonly #watch: FleetWatch | undefined

  constructor(options: SimulateOptions, { client, streams, time, output, signal }: SimulationSurroundings) {
    const { target, retryForS, connections, rate, required } = options
    const persistent = createPersistentClient({
      client,
      server: target.url,
      retryForMs: retryForS * 1000,
      time,
      signal,
    })
    this.#options = options
    this.#time = time
    this.#signal = signal
    this.#crew = { workers: connections, signal }
    this.#pace = new Pace(rate, time, signal)
    this.#ledger = new Ledger(required)
    this.#traffic = persistent.traffic
    this.#progress = new Progress(output, time.nowMs, persistent.traffic)
    this.#api = new FleetApi(persistent)
    this.#stage = { api: this.#api, ledger: this.#ledger, machineMs: time.machineMs }
    this.#watch = options.isWatching ? new FleetWatch(streams, options.namePrefix) : undefined
  }

  /** Reads the resources of earlier runs into the ledger. */
  async lookBack(): Promise<void> {
    const { namePrefix } = this.#options
    const found = await this.#progress.during(
      () => `looking for clusters of '${namePrefix}'`,
      () => readEarlier(this.#api, this.#ledger, this.#crew, namePrefix),
    )
    if (this.#signal.aborted) throw new StoppedError()
    const { clusters, nodepools } = found
    if (clusters + nodepools > 0)
      this.#progress.note(
        `${count(clusters)} clusters and ${count(nodepools)} nodepools of '${namePrefix}' exist from an earlier run ` +
          'and are used as they are',
      )
  }

  /** Creates missing resources. Resolves with all clusters and their nodepools in the order of the plan. */
  async build(): Promise<readonly Family[]> {
    const { clusters } = this.#options
    const builder = new Builder(this.#api, this.#ledger, this.#pace)
    const families: Family[] = []
    let built = 0
    const buildOne = async ([number, planned]: readonly [number, PlannedCluster]) => {
      const [cluster, ...nodepools] = await builder.build(planned)
      families[number] = { planned, cluster, nodepools }
      built += 1
    }
    await this.#progress.during(
      () => `creating: ${count(built)} of ${count(clusters)} clusters with their nodepools`,
      () => shareOut(this.#crew, numbered(plannedClusters(this.#options)), buildOne),
    )
    this.#progress.note(`created ${count(builder.created)} clusters and nodepools`)
    return families.flat()
  }

  /** Sends the reports of all adapters for the current generation. */
  async report(residents: readonly Resident[]): Promise<void> {
    const total = residents.reduce((sum, { behind }) => sum + behind, 0)
    let reported = 0
    const reportAll = async (resident: Resident) => {
      while (resident.behind > 0 && !this.#signal.aborted) {
        await this.#pace.turn()
        await resident.play(this.#stage)
        reported += 1
      }
    }
    await this.#progress.during(
      () => `first reports: ${count(reported)} of ${count(total)}`,
      () => shareOut(this.#crew, residents, reportAll),
    )
    this.#progress.note(`adapters sent ${count(reported)} first reports`)
  }

  /** Plays the residents in turn for a duration or, at a given rate, for the corresponding number of events. */
  async live(residents: readonly Resident[]): Promise<void> {
    const { rate, durationS } = this.#options
    if (durationS === 0 || this.#signal.aborted) return
    const startMs = this.#time.nowMs()
    const passedS = () => (this.#time.nowMs() - startMs) / 1000
    let played = 0
    const isOver = () => (rate > 0 ? played >= rate * durationS : passedS() >= durationS)
    const playOne = async (resident: Resident) => {
      await this.#pace.turn()
      await resident.play(this.#stage)
    }
    await this.#progress.during(
      () => `life: ${count(passedS())} of ${durationS} s, ${count(played)} events`,
      () =>
        shareOut(
          this.#crew,
          turns(residents, isOver, () => played++),
          playOne,
        ),
    )
    this.#progress.note(`${count(played)} events of life in ${passedS().toFixed(1)} s`)
  }

  /** Deletes a part of the fleet, and creates the same again. It is a part of the life: without one nothing is deleted. */
  async turnOver(families: readonly Family[]): Promise<void> {
    const { turnoverPercent, durationS } = this.#options
    if (turnoverPercent === 0 || durationS === 0 || this.#signal.aborted) return
    const builder = new Builder(this.#api, this.#ledger, this.#pace)
    const turnover = new Turnover(this.#stage, this.#pace, builder, turnoverPercent / 100)
    const { counts } = turnover
    await this.#progress.during(
      () => `turnover: ${count(counts.deleted)} clusters and nodepools deleted`,
      async () => {
        for (const entry of this.#ledger.leaving) await turnover.finish(entry)
        await shareOut(this.#crew, families, family => turnover.renew(family))
      },
    )
    this.#progress.note(
      `deleted ${count(counts.deleted)} clusters and nodepools, created ${count(builder.created)} again` +
        (counts.removedByForce === 0 ? '' : `; ${count(counts.removedByForce)} deletions ended by force`),
    )
  }

  /** Compares the server's fleet with the ledger. */
  async check(): Promise<SimulationResult> {
    if (this.#signal.aborted) this.#progress.note('stopped: checking what was done')
    const { namePrefix } = this.#options
    const checks = await this.#progress.during(
      () => 'checking',
      async () => {
        const watched = (await this.#watch?.checks(this.#api, this.#ledger, namePrefix)) ?? []
        return [...(await checkFleet(this.#api, this.#ledger, namePrefix)), ...watched]
      },
    )
    if (this.#watch !== undefined) {
      const { events, outages } = this.#watch.traffic
      this.#progress.note(
        `the watches sent ${count(events)} events and lasted through ${count(outages)} outages`,
      )
    }
    return { checks, traffic: this.#traffic, examples: this.#ledger.surprises.examples }
  }

  close(): void {
    this.#watch?.close()
  }
}

function* numbered<T>(items: Iterable<T>): Generator<readonly [number, T]> {
  let number = 0
  for (const item of items) yield [number++, item]
}

/** Cycles through the residents until the life is over. */
function* turns(
  residents: readonly Resident[],
  isOver: () => boolean,
  onTurn: () => void,
): Generator<Resident> {
  while (residents.length > 0) {
    for (const resident of residents) {
      if (isOver()) return
      onTurn()
      yield resident
    }
  }
}
