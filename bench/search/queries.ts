// The measured searches: Sentinels' polls, searches by labels, and worst cases, over a sample fleet of any size.
import { CATALOGUES } from '../../src/search/check/fields.ts'
import { Queries, type Query } from '../../src/search/search.ts'
import type { Resource } from '../../src/state/records.ts'
import { FRESH_SINCE, NOW, sampleId } from '../micro/sample-fleet.ts'

export interface BenchmarkQuery {
  readonly name: string
  readonly search: string
  readonly orderBy?: string
  /** The start of the page as a share of the matches. The first match unless given. */
  readonly offset?: number
}

export const STALE_QUERY = `status.conditions.Ready='True' and status.conditions.Ready.last_updated_time < '${FRESH_SINCE}'`
/** The same with a relative time (contract 13.1). */
export const RELATIVE_STALE_QUERY = `status.conditions.Ready='True' and status.conditions.Ready.last_updated_time < now-30m`
/** As many ids as a search has room for (contract 8.1). */
const IN_LENGTH = 120

/** The polls of Sentinels. */
export const SENTINEL_QUERIES: readonly BenchmarkQuery[] = [
  { name: 'not ready', search: `status.conditions.Ready='False'` },
  { name: 'not ready, label', search: `status.conditions.Ready='False' and labels.env='prod'` },
  { name: 'stale', search: STALE_QUERY },
  { name: 'stale, label', search: `${STALE_QUERY} and labels.env='prod'` },
]

/** The queries for a fleet of this size. */
export function benchmarkQueries(size: number): readonly BenchmarkQuery[] {
  const teams = literals(i => `team-${i * 7}`)
  const ids = literals(i => sampleId(Math.floor((i * size) / IN_LENGTH)))
  return [
    ...SENTINEL_QUERIES,
    { name: 'half is stale', search: `status.conditions.Probed.last_updated_time < '${FRESH_SINCE}'` },
    { name: 'one label', search: `labels.region='region-3'` },
    {
      name: 'three labels',
      search: `labels.env='prod' and labels.tier='tier-1' and labels.zone != 'zone-5'`,
    },
    { name: 'like on a label', search: `labels.team like '%-1_7'` },
    { name: 'in with 120 values', search: `labels.team in (${teams})` },
    { name: 'in with 120 ids', search: `id in (${ids})` },
    { name: 'name', search: `name='cluster-2654435769'` },
    { name: 'nothing indexed', search: `id like '%77%'` },
    { name: 'name like', search: `name like '%77%'` },
    { name: 'name like, two pieces', search: `name like '%7%7%'` },
    { name: 'label, then rows', search: `labels.team='team-7' and id like '%7%'` },
    { name: 'everything matches', search: `status.conditions.Available='True'` },
    { name: 'no filter', search: '' },
    { name: 'page at the far end', search: `labels.env='dev'`, offset: 0.99 },
    { name: 'order by label', search: '', orderBy: 'labels.region' },
    { name: 'order by name', search: `labels.env='prod'`, orderBy: 'name' },
  ]
}

const queries = new Queries(CATALOGUES.Cluster, () => NOW)

/** The query as a server prepares it: from its cache after the first time. */
export function prepareQuery({ name, search, orderBy }: BenchmarkQuery): Query<Resource> {
  const query = queries.prepare({ search, orderBy })
  if (query.kind === 'fault') throw new Error(`${name} is a wrong query`)
  return query
}

function literals(text: (number: number) => string): string {
  return Array.from({ length: IN_LENGTH }, (_, i) => `'${text(i)}'`).join(',')
}
