// Machine that a benchmark ran on, printed with its results.
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGiB: number
  readonly system: string
  readonly node: string
}

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model ?? 'an unknown processor',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${process.arch}`,
    node: process.version,
  }
}

/** The machine as text. */
export function inWords({ processor, cores, memoryGiB, node }: Machine): string {
  return `${cores} cores of ${processor}, ${memoryGiB} GiB of memory, Node ${node.slice(1)} on ${process.platform}`
}
