// Tables of watches.
import type { WatchesResult } from '../results.ts'
import { decimals, spread, table, whole } from './format.ts'

/** Nothing if watches were not measured. */
export function watchesParts(result: WatchesResult | undefined): string[] {
  if (result === undefined) return []
  const { clusters, deliveries, waiting, searches, reportCpuRatio } = result
  const rows = deliveries.map(({ watchers, reports, p50, p99, max, eventCpuUs }) => [
    whole(watchers),
    whole(reports),
    ...[p50, p99, max, eventCpuUs].map(decimals),
  ])
  const parts = ['## Watches']
  if (rows.length > 0)
    parts.push(
      `Time in milliseconds from the answer to a report until one watcher has read its event, while all watch the reported cluster of ${whole(clusters)}. The ` +
        'processor time of an event includes that of the reports.',
      table(['watchers', 'reports', 'p50', 'p99', 'max', 'CPU µs of an event'], rows),
    )
  if (reportCpuRatio !== undefined)
    parts.push(
      `Beside ${whole(waiting)} watchers of ${whole(searches)} searches that match nothing, a report takes ${spread(reportCpuRatio, decimals)} times the processor time.`,
    )
  return parts
}
