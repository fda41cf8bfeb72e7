import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createResource } from '../../src/fleet/create.ts'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { textIndex } from '../../src/index/value-index.ts'
import { isSearchableLabelKey } from '../../src/search/check/fields.ts'
import type { Resource } from '../../src/state/records.ts'
import type { State } from '../../src/state/state.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { RandomStream } from '../../tools/simulate/random.ts'
import { newConditions, StateBuilder } from '../harness/state.ts'

const SEED = Number(process.env.HYPERFLEET_TEST_SEED ?? Date.now() % 2 ** 31)
const CLUSTERS = 100_000
const MAX_BYTES_PER_CLUSTER = 200
const START = 1_800_000_000_000_000n
const LABEL_VALUES = [3, 12, 100, 1000, 1000, 1000, 1000, 1000]

test(`indexes of ${CLUSTERS} clusters with 8 labels and 4 conditions take at most ${MAX_BYTES_PER_CLUSTER} bytes for each (contract 8.3)`, t => {
  console.log(`HYPERFLEET_TEST_SEED=${SEED}`)
  const state = largeState(new RandomStream(SEED))
  const collectGarbage = exposedGarbageCollector()
  const memory = new LinearMemory()
  const kernels = loadKernels(memory)
  collectGarbage()
  const heapBefore = process.memoryUsage().heapUsed
  const index = FleetIndex.attach(state, { kernels, seed: KNOWN_SEED, isSearchableLabelKey })
  collectGarbage()
  const heapBytes = process.memoryUsage().heapUsed - heapBefore
  const uses = index.memory()
  const all = sum(uses.map(({ bytes }) => bytes))
  const counted = sum(uses.filter(({ name }) => name !== 'Cluster name').map(({ bytes }) => bytes))
  const perCluster = {
    reported: all / CLUSTERS,
    withoutNames: counted / CLUSTERS,
    measuredOnHeap: heapBytes / CLUSTERS,
    linearInUse: memory.allocatedBytes / CLUSTERS,
    linear: memory.totalBytes / CLUSTERS,
  }
  t.diagnostic(`bytes per cluster: ${JSON.stringify(perCluster)}`)
  assert(counted / CLUSTERS <= MAX_BYTES_PER_CLUSTER, `${counted / CLUSTERS} bytes per cluster`)
  assert(all >= 0.8 * (heapBytes + memory.allocatedBytes), 'what is reported is what is used')
})

test('distinct values take no memory on the heap, however many they are (contract 9.3)', t => {
  const collectGarbage = exposedGarbageCollector()
  const kernels = loadKernels(new LinearMemory())
  const names = textIndex(kernels, KNOWN_SEED)
  const owners = textIndex(kernels, KNOWN_SEED)
  const add = (from: number, to: number) => {
    for (let slot = from; slot < to; slot++) {
      names.replace(slot, undefined, `nodepool-${slot}`)
      owners.replace(slot, undefined, `owner-${Math.floor(slot / 3)}`)
    }
    collectGarbage()
    return process.memoryUsage().heapUsed
  }
  const before = add(0, 10_000)
  const heapBytes = add(10_000, 310_000) - before
  t.diagnostic(`${heapBytes} bytes for 400,000 values, and ${names.bytes + owners.bytes} of linear memory`)
  assert(heapBytes < 400_000, `${heapBytes} bytes on the heap`)
})

function largeState(random: RandomStream): State {
  const builder = new StateBuilder()
  for (let number = 0; number < CLUSTERS; number++) builder.put(largeCluster(number, random))
  return builder.state
}

function largeCluster(number: number, random: RandomStream): Resource {
  const createdTime = START + BigInt(number) * 1000n
  const labels = new Map(
    LABEL_VALUES.map((values, i) => [`label_${i}`, `value-${random.between(1, values)}`]),
  )
  const id = `2${number.toString(36).padStart(26, '0')}`
  const context = {
    kind: 'Cluster',
    id,
    ownerId: undefined,
    now: createdTime,
    by: 'ada@example.com',
    compatibility: 'documents',
    required: [],
  } as const
  const [available, ready] = newConditions('Cluster', createdTime)
  assert(available !== undefined && ready !== undefined)
  const conditions = [
    available,
    ready,
    { ...ready, type: 'DnsSuccessful' },
    { ...ready, type: 'ValidatorSuccessful' },
  ]
  return {
    ...createResource({ name: `cluster-${number}`, spec: '{}', labels }, context),
    conditions: conditions.map(condition => ({
      ...condition,
      status: random.chance(0.9) ? 'True' : 'False',
      observedGeneration: random.between(1, 3),
      lastUpdatedTime: createdTime + BigInt(random.uint32()),
    })),
  }
}

function exposedGarbageCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('the engine shows no garbage collector')
  return () => collect()
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
