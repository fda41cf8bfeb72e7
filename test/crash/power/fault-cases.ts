// The faults that are laid on the disk: on which call, on whose file, at which of its occurrences, and in which time of the
// server's life.
import { constants } from 'node:os'
import type { Call, Fault } from './recorder.ts'

/** Phases of the server in which a fault strikes. */
export const TIMES = ['first start', 'later start', 'load', 'stop'] as const
export type Time = (typeof TIMES)[number]

export interface FaultCase {
  readonly time: Time
  readonly file: 'journal/data.mdb' | 'snapshot/data.mdb' | ''
  readonly call: Call
  readonly nth: number
  readonly fault: Fault['fault']
}

const WRITES: readonly Call[] = ['pwrite', 'writev', 'syncwrite']
const FLUSHES: readonly Call[] = ['fsync', 'fdatasync']
const FILES = ['journal/data.mdb', 'snapshot/data.mdb'] as const

/** Early, in the middle, and late: the journal is written to some forty times under load, the snapshot a few times. */
function occurrencesAt(time: Time, file: FaultCase['file']): readonly number[] {
  if (time === 'load') return file === 'snapshot/data.mdb' ? [1, 2, 4] : [1, 4, 12]
  if (time === 'stop') return file === 'snapshot/data.mdb' ? [1, 2] : [1]
  return file === 'snapshot/data.mdb' ? [1, 2] : [1, 2, 4]
}

/** Every fault there is. */
export function allCases(): FaultCase[] {
  const { EIO, ENOSPC } = constants.errno
  return TIMES.flatMap(time =>
    [...callsAt(time)].flatMap(([call, files]) =>
      files.flatMap(file =>
        occurrencesAt(time, file).flatMap(nth => {
          const errors: Fault['fault'][] = WRITES.includes(call) ? [EIO, ENOSPC, 'short'] : [EIO, ENOSPC]
          return errors.map(fault => ({ time, file, call, nth, fault }))
        }),
      ),
    ),
  )
}

/** The calls that change or flush files then, and whose files they are. */
function callsAt(time: Time): Map<Call, readonly FaultCase['file'][]> {
  const calls = new Map<Call, readonly FaultCase['file'][]>(
    [...WRITES, 'fdatasync' as const].map(call => [call, FILES]),
  )
  if (time === 'first start')
    for (const call of ['mkdir', 'open', 'write', 'fsync'] as const) calls.set(call, [''])
  if (time === 'later start') return new Map([...FLUSHES, 'open' as const].map(call => [call, ['']]))
  return calls
}

export function nameOf({ time, file, call, nth, fault }: FaultCase): string {
  const { EIO } = constants.errno
  const what = typeof fault === 'string' ? fault : fault === EIO ? 'EIO' : 'ENOSPC'
  return `${what} on ${call} ${nth} of ${file === '' ? 'any file' : file} at ${time}`
}
