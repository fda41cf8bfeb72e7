// Planned searches against the row-by-row evaluator as the fleet grows, from the text of the query to the first page:
// `npm run bench:search`, with `-- --long` up to a million clusters, with `-- --short` to see that it runs.
import { parseArgs } from 'node:util'
import { matches } from '../src/search/evaluate.ts'
import { compareRecords } from '../src/search/order.ts'
import { isCreationOrder } from '../src/search/order-page.ts'
import type { Query } from '../src/search/query.ts'
import type { Resource } from '../src/store/records.ts'
import { type SampleFleet, sampleFleet } from './micro/sample-fleet.ts'
import { BENCHMARK_QUERIES, type BenchmarkQuery, compileQuery } from './micro/search.ts'

const { values } = parseArgs({
  options: { short: { type: 'boolean', default: false }, long: { type: 'boolean', default: false } },
})
const SIZES = values.short ? [1000] : [1000, 10_000, 100_000, ...(values.long ? [1_000_000] : [])]
const PAGE = 20
const NO_PAGE = { offset: 0, limit: 0 }
/** How long each search is repeated. */
const PLANNED_MS = values.short ? 5 : 300
const ROWS_MS = values.short ? 5 : 600

interface Measured {
  readonly plannedUs: number
  readonly rowsUs: number
}

const table = new Map(BENCHMARK_QUERIES.map(({ name }) => [name, new Map<number, Measured>()]))
for (const size of SIZES) {
  const fleet = sampleFleet(size)
  console.log(`${size} clusters: ${Math.round(fleet.indexBytes / size)} bytes of indexes each`)
  for (const query of BENCHMARK_QUERIES) table.get(query.name)?.set(size, measure(query, fleet))
}
console.table(Object.fromEntries([...table].map(([name, bySize]) => [name, row(bySize)])))

function measure(asked: BenchmarkQuery, fleet: SampleFleet): Measured {
  const offset = Math.floor((asked.offset ?? 0) * fleet.find(compileQuery(asked), NO_PAGE).total)
  const page = { offset, limit: PAGE }
  return {
    plannedUs: median(PLANNED_MS, () => fleet.find(compileQuery(asked), page).total),
    rowsUs: median(ROWS_MS, () => rowByRow(compileQuery(asked), fleet.rows, offset).length),
  }
}

function rowByRow({ expression, order }: Query<Resource>, rows: readonly Resource[], offset: number) {
  const found = expression === undefined ? rows : rows.filter(record => matches(expression, record))
  const sorted = isCreationOrder(order) ? found.toReversed() : found.toSorted(compareRecords(order))
  return sorted.slice(offset, offset + PAGE)
}

/** The median duration in microseconds. */
function median(milliseconds: number, run: () => number): number {
  const durations: number[] = []
  const endMs = performance.now() + milliseconds
  while (durations.length < 3 || performance.now() < endMs) {
    const startMs = performance.now()
    run()
    durations.push(performance.now() - startMs)
  }
  return 1000 * (durations.sort((a, b) => a - b)[durations.length >> 1] ?? 0)
}

/** Microseconds by size, how much the last size takes against ten thousand, and how much faster than rows it is. */
function row(bySize: ReadonlyMap<number, Measured>): Record<string, string> {
  const columns = [...bySize].map(([size, { plannedUs }]) => [`${size}`, plannedUs.toFixed(1)])
  const last = [...bySize.values()].at(-1)
  const small = bySize.get(10_000) ?? last
  return {
    ...Object.fromEntries(columns),
    growth: ((last?.plannedUs ?? 0) / (small?.plannedUs ?? 1)).toFixed(1),
    rows: (last?.rowsUs ?? 0).toFixed(0),
    faster: ((last?.rowsUs ?? 0) / (last?.plannedUs ?? 1)).toFixed(0),
  }
}
