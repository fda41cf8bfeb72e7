// A recorded run of the workload: its trace, and the replay of it on a disk of the model beside its history.
import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { Disk } from './disk.ts'
import { History, type Line, type Mark } from './history.ts'
import { parseTrace, type TraceEvent } from './trace.ts'

export interface Recording {
  /** The folder that was watched. */
  readonly root: string
  readonly traceFile: string
  /** Contents of the folder before the run, if it was not empty. */
  readonly contents?: string
}

/** A change of the disk, or what the workload said about itself. */
export type Step =
  | { readonly kind: 'event'; readonly event: TraceEvent }
  | { readonly kind: 'mark'; readonly mark: Mark }

export interface Recorded {
  readonly events: readonly Step[]
  /** Number of unflushed changes after each step. */
  readonly pending: readonly number[]
  /** The steps at which the store was open. */
  readonly openings: readonly number[]
  /** Records in the folder's store before the run. */
  readonly base: readonly Line[]
}

export interface Replay {
  readonly disk: Disk
  readonly history: History
  apply(step: Step | undefined): void
}

export function readRecorded(recording: Recording): Recorded {
  const events = steps(recording)
  const base = recording.contents === undefined ? [] : firstLines(events)
  const run = replay(recording, base)
  const pending = events.map(step => {
    run.apply(step)
    return run.disk.pending
  })
  const openings = [...events.keys()].filter(at => isOpening(events[at]))
  return { events, pending, openings, base }
}

function isOpening(step: Step | undefined): boolean {
  return step?.kind === 'mark' && step.mark.kind === 'opened'
}

/** Records that the workload found first. */
function firstLines(events: readonly Step[]): readonly Line[] {
  for (const step of events) if (step.kind === 'mark' && step.mark.kind === 'opened') return step.mark.lines
  return []
}

export function replay({ root, contents }: Recording, base: readonly Line[]): Replay {
  const disk = new Disk(root, contents !== undefined && existsSync(contents) ? contents : undefined)
  const history = new History(base)
  return {
    disk,
    history,
    apply(step) {
      if (step?.kind === 'event') disk.apply(step.event)
      if (step?.kind !== 'mark') return
      disk.returned()
      history.note(step.mark)
    },
  }
}

/** Parts the workload's marks, which are lines written to a file of their own, from the rest. */
function steps({ traceFile }: Recording): Step[] {
  const marks = new Set<number>()
  return parseTrace(readFileSync(traceFile)).flatMap((event): Step[] => {
    if (event.kind === 'open') {
      marks.delete(event.handle)
      if (basename(event.path) === 'marks') marks.add(event.handle)
    }
    if (!('handle' in event) || !marks.has(event.handle)) return [{ kind: 'event', event }]
    if (event.kind !== 'write') return []
    // Each write is one line, and only the workload writes there.
    return [{ kind: 'mark', mark: JSON.parse(event.data.toString()) }]
  })
}
