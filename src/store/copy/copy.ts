// Copies of a store. A copy is the state as of one journal sequence: all records, each as of its own moment, then the journal entries
// since the copy began. A load skips older versions like a restart (src/store/recovery.ts), and so gives the state at the last entry.
//
// A live copy is made of a working store, one slice in each turn of the event loop, so that requests are answered in between. It is
// never faster than its reader. Checkpoints continue; only the trimming of the journal waits. A copy at rest has every record in its
// newest version, so that nothing is left to replay.

import { keyOfConditions, keyOfResource, keyOfStatus } from '../../state/document.ts'
import type { StoredResource } from '../../state/entry.ts'
import type { Body } from '../../state/layout.ts'
import { unhandled, type WholeRecord } from '../../state/put.ts'
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'
import type { State } from '../../state/state.ts'
import { Arena } from '../arena.ts'
import { encodeSnapshotValue } from '../codec.ts'
import type { GroupCommit } from '../group-commit.ts'
import type { EncodedGroup } from '../journal/group.ts'
import type { Journal } from '../journal/journal.ts'
import type { Tail } from '../snapshot/checkpoint.ts'
import { encodeBlock } from '../snapshot/removal-blocks.ts'
import type { Watermarks } from '../snapshot/snapshot.ts'
import type { StoredFolder } from './stored-folder.ts'

/** The number of resources of each kind, and of statuses. */
export interface Counts {
  readonly clusters: number
  readonly nodepools: number
  readonly statuses: number
}

/** The first part of a copy. */
export interface CopyStart {
  readonly kind: 'start'
  /** The records contain the journal up to this entry, which the first group of the copy contains too. */
  readonly folded: number
  /** The approximate number of records, for progress. */
  readonly records: number
}

/** The last part of a copy. A copy without it is incomplete. */
export interface CopyEnd {
  readonly kind: 'end'
  /** The journal sequence of the copy, and what is in it. */
  readonly sequence: number
  readonly counts: Counts
  readonly watermarks: Watermarks
  /** The cursor of the folder, if it follows a journal that several servers share: a server can go on from the copy. */
  readonly cursor?: string | undefined
  /** All removals after this change are in the copy. Undefined if it has only the ones in its groups. */
  readonly removalsAfter?: number | undefined
}

/** Removals in their order, with a key and a value as a block of the snapshot has them. */
export interface CopiedRemovals {
  readonly kind: 'removals'
  readonly key: string
  readonly value: Buffer
}

export type CopyPart =
  | CopyStart
  /** A value as in the snapshot, with its checksum. */
  | { readonly kind: 'record'; readonly key: string; readonly value: Buffer }
  /** A value as in the journal, with its checksum. */
  | ({ readonly kind: 'group' } & EncodedGroup)
  | CopiedRemovals
  | CopyEnd

/** A copy, several parts at a time: one start, records, removals, groups of entries without a gap, one end. */
export type Copy = AsyncIterable<readonly CopyPart[]>

/** Bounds of one slice, apart from its last part: some tenths of a millisecond of work. A group is mostly some kilobytes, and at most about 512. */
const SLICE_BYTES = 128 * 1024
const SLICE_GROUPS = 16
const SLICE_REMOVALS = 500

export interface LiveCopyParts {
  readonly state: State
  readonly journal: Journal
  readonly commits: GroupCommit
  /** Returns the present tail of the journal. */
  readonly tail: () => Tail
  /** Returns the cursor that belongs to the present state; undefined if it follows no shared journal. */
  readonly cursor?: () => string | undefined
  /** Resolves when the journal has everything that is in the state by now. Undefined if it always has. */
  readonly journaled?: (() => Promise<void>) | undefined
  /** True if watches resume on the copy (contract 12.4): it then has the retained removals. */
  readonly withRemovals?: boolean | undefined
}

/**
 * Copies a store as of a moment between the first part and the last. The copy contains everything that was durable at its beginning.
 * If it ends early, by `return` or an error, it releases the journal as well.
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
    // A change that is being applied may be in records.
    for (let { application } = state; application !== undefined; { application } = state)
      await application.over
    // Read in the turn after the last record, or later, so that no record contains a later change.
    const { sequence, watermarks } = parts.tail()
    const counts = countsOf(state)
    const cursor = parts.cursor?.()
    if (parts.withRemovals) yield* removalSlices(state, sequence)
    const removalsAfter = parts.withRemovals ? Math.min(sequence, state.removals.floor) : undefined
    if (parts.journaled !== undefined) await parts.journaled()
    for (let after = Math.max(0, folded - 1); after < sequence; ) {
      const groups = groupSlice(journal, after, sequence)
      yield groups
      after = groups.at(-1)?.last ?? sequence
      await new Promise(setImmediate)
    }
    yield [{ kind: 'end', sequence, counts, watermarks, cursor, removalsAfter }]
  } finally {
    hold.release()
  }
}

/**
 * The retained removals up to a change, a slice in each turn. Removals since the copy began are among them, because a resource that was
 * removed before its turn has no record, and a load could not tell whose removal the journal has.
 */
