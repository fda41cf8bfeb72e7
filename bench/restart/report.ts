// Report of a run as Markdown.
import type { Load } from './load.ts'
import type { RestartRun } from './measure.ts'
import { STATUSES_PER_CLUSTER } from './sample-records.ts'

const MIN_SPEED = 0.5
const MAX_POLL_GROWTH = 2

/** Returns the whole page; `machine` is its description. */
export function reportOf(run: RestartRun, command: string, machine: string): string {
  return `# What a restart costs

Written by \`${command}\` on ${machine}, over ${count(run.size)} clusters and ${count(run.size * STATUSES_PER_CLUSTER)} statuses.

## What it is held to

${barTable(run)}

## Start

A *start* is the data folder opened and loaded and the indexes built, until requests can be served. *Read and parse* reads
every record of the same folder through lmdb with the same settings, parses each document once by \`JSON.parse\` and keeps what
that gives: no checks, no records, no indexes. Each in a process of its own, in turn, ${run.starts.length} times; the rows are medians. The files
are in the page cache. A rate is that of documents.

${loadTable(run)}

| round | start, s | read and parse, s | speed |
|---|---:|---:|---:|
${run.starts.map((start, i) => roundRow(i, start, run.ceilings[i])).join('\n')}

## Polls beside a checkpoint

Polls in the process of the store, one every 2 ms: the first hundred clusters that are not ready, from the moment the poll is
due until its documents are joined. With a checkpoint running and without one, in turn; a checkpoint begins when the journal
holds ${count(run.reports)} entries.

${pollTable(run)}
`
}

/** Speed of a start by the best of medians: 1 is the speed of reading and parsing. */
export function speedOf({ starts, ceilings }: RestartRun): number {
  return median(ceilings, 'durationMs') / median(starts, 'durationMs')
}

function barTable(run: RestartRun): string {
  const growth = percentile(run.polls.checkpoint, 0.99) / percentile(run.polls.quiet, 0.99)
  const speed = speedOf(run)
  return table([
    ['bar', 'wanted', 'measured', 'holds'],
    [
      'speed of a start against reading and parsing',
      `at least ×${MIN_SPEED}`,
      `×${speed.toFixed(2)}`,
      holds(speed >= MIN_SPEED),
    ],
    [
      'p99 of polls beside a checkpoint',
      `at most ×${MAX_POLL_GROWTH}`,
      `×${growth.toFixed(2)}`,
      holds(growth <= MAX_POLL_GROWTH),
    ],
  ])
}

function holds(isTrue: boolean): string {
  return isTrue ? 'yes' : '**no**'
}

function loadTable({ starts, ceilings }: RestartRun): string {
  return table([
    ['', 'seconds', 'records/s', 'MB/s', 'µs a record', 'memory, MB (RSS)'],
    loadRow('start', starts),
    loadRow('read and parse', ceilings),
  ])
}

function loadRow(name: string, loads: readonly Load[]): string[] {
  const ms = median(loads, 'durationMs')
  const records = median(loads, 'records')
  return [
    name,
    (ms / 1000).toFixed(2),
    count(Math.round((1000 * records) / ms)),
    count(Math.round(median(loads, 'bytes') / ms / 1000)),
    ((1000 * ms) / records).toFixed(1),
    count(Math.round(median(loads, 'rssBytes') / 1e6)),
  ]
}

function roundRow(round: number, start: Load, ceiling: Load | undefined): string {
  const [startMs, ceilingMs] = [start.durationMs, ceiling?.durationMs ?? 0]
  const cells = [
    round + 1,
    (startMs / 1000).toFixed(2),
    (ceilingMs / 1000).toFixed(2),
    `×${(ceilingMs / startMs).toFixed(2)}`,
  ]
  return `| ${cells.join(' | ')} |`
}

function pollTable({ polls }: RestartRun): string {
  return table([
    ['', 'polls', 'p50, µs', 'p99, µs', 'longest, µs'],
    pollRow('no checkpoint', polls.quiet),
    pollRow('beside a checkpoint', polls.checkpoint),
  ])
}

function pollRow(name: string, waits: readonly number[]): string[] {
  const shares = [0.5, 0.99, 1].map(share => count(Math.round(percentile(waits, share))))
  return [name, count(waits.length), ...shares]
}

function median(loads: readonly Load[], field: keyof Load): number {
  const values = loads.map(load => load[field])
  return percentile(values, 0.5)
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

function count(value: number): string {
  return value.toLocaleString('en')
}

/** All columns but the first contain numbers. */
function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = `|${head.map((_, i) => (i === 0 ? '---|' : '---:|')).join('')}`
  return [line(head), rule, ...rows.map(line)].join('\n')
}
