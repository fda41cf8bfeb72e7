// Bars: how close to its ceilings the server must come, and how close it may come one day.
import { bytesBesideServed, bytesWithoutFiles } from './memory.ts'
import type { MemoryResult, Results, RowResult } from './results.ts'
import {
  GET_BY_ID,
  label,
  newest20,
  newest100,
  reportName,
  stale,
  staleFields,
  staleMembers,
  UNINDEXED_NAME,
} from './workloads.ts'

export interface Bar {
  readonly name: string
  readonly bound: 'at least' | 'at most'
  readonly must: number
  /** A better limit than `must`. */
  readonly aim: number
  readonly unit: string
  /** Undefined if the run did not measure it. */
  readonly value: number | undefined
}

/** Sizes of the measured fleets, in clusters. */
export interface Sizes {
  readonly small: number
  readonly medium: number
  readonly large: number
}

type Limits = Pick<Bar, 'must' | 'aim'>

const KILOBYTE = 1000
const MEGABYTE = 1e6
const REPORTS = 64
const TAIL: Limits = { must: 3, aim: 1.5 }
const REWRITTEN: Limits = { must: 45, aim: 30 }

export function barsOf(results: Results, sizes: Sizes): Bar[] {
  return [
    ...processorBars(results, sizes),
    ...dayBars(results),
    ...pauseBars(results),
    ...tailBars(results, sizes),
    ...watchBars(results),
    ...memoryBars(results, sizes),
    ...otherBars(results, sizes),
  ]
}

/** The limits for the processor time of the bare server divided by ours; undefined if the row has no bar. */
export function processorLimits({ name, clusters }: RowResult, sizes: Sizes): Limits | undefined {
  return processorRows(sizes).find(row => row.name === name && row.clusters === clusters)
}

function processorRows({ small, medium, large }: Sizes) {
  return [
    { name: GET_BY_ID, clusters: medium, must: 0.65, aim: 0.75 },
    { name: newest20.name, clusters: medium, must: 0.48, aim: 0.6 },
    { name: stale.name, clusters: small, must: 0.28, aim: 0.4 },
    { name: stale.name, clusters: large, must: 0.2, aim: 0.3 },
    { name: reportName(REPORTS), clusters: medium, must: 0.28, aim: 0.4 },
  ]
}

function processorBars({ rows }: Results, sizes: Sizes): Bar[] {
  const bars = processorRows(sizes).map(({ name, clusters, must, aim }) =>
    atLeast(
      `processor time, bare ÷ ours: ${onFleet(name, clusters)}`,
      { must, aim },
      find(rows, name, clusters)?.cpuRatio.median,
    ),
  )
  const [alone, limits] = [reportName(1), { must: 0.75, aim: 0.9 }]
  const rate = find(rows, alone, sizes.medium)?.ratio.median
  return [...bars, atLeast(`rate, ours ÷ bare: ${onFleet(alone, sizes.medium)}`, limits, rate)]
}

function dayBars({ mixedDay }: Results): Bar[] {
  const ratios = mixedDay?.ratios
  return [
    atMost('mixed day: p99 of polls, ours ÷ bare', TAIL, ratios?.pollsP99.median),
    atMost('mixed day: p99.9 of polls, ours ÷ bare', { must: 4, aim: 2 }, ratios?.pollsP999.median),
    atMost('mixed day: p99 of reports, ours ÷ bare', TAIL, ratios?.reportsP99.median),
  ]
}

function pauseBars({ pauses, mixedDay }: Results): Bar[] {
  const [alone, day] = [
    { must: 2, aim: 1 },
    { must: 1.5, aim: 1.1 },
  ] as const
  return [
    atMost('longest pause for garbage without HTTP', alone, pauses?.pauses.longestMs.median, ' ms'),
    atMost('mixed day: longest pause for garbage, ours ÷ bare', day, mixedDay?.ratios.longestPause.median),
  ]
}

function tailBars({ rows }: Results, { small, medium, large }: Sizes): Bar[] {
  const reads = [
    [GET_BY_ID, medium],
    [newest20.name, medium],
    [newest100.name, medium],
    [label.name, medium],
    [stale.name, small],
    [stale.name, medium],
    [stale.name, large],
  ] as const
  return reads.map(([name, clusters]) =>
    atMost(
      `p99 at half the possible rate, ours ÷ bare: ${onFleet(name, clusters)}`,
      TAIL,
      find(rows, name, clusters)?.p99Ratio.median,
    ),
  )
}

