// A group of changes as the body of an entry of the shared journal: the number of its last change (u64, little-endian), and its value as in the
// journal of a folder. Also reads the changes of another server from it.
import type { KeyedBody } from '../../state/document.ts'
import { NO_BODY } from '../../state/layout.ts'
import { type Change, type JournalRecord, type PlacedPut, unhandled } from '../../state/put.ts'
import { readResource } from '../../state/reader.ts'
import type { Instant } from '../../wire/instant.ts'
import { StoreError } from '../errors.ts'
import {
  decodeGroup,
  type EncodedGroup,
  GroupReader,
  groupOf,
  type JournalEntry,
  recordsOfOnlyChange,
} from '../journal/group.ts'

const NUMBER_BYTES = 8

/** Encodes a group in memory of its own. */
export function encodeGroupBody({ last, value }: EncodedGroup): Buffer {
  const body = Buffer.allocUnsafe(NUMBER_BYTES + value.length)
  body.writeBigUInt64LE(BigInt(last))
  value.copy(body, NUMBER_BYTES)
  return body
}

/** The group in a body. It shares its memory, and is not checked yet. */
export function groupInBody(body: Buffer): EncodedGroup {
  if (body.length < NUMBER_BYTES) throw unreadable('it is cut short')
  return groupOf(Number(body.readBigUInt64LE()), body.subarray(NUMBER_BYTES))
}

/** The changes of a group, and the greatest server time in it. */
export interface ReadGroup {
  readonly changes: readonly Change[]
  readonly latestTime: Instant | undefined
}

/**
 * Reads the changes of a group that another server has written. They share the memory of its value.
 * @throws StoreError if it cannot be read
 */
export function readChanges(group: EncodedGroup): ReadGroup {
  const entries = decodeGroup(group)
  return {
    changes: entries.map(entry => {
      const { sequence, latestTime } = entry
      return { sequence, latestTime, puts: putsOf(entry) }
    }),
    latestTime: entries[0]?.latestTime,
  }
}

/** Records of a change from which on it is read and applied over several turns of the event loop. A change of one request has fewer. */
const LARGE_CHANGE_RECORDS = 64

/** True if a group of another server is a change of a cluster with many nodepools, by its header alone. */
export function isLargeChange(group: EncodedGroup): boolean {
  return recordsOfOnlyChange(group) >= LARGE_CHANGE_RECORDS
}

/**
 * Reads a large change of another server, as `readChanges`. A yield ends a turn of the event loop.
 * @throws StoreError if it cannot be read
 */
export function* readLargeChange(
  group: EncodedGroup,
  recordsPerStep: number,
): Generator<undefined, ReadGroup> {
  const entry = yield* new GroupReader(group).nextInSteps(recordsPerStep)
  if (entry === undefined) throw unreadable('it has no change')
  const puts: PlacedPut[] = []
  for (let i = 0, step = recordsPerStep; i < entry.records.length; ) {
    const placed = putAt(entry, i)
    puts.push(placed)
    i += recordsOf(placed)
    if (i < step) continue
    step = i + recordsPerStep
    yield
  }
  const { sequence, latestTime } = entry
  return { changes: [{ sequence, latestTime, puts }], latestTime }
}

function putsOf(entry: JournalEntry): PlacedPut[] {
  const puts: PlacedPut[] = []
  for (let i = 0; i < entry.records.length; ) {
    const placed = putAt(entry, i)
    puts.push(placed)
    i += recordsOf(placed)
  }
  return puts
}

/** Records of a put in a group: a resource is a head, followed by its conditions. */
function recordsOf({ put }: PlacedPut): number {
  return put.kind === 'resource' ? 2 : 1
}

/** The put whose first record is this one. */
function putAt({ records, encoded, sequence }: JournalEntry, at: number): PlacedPut {
  const record = records[at] as JournalRecord
  const own = encoded[at] as KeyedBody
  const { put } = record
  switch (put.kind) {
    case 'head': {
      const [rendered, compact] = [records[at + 1], encoded[at + 1]]
      const { kind, id } = put.record
      if (rendered?.put.kind !== 'conditions' || rendered.put.resource.id !== id || compact === undefined)
        throw unreadable(`change ${sequence} has ${kind} ${id} without its conditions`)
      const resource = readResource(kind, id, own.body, rendered.body)
      return { put: { kind: 'resource', record: resource }, body: own.body, conditions: compact.body }
    }
    case 'conditions': {
      const { conditions } = readResource(put.resource.kind, put.resource.id, NO_BODY, record.body)
      return {
        put: { kind: 'conditions', resource: put.resource, conditions },
        body: NO_BODY,
        conditions: own.body,
      }
    }
    case 'status':
      return { put, body: own.body, conditions: NO_BODY }
    case 'removal':
      return { put, body: NO_BODY, conditions: NO_BODY }
    default:
      return unhandled(put)
  }
}

function unreadable(why: string): StoreError {
  return new StoreError('damaged', `a group of the shared journal is damaged: ${why}`)
}
