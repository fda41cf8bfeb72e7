// The simulation's own record of the fleet: the writes that the server has acknowledged, and what must follow from them. It has
// its own simple implementation of Ready and of discarded reports, so that the checks do not repeat the server's code.

import { resourcePath } from '../../src/cli/resources/lookup.ts'
import type { ConditionStatus } from '../../src/state/records.ts'
import { parseInstant } from '../../src/wire/instant.ts'
import type { ReportOutcome, ServedResource, ServedStatus } from './fleet-api.ts'
import type { Past } from './life.ts'
import type { PlannedReport, ReportedStatus } from './reports.ts'

/** The last report of an adapter that the server kept. */
export interface KnownReport {
  readonly generation: number
  readonly status: ReportedStatus
  /** `observed_time` in milliseconds since the Unix epoch. */
  readonly observedMs: number
}

/** The expected state of one resource. */
export interface LedgerEntry {
  readonly kind: ServedResource['kind']
  readonly name: string
  readonly path: string
  readonly labels: ReadonlyMap<string, string>
  readonly reports: Map<string, KnownReport>
  generation: number
  isReady: boolean
  isDeleting: boolean
}

/** A resource that has been removed. */
export type Removed = Pick<LedgerEntry, 'kind' | 'path'>

/** The required adapters in the server's settings. If empty, all that have reported count (contract 6.1). */
export type RequiredAdapters = Readonly<Record<ServedResource['kind'], readonly string[]>>

/** The number of unexpected responses kept as examples. */
const EXAMPLES_MAX = 3

export class Ledger {
  /** By name. Those that are being deleted have none (contract 4.3). */
  readonly #entries = new Map<string, LedgerEntry>()
  readonly #leaving = new Set<LedgerEntry>()
  /** By the path of their cluster. */
  readonly #nodepools = new Map<string, Set<LedgerEntry>>()
  readonly #removed: Removed[] = []
  readonly #required: RequiredAdapters
  readonly #examples: string[] = []
  #surprises = 0
  #readiness: 'Ready' | 'Reconciled' = 'Ready'

  constructor(required: RequiredAdapters) {
    this.#required = required
  }

