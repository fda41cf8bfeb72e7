// Puts records into bodies: the layout of body.ts around the documents of document.ts.
import { Arena } from './arena.ts'
import { BODY_HEADER, NO_TIME } from './body.ts'
import { conditionsPiece, resourcePieces, statusPieces } from './document.ts'
import { type DocumentResource, hasOnlyNewConditions } from './document-resource.ts'
import type { Put } from './put.ts'

/** Gives each body memory of its own. */
const SEPARATE = new Arena(0)

/**
 * The document of a record as served. It is a view on its body, so that the journal and the state can copy the body without
 * making it again.
 *
 * @param arena where the body's memory comes from
 */
export function encodeDocument(put: Put, slot: number, arena = SEPARATE): Buffer {
  if (put.kind === 'resource' && hasOnlyNewConditions(put.record)) return encodeConditions(put.record, arena)
  const pieces = put.kind === 'resource' ? resourcePieces(put.record) : statusPieces(put.record)
  const lengths = pieces.map(piece => Buffer.byteLength(piece))
  const total = lengths.reduce((sum, length) => sum + length, 0)
  const body = arena.allocate(BODY_HEADER + total)
  body.writeUInt32LE(slot, 0)
  body.writeBigInt64LE(put.kind === 'resource' ? put.record.specChangedTime : NO_TIME, 4)
  body.fill(0, 12, BODY_HEADER)
  let position = BODY_HEADER
  for (const [i, piece] of pieces.entries()) {
    const length = lengths[i] ?? 0
    if (i % 2 === 1) {
      body.writeUInt32LE(position - BODY_HEADER, 12 + (i >> 1) * 8)
      body.writeUInt32LE(length, 16 + (i >> 1) * 8)
    }
    position += body.write(piece, position, 'utf8')
  }
  return body.subarray(BODY_HEADER)
}

/** All before the conditions is copied. */
function encodeConditions(resource: DocumentResource, arena: Arena): Buffer {
  const front = resource.bodyBeforeConditions
  const conditions = conditionsPiece(resource)
  const body = arena.allocate(front.length + Buffer.byteLength(conditions))
  front.copy(body)
  body.write(conditions, front.length, 'utf8')
  return body.subarray(BODY_HEADER)
}
