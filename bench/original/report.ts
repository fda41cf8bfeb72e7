// Table of the comparison as Markdown.
import { decimals, spread, table, whole } from '../load/report/format.ts'
import type { Spread } from '../load/spread.ts'
import type { WorkloadName } from './side.ts'

export interface Comparison {
  readonly name: WorkloadName
  /** Requests a second. */
  readonly ours: Spread
  readonly original: Spread
  /** Ours divided by the original's, round by round. */
  readonly times: Spread
  /** Number of clusters that the list finds on each server; undefined if it is no list. */
  readonly found: { readonly ours: number; readonly original: number } | undefined
}

export interface ComparisonRun {
  readonly clusters: number
  readonly rounds: number
  readonly comparisons: readonly Comparison[]
}

/** The whole page. `machine` describes the machine. */
export function comparisonReport({ clusters, rounds, comparisons }: ComparisonRun, machine: string): string {
  const titles = ['workload', 'requests/s', 'original', 'times as many', 'clusters found']
  return `# Beside the original

${whole(clusters)} clusters with two statuses each, 64 connections, on ${machine}. Medians of ${rounds} rounds that alternate between the
servers, with the least and the most in brackets. Lists have pages of 20. If the servers do not find equally many clusters, they did
not do the same work.

${table(titles, comparisons.map(rowOf))}
`
}

function rowOf({ name, ours, original, times, found }: Comparison): string[] {
  const rates = [spread(ours, whole), spread(original, whole), `×${spread(times, decimals)}`]
  return [name, ...rates, found === undefined ? '' : foundCell(found)]
}

function foundCell({ ours, original }: NonNullable<Comparison['found']>): string {
  return ours === original ? whole(ours) : `**${whole(ours)}, there ${whole(original)}**`
}
