// Metrics of watches: those that are open, their lag, and the ways in which they began and ended.
import type { Registry } from 'prom-client'
import type { OpenEnd } from '../../http/transport/transport.ts'
import { RESET_REASONS } from '../../watch/context.ts'
import type { Watches } from '../../watch/watches.ts'
import { describeCounter, describeGauge, type Sample, Tally } from './described.ts'

const ENDS: readonly OpenEnd[] = ['sent', 'gone', 'stalled']

export class WatchMetrics {
  readonly #watches: Watches
  readonly #ends = new Tally(ENDS)

  constructor(watches: Watches) {
    this.#watches = watches
  }

  /** Counts a watch that has ended. */
  ended(end: OpenEnd): void {
    this.#ends.add(end)
  }

  register(registers: Registry[]): void {
    this.#describeOpen(registers)
    this.#describeSent(registers)
    this.#describeRetained(registers)
  }

  #describeOpen(registers: Registry[]): void {
    const watches = this.#watches
    describeGauge(registers, {
      name: 'watches',
      help: 'Open watches; those that are behind have something to send that their client has not taken yet',
      labelNames: ['state'],
      read: (): Sample[] => {
        const { watches: open, behind } = watches.use
        return [
          [{ state: 'up-to-date' }, open - behind],
          [{ state: 'behind' }, behind],
        ]
      },
    })
    describeGauge(registers, {
      name: 'watch_backlog_resources',
      help: 'Changed resources that all watches together have not sent yet',
      read: () => watches.use.behindResources,
    })
    describeGauge(registers, {
      name: 'watch_backlog_largest_resources',
      help: 'The same of the watch that is furthest behind; above 100000 it begins with everything that matches',
      read: () => watches.use.furthestBehind,
    })
    describeGauge(registers, {
      name: 'watched_searches',
      help: 'Different searches of watches, each of which is asked about every change of its kind',
      read: () => watches.use.searches,
    })
    describeGauge(registers, {
      name: 'watched_relative_times',
      help: 'Different comparisons with relative times in them, which are looked at every 0.8 seconds',
      read: () => watches.use.relativeTimes,
    })
  }

  #describeSent(registers: Registry[]): void {
    const { statistics } = this.#watches
    describeCounter(registers, {
      name: 'watch_events_total',
      help: 'Events about resources that were sent to watches',
      read: () => statistics.events,
    })
    describeCounter(registers, {
      name: 'watch_sent_bytes_total',
      help: 'Bytes that were sent to watches',
      read: () => statistics.bytes,
    })
    describeCounter(registers, {
      name: 'watch_resumptions_total',
      help: 'Watches that went on where an earlier one had ended',
      read: () => statistics.resumptions,
    })
    describeCounter(registers, {
      name: 'watch_resets_total',
      help: 'Times that a watch began with everything that matches, by reason; new means that it asked for that',
      labelNames: ['reason'],
      read: () => RESET_REASONS.map((reason): Sample => [{ reason }, statistics.resets[reason]]),
    })
    describeCounter(registers, {
      name: 'watches_ended_total',
      help: 'Watches that ended: by the server, by their client, or because the client took nothing any more',
      labelNames: ['end'],
      read: () => [...this.#ends.entries].map(([end, count]): Sample => [{ end }, count]),
    })
  }

  #describeRetained(registers: Registry[]): void {
    const watches = this.#watches
    describeGauge(registers, {
      name: 'watch_retained_removals',
      help: 'Removed resources of which a watch can be sent its DELETED',
      read: () => watches.use.retainedRemovals,
    })
    describeGauge(registers, {
      name: 'watch_resumable_changes',
      help: 'Changes whose removals are all retained; a watch that resumes from before them begins with everything',
      read: () => watches.use.resumableChanges,
    })
  }
}
