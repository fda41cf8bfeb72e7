// Metrics that are read where the numbers are kept, at the moment when they are asked for: nothing is paid for them before.
import { Counter, Gauge, type Registry } from 'prom-client'

export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number]

export interface Described {
  /** Without the prefix `hyperfleet_api_` that all have. */
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
  /** One number, or one for each set of labels; a series that is not read any more is gone. */
  readonly read: () => number | Iterable<Sample>
}

/** A number that goes up and down. */
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

/** A number that only grows while the process lives; its name ends in `_total`. */
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

  /** The names are there from the start with 0, so that a rate over a first event is seen. */
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
