// Tables of the workloads: rates, processor time, latency, garbage, and the cost of the log.
import type { GarbageFigures, GarbageResult, LogCostResult, RowResult, TargetResult } from '../results.ts'
import { decimals, percent, spread, table, whole } from './format.ts'

const THROUGHPUT_WORDS =
  'Closed loop: every connection sends its next request as soon as the last one is answered. *Bare* is a uWebSockets.js ' +
  'server that does nothing but send the same bytes, for writes after an append to a bare LMDB journal; *node* does the ' +
  'same on `node:http`. *Busy* is processor time divided by elapsed time: where the client is as busy as the server, or the ' +
  'disk is what both wait for, the ratio of the rates says little.'
const PROCESSOR_WORDS =
  'Processor time of the process for one request in microseconds, all its threads together, and of it in user mode and in ' +
  "system mode. A ratio is the bare server's time divided by ours. *Journal* is what one request adds to our journal, and what " +
  'the bare server appends for it, in bytes.'
const LATENCY_WORDS =
  "At half of the server's throughput, counted from when each request was due, in milliseconds: medians of the rounds, and " +
  'the greatest of all. Requests are sent at that rate whatever the server does. The last column is the p99 of the server ' +
  "divided by the bare server's."
const GARBAGE_WORDS =
  'Bytes of the JavaScript heap for one request: allocated, and promoted because they survived two scavenges. The number of ' +
  'scavenges and of collections of the whole heap in all requests that were counted, and the longest in milliseconds.'
const LOG_WORDS =
  'The same requests to a server that writes warnings only, as in the rest of this page, and to one that logs as it does unless it is ' +
  'configured: every write, and one read in a thousand, to a file. Requests a second, and CPU for one.'

/** Rates, processor time and latency; nothing if no workload was measured. */
export function workloadParts(rows: readonly RowResult[]): string[] {
  if (rows.length === 0) return []
  return [
    '## Throughput',
    THROUGHPUT_WORDS,
    throughputTable(rows),
    ...engineWords(rows),
    '## Processor time',
    PROCESSOR_WORDS,
    processorTable(rows),
    '## Latency',
    LATENCY_WORDS,
    latencyTable(rows),
  ]
}

function throughputTable(rows: readonly RowResult[]): string {
  const titles = ['workload', 'clusters', 'bytes', 'requests/s', 'bare', 'node', 'of bare']
  return table(
    [...titles, 'busy: server, client', 'bare: server, client'],
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
          busy(server),
          busy(bare),
        ],
      ]
    }),
  )
}

function busy({ serverBusy, clientBusy }: TargetResult): string {
  return `${percent(serverBusy.median)}, ${percent(clientBusy.median)}`
}

function engineWords(rows: readonly RowResult[]): string[] {
  return rows.flatMap(({ name, engineRatio }) =>
    engineRatio === undefined
      ? []
      : [
          `${name} is answered ${spread(engineRatio, decimals)} times as often as by the engine on \`node:http\`.`,
        ],
  )
}

function processorTable(rows: readonly RowResult[]): string {
  const titles = ['workload', 'clusters', 'ours', 'user', 'system', 'bare', 'user', 'system']
  return table(
    [...titles, 'ratio', 'user', 'system', 'journal: ours, bare'],
    rows.flatMap(row => {
      const { server, bare } = row.targets
      if (server === undefined || bare === undefined) return []
      const times = [server, bare].flatMap(({ cpuUs, userUs, systemUs }) => [cpuUs, userUs, systemUs])
      const { journalBytes, bareEntryBytes } = row
      return [
        [
          row.name,
          whole(row.clusters),
          ...times.map(({ median }) => decimals(median)),
          spread(row.cpuRatio, decimals),
          decimals(row.userRatio.median),
          decimals(row.systemRatio.median),
          row.isWrite ? `${whole(journalBytes ?? 0)}, ${whole(bareEntryBytes ?? 0)}` : '',
        ],
      ]
    }),
  )
}

function latencyTable(rows: readonly RowResult[]): string {
  const lines = rows.flatMap(row => {
    const { server, bare } = row.targets
    return [
      { who: 'server', latency: server?.latency, ratio: spread(row.p99Ratio, decimals) },
      { who: 'bare', latency: bare?.latency, ratio: '' },
    ].flatMap(({ who, latency, ratio }) => {
      if (latency === undefined) return []
      const { p50, p99, p999, max, perSecond } = latency
      const figures = [p50.median, p99.median, p999.median, max.most].map(decimals)
      const rates = [row.fixedRate, perSecond.median].map(whole)
      return [[row.name, whole(row.clusters), who, ...rates, ...figures, ratio]]
    })
  })
  const titles = ['workload', 'clusters', 'of', 'asked/s', 'reached/s', 'p50', 'p99', 'p99.9', 'max']
  return table([...titles, 'p99 ÷ bare'], lines)
}

/** Garbage of each workload; nothing if that was not measured. */
export function garbageParts(results: readonly GarbageResult[]): string[] {
  if (results.length === 0) return []
  const titles = [
    'workload',
    'clusters',
    'of',
    'requests',
    'allocated',
    'promoted',
    'scavenges',
    'whole heap',
  ]
  const rows = results.flatMap(({ name, clusters, server, bare }) => [
    [name, whole(clusters), 'server', ...garbageCells(server)],
    [name, whole(clusters), 'bare', ...garbageCells(bare)],
  ])
  return ['## Garbage', GARBAGE_WORDS, table([...titles, 'longest ms'], rows)]
}

function garbageCells(figures: GarbageFigures): string[] {
  const { requests, allocatedBytes, promotedBytes, scavenges, majors, longestMs } = figures
  return [...[requests, allocatedBytes, promotedBytes, scavenges, majors].map(whole), decimals(longestMs)]
}

/** Cost of the log; nothing if that was not measured. */
export function logCostParts(results: readonly LogCostResult[]): string[] {
  if (results.length === 0) return []
  const titles = ['workload', 'requests/s, warnings only', 'with its log', 'ratio']
  const rows = results.map(({ name, quiet, logging, ratio, cpuRatio }) => [
    name,
    spread(quiet.perSecond, whole),
    spread(logging.perSecond, whole),
    spread(ratio, decimals),
    decimals(quiet.cpuUs.median),
    decimals(logging.cpuUs.median),
    spread(cpuRatio, decimals),
  ])
  return ['## Log', LOG_WORDS, table([...titles, 'CPU µs, warnings only', 'with its log', 'CPU ratio'], rows)]
}
