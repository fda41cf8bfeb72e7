// Metrics read on demand from the place that keeps the numbers, so they cost nothing until a scrape.
import { Counter, Gauge, type Registry } from 'prom-client'

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

export interface Described {
  /** Without the common prefix `hyperfleet_api_`. */
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
  /** One number, or one per set of labels. A series that is no longer returned disappears. */
  readonly read: () => number | Iterable<Sample>
}

/** A gauge: goes up and down. */
export function describeGauge(registers: Registry[], { name, help, labelNames = [], read }: Described): void {
  new Gauge({
    name: `hyperfleet_api_${name}`,
    help,
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const [labels, value] of samples(read())) this.set(labels, value)
    },
  })
}

/** A counter: only grows while the process lives. Its name ends in `_total`. */
export function describeCounter(
  registers: Registry[],
  { name, help, labelNames = [], read }: Described,
): void {
  new Counter({
    name: `hyperfleet_api_${name}`,
    help,
    labelNames,
    registers,
    collect() {
      this.reset()
      for (const [labels, value] of samples(read())) this.inc(labels, value)
    },
  })
}

function samples(read: number | Iterable<Sample>): Iterable<Sample> {
  return typeof read === 'number' ? [[{}, read]] : read
}

export class Tally {
  readonly #counts: Map<string, number>

  /** All names start at 0, so that `rate` sees the first event. */
  constructor(names: readonly string[]) {
    this.#counts = new Map(names.map(name => [name, 0]))
  }

  get entries(): Iterable<readonly [name: string, count: number]> {
    return this.#counts
  }

  add(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }
}
