// Conditions: the cost of one report to a resource with several adapters.

import type { Bench } from 'tinybench'
import { type AdapterReading, conditionsAfterReport } from '../../src/fleet/conditions.ts'
import { newConditions } from '../../test/harness/state.ts'

const CREATED = 1_800_000_000_000_000n

export function conditionBenchmarks(bench: Bench): void {
  for (const adapters of [1, 5, 20]) {
    const readings: AdapterReading[] = Array.from({ length: adapters }, (_, i) => ({
      adapter: `adapter-${i}`,
      value: 'True',
      generation: 1,
      time: CREATED + BigInt(i),
      reason: 'Done',
      createdTime: CREATED,
      isFinalized: false,
    }))
    const input = {
      kind: 'Cluster',
      conditions: newConditions('Cluster', CREATED),
      generation: 1,
      createdTime: CREATED,
      specChangedTime: CREATED,
      required: readings.map(({ adapter }) => adapter),
      readings,
      isDeleting: false,
      compatibility: 'documents',
      reporter: 'adapter-0',
    } as const
    bench.add(`report, ${adapters} adapters`, () => conditionsAfterReport(input))
  }
}
