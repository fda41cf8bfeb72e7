// Time of a start beside that of reading and parsing the same folder: the measurement of bench/restart, round by round.
import { measureStarts } from '../restart/measure.ts'
import type { StartResult } from './results.ts'
import { quotients, spreadOf } from './spread.ts'

const HEAP_MIB = 12_288

export async function measureStartTime(
  clusters: number,
  options: { readonly rounds: number; readonly parent: string; readonly progress: (message: string) => void },
): Promise<StartResult> {
  const { starts, ceilings } = await measureStarts({ ...options, size: clusters, heapMib: HEAP_MIB })
  return {
    clusters,
    startMs: spreadOf(starts.map(({ durationMs }) => durationMs)),
    readingMs: spreadOf(ceilings.map(({ durationMs }) => durationMs)),
    speed: spreadOf(quotients(ceilings, starts, 'durationMs')),
  }
}
