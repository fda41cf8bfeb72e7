// The bars of the search: limits that the numbers of a run are compared with.
import { ALL_INDEXES, type SearchRun } from './measure.ts'

export interface Bar {
  readonly name: string
  readonly wanted: string
  readonly measured: string
  readonly holds: boolean
}

/** Queries that match few resources, which an index finds. */
const FEW = ['not ready', 'not ready, label', 'stale', 'stale, label']
const HALF = 'half is stale'
const MIN_TIMES_FASTER_FOR_FEW = 500
const MIN_TIMES_FASTER_FOR_HALF = 50
/** Most times longer that the largest fleet may take than ten thousand clusters. */
const MAX_GROWTH_FOR_FEW = 5
const GROWTH_FROM = 10_000
const MAX_INDEX_BYTES = 200

/** The factor by which a search is faster than row by row, at the last size. */
export function timesFaster({ searches, rowByRow }: SearchRun, name: string): number {
  return (rowByRow.get(name) ?? 0) / (searches.get(name)?.at(-1) ?? 0)
}

export function barsOf(run: SearchRun): readonly Bar[] {
  return [
    ...FEW.flatMap(name => [fasterBar(run, name, MIN_TIMES_FASTER_FOR_FEW), growthBar(run, name)]),
    fasterBar(run, HALF, MIN_TIMES_FASTER_FOR_HALF),
    memoryBar(run),
  ]
}

function fasterBar(run: SearchRun, name: string, least: number): Bar {
  const times = timesFaster(run, name)
  return {
    name: `${name}: faster than row by row`,
    wanted: `at least ×${least}`,
    measured: `×${Math.round(times).toLocaleString('en')}`,
    holds: times >= least,
  }
}

/** Compares with the first size if ten thousand was not measured. */
function growthBar({ sizes, searches }: SearchRun, name: string): Bar {
  const durations = searches.get(name) ?? []
  const growth = (durations.at(-1) ?? 0) / (durations[Math.max(0, sizes.indexOf(GROWTH_FROM))] ?? 0)
  return {
    name: `${name}: growth from ten thousand clusters`,
    wanted: `at most ×${MAX_GROWTH_FOR_FEW}`,
    measured: `×${growth.toFixed(1)}`,
    holds: growth <= MAX_GROWTH_FOR_FEW,
  }
}

function memoryBar({ memory }: SearchRun): Bar {
  const bytes = memory.get(ALL_INDEXES)?.at(-1) ?? Number.POSITIVE_INFINITY
  return {
    name: 'indexes, bytes for a cluster',
    wanted: `at most ${MAX_INDEX_BYTES}`,
    measured: bytes.toFixed(0),
    holds: bytes <= MAX_INDEX_BYTES,
  }
}
