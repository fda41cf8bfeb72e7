// A group of changes as the body of an entry of the shared journal: the number of its last change (u64, little-endian), and its value as in the
// journal of a folder. Also reads the changes of another server from it.
import type { KeyedBody } from '../../state/document.ts'
import { NO_BODY } from '../../state/layout.ts'
import { type Change, type JournalRecord, type PlacedPut, unhandled } from '../../state/put.ts'
import { readResource } from '../../state/reader.ts'
import type { Instant } from '../../wire/instant.ts'
import { StoreError } from '../errors.ts'
import { decodeGroup, type EncodedGroup, groupOf, type JournalEntry } from '../journal/group.ts'

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

function putsOf({ records, encoded, sequence }: JournalEntry): PlacedPut[] {
  const puts: PlacedPut[] = []
  for (let i = 0; i < records.length; i++) {
    const record = records[i] as JournalRecord
    const own = encoded[i] as KeyedBody
    const { put } = record
    switch (put.kind) {
      case 'head': {
        // A head is followed by its conditions.
        const [rendered, compact] = [records[++i], encoded[i]]
        const { kind, id } = put.record
        if (rendered?.put.kind !== 'conditions' || rendered.put.resource.id !== id || compact === undefined)
          throw unreadable(`change ${sequence} has ${kind} ${id} without its conditions`)
        const resource = readResource(kind, id, own.body, rendered.body)
        puts.push({
          put: { kind: 'resource', record: resource },
          body: own.body,
          conditions: compact.body,
        })
        break
      }
      case 'conditions': {
        const { conditions } = readResource(put.resource.kind, put.resource.id, NO_BODY, record.body)
        puts.push({
          put: { kind: 'conditions', resource: put.resource, conditions },
          body: NO_BODY,
          conditions: own.body,
        })
        break
      }
      case 'status':
        puts.push({ put, body: own.body, conditions: NO_BODY })
        break
      case 'removal':
        puts.push({ put, body: NO_BODY, conditions: NO_BODY })
        break
      default:
        unhandled(put)
    }
  }
  return puts
}

function unreadable(why: string): StoreError {
  return new StoreError('damaged', `a group of the shared journal is damaged: ${why}`)
}