  /** Adds a resource as the server shows it, new or from an earlier run. */
  add(resource: ServedResource, statuses: readonly ServedStatus[] = []): LedgerEntry {
    if (conditionStatus(resource, 'Ready') === undefined) this.#readiness = 'Reconciled'
    const entry: LedgerEntry = {
      kind: resource.kind,
      name: resource.name,
      path: resourcePath(resource),
      labels: new Map(Object.entries(resource.labels ?? {})),
      reports: new Map(statuses.map(status => [status.adapter, knownReport(status)])),
      generation: resource.generation,
      isReady: conditionStatus(resource, this.#readiness) === 'True',
      isDeleting: resource.deleted_time !== undefined,
    }
    if (entry.kind === 'NodePool') {
      const siblings = this.#nodepools.get(ownerPathOf(entry)) ?? new Set()
      this.#nodepools.set(ownerPathOf(entry), siblings.add(entry))
    }
    if (entry.isDeleting) this.#leaving.add(entry)
    else this.#entries.set(placeOf(entry.name, ownerPathOf(entry)), entry)
    return entry
  }

  /** The condition that says if a resource is ready: a server of today's clients alone shows no `Ready` (contract 1.5, 6.14). */
  get readiness(): 'Ready' | 'Reconciled' {
    return this.#readiness
  }

  /** Finds the resource that has a name. A nodepool's name is unique within its cluster (contract 4.3). */
  find(name: string, clusterPath = ''): LedgerEntry | undefined {
    return this.#entries.get(placeOf(name, clusterPath))
  }

  entries(kind: LedgerEntry['kind']): LedgerEntry[] {
    return [...this.#entries.values(), ...this.#leaving].filter(entry => entry.kind === kind)
  }

  /** The nodepools of a cluster, those that are being deleted included. */
  nodepoolsOf({ path }: LedgerEntry): Iterable<LedgerEntry> {
    return this.#nodepools.get(path) ?? []
  }

  /** Those that are being deleted, nodepools first. */
  get leaving(): LedgerEntry[] {
    return [...this.#leaving].sort((a, b) => (a.kind === b.kind ? 0 : a.kind === 'NodePool' ? -1 : 1))
  }

  removed(kind: LedgerEntry['kind']): Removed[] {
    return this.#removed.filter(removed => removed.kind === kind)
  }

  /** The adapters whose end a removal waits for (contract 11.7). */
  awaited({ kind, reports }: LedgerEntry): readonly string[] {
    return this.#required[kind].length > 0 ? this.#required[kind] : [...reports.keys()]
  }

  /** Records the deletion of a resource, on its own or with its cluster (contract 11.2, 11.4). */
  noteDeletion(entry: LedgerEntry): void {
    this.#entries.delete(placeOf(entry.name, ownerPathOf(entry)))
    this.#leaving.add(entry)
    entry.generation += 1
    entry.isReady = false
    entry.isDeleting = true
  }

  /** Records the removal of a resource that was being deleted. */
  noteRemoval(entry: LedgerEntry): void {
    this.#leaving.delete(entry)
    this.#nodepools.get(ownerPathOf(entry))?.delete(entry)
    this.#nodepools.delete(entry.path)
    this.#removed.push({ kind: entry.kind, path: entry.path })
  }

  /** Records a surprise unless the server behaved as expected. */
  expect(isAsExpected: boolean, surprise: () => string): void {
    if (!isAsExpected) this.#surprise(surprise())
  }

  /** Records a change of spec, and a surprise if the generation is not the expected one. */
  noteChange(entry: LedgerEntry, generation: number): void {
    if (generation !== entry.generation + 1)
      this.#surprise(`${entry.path} has generation ${generation} after ${entry.generation}`)
    entry.generation = generation
    entry.isReady = this.#isReady(entry)
  }

  /** Records an answered report, and a surprise if the outcome is not the expected one. */
  noteReport(entry: LedgerEntry, report: PlannedReport, observedMs: number, outcome: ReportOutcome): void {
    const { adapter, generation, status } = report
    // 'Unknown' is kept only as an adapter's first report; a retry of that report is ignored (contract 5.3d, 5.6).
    const isFirst = !entry.reports.has(adapter.name)
    const isIgnorable = status === 'Unknown' && (!isFirst || outcome.wasRetried)
    const isKept = status !== 'Unknown' || isFirst
    // A retry of the last report of a deletion comes too late (contract 11.9).
    if (outcome.kind === 'gone' && report.isFinal === true && outcome.wasRetried) return
    if (outcome.kind === 'gone' || (outcome.kind === 'ignored' ? !isIgnorable : !isKept))
      this.#surprise(`${entry.path}: a report of ${adapter.name} was ${outcome.kind}`)
    if (!isKept) return
    entry.reports.set(adapter.name, { generation, status, observedMs })
    entry.isReady = this.#isReady(entry)
  }

  /** Responses that differ from the ledger's expectation, with a few examples as sentences. */
  get surprises(): { readonly count: number; readonly examples: readonly string[] } {
    return { count: this.#surprises, examples: this.#examples }
  }

  /** Every required adapter reports True at the current generation (contract 6.1, 6.4, 11.10). */
  #isReady({ kind, generation, reports, isDeleting }: LedgerEntry): boolean {
    if (isDeleting) return false
    const counting = new Map([...reports].filter(([, { status }]) => status !== 'Unknown'))
    const required = this.#required[kind].length > 0 ? this.#required[kind] : [...counting.keys()]
    const says = required.map(adapter => counting.get(adapter))
    return says.length > 0 && says.every(said => said?.status === 'True' && said.generation === generation)
  }

  #surprise(words: string): void {
    this.#surprises += 1
    if (this.#examples.length < EXAMPLES_MAX) this.#examples.push(words)
  }
}

/** The state from which the life of a resource continues. */
export function pastOf({ generation, reports }: LedgerEntry): Past {
  return { generation, adapters: reports }
}

/** A report from a list of statuses. Times are rounded up to milliseconds. */
export function knownReport(status: ServedStatus): KnownReport {
  const available = status.conditions.find(({ type }) => type === 'Available')
  const observed = parseInstant(status.last_report_time) ?? 0n
  return {
    generation: status.observed_generation,
    status: available?.status ?? 'Unknown',
    observedMs: Number((observed + 999n) / 1000n),
  }
}

function conditionStatus({ status }: ServedResource, type: string): ConditionStatus | undefined {
  return status.conditions.find(condition => condition.type === type)?.status
}

function placeOf(name: string, clusterPath: string): string {
  return `${clusterPath}/${name}`
}

/** The path of a nodepool's cluster; empty for clusters. */
function ownerPathOf({ kind, path }: LedgerEntry): string {
  return kind === 'Cluster' ? '' : path.slice(0, path.indexOf('/nodepools/'))
}
