// A resource that lives on the server. Combines its plan, its life and its ledger entry, and plays one event after another.
import type { FleetApi } from './fleet-api.ts'
import { type Ledger, type LedgerEntry, pastOf } from './ledger.ts'
import { Life } from './life.ts'
import type { PlannedResource } from './plan.ts'
import { type PlannedReport, reportBody } from './reports.ts'

export interface Stage {
  readonly api: FleetApi
  readonly ledger: Ledger
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
}

export class Resident {
  readonly planned: PlannedResource
  readonly entry: LedgerEntry
  readonly #life: Life
  #last: Promise<void> = Promise.resolve()

  constructor(planned: PlannedResource, entry: LedgerEntry) {
    this.planned = planned
    this.entry = entry
    this.#life = new Life(planned, pastOf(entry))
  }

  /** Number of reports due for the current generation. */
  get behind(): number {
    return this.#life.behind
  }

  /** Plays the next event after all earlier ones: their order is part of the plan. */
  play(stage: Stage): Promise<void> {
    this.#last = this.#last.then(() => this.#playNow(stage))
    return this.#last
  }

  async #playNow(stage: Stage): Promise<void> {
    const event = this.#life.next()
    if (event.kind === 'report') return this.report(event, stage)
    const generation = await stage.api.changeSpec(this.entry.path, this.planned.spec(event.generation))
    stage.ledger.noteChange(this.entry, generation)
  }

  /** Sends a report, and notes its answer. */
  async report(report: PlannedReport, { api, ledger, machineMs }: Stage): Promise<void> {
    const last = this.entry.reports.get(report.adapter.name)
    // Always later than the adapter's last report, even if the clock goes back: an older report is ignored (contract 5.3c).
    const observedMs = Math.max(machineMs(), (last?.observedMs ?? 0) + 1)
    const body = reportBody(this.planned, report, new Date(observedMs).toISOString())
    ledger.noteReport(this.entry, report, observedMs, await api.report(this.entry.path, body))
  }
}
