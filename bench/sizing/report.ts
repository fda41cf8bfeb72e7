// The results as Markdown. Other pages quote the first table.
import { REPORTS_MAX, type SizeResult, STATUSES } from './measure.ts'

/** Returns the whole page; `machine` is its description. */
export function sizingReport(results: readonly SizeResult[], machine: string): string {
  return `# Memory and disk by the size of a fleet

Written by \`npm run bench:sizing\` on ${machine}. The clusters are those of
\`hyperfleet simulate\`; ${STATUSES} adapters report about each.

The most that was seen while each adapter reported once more about each cluster, ${count(REPORTS_MAX)} reports at most, with a checkpoint
whenever one was due:

| clusters | memory | disk |
|---:|---:|---:|
${results.map(shortRow).join('\n')}

In detail: the JSON that is served, resident memory after a start and at most, the data folder at most and after an
orderly stop. In the last two columns, memory and disk for one cluster with its statuses, less those of the smallest fleet.

| clusters | JSON | memory, started | at most | disk, at most | stopped | memory a cluster | disk a cluster |
|---:|---:|---:|---:|---:|---:|---:|---:|
${results.map(result => longRow(result, results[0] ?? result)).join('\n')}
`
}

function shortRow({ clusters, busiestBytes, fullestDiskBytes }: SizeResult): string {
  return `| ${count(clusters)} | ${size(busiestBytes)} | ${size(fullestDiskBytes)} |`
}

function longRow(result: SizeResult, least: SizeResult): string {
  const { clusters, servedBytes, startedBytes, busiestBytes, fullestDiskBytes, stoppedDiskBytes } = result
  const more = clusters - least.clusters
  const each = (bytes: number, leastBytes: number) =>
    more === 0 ? '' : `${((bytes - leastBytes) / more / 1000).toFixed(1)} KB`
  return `| ${[
    count(clusters),
    size(servedBytes),
    size(startedBytes),
    size(busiestBytes),
    size(fullestDiskBytes),
    size(stoppedDiskBytes),
    each(busiestBytes, least.busiestBytes),
    each(fullestDiskBytes, least.fullestDiskBytes),
  ].join(' | ')} |`
}

function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** In megabytes, or gigabytes from one on, with two figures that count. */
function size(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`
  return `${Math.round(bytes / 1e6)} MB`
}
