// A histogram that is cheap to update: plain numbers in arrays, read by prom-client on a scrape. prom-client itself hashes
// the labels on each update; bench/micro/observe.ts compares the two.
import { Histogram, type Registry } from 'prom-client'

/** Counts of values by bucket. */
export class Distribution {
  readonly #bounds: Float64Array
  /** One more than there are bounds; the last counts values above all of them. */
  readonly #counts: Float64Array
  #sum = 0

  /** @param bounds upper bounds, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = Float64Array.from(bounds)
    this.#counts = new Float64Array(bounds.length + 1)
  }

  get sum(): number {
    return this.#sum
  }

  get count(): number {
    return this.#counts.reduce((sum, count) => sum + count, 0)
  }

  /** Number of values up to each bound, and in total. */
  get cumulative(): readonly { readonly bound: number; readonly count: number }[] {
    let count = 0
    return Array.from(this.#counts, (own, i) => {
      count += own
      return { bound: this.#bounds[i] ?? Number.POSITIVE_INFINITY, count }
    })
  }

  add(value: number): void {
    const bounds = this.#bounds
    let place = 0
    while (value > (bounds[place] ?? Number.POSITIVE_INFINITY)) place++
    // The index is valid: there is one more count than there are bounds.
    this.#counts[place] = (this.#counts[place] ?? 0) + 1
    this.#sum += value
  }
}

export type Labels = Readonly<Record<string, string | number>>

export interface LabelledDistribution {
  readonly labels: Labels
  readonly distribution: Distribution
}

export interface DistributionMetricOptions {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
  readonly registers: Registry[]
  /** Returns the distributions on a scrape. */
  readonly read: () => Iterable<LabelledDistribution>
}

/** Distributions as a prom-client histogram. */
export class DistributionMetric extends Histogram {
  readonly #options: DistributionMetricOptions

  constructor(options: DistributionMetricOptions) {
    const { name, help, labelNames = [], registers } = options
    super({ name, help, labelNames, registers })
    this.#options = options
  }

  /** Called by prom-client on a scrape. Returns the same form as its own histogram. */
  async getForPromString() {
    const { name, help } = this.#options
    const values = [...this.#options.read()].flatMap(({ labels, distribution }) => [
      ...distribution.cumulative.map(({ bound, count }) => ({
        metricName: `${name}_bucket`,
        labels: { ...labels, le: bound === Number.POSITIVE_INFINITY ? '+Inf' : bound },
        value: count,
      })),
      { metricName: `${name}_sum`, labels, value: distribution.sum },
      { metricName: `${name}_count`, labels, value: distribution.count },
    ])
    return { name, help, type: 'histogram', values }
  }
}
