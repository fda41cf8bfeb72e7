// Indexes: what keeping all of them up to date adds to a write, over fleets of several sizes.
import type { Bench } from 'tinybench'
import { initialConditions } from '../../src/fleet/conditions.ts'
import { createResource } from '../../src/fleet/create.ts'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey } from '../../src/search/fields.ts'
import type { Resource, ResourceCondition } from '../../src/store/records.ts'
import { State } from '../../src/store/state.ts'

const CREATED = 1_800_000_000_000_000n
const SIZES = [1000, 10_000, 100_000]
const NO_JSON = Buffer.alloc(0)
/** A prime, so that its multiples visit every slot, each far from the one before. */
const STRIDE = 7919

/** The next version of a resource. */
type Change = (resource: Resource, round: number) => Resource

const CHANGES: Readonly<Record<string, Change>> = {
  'a heartbeat': (resource, round) => ({
    ...resource,
    conditions: resource.conditions.map((condition, place) =>
      place === 3 ? condition : { ...condition, lastUpdatedTime: CREATED + BigInt(round) },
    ),
  }),
  'a report that flips Ready': (resource, round) => ({
    ...resource,
    conditions: resource.conditions.map((condition, place) =>
      place === 1 ? flipped(condition, round) : condition,
    ),
  }),
  'a label that changes': (resource, round) => ({
    ...resource,
    updatedTime: CREATED + BigInt(round),
    labels: new Map(resource.labels).set('label_0', `value-${round % 1000}`),
  }),
}

export function indexUpdateBenchmarks(bench: Bench): void {
  for (const size of SIZES) {
    for (const [name, change] of Object.entries(CHANGES))
      addTask(bench, `${name}, ${size} clusters`, size, change)
  }
}

/** The new version is made before the clock starts: what is measured is only what the indexes add to the write. */
function addTask(bench: Bench, name: string, size: number, change: Change): void {
  let makeVersion = () => {}
  let update = () => {}
  const beforeAll = () => {
    const state = stateOf(size)
    const kernels = loadKernels(new LinearMemory())
    const clusters = FleetIndex.attach(state, { kernels, isSearchableLabelKey }).of('Cluster')
    const present = state.resources('Cluster').map(({ resource }) => resource)
    let [round, slot, next] = [0, 0, present[0]]
    makeVersion = () => {
      slot = (++round * STRIDE) % size
      const before = present[slot]
      next = before && change(before, round)
    }
    update = () => {
      if (next === undefined) throw new Error('the benchmark has left its fleet')
      const entry = clusters.entryAt(slot)
      clusters.update({ ...entry, resource: next }, { ...entry, resource: present[slot] ?? next })
      present[slot] = next
    }
  }
  const afterAll = () => {
    makeVersion = () => {}
    update = () => {}
  }
  bench.add(name, () => update(), { beforeAll, beforeEach: () => makeVersion(), afterAll })
}

function flipped(condition: ResourceCondition, round: number): ResourceCondition {
  const time = CREATED + BigInt(round)
  return {
    ...condition,
    status: condition.status === 'True' ? 'False' : 'True',
    lastUpdatedTime: time,
    lastTransitionTime: time,
  }
}

function stateOf(size: number): State {
  const state = new State()
  for (let slot = 0; slot < size; slot++) {
    const record = sampleCluster(slot)
    state.apply({ put: { kind: 'resource', record }, slot, json: NO_JSON, sequence: slot + 1 })
  }
  return state
}

/** Eight labels of up to a thousand values, four conditions. */
function sampleCluster(number: number): Resource {
  const now = CREATED + BigInt(number) * 1000n
  const id = `2${number.toString(36).padStart(26, '0')}`
  const labels = new Map(
    Array.from({ length: 8 }, (_, i) => [`label_${i}`, `value-${(number * (i + 1)) % 1000}`]),
  )
  const context = { kind: 'Cluster', id, ownerId: undefined, now, by: 'ada@example.com' } as const
  const [available, ready] = initialConditions(now)
  if (available === undefined || ready === undefined) throw new Error('a new cluster has two conditions')
  const adapters = ['DnsSuccessful', 'ValidatorSuccessful'].map(type => ({ ...ready, type }))
  return {
    ...createResource({ name: `cluster-${number}`, spec: '{}', labels }, context),
    conditions: [available, { ...ready, status: number % 10 === 0 ? 'False' : 'True' }, ...adapters],
  }
}
