// Fleets to count and to scan: many clusters with labels of few and of many values, and clusters with specs of a kilobyte.
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey, ResourceSearch, Turns } from '../../src/search/search.ts'
import { encodePut } from '../../src/state/document.ts'
import type { Resource, ResourceCondition } from '../../src/state/records.ts'
import { State } from '../../src/state/state.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { NOW, sampleId } from '../micro/sample-fleet.ts'

const MINUTE = 60_000_000n
/** Labels with this many values each. */
export const FEW_VALUES = 50
export const FEW_LABELS = Array.from({ length: 10 }, (_, i) => `few_${i}`)
/** The label with this many values. */
export const MANY_VALUES = 10_000
export const CONDITIONS = ['Available', 'Ready', 'Dns', 'Placement', 'Upgrade', 'Validation'] as const

/** A search over clusters that are in memory, in one slice: only its own work is measured. */
export function searchOver(size: number, clusterAt: (slot: number) => Resource): ResourceSearch {
  const state = new State()
  for (let slot = 0; slot < size; slot++) {
    const puts = [encodePut({ kind: 'resource', record: clusterAt(slot) }, slot)]
    state.apply([{ sequence: slot + 1, latestTime: undefined, puts }])
  }
  const index = FleetIndex.attach(state, {
    kernels: loadKernels(new LinearMemory()),
    seed: KNOWN_SEED,
    isSearchableLabelKey,
  })
  return new ResourceSearch({
    index: index.placeOf('Cluster'),
    turns: new Turns({ nowMs: () => 0, nextTurn: setImmediate }),
    clock: () => NOW,
    nowMs: () => performance.now(),
  })
}

/** A cluster whose labels have few, many and single values. Every second one has the label `half`. */
export function countedCluster(slot: number): Resource {
  const number = scattered(slot)
  const few = FEW_LABELS.map((key, i) => [key, `value-${(number >>> i) % FEW_VALUES}`] as const)
  return clusterWith(slot, {
    labels: new Map([
      ...few,
      ['many', `value-${number % MANY_VALUES}`],
      ['single', `cluster-${number}`],
      ['half', (number >>> 16) % 2 === 0 ? 'yes' : 'no'],
    ]),
    conditions: CONDITIONS.map((type, i) => conditionOf(type, (number >>> i) % 10 > 0, slot)),
  })
}

/** A cluster with a spec of a kilobyte. The keys that searches look for are in its middle and at its end. */
export function specifiedCluster(slot: number): Resource {
  const number = scattered(slot)
  const zones = Array.from({ length: 12 }, (_, i) => ({
    name: `zone-${i}`,
    subnet: `10.${i}.${number % 250}.0/24`,
  }))
  const spec = {
    platform: { type: 'aws', account: String(number), image: `ami-${number.toString(16)}` },
    zones,
    region: `region-${number % 40}`,
    network: { type: 'ovn', mtu: 1400 + (number % 100), pods: '10.128.0.0/14', services: '172.30.0.0/16' },
    nodes: { compute: number % 200, infra: 3, control: 3 },
    note: 'x'.repeat(253),
    version: `4.${number % 20}.${number % 7}`,
  }
  return clusterWith(slot, { spec: JSON.stringify(spec) })
}

function clusterWith(slot: number, changes: Partial<Resource>): Resource {
  const createdTime = NOW - 30n * 24n * 60n * MINUTE + BigInt(slot) * 1000n
  const number = scattered(slot)
  const usual: Resource = {
    kind: 'Cluster',
    id: sampleId(slot),
    name: `cluster-${number}`,
    ownerId: undefined,
    generation: 1 + (slot % 5),
    spec: '{}',
    labels: undefined,
    createdTime,
    updatedTime: NOW - BigInt(number % 20_000) * MINUTE,
    createdBy: `user-${slot % 20}@example.com`,
    updatedBy: 'system@hyperfleet.local',
    deletedTime: undefined,
    deletedBy: undefined,
    conditions: [],
    specChangedTime: createdTime,
  }
  return { ...usual, ...changes }
}

function conditionOf(type: string, isTrue: boolean, slot: number): ResourceCondition {
  const time = NOW - BigInt(scattered(slot + 7) % 3600) * 1_000_000n
  return {
    type,
    status: isTrue ? 'True' : 'False',
    observedGeneration: 1,
    createdTime: time,
    lastUpdatedTime: time,
    lastTransitionTime: time,
  }
}

/** A hash of a number. */
function scattered(number: number): number {
  return Math.imul(number + 1, 0x9e3779b1) >>> 0
}
