// The copy of a store that goes on working: made a slice in each turn of the event loop, so that requests are answered
// between them, and never faster than it is taken. Checkpoints go on; only the trimming of the journal waits.
import type { State } from '../../state/fleet-state.ts'
import type { Body } from '../../state/layout.ts'
import { keyOfResource, keyOfStatus } from '../../state/put.ts'
import { RESOURCE_KINDS } from '../../state/records.ts'
import { Arena } from '../../state/slabs.ts'
import { encodeSnapshotValue } from '../codec.ts'
import type { GroupCommit } from '../group-commit.ts'
import type { Journal } from '../journal/journal.ts'
import type { Tail } from '../snapshot/checkpoint.ts'
import type { CopyPart, Counts } from './copy.ts'

/** What one turn makes at most, and one record: some tenths of a millisecond of work. */
const SLICE_BYTES = 128 * 1024
const SLICE_ENTRIES = 256

export interface LiveCopyParts {
  readonly state: State
  readonly journal: Journal
  readonly commits: GroupCommit
  /** The journal's tail at this moment. */
  readonly tail: () => Tail
}

/**
 * Copies a store as of a moment between its first part and its last: all that was durable before is in it. Ended early,
 * by `return` or an error, it lets go of the journal as well.
 */
export async function* liveCopy(parts: LiveCopyParts): AsyncGenerator<CopyPart[], void> {
  const { state, journal, commits } = parts
  const { sequence: folded } = parts.tail()
  const hold = commits.hold(folded)
  try {
    yield [{ kind: 'start', folded, records: recordsOf(state) }]
    for (const slice of recordSlices(state)) {
      yield slice
      await new Promise(setImmediate)
    }
    // In the turn in which the records came to their end: what changes later is in none of them.
    const { sequence, watermarks } = parts.tail()
    const counts = countsOf(state)
    for (let after = Math.max(0, folded - 1); after < sequence; ) {
      const entries = entrySlice(journal, after, sequence)
      yield entries
      after += entries.length
      await new Promise(setImmediate)
    }
    yield [{ kind: 'end', sequence, counts, watermarks }]
  } finally {
    hold.release()
  }
}

function recordsOf(state: State): number {
  return state.resources('Cluster').length + state.resources('NodePool').length + state.statusCount
}

function countsOf(state: State): Counts {
  return {
    clusters: state.resources('Cluster').length,
    nodepools: state.resources('NodePool').length,
    statuses: state.statusCount,
  }
}

/** A lazy one: each slice holds the newest versions when it is made. */
function* recordSlices(state: State): Generator<CopyPart[]> {
  const arena = new Arena()
  let slice: CopyPart[] = []
  let bytes = 0
  for (const part of recordParts(state, arena)) {
    slice.push(part)
    bytes += part.value.length
    if (bytes < SLICE_BYTES) continue
    yield slice
    slice = []
    bytes = 0
  }
  if (slice.length > 0) yield slice
}

function* recordParts(state: State, arena: Arena): Generator<CopyPart & { kind: 'record' }> {
  for (const kind of RESOURCE_KINDS) {
    const resources = state.resources(kind)
    for (let slot = 0; slot < resources.length; slot++) {
      const entry = resources[slot]
      if (entry === undefined) throw new Error(`there is no ${kind} in slot ${slot}`)
      yield recordPart(keyOfResource(entry), entry, arena)
      for (const status of entry.statuses) yield recordPart(keyOfStatus(entry, status.adapter), status, arena)
    }
  }
}

function recordPart(
  key: string,
  { sequence, body }: { readonly sequence: number; readonly body: Body },
  arena: Arena,
): CopyPart & { kind: 'record' } {
  return { kind: 'record', key, value: encodeSnapshotValue(key, sequence, body, arena) }
}

function entrySlice(journal: Journal, after: number, through: number): CopyPart[] {
  const entries = journal.read(after, Math.min(SLICE_ENTRIES, through - after))
  if (entries.length === 0) throw new Error(`journal entry ${after + 1} is gone while it is copied`)
  return entries.map(entry => ({ kind: 'entry', ...entry }))
}
