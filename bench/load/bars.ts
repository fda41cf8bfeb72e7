// Bars: how close to its ceilings the server must come.
import { extraBytesPerCluster } from './memory.ts'
import { memoryGrowth, pollSlowdown } from './mixed-day.ts'
import type { Results, RowResult } from './results.ts'
import { GET_BY_ID, newest20, reportName, stale } from './workloads.ts'

export interface Bar {
  readonly name: string
  readonly bound: 'at least' | 'at most'
  readonly limit: number
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

const KILOBYTE = 1000

export function barsOf(results: Results, sizes: Sizes): Bar[] {
  return [...ratioBars(results, sizes), ...dayBars(results), ...memoryBars(results)]
}

/** Lowest acceptable ratio of a row to the bare server; undefined if it has no bar. */
export function leastRatio({ name, clusters }: RowResult, sizes: Sizes): number | undefined {
  return ratioLimits(sizes).find(limit => limit.row === name && limit.clusters === clusters)?.least
}

function ratioLimits({ small, medium, large }: Sizes) {
  return [
    { row: GET_BY_ID, clusters: medium, least: 0.85 },
    { row: newest20.name, clusters: medium, least: 0.65 },
    { row: stale.name, clusters: small, least: 0.55 },
    { row: stale.name, clusters: large, least: 0.25 },
    { row: reportName(1), clusters: medium, least: 0.75 },
    { row: reportName(64), clusters: medium, least: 0.65 },
    { row: reportName(256), clusters: medium, least: 0.65 },
  ]
}

function ratioBars({ rows }: Results, sizes: Sizes): Bar[] {
  const find = (name: string, clusters: number) =>
    rows.find(row => row.name === name && row.clusters === clusters)
  const bars = ratioLimits(sizes).map(({ row, clusters, least }) => ({
    name: `${row}, ${clusters.toLocaleString('en-US')} clusters: of the bare server`,
    bound: 'at least' as const,
    limit: least,
    unit: '',
    value: find(row, clusters)?.ratio.median,
  }))
  const engines = find(GET_BY_ID, sizes.medium)?.engineRatio?.median
  const name = `${GET_BY_ID}: of the same on node:http`
  return [...bars, { name, bound: 'at least', limit: 1.8, unit: '×', value: engines }]
}

function dayBars({ mixedDay }: Results): Bar[] {
  const bar = (name: string, limit: number, unit: string, value: number | undefined): Bar => ({
    name: `mixed day: ${name}`,
    bound: 'at most',
    limit,
    unit,
    value,
  })
  const growth = mixedDay === undefined ? undefined : 100 * memoryGrowth(mixedDay.rssBytes)
  return [
    bar('p99 of polls, of that on an idle server', 5, '×', mixedDay && pollSlowdown(mixedDay)),
    bar('p99.9 of polls', 50, ' ms', mixedDay?.polls.p999),
    bar('growth of resident memory, last third against the second', 2, ' %', growth),
  ]
}

function memoryBars({ memory }: Results): Bar[] {
  return memory
    .filter(({ statuses }) => statuses > 0)
    .map(each => ({
      name: `memory beside what is served, ${each.clusters.toLocaleString('en-US')} clusters with ${each.statuses} statuses each`,
      bound: 'at most',
      limit: 1.5,
      unit: ' KB a cluster',
      value: extraBytesPerCluster(each) / KILOBYTE,
    }))
}

export function isMet({ bound, limit, value }: Bar): boolean | undefined {
  if (value === undefined) return undefined
  return bound === 'at least' ? value >= limit : value <= limit
}