async function* removalSlices({ removals }: State, through: number): AsyncGenerator<CopiedRemovals[]> {
  let place = 0
  for (let number = 1; ; number++) {
    const retained = removals.from(place, SLICE_REMOVALS)
    const own = retained.filter(({ sequence }) => sequence <= through)
    if (own.length === 0) return
    place = (own.at(-1)?.place ?? 0) + 1
    yield [{ kind: 'removals', ...encodeBlock(number, own) }]
    await new Promise(setImmediate)
  }
}

/** A resource has two records. */
function recordsOf(state: State): number {
  return 2 * (state.count('Cluster') + state.count('NodePool')) + state.statusCount
}

function countsOf(state: State): Counts {
  return {
    clusters: state.count('Cluster'),
    nodepools: state.count('NodePool'),
    statuses: state.statusCount,
  }
}

/** Lazy: each slice has the versions of the moment when it is made. */
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

/** A resource may be removed before a status of it is reached, so each status is looked up by names. */
function* recordParts(state: State, arena: Arena): Generator<CopyPart & { kind: 'record' }> {
  for (const kind of RESOURCE_KINDS) {
    for (const entry of inSlots(state, kind)) {
      const resource = { kind, id: entry.id }
      const adapters = entry.statuses.map(({ adapter }) => adapter)
      // Both in one step, because a resource may be removed between two.
      const own = [
        recordPart(keyOfResource(resource), entry.head, arena),
        recordPart(keyOfConditions(resource), entry.ownConditions, arena),
      ]
      yield* own
      for (const adapter of adapters) {
        const status = state.resource(kind, resource.id)?.statusOf(adapter)
        if (status !== undefined) yield recordPart(keyOfStatus(resource, adapter), status, arena)
      }
    }
  }
}

/** The resources of a kind. Later ones are visited too, and removed ones are not. */
function* inSlots(state: State, kind: ResourceKind): Generator<StoredResource> {
  let number = -1
  for (let resources = state.resources(kind), slot = 0; slot < resources.length; slot++) {
    const entry = resources.at(slot)
    if (entry === undefined || entry.number <= number) continue
    number = entry.number
    yield entry
    // A renumbering has begun another array, in which earlier resources have smaller slots.
    if (resources !== state.resources(kind)) {
      resources = state.resources(kind)
      slot = -1
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

/** The groups up to the entry `through`, or some of them. It is the last of its group, because a group becomes visible as a whole. */
function groupSlice(journal: Journal, after: number, through: number): (EncodedGroup & { kind: 'group' })[] {
  const groups = journal.read(after, SLICE_GROUPS).filter(({ last }) => last <= through)
  if (groups.length === 0) throw new Error(`journal entry ${after + 1} is gone while it is copied`)
  return groups.map(({ first, last, value }) => ({ kind: 'group', first, last, value }))
}

/** Copies a data folder at rest. Throws StoreError when anything in the folder is damaged or missing. */
export async function* restCopy(folder: StoredFolder): AsyncGenerator<CopyPart[], void> {
  const { sequence } = folder
  const counts = { clusters: 0, nodepools: 0, statuses: 0 }
  const arena = new Arena()
  yield [{ kind: 'start', folded: sequence, records: folder.about }]
  for await (const record of folder.records()) {
    counts[countedAs(record)]++
    yield record.records.map(({ key, sequence: own, body }) => ({
      kind: 'record',
      key,
      value: encodeSnapshotValue(key, own, body, arena),
    }))
  }
  // A journal beside records is never empty, because an empty one counts as lost.
  const newest = folder.newestGroup()
  if (newest !== undefined) yield [{ kind: 'group', ...newest }]
  yield [{ kind: 'end', sequence, counts, watermarks: await folder.watermarks(), cursor: folder.cursor }]
}

/** The count that a resource or a status belongs to. */
export function countedAs({ put }: WholeRecord): keyof Counts {
  switch (put.kind) {
    case 'resource':
      return put.record.kind === 'Cluster' ? 'clusters' : 'nodepools'
    case 'status':
      return 'statuses'
    default:
      return unhandled(put)
  }
}
