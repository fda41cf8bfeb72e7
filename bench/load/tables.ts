// Results as tables in Markdown.
import { inWords } from '../machine.ts'
import { type Bar, barsOf, isMet, type Sizes } from './bars.ts'
import { extraBytesPerCluster } from './memory.ts'
import { memoryGrowth, pollSlowdown } from './mixed-day.ts'
import type {
  FairnessResult,
  LogCostResult,
  MemoryResult,
  MixedDayResult,
  Results,
  RowResult,
  TargetResult,
} from './results.ts'
import type { Spread } from './spread.ts'
import type { Latency } from './traffic/fixed-rate.ts'

const MEBIBYTE = 1 << 20

/** The whole of `bench/results/load.md`. */
export function loadReport(results: Results, sizes: Sizes): string {
  const { rows, memory, mixedDay, fairness, logCost } = results
  const parts = [
    '# Load',
    introduction(results),
    '## Bars',
    table(['bar', 'wanted', 'found', 'met'], barsOf(results, sizes).map(barRow)),
    ...(rows.length > 0 ? ['## Throughput', THROUGHPUT_WORDS, throughputTable(rows)] : []),
    ...(rows.length > 0 ? ['## Latency', LATENCY_WORDS, latencyTable(rows)] : []),
    ...(logCost.length > 0 ? ['## Log', LOG_WORDS, logCostTable(logCost)] : []),
    ...(mixedDay === undefined ? [] : ['## Mixed day', ...mixedDayPart(mixedDay)]),
    ...(fairness === undefined ? [] : ['## Fair to many', ...fairnessPart(fairness)]),
    ...(memory.length > 0 ? ['## Memory', MEMORY_WORDS, memoryTable(memory)] : []),
  ]
  return `${parts.join('\n\n')}\n`
}

const THROUGHPUT_WORDS =
  'Closed loop: every connection sends its next request as soon as the last one is answered. *Bare* is a uWebSockets.js ' +
  'server that does nothing but send the same bytes, for writes after an append to a bare LMDB journal; *node* does the ' +
  'same on `node:http`. *CPU* is what the process uses for one request, all its threads together, and its ratio that of the ' +
  'bare server to ours: it tells more than the ratio of the rates where the client is as busy as the server, or the disk is ' +
  'what both wait for.'
const LATENCY_WORDS =
  "At half of the server's throughput, counted from when each request was due, in milliseconds: medians of the rounds, and " +
  'the greatest of all. Requests are sent at that rate whatever the server does.'
const LOG_WORDS =
  'The same requests to a server that writes warnings only, as in the rest of this page, and to one that logs as it does unless it is ' +
  'configured: every write, and one read in a thousand, to a file. Requests a second, and CPU for one.'
const MEMORY_WORDS =
  'Resident memory after a start with the fleet, less that of an empty server; *rest* is what is neither served bytes nor ' +
  'indexes. Bytes for each cluster, its statuses included, and for each status the difference between the two fleets of a size.'

function introduction({ machine, measuredAt, rounds, client }: Results): string {
  const lines = [
    `Written by \`npm run bench:load\` on ${inWords(machine)}, on ${measuredAt.slice(0, 10)}.`,
    `Over loopback, server and client on the same machine. Medians of ${rounds} rounds that alternate between the server ` +
      'and its ceilings, with the least and the most in brackets.',
  ]
  if (client !== undefined)
    lines.push(
      `The client reaches ${spread(client.perSecond, whole)} requests a second against a bare server that answers two bytes ` +
        `(client ${percent(client.clientBusy.median)} busy, server ${percent(client.serverBusy.median)}).`,
    )
  return lines.join('\n')
}

function barRow(bar: Bar): string[] {
  const met = isMet(bar)
  const found = bar.value === undefined ? 'not measured' : `${decimals(bar.value)}${bar.unit}`
  return [
    bar.name,
    `${bar.bound} ${bar.limit}${bar.unit}`,
    found,
    met === undefined ? '' : met ? 'yes' : '**no**',
  ]
}

function throughputTable(rows: readonly RowResult[]): string {
  const titles = ['workload', 'clusters', 'bytes', 'requests/s', 'bare', 'node', 'of bare']
  const cpu = ['CPU µs', 'bare', 'CPU ratio', 'busy: server, client', 'bare: server, client']
  return table(
    [...titles, ...cpu],
    rows.flatMap(row => {
      const { server, bare, node } = row.targets
      if (server === undefined || bare === undefined || node === undefined) return []
      return [
        [
          row.name,
          whole(row.clusters),
          whole(row.answerBytes),
          spread(server.perSecond, whole),
          spread(bare.perSecond, whole),
          spread(node.perSecond, whole),
          spread(row.ratio, decimals),
          decimals(server.cpuUs.median),
          decimals(bare.cpuUs.median),
          spread(row.cpuRatio, decimals),
          busy(server),
          busy(bare),
        ],
      ]
    }),
  )
}

