// A histogram that is cheap to add to: plain numbers in arrays, which prom-client reads when the metrics are asked for. Adding
// through prom-client hashes the labels each time; bench/micro/observe.ts compares the two.
import { Histogram, type Registry } from 'prom-client'

/** How often values fell between which bounds. */
export class Distribution {
  readonly #bounds: Float64Array
  /** One more than there are bounds: the last counts what is above all. */
  readonly #counts: Float64Array
  #sum = 0

  /** @param bounds upper bounds, rising */
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

  /** How many values were at most each bound, and how many in all. */
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
    // The place is there: there is one more count than there are bounds.
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
  /** Gives the distributions when the metrics are asked for. */
  readonly read: () => Iterable<LabelledDistribution>
}

/** Distributions as a histogram of prom-client's. */
export class DistributionMetric extends Histogram {
  readonly #options: DistributionMetricOptions

  constructor(options: DistributionMetricOptions) {
    const { name, help, labelNames = [], registers } = options
    super({ name, help, labelNames, registers })
    this.#options = options
  }

  /** What prom-client asks for its text, in the form that its own histogram answers in. */
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
