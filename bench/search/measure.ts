// The measurements of the search, by the size of the fleet and of single parts, as tables of numbers.
import { indexUses } from '../../src/index/index-use.ts'
import { recordTest } from '../../src/search/plan/record-test.ts'
import { compareRecords } from '../../src/search/run/order.ts'
import { isSlotOrder } from '../../src/search/run/page.ts'
import type { Positions, Query, SearchPage } from '../../src/search/search.ts'
import type { Resource } from '../../src/state/records.ts'
import { addUpdateTasks } from '../micro/index-updates.ts'
import { kernelBenchmarks } from '../micro/kernels.ts'
import { type SampleFleet, sampleFleet } from '../micro/sample-fleet.ts'
import { planningBenchmarks } from '../micro/search.ts'
import { type BenchmarkQuery, benchmarkQueries, prepareQuery } from './queries.ts'
import { medianUs, type Repetition } from './timing.ts'

/** Numbers by the name of a row: one for each size, or for each of two ways. */
export type Table = ReadonlyMap<string, readonly number[]>

export interface SearchRun {
  readonly sizes: readonly number[]
  /** Microseconds for each size, from the text of the query to the page. */
  readonly searches: Table
  /** Microseconds of the row-by-row evaluator at the last size. */
  readonly rowByRow: ReadonlyMap<string, number>
  /** Bytes for a cluster at each size, by index. */
  readonly memory: Table
  /** Microseconds for each size. */
  readonly updates: Table
  /** Microseconds. */
  readonly planning: ReadonlyMap<string, number>
  /** Microseconds in WebAssembly and in TypeScript. */
  readonly kernels: Table
}

export interface RunOptions {
  readonly sizes: readonly number[]
  readonly timeMs: number
  readonly progress: (message: string) => void
}

/** The row of all indexes together. */
export const ALL_INDEXES = 'all indexes'
const PAGE = 20
const NO_PAGE = { offset: 0, limit: 0 }
/** Least runs of each task. Row by row over the largest fleet, one run takes some seconds. */
const MIN_TIMES = 3

/** Measures the largest fleet last, and keeps only one in memory. */
export async function measureSearch({ sizes, timeMs, progress }: RunOptions): Promise<SearchRun> {
  const repetition = { timeMs, times: MIN_TIMES }
  const planning = await medianUs(repetition, planningBenchmarks)
  progress('kernels')
  const kernels = beside(await medianUs(repetition, kernelBenchmarks))
  const [searches, memory, updates] = [new Columns(), new Columns(), new Columns()]
  let rowByRow: ReadonlyMap<string, number> = new Map()
  for (const size of sizes) {
    progress(`${size} clusters`)
    const fleet = sampleFleet(size)
    memory.add(memoryOf(fleet))
    searches.add(await searchUs(fleet, repetition))
    if (size === sizes.at(-1)) rowByRow = await rowByRowUs(fleet, repetition)
    updates.add(await medianUs(repetition, bench => addUpdateTasks(bench, fleet)))
  }
  return {
    sizes,
    searches: searches.rows,
    rowByRow,
    memory: memory.rows,
    updates: updates.rows,
    planning,
    kernels,
  }
}

/** A table that is filled column by column. */
class Columns {
  readonly rows = new Map<string, number[]>()

  add(column: ReadonlyMap<string, number>): void {
    for (const [name, value] of column) this.rows.set(name, [...(this.rows.get(name) ?? []), value])
  }
}

function searchUs(fleet: SampleFleet, repetition: Repetition): Promise<ReadonlyMap<string, number>> {
  return medianUs(repetition, bench => {
    for (const asked of benchmarkQueries(fleet.rows.length)) {
      const page = pageOf(asked, fleet)
      bench.add(asked.name, () => ask(asked, fleet, page))
    }
  })
}

function rowByRowUs(fleet: SampleFleet, repetition: Repetition): Promise<ReadonlyMap<string, number>> {
  return medianUs(repetition, bench => {
    for (const asked of benchmarkQueries(fleet.rows.length)) {
      const page = pageOf(asked, fleet)
      bench.add(asked.name, () => evaluated(prepareQuery(asked), fleet.rows, page))
    }
  })
}

function pageOf(asked: BenchmarkQuery, fleet: SampleFleet): Positions {
  if (asked.offset === undefined) return { offset: 0, limit: PAGE }
  const { total } = ask(asked, fleet, NO_PAGE)
  return { offset: Math.floor(asked.offset * total), limit: PAGE }
}

/** Runs a search from its text. */
function ask(asked: BenchmarkQuery, { find }: SampleFleet, page: Positions): SearchPage {
  return find(prepareQuery(asked), page)
}

/** The same page by the slow evaluator. */
function evaluated(
  { filter, order }: Query<Resource>,
  rows: readonly Resource[],
  { offset, limit }: Positions,
): readonly Resource[] {
  const passes = filter && recordTest(filter.root, filter.leaves)
  const found = passes === undefined ? rows : rows.filter(passes)
  const sorted = isSlotOrder(order, RISING) ? found.toReversed() : found.toSorted(compareRecords(order))
  return sorted.slice(offset, offset + limit)
}

const RISING = { doIdsRise: true, doTiedIdsRise: true }

/** Bytes for a cluster, by index, without empty indexes. */
function memoryOf({ index, rows }: SampleFleet): ReadonlyMap<string, number> {
  const uses = indexUses(index).filter(({ entries }) => entries > 0)
  const each = uses.map(({ name, bytes }) => [name.replace('Cluster ', ''), bytes / rows.length] as const)
  return new Map([[ALL_INDEXES, each.reduce((sum, [, bytes]) => sum + bytes, 0)], ...each])
}

/** The names of kernels end in their kind: wasm or plain. */
function beside(durations: ReadonlyMap<string, number>): Table {
  const rows = new Map<string, readonly number[]>()
  for (const [name, wasmUs] of durations) {
    const base = name.replace(/, wasm$/, '')
    const plainUs = durations.get(`${base}, plain`)
    if (base !== name && plainUs !== undefined) rows.set(base, [wasmUs, plainUs])
  }
  return rows
}