function latencyTable(rows: readonly RowResult[]): string {
  const lines = rows.flatMap(row => {
    const { server, bare } = row.targets
    return [
      { who: 'server', latency: server?.latency },
      { who: 'bare', latency: bare?.latency },
    ].flatMap(({ who, latency }) => {
      if (latency === undefined) return []
      const { p50, p99, p999, max, perSecond } = latency
      const figures = [p50.median, p99.median, p999.median, max.most].map(decimals)
      return [[row.name, whole(row.clusters), who, whole(row.fixedRate), whole(perSecond.median), ...figures]]
    })
  })
  return table(['workload', 'clusters', 'of', 'asked/s', 'reached/s', 'p50', 'p99', 'p99.9', 'max'], lines)
}

function logCostTable(results: readonly LogCostResult[]): string {
  const titles = ['workload', 'requests/s, warnings only', 'with its log', 'ratio']
  return table(
    [...titles, 'CPU µs, warnings only', 'with its log', 'CPU ratio'],
    results.map(({ name, quiet, logging, ratio, cpuRatio }) => [
      name,
      spread(quiet.perSecond, whole),
      spread(logging.perSecond, whole),
      spread(ratio, decimals),
      decimals(quiet.cpuUs.median),
      decimals(logging.cpuUs.median),
      spread(cpuRatio, decimals),
    ]),
  )
}

const LATENCY_TITLES = ['reached/s', 'p50 ms', 'p99 ms', 'p99.9 ms', 'max ms']

function latencyCells({ perSecond, p50, p99, p999, max }: Latency): string[] {
  return [whole(perSecond), ...[p50, p99, p999, max].map(decimals)]
}

function mixedDayPart(day: MixedDayResult): string[] {
  const { clusters, seconds, pauses, hadCheckpoint, rssBytes } = day
  const memory = `${mebibytes(Math.min(...rssBytes))} to ${mebibytes(Math.max(...rssBytes))} MiB`
  return [
    `${whole(clusters)} clusters, ${seconds} seconds of reports and polls, ${hadCheckpoint ? 'a' : 'no'} checkpoint within.`,
    table(
      ['requests', ...LATENCY_TITLES],
      [
        ['polls, idle server', ...latencyCells(day.idlePolls)],
        ['polls', ...latencyCells(day.polls)],
        ['reports', ...latencyCells(day.reports)],
      ],
    ),
    `p99 of polls: ${decimals(pollSlowdown(day))} times that on the idle server. Garbage collection: ${pauses.count} pauses, ` +
      `${decimals(pauses.totalMs)} ms in all, the longest ${decimals(pauses.maxMs)} ms. Resident memory: ${memory}, ` +
      `${decimals(100 * memoryGrowth(rssBytes))} % more in the last third than in the second.`,
  ]
}

function fairnessPart({ clusters, alone, beside }: FairnessResult): string[] {
  const rows = beside.map(({ query, perSecond, polls }) => [
    `polls beside ${query} (${decimals(perSecond)}/s)`,
    ...latencyCells(polls),
  ])
  return [
    `Polls on ${whole(clusters)} clusters, alone and beside one client that asks for something expensive all the time.`,
    table(['requests', ...LATENCY_TITLES], [['polls alone', ...latencyCells(alone)], ...rows]),
  ]
}

function memoryTable(memory: readonly MemoryResult[]): string {
  const titles = ['clusters', 'statuses each', 'resident MiB', 'after collection', 'bytes a cluster']
  const parts = ['served', 'indexes', 'rest', 'beside served', 'bytes a status']
  return table(
    [...titles, ...parts],
    memory.map(each => {
      const { clusters, rssBytes, collectedRssBytes, emptyRssBytes, servedBytes, indexBytes } = each
      const grown = rssBytes - emptyRssBytes
      const cells = [
        grown / clusters,
        servedBytes / clusters,
        indexBytes / clusters,
        (grown - servedBytes - indexBytes) / clusters,
        extraBytesPerCluster(each),
      ].map(whole)
      const status = bytesPerStatus(each, memory)
      return [
        whole(clusters),
        String(each.statuses),
        mebibytes(rssBytes),
        mebibytes(collectedRssBytes),
        ...cells,
        status === undefined ? '' : whole(status),
      ]
    }),
  )
}

function bytesPerStatus(full: MemoryResult, memory: readonly MemoryResult[]): number | undefined {
  const without = memory.find(({ clusters, statuses }) => clusters === full.clusters && statuses === 0)
  if (without === undefined || full.statuses === 0) return undefined
  return (full.rssBytes - without.rssBytes) / (full.clusters * full.statuses)
}

function busy({ serverBusy, clientBusy }: TargetResult): string {
  return `${percent(serverBusy.median)}, ${percent(clientBusy.median)}`
}

function spread({ median, least, most }: Spread, format: (value: number) => string): string {
  return `${format(median)} (${format(least)}–${format(most)})`
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

function decimals(value: number): string {
  return value.toFixed(2)
}

function percent(part: number): string {
  return `${Math.round(100 * part)} %`
}

function mebibytes(bytes: number): string {
  return whole(bytes / MEBIBYTE)
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n')
}
