// A cluster as an object of a history: what its clients write to it and read from it.
import type { ShownResource, ShownStatus } from './fleet-client.ts'

export const ADAPTERS = ['dns', 'validator'] as const
export type Adapter = (typeof ADAPTERS)[number]

const CONDITIONS: Readonly<Record<Adapter, string>> = {
  dns: 'DnsSuccessful',
  validator: 'ValidatorSuccessful',
}
/** Reports are numbered by the second; none is ahead of the server's clock (contract 5.3). */
const REPORT_ZERO_MS = Date.UTC(2026, 0, 1)

export interface RegisterState {
  readonly generation: number
  /** The number in the spec. */
  readonly n: number
  /** The number of each adapter's last report. */
  readonly reports: Readonly<Record<Adapter, number>>
}

export function keyOf({ generation, n, reports }: RegisterState): string {
  return `generation ${generation}, spec ${n}, reports ${reports.dns} and ${reports.validator}`
}

/** Effect of an operation on a state; undefined if its answer is impossible there. */
export type Apply = (state: RegisterState) => RegisterState | undefined

/** A change of spec; `generation` is the answered one, undefined when there was no answer (contract 3.5). */
export function change(n: number, generation: number | undefined): Apply {
  return state =>
    generation === undefined || state.generation + 1 === generation
      ? { ...state, generation: state.generation + 1, n }
      : undefined
}

/** A report about generation 1, stored (201) unless an earlier time makes it discarded (204, contract 5.3c). */
export function report(adapter: Adapter, number: number, status: number | undefined): Apply {
  return state => {
    const isStored = number >= state.reports[adapter]
    if (status !== undefined && status !== (isStored ? 201 : 204)) return undefined
    return isStored ? { ...state, reports: { ...state.reports, [adapter]: number } } : state
  }
}

export function read(seen: RegisterState): Apply {
  const key = keyOf(seen)
  return state => (keyOf(state) === key ? state : undefined)
}

export function readReports(seen: RegisterState['reports']): Apply {
  return state => (ADAPTERS.every(adapter => state.reports[adapter] === seen[adapter]) ? state : undefined)
}

/** A search that asked for a generation above this one did not find the cluster. */
export function notAbove(generation: number): Apply {
  return state => (state.generation <= generation ? state : undefined)
}

/** A search that asked for reports from this one on did not find the cluster. */
export function notReported(adapter: Adapter, number: number): Apply {
  return state => (state.reports[adapter] < number ? state : undefined)
}

export function stateOf({ generation, spec, status }: ShownResource): RegisterState {
  const numberOf = (adapter: Adapter) => {
    const condition = status.conditions.find(({ type }) => type === CONDITIONS[adapter])
    return reportNumber(condition?.last_updated_time ?? '')
  }
  return { generation, n: spec.n, reports: { dns: numberOf('dns'), validator: numberOf('validator') } }
}

export function reportsOf(statuses: readonly ShownStatus[]): RegisterState['reports'] {
  const numberOf = (adapter: Adapter) =>
    reportNumber(statuses.find(status => status.adapter === adapter)?.last_report_time ?? '')
  return { dns: numberOf('dns'), validator: numberOf('validator') }
}

export function reportTime(number: number): string {
  return new Date(REPORT_ZERO_MS + number * 1000).toISOString()
}

/** The field whose value a search for an adapter's reports compares. */
export function reportField(adapter: Adapter): string {
  return `status.conditions.${CONDITIONS[adapter]}.last_updated_time`
}

function reportNumber(time: string): number {
  return (Date.parse(time) - REPORT_ZERO_MS) / 1000
}
