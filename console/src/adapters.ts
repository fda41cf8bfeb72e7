// The adapters: about how many resources each reports, what it says, and how long ago.
import { pathOf, read } from './api/client.ts'
import type { Facet, Facets } from './api/types.ts'
import type { ListName } from './fields.ts'

/** Facets of one request (contract 15.1). */
const MAX_FACETS = 16
const BUCKETS = '1m,5m,30m,2h,1d'
/** The oldest buckets: reports older than two hours. */
const SILENT_BUCKETS = 2

export interface Adapter {
  readonly name: string
  readonly resources: number
  readonly verdicts: Facet | undefined
  readonly ages: Facet | undefined
}

export interface Adapters {
  /** Number of resources. */
  readonly total: number
  readonly adapters: readonly Adapter[]
}

export async function loadAdapters(list: ListName, signal: AbortSignal): Promise<Adapters> {
  const { value: names } = await read<Facets>(pathOf(`/facets/${list}`, { by: 'adapters', limit: 1000 }), {
    signal,
  })
  const counted = names.facets[0]?.values ?? []
  const fields = counted.flatMap(({ value }) => [`adapters.${value}`, `adapters.${value}.last_report_time`])
  const facets = new Map<string, Facet>()
  for (let i = 0; i < fields.length; i += MAX_FACETS) {
    const by = fields.slice(i, i + MAX_FACETS).join(',')
    const { value } = await read<Facets>(pathOf(`/facets/${list}`, { by, buckets: BUCKETS }), { signal })
    for (const facet of value.facets) facets.set(facet.field, facet)
  }
  const adapters = counted.map(
    ({ value, count }): Adapter => ({
      name: value,
      resources: count,
      verdicts: facets.get(`adapters.${value}`),
      ages: facets.get(`adapters.${value}.last_report_time`),
    }),
  )
  return { total: names.total, adapters }
}

/** Number of resources about which an adapter says this. */
export function countOf({ verdicts }: Adapter, verdict: 'True' | 'False' | 'Unknown'): number {
  return verdicts?.values?.find(({ value }) => value === verdict)?.count ?? 0
}

/** Number of resources about which an adapter has said nothing for two hours. */
export function silentCount({ ages }: Adapter): number {
  return (ages?.buckets ?? []).slice(-SILENT_BUCKETS).reduce((sum, { count }) => sum + count, 0)
}

/** The type of an adapter's own condition (contract 6.10). */
export function conditionType(adapter: string): string {
  const name = adapter
    .split(/[-._]+/)
    .map(part => part.charAt(0).toUpperCase() + part.slice(1))
    .join('')
  return /^[0-9]/.test(name) ? `Adapter${name}Successful` : `${name}Successful`
}
