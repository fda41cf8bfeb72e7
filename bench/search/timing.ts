// Median durations by tinybench.
import { Bench } from 'tinybench'

/** A task is repeated until both limits are reached. */
export interface Repetition {
  readonly timeMs: number
  readonly times: number
}

/** The median duration of each task in microseconds, by its name. */
export async function medianUs(
  { timeMs, times }: Repetition,
  addTasks: (bench: Bench) => void,
): Promise<ReadonlyMap<string, number>> {
  const bench = new Bench({
    time: timeMs,
    iterations: times,
    warmupTime: timeMs / 4,
    warmupIterations: 1,
    throws: true,
  })
  addTasks(bench)
  await bench.run()
  return new Map(bench.tasks.map(({ name, result }) => [name, 1000 * p50(result)]))
}

function p50(result: Bench['tasks'][number]['result']): number {
  if (!('latency' in result)) throw new Error(`a task has ended as ${result.state}`)
  return result.latency.p50
}
