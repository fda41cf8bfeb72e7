// Request counts by method, route and status. Updated in place, without hashing labels.
import { Counter, type Registry } from 'prom-client'
import type { OpenReads } from '../../http/admission/open-reads.ts'
import { describeGauge, type Sample } from './described.ts'
import { Distribution, DistributionMetric } from './distribution.ts'

const DURATION_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]
/** The last two are the original server's, constant on every series; its dashboards and alerts use them. */
const LABEL_NAMES = ['method', 'path', 'code', 'component', 'version'] as const

interface Series {
  readonly labels: Readonly<Record<(typeof LABEL_NAMES)[number], string | number>>
  readonly distribution: Distribution
}

/** Bounded by routes, methods and codes. Clients cannot add series. */
export class RequestMetrics {
  /** By route, method and status. */
  readonly #series = new Map<string, Map<string, Map<number, Series>>>()
  readonly #version: string

  constructor(version: string) {
    this.#version = version
  }

  /** Counts an answered request. */
  add(method: string, route: string, status: number, durationMs: number): void {
    const series = this.#series.get(route)?.get(method)?.get(status) ?? this.#begin(method, route, status)
    series.distribution.add(durationMs / 1000)
  }

  register(registers: Registry[]): void {
    const all = () => this.#all()
    new Counter({
      name: 'hyperfleet_api_requests_total',
      help: 'Requests answered',
      labelNames: LABEL_NAMES,
      registers,
      collect() {
        this.reset()
        for (const { labels, distribution } of all()) this.inc(labels, distribution.count)
      },
    })
    new DistributionMetric({
      name: 'hyperfleet_api_request_duration_seconds',
      help: 'Time from the head of a request to its answer',
      labelNames: LABEL_NAMES,
      registers,
      read: all,
    })
  }

  *#all(): Generator<Series> {
    for (const byMethod of this.#series.values())
      for (const byStatus of byMethod.values()) yield* byStatus.values()
  }

  #begin(method: string, path: string, code: number): Series {
    const labels = { method, path, code, component: 'api', version: this.#version }
    const series = { labels, distribution: new Distribution(DURATION_BOUNDS) }
    const byMethod = this.#series.get(path) ?? new Map<string, Map<number, Series>>()
    const byStatus = byMethod.get(method) ?? new Map<number, Series>()
    this.#series.set(path, byMethod)
    byMethod.set(method, byStatus)
    byStatus.set(code, series)
    return series
  }
}

/** Watches and waiting reads, which are no requests in flight. */
export function describeOpenReads(registers: Registry[], openReads: OpenReads): void {
  describeGauge(registers, {
    name: 'open_reads',
    help: 'Watches and waiting reads',
    read: () => openReads.use.reads,
  })
  describeGauge(registers, {
    name: 'open_searches',
    help: 'Different searches of watches and waiting reads; those with relative times are looked at as time goes by',
    labelNames: ['times'],
    read: (): Sample[] => {
      const { searches, relativeSearches } = openReads.use
      return [
        [{ times: 'absolute' }, searches - relativeSearches],
        [{ times: 'relative' }, relativeSearches],
      ]
    },
  })
}
