// The life of one resource: its adapters report for the first time, send heartbeats, fail and recover; now and then
// its spec changes, and they report for the new generation. Pure: the resource's own stream decides what comes next.
import { type AdapterProfile, adaptersOf } from './adapters.ts'
import type { PlannedResource } from './plan.ts'
import { RandomStream } from './random.ts'
import type { PlannedReport, ReportedStatus } from './reports.ts'

/** A change of the resource's spec, which gives it this generation. */
export interface PlannedChange {
  readonly kind: 'change'
  readonly generation: number
}

export type LifeEvent = PlannedReport | PlannedChange

/** The start of a life that continues: the state of the resource on the server. */
export interface Past {
  readonly generation: number
  /** The last report of each adapter. */
  readonly adapters: ReadonlyMap<string, { readonly generation: number; readonly status: ReportedStatus }>
}

const NEWBORN: Past = { generation: 1, adapters: new Map() }

/** Probabilities of the events. Together they keep most of the fleet ready and some of it in trouble. */
const ODDS = {
  spec: 0.01,
  failure: 0.01,
  recovery: 0.3,
  /** A report that has nothing to say: stored when it is the adapter's first, otherwise ignored (contract 5.3d, 5.6). */
  silence: 0.005,
  firstSilence: 0.05,
  firstFailure: 0.04,
  answerAfterSilence: 0.8,
} as const

interface AdapterState {
  readonly profile: AdapterProfile
  /** The generation of its last report; 0 before the first. */
  generation: number
  status: ReportedStatus
  troubles: number
}

/** An endless source of events; each is the next thing to happen to the resource once those before have. */
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

  /** Adapters that have yet to report for the present generation; their reports are the next events. */
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

  /** The first status of an adapter for a generation; `Unknown` only as its very first report. */
  #firstWord({ generation }: AdapterState): ReportedStatus {
    const draw = this.#random.fraction()
    if (draw < ODDS.firstFailure) return 'False'
    return generation === 0 && draw < ODDS.firstFailure + ODDS.firstSilence ? 'Unknown' : 'True'
  }

  /** The status of an adapter after its last one. */
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
    // The server does not keep a silence after a report, so the last status remains.
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
