// The life of one resource. Its adapters report for the first time, send heartbeats, fail and recover. Now and then its spec
// changes, and they report for the new generation. Pure: the resource's random stream determines the events.
import { type AdapterProfile, adaptersOf } from './adapters.ts'
import type { PlannedResource } from './plan.ts'
import { RandomStream } from './random.ts'
import type { PlannedReport, ReportedStatus } from './reports.ts'

/** A change of the resource's spec, with the new generation. */
export interface PlannedChange {
  readonly kind: 'change'
  readonly generation: number
}

export type LifeEvent = PlannedReport | PlannedChange

/** The state of an existing resource, from which its life continues. */
export interface Past {
  readonly generation: number
  /** The last report of each adapter. */
  readonly adapters: ReadonlyMap<string, { readonly generation: number; readonly status: ReportedStatus }>
}

const NEWBORN: Past = { generation: 1, adapters: new Map() }

/** Probabilities of the events, chosen so that most of the fleet is ready and a part of it fails. */
const ODDS = {
  spec: 0.01,
  failure: 0.01,
  recovery: 0.3,
  /** An `Unknown` report: stored if it is the adapter's first, otherwise ignored (contract 5.3d, 5.6). */
  silence: 0.005,
  firstSilence: 0.05,
  firstFailure: 0.04,
  answerAfterSilence: 0.8,
} as const

interface AdapterState {
  readonly profile: AdapterProfile
  /** The generation of its last report; 0 if there is none. */
  generation: number
  status: ReportedStatus
  troubles: number
}

/** An endless sequence of events of a resource. */
export class Life {
  readonly #random: RandomStream
  readonly #adapters: readonly AdapterState[]
  #generation: number
  #turn = 0

  constructor(resource: PlannedResource, past: Past = NEWBORN) {
    this.#random = new RandomStream(...resource.key, 'life')
    this.#generation = past.generation
    this.#adapters = adaptersOf(resource.kind).map(profile => {
      const { generation, status } = past.adapters.get(profile.name) ?? { generation: 0, status: 'Unknown' }
      return { profile, generation, status, troubles: 0 }
    })
  }

  /** Number of adapters that have not reported for the current generation. Their reports are the next events. */
  get behind(): number {
    return this.#adapters.filter(adapter => adapter.generation < this.#generation).length
  }

  next(): LifeEvent {
    const late = this.#adapters.find(adapter => adapter.generation < this.#generation)
    if (late !== undefined) return this.#report(late, this.#firstWord(late))
    if (this.#random.chance(ODDS.spec)) return { kind: 'change', generation: ++this.#generation }
    const adapter = this.#adapters[this.#turn++ % this.#adapters.length]
    if (adapter === undefined) throw new Error('a kind of resource without adapters')
    return this.#report(adapter, this.#nextWord(adapter))
  }

  /** An adapter's first status for a generation. `Unknown` occurs only as its very first report. */
  #firstWord({ generation }: AdapterState): ReportedStatus {
    const draw = this.#random.fraction()
    if (draw < ODDS.firstFailure) return 'False'
    return generation === 0 && draw < ODDS.firstFailure + ODDS.firstSilence ? 'Unknown' : 'True'
  }

  /** An adapter's next status. */
  #nextWord({ status }: AdapterState): ReportedStatus {
    const draw = this.#random.fraction()
    if (status === 'Unknown') return draw < ODDS.answerAfterSilence ? 'True' : 'Unknown'
    if (draw < ODDS.silence) return 'Unknown'
    if (status === 'False') return draw < ODDS.silence + ODDS.recovery ? 'True' : 'False'
    return draw < ODDS.silence + ODDS.failure ? 'False' : 'True'
  }

  #report(adapter: AdapterState, status: ReportedStatus): PlannedReport {
    const isFirst = adapter.generation === 0
    if (status === 'False' && adapter.status !== 'False') adapter.troubles += 1
    adapter.generation = this.#generation
    // The server ignores `Unknown` after another report, so the last status remains.
    if (status !== 'Unknown' || isFirst) adapter.status = status
    return {
      kind: 'report',
      adapter: adapter.profile,
      generation: this.#generation,
      status,
      troubles: adapter.troubles,
    }
  }
}
