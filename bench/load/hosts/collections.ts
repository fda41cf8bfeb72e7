// Garbage collections of this process: their pauses, and the memory that they find and leave.
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { GCProfiler, getHeapStatistics } from 'node:v8'

export interface Pause {
  readonly ms: number
  /** True for a collection of the whole heap. */
  readonly isMajor: boolean
}

/** Sizes of the JavaScript heap around one collection. */
export interface Collection {
  readonly ms: number
  readonly isScavenge: boolean
  readonly usedBeforeBytes: number
  readonly usedAfterBytes: number
  /** Part of the heap that scavenges promote to. */
  readonly oldBeforeBytes: number
  readonly oldAfterBytes: number
}

/** Collections of a period, and the size of the heap at its start and at its end. */
export interface CollectionPeriod {
  readonly usedAtStartBytes: number
  readonly collections: readonly Collection[]
  readonly usedAtEndBytes: number
}

/** Returns an array to which every pause is added. */
export function watchPauses(): Pause[] {
  const pauses: Pause[] = []
  const observer = new PerformanceObserver(list => {
    for (const entry of list.getEntries()) pauses.push({ ms: entry.duration, isMajor: isMajor(entry) })
  })
  observer.observe({ entryTypes: ['gc'] })
  return pauses
}

/** The types of Node lack the detail of an entry. */
function isMajor(entry: PerformanceEntry & { readonly detail?: unknown }): boolean {
  const { detail } = entry
  if (typeof detail !== 'object' || detail === null || !('kind' in detail)) return false
  return detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR
}

/** Records the sizes of the heap before and after each collection. */
export class CollectionRecorder {
  readonly #profiler = new GCProfiler()
  readonly #usedAtStartBytes: number

  constructor() {
    this.#usedAtStartBytes = getHeapStatistics().used_heap_size
    this.#profiler.start()
  }

  stop(): CollectionPeriod {
    const usedAtEndBytes = getHeapStatistics().used_heap_size
    const { statistics } = this.#profiler.stop()
    const collections = statistics.map(({ gcType, cost, beforeGC, afterGC }) => ({
      ms: cost / MICROSECONDS_PER_MS,
      isScavenge: gcType === 'Scavenge',
      usedBeforeBytes: beforeGC.heapStatistics.usedHeapSize,
      usedAfterBytes: afterGC.heapStatistics.usedHeapSize,
      oldBeforeBytes: oldBytes(beforeGC.heapSpaceStatistics),
      oldAfterBytes: oldBytes(afterGC.heapSpaceStatistics),
    }))
    return { usedAtStartBytes: this.#usedAtStartBytes, collections, usedAtEndBytes }
  }
}

interface Space {
  readonly spaceName: string
  readonly spaceUsedSize: number
}

const MICROSECONDS_PER_MS = 1000

function oldBytes(spaces: readonly Space[]): number {
  return spaces
    .filter(({ spaceName }) => spaceName === 'old_space' || spaceName === 'large_object_space')
    .reduce((sum, { spaceUsedSize }) => sum + spaceUsedSize, 0)
}
