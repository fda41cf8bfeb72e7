// Measures a fleet after a churn beside a fresh one: the memory of each in a process of its own, the polls in one process in alternation.
import { performance } from 'node:perf_hooks'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { prepareQuery, SENTINEL_QUERIES } from '../search/queries.ts'
import { ChurnedFleet } from './fleet.ts'

export interface Churn {
  readonly size: number
  /** Clusters that are created and removed. */
  readonly changes: number
}

/** The slots of a churned fleet for each cluster: on average, and when a renumbering is nearly due. */
const MOMENTS = [1.17, 1.32]

export interface Memory {
  readonly slots: number
  /** Heap, buffers and linear memory that the fleet uses. */
  readonly usedBytes: number
  /** Linear memory of the indexes, which is a part of it. */
  readonly linearBytes: number
}

/** The time of a poll in microseconds in a churned fleet and in a fresh one, by the name of the poll. */
export type Polls = Readonly<Record<string, readonly [churnedUs: number, freshUs: number]>>

export interface Moment {
  readonly memory: Memory
  readonly polls: Polls
}

/** The memory of a fresh fleet, in a process that has no other. */
export function measureFresh({ size }: Churn): Memory {
  const before = usedBytes()
  return memoryOf(new ChurnedFleet(size), before)
}

/** The moments of a fleet after a churn. */
export async function measureChurned({ size, changes }: Churn, bursts: number): Promise<Moment[]> {
  const before = usedBytes()
  const fleet = new ChurnedFleet(size)
  await fleet.churn(changes)
  const memories: Memory[] = []
  for (const moment of MOMENTS) {
    await fleet.churnTo(moment)
    memories.push(memoryOf(fleet, before))
  }
  const fresh = new ChurnedFleet(size)
  const moments: Moment[] = []
  for (const [i, memory] of memories.entries()) {
    await fleet.churnTo(MOMENTS[i] ?? 1)
    moments.push({ memory, polls: pollsOf(fleet, fresh, bursts) })
  }
  return moments
}

function memoryOf(fleet: ChurnedFleet, beforeBytes: number): Memory {
  const linearBytes = fleet.memory.allocatedBytes
  return { slots: fleet.slots, usedBytes: usedBytes() - beforeBytes + linearBytes, linearBytes }
}

const POLLS_PER_BURST = 20
/** Bursts before the first that counts, so that V8 optimizes the code. */
const WARM_UP_BURSTS = 50
const PAGE = { offset: 0, limit: 20 }

function pollsOf(churned: ChurnedFleet, fresh: ChurnedFleet, bursts: number): Polls {
  return Object.fromEntries(
    SENTINEL_QUERIES.map(asked => {
      const query = prepareQuery(asked)
      const poll = (fleet: ChurnedFleet) => burstUs(() => fleet.find(query, PAGE))
      const times: [number[], number[]] = [[], []]
      for (let burst = -WARM_UP_BURSTS; burst < bursts; burst++) {
        const [churnedUs, freshUs] = [poll(churned), poll(fresh)]
        if (burst < 0) continue
        times[0].push(churnedUs)
        times[1].push(freshUs)
      }
      return [asked.name, [undisturbed(times[0]), undisturbed(times[1])]]
    }),
  )
}

/** Microseconds of one of several polls. */
function burstUs(poll: () => void): number {
  const startedMs = performance.now()
  for (let i = 0; i < POLLS_PER_BURST; i++) poll()
  return (1000 * (performance.now() - startedMs)) / POLLS_PER_BURST
}

/** The tenth percentile: other work on the machine only ever adds to a time. */
function undisturbed(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 10)] ?? 0
}

/** Bytes on the heap and in buffers, after a collection of garbage. */
function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('the engine shows no garbage collector')
  for (let i = 0; i < 3; i++) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