function watchBars({ watches }: Results): Bar[] {
  const most = watches?.deliveries.at(-1)
  const ratio = watches?.reportCpuRatio?.median
  return [
    atMost('processor time of an event to the most watchers', { must: 15, aim: 10 }, most?.eventCpuUs, ' µs'),
    atMost('processor time of a report beside watchers that wait, ÷ alone', { must: 1.2, aim: 1.1 }, ratio),
  ]
}

function memoryBars({ memory }: Results, { small, medium, large }: Sizes): Bar[] {
  const of = (clusters: number) => memory.find(each => each.clusters === clusters && each.statuses > 0)
  return [
    atMost(
      `JavaScript heap after start: ${count(large)} clusters less ${count(small)}`,
      { must: 8, aim: 2 },
      heapGrowth(of(large), of(small)),
      ' MB',
    ),
    atMost(
      `memory beside what is served, at rest: ${onFleet('two statuses each', large)}`,
      { must: 0.4, aim: 0.3 },
      restingKilobytes(of(large)),
      ' KB a cluster',
    ),
    ...[medium, large].flatMap(clusters => rewrittenBars(clusters, of(clusters))),
  ]
}

function otherBars({ mixedDay, rows, start, fairness }: Results, { medium }: Sizes): Bar[] {
  const growth = mixedDay && 100 * mixedDay.growth.median
  const journal = find(rows, reportName(REPORTS), medium)?.journalBytes
  const bytesOf = (name: string) => find(rows, name, medium)?.answerBytes
  const [whole, some, members] = [stale, staleFields, staleMembers].map(({ name }) => bytesOf(name))
  const beside = fairness?.beside.find(({ query }) => query === UNINDEXED_NAME)
  return [
    atMost('mixed day: resident memory, last third against the second', { must: 3, aim: 0 }, growth, ' %'),
    atMost(
      'journal for a report of 700 bytes',
      { must: 1.4, aim: 1.1 },
      journal && journal / KILOBYTE,
      ' KB',
    ),
    atLeast(
      'speed of a start, of reading and parsing the same folder',
      { must: 2.5, aim: 4 },
      start?.speed.median,
      '×',
    ),
    atMost(
      `bytes of a page of 20, three fields ÷ whole: ${stale.name}`,
      { must: 0.15, aim: 0.1 },
      whole && some && some / whole,
    ),
    atMost(
      `bytes of a page of 20, members of a condition ÷ whole: ${stale.name}`,
      { must: 0.1, aim: 0.07 },
      whole && members && members / whole,
    ),
    atMost(`p99 of polls beside ${UNINDEXED_NAME}, ÷ alone`, { must: 2, aim: 1.3 }, beside?.p99Ratio.median),
  ]
}

function heapGrowth(large: MemoryResult | undefined, small: MemoryResult | undefined): number | undefined {
  if (large === undefined || small === undefined) return undefined
  return (large.collected.heapUsedBytes - small.collected.heapUsedBytes) / MEGABYTE
}

function restingKilobytes(memory: MemoryResult | undefined): number | undefined {
  return memory && bytesBesideServed(memory, memory.started) / memory.clusters / KILOBYTE
}

/** With and without pages of files: they are resident, but the system takes them back. */
function rewrittenBars(clusters: number, memory: MemoryResult | undefined): Bar[] {
  const name = `memory beside what is served, after all statuses were rewritten: ${onFleet('two each', clusters)}`
  const percent = (bytesOf: typeof bytesBesideServed) => {
    if (memory?.rewritten === undefined) return undefined
    const { parts } = memory.rewritten
    return (100 * bytesOf(memory, parts)) / parts.servedBytes
  }
  return [
    atMost(name, REWRITTEN, percent(bytesBesideServed), ' %'),
    atMost(`${name}, without files`, REWRITTEN, percent(bytesWithoutFiles), ' %'),
  ]
}

function find(rows: readonly RowResult[], name: string, clusters: number): RowResult | undefined {
  return rows.find(row => row.name === name && row.clusters === clusters)
}

function onFleet(words: string, clusters: number): string {
  return `${words}, ${count(clusters)} clusters`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

function atLeast(name: string, limits: Limits, value: number | undefined, unit = ''): Bar {
  return { name, bound: 'at least', ...limits, unit, value }
}

function atMost(name: string, limits: Limits, value: number | undefined, unit = ''): Bar {
  return { name, bound: 'at most', ...limits, unit, value }
}

/** The better of the two limits that the value keeps; undefined if it was not measured. */
export function verdictOf({ bound, must, aim, value }: Bar): 'aim' | 'must' | 'missed' | undefined {
  if (value === undefined) return undefined
  const keeps = (limit: number) => (bound === 'at least' ? value >= limit : value <= limit)
  return keeps(aim) ? 'aim' : keeps(must) ? 'must' : 'missed'
}
