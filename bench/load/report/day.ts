// Tables of what runs together: the mixed day, pauses for garbage, and polls beside expensive queries.
import type { DaySide, FairnessResult, MixedDayResult, PauseSpread, PausesResult } from '../results.ts'
import type { LatencySpread } from '../traffic/fixed-rate.ts'
import { decimals, mebibytes, spread, table, whole } from './format.ts'

const LATENCY_TITLES = ['reached/s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms']

function latencyCells({ perSecond, p50, p99, p999, max }: LatencySpread): string[] {
  return [
    whole(perSecond.median),
    ...[p50, p99, p999].map(each => spread(each, decimals)),
    decimals(max.most),
  ]
}

export function mixedDayParts(day: MixedDayResult | undefined): string[] {
  if (day === undefined) return []
  const { clusters, seconds, rounds, server, bare, hadCheckpoint, rssBytes, growth } = day
  const sides = [
    ['server', server],
    ['bare', bare],
  ] as const
  return [
    '## Mixed day',
    `${whole(clusters)} clusters, ${seconds} seconds of reports and polls, ${hadCheckpoint ? 'a' : 'no'} checkpoint within. ` +
      `The bare server has the same day: it sends the same bytes, and appends as much for each report as our journal gets. ` +
      `${rounds} days of each, in alternation.`,
    table(
      ['requests', ...LATENCY_TITLES],
      [...latencyRows('polls', sides), ...latencyRows('reports', sides)],
    ),
    ratioTable(day),
    table(
      ['garbage collection', ...PAUSE_TITLES],
      sides.map(([name, { pauses }]) => [name, ...pauseCells(pauses)]),
    ),
    `Resident memory: ${mebibytes(rssBytes.least)} to ${mebibytes(rssBytes.most)} MiB, ` +
      `${spread(growth, part => decimals(100 * part))} % more in the last third of a day than in the second.`,
  ]
}

function latencyRows(
  requests: 'polls' | 'reports',
  sides: readonly (readonly [string, DaySide])[],
): string[][] {
  return sides.map(([name, side]) => [`${requests}, ${name}`, ...latencyCells(side[requests])])
}

function ratioTable({ ratios }: MixedDayResult): string {
  const { pollsP50, pollsP99, pollsP999, reportsP50, reportsP99, longestPause } = ratios
  const cells = [pollsP50, pollsP99, pollsP999, reportsP50, reportsP99, longestPause]
  const titles = ['polls p50', 'polls p99', 'polls p99.9', 'reports p50', 'reports p99', 'longest pause']
  return table(['', ...titles], [['ours ÷ bare', ...cells.map(each => spread(each, decimals))]])
}

const PAUSE_TITLES = ['pauses', 'of the whole heap', 'ms in all', 'longest ms']

function pauseCells({ count, majors, totalMs, longestMs }: PauseSpread): string[] {
  return [whole(count.median), whole(majors.median), whole(totalMs.median), spread(longestMs, decimals)]
}

export function pausesParts(result: PausesResult | undefined): string[] {
  if (result === undefined) return []
  return [
    '## Pauses without HTTP',
    `A process with ${whole(result.clusters)} clusters that takes reports as fast as it can, 64 at a time, and searches once ` +
      'for every tenth of them.',
    table(PAUSE_TITLES, [pauseCells(result.pauses)]),
  ]
}

export function fairnessParts(result: FairnessResult | undefined): string[] {
  if (result === undefined) return []
  const rows = result.beside.map(({ query, perSecond, polls, p99Ratio }) => [
    `polls beside ${query} (${decimals(perSecond.median)}/s)`,
    ...latencyCells(polls),
    spread(p99Ratio, decimals),
  ])
  return [
    '## Fair to many',
    `Polls on ${whole(result.clusters)} clusters, alone and beside one client that asks for something expensive all the time.`,
    table(
      ['requests', ...LATENCY_TITLES, 'p99 ÷ alone'],
      [['polls alone', ...latencyCells(result.alone), ''], ...rows],
    ),
  ]
}
