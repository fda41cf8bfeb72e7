// Search: compiling a Sentinel's query, and answering it row by row over fleets of several sizes.
import type { Bench } from 'tinybench'
import { initialConditions } from '../../src/fleet/conditions.ts'
import { select } from '../../src/search/run.ts'
import { compileOrder, compileSearch } from '../../src/search/search.ts'
import type { Resource } from '../../src/store/records.ts'

const CREATED = 1_800_000_000_000_000n
const STALE = `status.conditions.Ready='True' and status.conditions.Ready.last_updated_time < '2027-01-15T08:00:00Z'`
const LABELS = `labels.env='prod' and labels.region in ('r1', 'r2')`

export function searchBenchmarks(bench: Bench): void {
  bench.add("compile a Sentinel's query", () => compileSearch(STALE, 'Cluster'))
  for (const size of [1000, 10_000]) {
    const rows = Array.from({ length: size }, (_, i) => sampleCluster(i))
    for (const [name, text] of [
      ['stale', STALE],
      ['labels', LABELS],
    ] as const) {
      const search = compileSearch(text, 'Cluster')
      const order = compileOrder(undefined, undefined, 'Cluster')
      if (search.kind === 'fault' || order.kind === 'fault')
        throw new Error('the benchmark has a wrong query')
      const query = { kind: 'query', expression: search.expression, order: order.keys } as const
      const source = { rows, record: (row: Resource) => row, inCreationOrder: true }
      bench.add(`${name} over ${size} clusters`, () => select(query, source, () => performance.now()))
    }
  }
}

function sampleCluster(i: number): Resource {
  const createdTime = CREATED + BigInt(i) * 1000n
  const [available, ready] = initialConditions(createdTime)
  if (available === undefined || ready === undefined) throw new Error('a new cluster has two conditions')
  return {
    kind: 'Cluster',
    id: `2${String(i).padStart(26, '0')}`,
    name: `cluster-${i}`,
    ownerId: undefined,
    generation: 1,
    spec: '{}',
    labels: new Map([
      ['env', i % 3 === 0 ? 'prod' : 'dev'],
      ['region', `r${i % 12}`],
    ]),
    createdTime,
    updatedTime: createdTime,
    createdBy: 'system@hyperfleet.local',
    updatedBy: 'system@hyperfleet.local',
    conditions: [available, { ...ready, status: i % 10 === 0 ? 'False' : 'True' }],
    specChangedTime: createdTime,
  }
}
