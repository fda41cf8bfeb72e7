// The layout of records in their bodies. No other file knows where a member is: the writer (document.ts) and the reader (reader.ts)
// take the texts between the values from here.
//
// A resource has two bodies, because most writes are reports, and a report changes only its conditions. Its document as served is the document of
// its head, followed by the body of its conditions. A status has one body. A body has the same bytes in memory and in the snapshot; in the
// journal conditions have a compact form (compact-conditions.ts). Integers are little-endian:
//
//   head, status   number u32, time of the last change of generation i64, two ranges of client JSON in the document (offset u32, length u32),
//                  document; that of a head ends before `,"status":`
//   conditions     the rest of the document, from `,"status":` on
//
// The number gives the order of creation. Among resources it rises over all of a kind, and a removal leaves a gap. Among the statuses of
// one resource it counts from 0 without gaps.
//
// The ranges belong to `spec`, or to `metadata` and `data`. An empty range means that the client sent none.
import type { Instant } from '../wire/instant.ts'
import type { JsonSpan } from '../wire/json-paths.ts'
import { BASE_PATH } from '../wire/paths.ts'
import type { ResourceKind } from './records.ts'

const TIME_AT = 4
const RANGES_AT = TIME_AT + 8
export const BODY_HEADER = RANGES_AT + 4 * 4

/** Stands for a missing time: earlier than every instant. */
export const NO_TIME = -(2n ** 63n)

/** A body within some bytes. */
export interface Body {
  readonly bytes: Buffer
  readonly offset: number
  readonly length: number
}

/** The body of a removal, which has no record. */
export const NO_BODY: Body = { bytes: Buffer.alloc(0), offset: 0, length: 0 }

/** A part of some bytes. */
export interface Range {
  readonly start: number
  readonly end: number
}

/** The document in the body of a head or of a status, without a copy. */
export function documentIn({ bytes, offset, length }: Body): Buffer {
  return bytes.subarray(offset + BODY_HEADER, offset + length)
}

/** All bytes of a body, without a copy. */
export function bytesIn({ bytes, offset, length }: Body): Buffer {
  return bytes.subarray(offset, offset + length)
}

export function numberIn({ bytes, offset }: Body): number {
  return bytes.readUInt32LE(offset)
}

export function specChangedTimeIn({ bytes, offset }: Body): Instant {
  return bytes.readBigInt64LE(offset + TIME_AT)
}

/** Range of client JSON in `bytes`: number 0 or 1 of the body. */
export function clientJsonIn({ bytes, offset }: Body, which: number): Range {
  const start = offset + BODY_HEADER + bytes.readUInt32LE(offset + RANGES_AT + which * 8)
  return { start, end: start + bytes.readUInt32LE(offset + RANGES_AT + 4 + which * 8) }
}

/** The document of a resource in its parts. */
export interface DocumentParts {
  /** The document of the head: from the opening brace to the end of the last member before `status`. */
  readonly head: JsonSpan
  /** The spec, in the bytes of the head. */
  readonly spec: Range
  /** From the comma before `status` to the end of the document. */
  readonly status: JsonSpan
}

/** The document of a resource in its bodies, without a copy. */
export function partsIn(head: Body, conditions: Body): DocumentParts {
  return {
    head: { bytes: head.bytes, start: head.offset + BODY_HEADER, end: head.offset + head.length },
    spec: clientJsonIn(head, 0),
    status: {
      bytes: conditions.bytes,
      start: conditions.offset,
      end: conditions.offset + conditions.length,
    },
  }
}

/** Writes a header without client JSON. */
export function writeHeader(bytes: Buffer, offset: number, number: number, specChangedTime: Instant): void {
  bytes.fill(0, offset, offset + BODY_HEADER)
  bytes.writeUInt32LE(number, offset)
  // A status has none. A bigint that is written takes longer than the rest of the header.
  if (specChangedTime === NO_TIME) bytes[offset + TIME_AT + 7] = 0x80
  else bytes.writeBigInt64LE(specChangedTime, offset + TIME_AT)
}

/** Notes the range of client JSON in `bytes`. */
export function noteClientJson(
  bytes: Buffer,
  offset: number,
  which: number,
  start: number,
  end: number,
): void {
  bytes.writeUInt32LE(start - offset - BODY_HEADER, offset + RANGES_AT + which * 8)
  bytes.writeUInt32LE(end - start, offset + RANGES_AT + 4 + which * 8)
}

/**
 * The text before each value in a resource's document, in the order of contract 3.1. It never occurs within a JSON string, where its
 * quotes would be escaped. Readers search for it, but never across client JSON.
 */
export const RESOURCE = {
  kind: '{"kind":',
  id: ',"id":',
  href: ',"href":',
  name: ',"name":',
  owner: ',"owner_references":',
  generation: ',"generation":',
  spec: ',"spec":',
  labels: ',"labels":',
  createdTime: ',"created_time":',
  updatedTime: ',"updated_time":',
  createdBy: ',"created_by":',
  updatedBy: ',"updated_by":',
  deletedTime: ',"deleted_time":',
  deletedBy: ',"deleted_by":',
  conditions: ',"status":{"conditions":',
  end: '}}',
} as const

/** The texts in an adapter's status (contract 5.4). */
export const STATUS = {
  adapter: '{"adapter":',
  generation: ',"observed_generation":',
  conditions: ',"conditions":',
  metadata: ',"metadata":',
  data: ',"data":',
  createdTime: ',"created_time":',
  reportTime: ',"last_report_time":',
  end: '}',
} as const

