// Search: from the text of a Sentinel's query to its plan, and planned searches of several kinds over a small fleet.
import type { Bench } from 'tinybench'
import type { Query } from '../../src/search/query.ts'
import { compileOrder, compileSearch } from '../../src/search/search.ts'
import type { Resource } from '../../src/store/records.ts'
import { FRESH_SINCE, sampleFleet } from './sample-fleet.ts'

export interface BenchmarkQuery {
  readonly name: string
  readonly search: string
  readonly orderBy?: string
  /** Of the page; the first page of 20 unless given. */
  readonly offset?: number
}

const STALE = `status.conditions.Ready='True' and status.conditions.Ready.last_updated_time < '${FRESH_SINCE}'`
const MANY_NAMES = Array.from({ length: 120 }, (_, i) => `'team-${i * 7}'`).join(',')

export const BENCHMARK_QUERIES: readonly BenchmarkQuery[] = [
  { name: 'not ready', search: `status.conditions.Ready='False'` },
  { name: 'not ready, label', search: `status.conditions.Ready='False' and labels.env='prod'` },
  { name: 'stale', search: STALE },
  { name: 'stale, label', search: `${STALE} and labels.env='prod'` },
  { name: 'half is stale', search: `status.conditions.Probed.last_updated_time < '${FRESH_SINCE}'` },
  { name: 'one label', search: `labels.region='region-3'` },
  { name: 'three labels', search: `labels.env='prod' and labels.tier='tier-1' and labels.zone != 'zone-5'` },
  { name: 'like on a label', search: `labels.team like '%-1_7'` },
  { name: 'in with 120 values', search: `labels.team in (${MANY_NAMES})` },
  { name: 'name', search: `name='cluster-2654435769'` },
  { name: 'nothing indexed', search: `id like '%77%'` },
  { name: 'name like', search: `name like '%77%'` },
  { name: 'label, then rows', search: `labels.team='team-7' and id like '%7%'` },
  { name: 'everything matches', search: `status.conditions.Available='True'` },
  { name: 'no filter', search: '' },
  { name: 'page at the far end', search: `labels.env='dev'`, offset: 0.99 },
  { name: 'order by label', search: '', orderBy: 'labels.region' },
  { name: 'order by name', search: `labels.env='prod'`, orderBy: 'name' },
]

export function compileQuery({ name, search, orderBy }: BenchmarkQuery): Query<Resource> {
  const compiled = compileSearch(search, 'Cluster')
  const order = compileOrder(orderBy, undefined, 'Cluster')
  if (compiled.kind === 'fault' || order.kind === 'fault') throw new Error(`${name} is a wrong query`)
  return { kind: 'query', expression: compiled.expression, order: order.keys }
}

export function searchBenchmarks(bench: Bench): void {
  const stale = { name: 'stale', search: STALE }
  bench.add("compile a Sentinel's query", () => compileQuery(stale))
  const { find } = sampleFleet(10_000)
  for (const asked of BENCHMARK_QUERIES) {
    const query = compileQuery(asked)
    bench.add(`${asked.name}, 10000 clusters`, () => find(query, { offset: 0, limit: 20 }))
  }
}
