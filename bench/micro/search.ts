// Search: from the text of a Sentinel's query to its plan, and planned searches of several kinds over a small fleet.
import type { Bench } from 'tinybench'
import { CATALOGUES } from '../../src/search/check/fields.ts'
import { PreparedQueries } from '../../src/search/plan/prepared.ts'
import { recordTest } from '../../src/search/plan/record-test.ts'
import type { Resource } from '../../src/state/records.ts'
import { benchmarkQueries, prepareQuery, RELATIVE_STALE_QUERY, STALE_QUERY } from '../search/queries.ts'
import { NOW, sampleFleet } from './sample-fleet.ts'

const SIZE = 10_000

/** The work before the indexes are read. */
export function planningBenchmarks(bench: Bench): void {
  const kept = new PreparedQueries<Resource>(CATALOGUES.Cluster)
  const noneKept = new PreparedQueries<Resource>(CATALOGUES.Cluster, 0)
  const { root, leaves } = filterFrom(kept)
  bench
    .add("a Sentinel's query prepared, from the cache", () => filterFrom(kept))
    .add("a Sentinel's query with a relative time prepared, from the cache", () =>
      filterFrom(kept, RELATIVE_STALE_QUERY),
    )
    .add("a Sentinel's query parsed, checked and planned", () => filterFrom(noneKept))
    .add('its test for rows made', () => recordTest(root, leaves))
}

function filterFrom(queries: PreparedQueries<Resource>, query = STALE_QUERY) {
  const filter = queries.prepare(query, () => NOW)
  if (filter.kind === 'fault') throw new Error('the query is wrong')
  return filter
}

export function searchBenchmarks(bench: Bench): void {
  planningBenchmarks(bench)
  const { find } = sampleFleet(SIZE)
  for (const asked of benchmarkQueries(SIZE)) {
    const query = prepareQuery(asked)
    bench.add(`${asked.name}, ${SIZE} clusters`, () => find(query, { offset: 0, limit: 20 }))
  }
}
