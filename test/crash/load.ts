// Sixteen writers on one server, demolitions beside them, and what they leave in the ledger when the server is gone.
import { setTimeout as delay } from 'node:timers/promises'
import { type Draw, drawFrom } from '../search/random-state.ts'
import { Demolition } from './demolition.ts'
import { type FleetClient, Unanswered } from './fleet-client.ts'
import type { Ledger } from './ledger.ts'
import { NameRace } from './name-race.ts'
import { Writer } from './writer.ts'

export const WRITERS = 16
const RACE_WITHIN_MS = 40
/** Nodepools whose removal takes more than one turn of the event loop. */
const CROWD = 64

export interface LoadOptions {
  readonly client: FleetClient
  readonly ledger: Ledger
  /** Begins all names; no two loads of a ledger have the same. */
  readonly name: string
  readonly draw: Draw
  /** The adapters that the server waits for. */
  readonly required: readonly string[]
  /** True to delete large clusters, too. */
  readonly fellsCrowds?: boolean
}

export class Load {
  readonly #writers: readonly Writer[]
  /** Resolves when the server is gone and the ledger knows all; rejects when an answer was wrong. */
  readonly finished: Promise<void>

  constructor(options: LoadOptions) {
    const { client, ledger, name, draw, required } = options
    this.#writers = Array.from({ length: WRITERS }, (_, i) => {
      const owned = ledger.owned.filter((_, place) => place % WRITERS === i)
      return new Writer({ client, draw: drawFrom(draw(2 ** 31)), name: `${name}w${i}`, owned, required })
    })
    this.finished = this.#run(options, draw(RACE_WITHIN_MS))
    // It is awaited only once the server is gone.
    this.finished.catch(() => {})
  }

  /** Writes answered. */
  get answered(): number {
    return this.#writers.reduce((sum, { answered }) => sum + answered, 0)
  }

  async #run(options: LoadOptions, raceMs: number): Promise<void> {
    const { client, ledger, name } = options
    const demolitions: Demolition[] = []
    const race = new NameRace(`${name}-race`)
    const racing = delay(raceMs).then(() => race.run(client))
    const felling = options.fellsCrowds === true ? [fell(options, demolitions)] : []
    await Promise.all([
      racing,
      demolish(options, demolitions),
      ...felling,
      ...this.#writers.map(writer => writer.run()),
    ])
    ledger.add(
      this.#writers.flatMap(({ owned }) => owned),
      race,
      demolitions,
    )
  }
}

/** One demolition after another until the server is gone. */
async function demolish({ client, name, draw, required }: LoadOptions, done: Demolition[]): Promise<void> {
  const own = drawFrom(draw(2 ** 31))
  try {
    for (;;) {
      const demolition = new Demolition(`${name}d${done.length}`, required)
      done.push(demolition)
      await demolition.run(client, own)
    }
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
  }
}

/** One large cluster after another until the server is gone. */
async function fell({ client, name, required }: LoadOptions, done: Demolition[]): Promise<void> {
  try {
    for (;;) {
      const demolition = new Demolition(`${name}d${done.length}`, required, CROWD)
      done.push(demolition)
      await demolition.fell(client)
    }
  } catch (error) {
    if (!(error instanceof Unanswered)) throw error
  }
}
