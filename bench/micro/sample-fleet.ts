// A fleet to search: clusters with eight labels and four conditions, a hundred of them stale and spread evenly.
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import type { ResourceIndex } from '../../src/index/resource-index.ts'
import {
  isSearchableLabelKey,
  type Positions,
  type Query,
  ResourceSearch,
  type SearchPage,
  Turns,
} from '../../src/search/search.ts'
import { encodePut } from '../../src/state/document.ts'
import type { Resource, ResourceCondition } from '../../src/state/records.ts'
import { State } from '../../src/state/state.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'

/** Fresh conditions are later than this, stale ones before. */
export const FRESH_SINCE = '2027-01-15T08:00:00Z'
const MINUTE = 60_000_000n
const FRESH = 1_800_000_000_000_000n
/** The present time of the sample: the fresh ones are from the last 30 minutes. */
export const NOW = FRESH + 30n * MINUTE
const STALE_CLUSTERS = 100

export interface SampleFleet {
  /** Searches in one slice, so that only its work is measured, not the turns of others. */
  readonly find: (query: Query<Resource>, positions: Positions) => SearchPage
  /** The indexes of the search. */
  readonly index: ResourceIndex
  /** The entries of the state, whose records are read from documents. */
  readonly entries: readonly { readonly resource: Resource }[]
  readonly rows: readonly Resource[]
}

export function sampleFleet(size: number): SampleFleet {
  const state = new State()
  const rows = Array.from({ length: size }, (_, slot) => sampleCluster(slot, size))
  for (const [slot, record] of rows.entries()) {
    const put = { kind: 'resource', record } as const
    const puts = [encodePut(put, slot)]
    state.apply([{ sequence: slot + 1, latestTime: undefined, puts }])
  }
  const kernels = loadKernels(new LinearMemory())
  const index = FleetIndex.attach(state, { kernels, seed: KNOWN_SEED, isSearchableLabelKey })
  return {
    find: finder(index),
    index: index.of('Cluster'),
    entries: state.living('Cluster'),
    rows,
  }
}

export function finder(index: FleetIndex): SampleFleet['find'] {
  // The clock does not move, so every search fits into its first slice.
  const turns = new Turns({ nowMs: () => 0, nextTurn: setImmediate })
  const search = new ResourceSearch({
    index: index.placeOf('Cluster'),
    turns,
    clock: () => NOW,
    nowMs: () => performance.now(),
  })
  return (query, positions) => {
    const found = search.find({ query, positions, ownerId: undefined, reader: { aborted: false } })
    if (found instanceof Promise) throw new Error('a search was sliced')
    return found
  }
}

/** The id of the cluster at a slot. */
export function sampleId(slot: number): string {
  return `2${String(slot).padStart(26, '0')}`
}

/** The cluster at a slot of a fleet of this size. */
export function sampleCluster(slot: number, size: number): Resource {
  const createdTime = FRESH - 30n * 24n * 60n * MINUTE + BigInt(slot) * 1000n
  return {
    kind: 'Cluster',
    id: sampleId(slot),
    name: `cluster-${scattered(slot)}`,
    ownerId: undefined,
    generation: 1 + (slot % 5),
    spec: '{}',
    labels: sampleLabels(slot),
    createdTime,
    updatedTime: createdTime + BigInt(scattered(slot) % 1000) * MINUTE,
    createdBy: `user-${slot % 20}@example.com`,
    updatedBy: 'system@hyperfleet.local',
    deletedTime: undefined,
    deletedBy: undefined,
    conditions: sampleConditions(slot, size, createdTime),
    specChangedTime: createdTime,
  }
}

/** A hash of a number. */
function scattered(number: number): number {
  return Math.imul(number + 1, 0x9e3779b1) >>> 0
}

function sampleLabels(slot: number): ReadonlyMap<string, string> {
  const number = scattered(slot)
  return new Map([
    ['env', slot % 3 === 0 ? 'prod' : 'dev'],
    ['region', `region-${number % 12}`],
    ['zone', `zone-${number % 36}`],
    ['team', `team-${number % 1000}`],
    ['tier', `tier-${number % 4}`],
    ['cost_center', `c${(number >>> 8) % 500}`],
    ['channel', number % 50 === 0 ? 'candidate' : 'stable'],
    ['shard', `shard-${(number >>> 4) % 128}`],
  ])
}

/** All but a few are ready; a hundred of the ready ones are stale. Half of the conditions `Probed` are old. */
function sampleConditions(slot: number, size: number, createdTime: bigint): ResourceCondition[] {
  const spread = Math.max(1, Math.floor(size / STALE_CLUSTERS))
  const isStale = slot % spread === Math.floor(spread / 2)
  const isReady = slot % spread !== Math.floor(spread / 4)
  const fresh = FRESH + BigInt(scattered(slot) % 600) * 1_000_000n
  const lastUpdatedTime = isStale ? FRESH - MINUTE : fresh
  const probedTime = scattered(slot) % 2 === 0 ? FRESH - MINUTE : fresh
  const common = {
    observedGeneration: 1 + (slot % 5),
    createdTime,
    lastUpdatedTime,
    lastTransitionTime: createdTime,
  }
  return [
    { type: 'Available', status: 'True', ...common },
    { type: 'Ready', status: isReady ? 'True' : 'False', ...common },
    { type: 'Probed', status: 'True', ...common, lastUpdatedTime: probedTime },
    { type: 'DnsSuccessful', status: 'True', ...common },
  ]
}
