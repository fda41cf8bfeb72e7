// Indexes: the cost of updating all of them for a write, over fleets of several sizes.
import type { Bench } from 'tinybench'
import type { ResourceIndex } from '../../src/index/resource-index.ts'
import type { ResourceEntry, ResourceVersion } from '../../src/state/entry.ts'
import type { Resource, ResourceCondition } from '../../src/state/records.ts'
import { type SampleFleet, sampleFleet } from './sample-fleet.ts'

const REPORTED = 1_800_000_000_000_000n
const SIZES = [1000, 10_000, 100_000]
/** A prime, so that its multiples visit every slot, each far from the one before. */
const STRIDE = 7919

/** Indexes, and their resources by slot. */
interface Indexed {
  readonly index: ResourceIndex
  readonly present: Resource[]
}

/** The next version of a resource. */
type Change = (resource: Resource, round: number) => Resource

const CHANGES: Readonly<Record<string, Change>> = {
  'a heartbeat': (resource, round) => ({
    ...resource,
    conditions: resource.conditions.map((condition, place) =>
      place === 3 ? condition : { ...condition, lastUpdatedTime: REPORTED + BigInt(round) },
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
    updatedTime: REPORTED + BigInt(round),
    labels: new Map(resource.labels).set('team', `team-${round % 1000}`),
  }),
}

export function indexUpdateBenchmarks(bench: Bench): void {
  for (const size of SIZES) {
    for (const [name, change] of Object.entries(CHANGES))
      addTask(bench, `${name}, ${size} clusters`, () => indexed(sampleFleet(size)), change)
  }
}

/** The same over an existing fleet. Afterwards its indexes no longer agree with its rows. */
export function addUpdateTasks(bench: Bench, fleet: SampleFleet): void {
  const updated = indexed(fleet)
  for (const [name, change] of Object.entries(CHANGES)) addTask(bench, name, () => updated, change)
}

function indexed({ index, rows }: SampleFleet): Indexed {
  return { index, present: [...rows] }
}

/** The new version is made before the clock starts, so only the cost of the indexes is measured. */
function addTask(bench: Bench, name: string, start: () => Indexed, change: Change): void {
  let makeVersion = () => {}
  let update = () => {}
  const beforeAll = () => {
    const { index, present } = start()
    let [round, slot, next] = [0, 0, present[0]]
    makeVersion = () => {
      slot = (++round * STRIDE) % present.length
      const before = present[slot]
      next = before && change(before, round)
    }
    update = () => {
      if (next === undefined) throw new Error('the benchmark has left its fleet')
      const entry = index.entryAt(slot)
      index.update(slot, entry, next, versionOf(entry, present[slot] ?? next))
      present[slot] = next
    }
  }
  const afterAll = () => {
    makeVersion = () => {}
    update = () => {}
  }
  bench.add(name, () => update(), { beforeAll, beforeEach: () => makeVersion(), afterAll })
}

/** A version whose record is at hand. No view keeps it. */
function versionOf(entry: ResourceEntry, resource: Resource): ResourceVersion {
  const copyJson = (target: Uint8Array, at: number) => entry.copyJson(target, at)
  const { json, jsonLength, number, headSequence, conditionsSequence } = entry
  const sequences = { number, headSequence, conditionsSequence }
  return {
    json,
    jsonLength,
    ...sequences,
    parts: entry.parts,
    copyJson,
    jsonPieces: () => [json],
    resource,
    kept: () => entry.kept(),
  }
}

function flipped(condition: ResourceCondition, round: number): ResourceCondition {
  const time = REPORTED + BigInt(round)
  return {
    ...condition,
    status: condition.status === 'True' ? 'False' : 'True',
    lastUpdatedTime: time,
    lastTransitionTime: time,
  }
}
