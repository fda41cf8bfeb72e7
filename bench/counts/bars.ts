// The bars of counts and of scans of the spec.
import type { Bar } from '../search/bars.ts'
import type { CountsRun, Measured } from './measure.ts'

/** Most times that a scan of specs may take of the scan of names. */
const MAX_OF_NAMES = 4
/** Milliseconds for ten labels or conditions of up to 50 values. */
const MAX_MS_OF_FEW = 10
/** Milliseconds for any other count. */
const MAX_MS = 20

export function barsOf({ counts, scans }: CountsRun): readonly Bar[] {
  return [...counts.map(countBar), ...scans.slice(1).map(scan => scanBar(scan, scans[0]))]
}

function countBar({ name, hasFew, ms }: Measured): Bar {
  const most = hasFew ? MAX_MS_OF_FEW : MAX_MS
  return { name, wanted: `at most ${most} ms`, measured: milliseconds(ms), holds: ms <= most }
}

function scanBar({ name, ms }: Measured, names: Measured | undefined): Bar {
  const times = ms / (names?.ms ?? Number.NaN)
  return {
    name: `a scan for ${name}, of the scan for a part of a name`,
    wanted: `at most ×${MAX_OF_NAMES}`,
    measured: `×${times.toFixed(1)}`,
    holds: times <= MAX_OF_NAMES,
  }
}

/** With one digit behind the point below ten. */
export function milliseconds(ms: number): string {
  return ms < 10 ? ms.toFixed(1) : String(Math.round(ms))
}
