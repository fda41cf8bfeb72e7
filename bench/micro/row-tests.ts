// The tests that a search leaves to records, over the documents of the state: the closures of a plan, compared with the naive
// evaluator of the tests, which works on the syntax tree. One pass takes all rows of a small fleet.
import type { Bench } from 'tinybench'
import { CATALOGUES } from '../../src/search/check/fields.ts'
import { recordTest } from '../../src/search/plan/record-test.ts'
import { Queries } from '../../src/search/search.ts'
import { parseSearch } from '../../src/search/syntax/parse.ts'
import type { Resource } from '../../src/state/records.ts'
import { naiveMatches } from '../../test/search/naive.ts'
import { NOW, sampleFleet } from './sample-fleet.ts'

const SIZE = 10_000
const NAMES = Array.from({ length: 100 }, (_, i) => `'cluster-${i * 7919}'`).join(',')

export const ROW_QUERIES: readonly (readonly [name: string, search: string])[] = [
  ['name like', `name like '%77%'`],
  ['two names', `name like '%7%' and name like '%9%'`],
  ['label like', `labels.team like '%-1_7'`],
  ['author and condition', `updated_by != 'a' and status.conditions.Ready='True'`],
  ['name in with 100 values', `name in (${NAMES})`],
  [
    'six leaves on name',
    `name > 'c' and name < 'd' and name != 'x' and name != 'y' and name like 'c%' and name like '%1%'`,
  ],
]

export function rowTestBenchmarks(bench: Bench): void {
  const entries = sampleFleet(SIZE).entries
  const queries = new Queries(CATALOGUES.Cluster, () => NOW)
  for (const [name, search] of ROW_QUERIES) {
    const { filter, syntax } = both(queries, search)
    const passes = recordTest(filter.root, filter.leaves)
    bench.add(`${name}, ${SIZE} rows, closures`, () => count(entries, passes))
    bench.add(`${name}, ${SIZE} rows, naive`, () =>
      count(entries, record => naiveMatches(syntax, record, NOW)),
    )
  }
}

function both(queries: Queries<Resource>, search: string) {
  const query = queries.prepare({ search })
  const parsed = parseSearch(search)
  if (query.kind === 'fault' || query.filter === undefined || parsed.kind === 'fault')
    throw new Error(`${search} is a wrong query`)
  return { filter: query.filter, syntax: parsed.syntax }
}

function count(entries: Iterable<{ readonly resource: Resource }>, passes: (record: Resource) => boolean) {
  let passed = 0
  for (const { resource } of entries) if (passes(resource)) passed++
  return passed
}