/** The texts in a condition, of a resource or as reported. */
export const CONDITION = {
  type: '{"type":',
  status: ',"status":',
  reason: ',"reason":',
  message: ',"message":',
  observedGeneration: ',"observed_generation":',
  createdTime: ',"created_time":',
  updatedTime: ',"last_updated_time":',
  transitionTime: ',"last_transition_time":',
  end: '}',
} as const

/** The `href` of a resource (contract 3.3). */
export function hrefOf(kind: ResourceKind, id: string): string {
  return `${BASE_PATH}/${kind === 'Cluster' ? 'clusters' : 'nodepools'}/${id}`
}

/** The beginning of a resource's document, up to the closing quote of its id. */
export function beginningOf(kind: ResourceKind, id: string): string {
  return `${RESOURCE.kind}"${kind}"${RESOURCE.id}"${id}"`
}

/** The beginnings up to the opening quote of the id. */
const BEGINNINGS = {
  Cluster: beginningOf('Cluster', '').slice(0, -1),
  NodePool: beginningOf('NodePool', '').slice(0, -1),
} as const
const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Splits a body that has a header and a whole document, as formats 1 to 3 store a resource. The two bodies share its memory. Undefined if
 * the document has no conditions.
 */
export function splitWhole(whole: Body): { readonly head: Body; readonly conditions: Body } | undefined {
  const { bytes, offset, length } = whole
  const end = offset + length
  if (length < BODY_HEADER || clientJsonIn(whole, 0).end > end) return undefined
  const start = bytes.indexOf(RESOURCE.conditions, clientJsonIn(whole, 0).end)
  if (start === -1 || start >= end) return undefined
  return {
    head: { bytes, offset, length: start - offset },
    conditions: { bytes, offset: start, length: end - start },
  }
}

/** True if the document in a body begins with `beginningOf(kind, id)`. A start asks it of every resource, so it makes no string. */
export function isOfResource({ bytes, offset }: Body, kind: ResourceKind, id: string): boolean {
  const start = offset + BODY_HEADER
  const beginning = BEGINNINGS[kind]
  const idAt = start + beginning.length
  return hasText(bytes, start, beginning) && hasText(bytes, idAt, id) && bytes[idAt + id.length] === QUOTE
}

/** True if the bytes at [start, end) are these. */
export function hasBytes(bytes: Buffer, start: number, end: number, wanted: Buffer): boolean {
  const { length } = wanted
  if (end - start !== length) return false
  for (let i = 0; i < length; i++) if (bytes[start + i] !== wanted[i]) return false
  return true
}

/** True if bytes are this text of ASCII. */
export function hasText(bytes: Buffer, start: number, text: string): boolean {
  const { length } = text
  for (let i = 0; i < length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false
  return true
}

// Names of a resource in a body: its id, its name and the id of its owner. All three are at the beginning of the document. By the contract they
// are of ASCII that JSON does not escape (contract 3.2, 4.2), so that comparing them is comparing bytes. Other texts are parsed.

/** Bytes from the start of a body to its id, and from the end of the id to the name, without the id in between. */
const PLACES = { Cluster: placesOf('Cluster'), NodePool: placesOf('NodePool') } as const
/** The text between the name of a nodepool and the id of its cluster. */
const OWNER = `"${RESOURCE.owner}{"kind":"Cluster","id":"`

function placesOf(kind: ResourceKind): { readonly id: number; readonly name: number } {
  return {
    id: BODY_HEADER + beginningOf(kind, '').length - 1,
    name: `"${RESOURCE.href}"${hrefOf(kind, '')}"${RESOURCE.name}"`.length,
  }
}

/** Positions in the bytes of a body. */
function idStart(kind: ResourceKind, { offset }: Pick<Body, 'offset'>): number {
  return offset + PLACES[kind].id
}

function nameStart(kind: ResourceKind, { bytes, offset }: Pick<Body, 'bytes' | 'offset'>): number {
  const start = idStart(kind, { offset })
  const end = quoteAfter(bytes, start)
  return end + PLACES[kind].name + (end - start)
}

export function idIn(kind: ResourceKind, body: Body): string {
  return textAt(body.bytes, idStart(kind, body))
}

export function nameIn(kind: ResourceKind, body: Body): string {
  return textAt(body.bytes, nameStart(kind, body))
}

/** The id of a nodepool's cluster. */
export function ownerIdIn(body: Body): string {
  const { bytes } = body
  return textAt(bytes, quoteAfter(bytes, nameStart('NodePool', body)) + OWNER.length)
}

/** True if the resource in a body has this id. */
export function hasId(kind: ResourceKind, body: Body, id: string): boolean {
  return isTextAt(body.bytes, idStart(kind, body), id)
}

/** True if the resource in a body has this name. */
export function hasName(kind: ResourceKind, body: Body, name: string): boolean {
  return isTextAt(body.bytes, nameStart(kind, body), name)
}

/** True if the JSON string whose first character is at `start` is this text. */
function isTextAt(bytes: Buffer, start: number, text: string): boolean {
  const { length } = text
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x20 || unit >= 0x7f || unit === QUOTE || unit === BACKSLASH)
      return textAt(bytes, start) === text
    if (bytes[start + i] !== unit) return false
  }
  return bytes[start + length] === QUOTE
}

function textAt(bytes: Buffer, start: number): string {
  const text = bytes.toString('utf8', start, quoteAfter(bytes, start))
  return text.includes('\\') ? (JSON.parse(`"${text}"`) as string) : text
}

/** The position of the quote that ends a string. */
function quoteAfter(bytes: Buffer, start: number): number {
  let end = start
  while (end < bytes.length && bytes[end] !== QUOTE) end += bytes[end] === BACKSLASH ? 2 : 1
  return end
}
