// The entries of a replicated journal. Each contains the checksum of the one before, so two servers that agree on an entry agree on all
// entries before it. Integers are little-endian.
//
//   magic 'HFRJ', format u8, kind u8, zero u16, journal 16 bytes, position u64, checksum of the entry before 16 bytes, epoch u64,
//   writer 16 bytes, serial u64, body, checksum 16 bytes
//
// The checksum is the first half of a SHA-256 over all bytes before it. Magic, format and checksum keep their place in every later
// format.
import { createHash } from 'node:crypto'
import { JournalFault } from './fault.ts'

/** Bytes of a checksum and of an id. */
export const CHECKSUM_BYTES = 16
const ID_BYTES = 16
export const ENTRY_FORMAT = 1

const MAGIC = Buffer.from('HFRJ')
const FORMAT_AT = 4
const KIND_AT = 5
const JOURNAL_AT = 8
const POSITION_AT = JOURNAL_AT + ID_BYTES
const PREVIOUS_AT = POSITION_AT + 8
const EPOCH_AT = PREVIOUS_AT + CHECKSUM_BYTES
const WRITER_AT = EPOCH_AT + 8
const SERIAL_AT = WRITER_AT + ID_BYTES
const BODY_AT = SERIAL_AT + 8

/** A place in the journal: an entry, or the beginning before the first one. */
export interface Place {
  /** The number of the entry; entries have no gaps. */
  readonly position: number
  /** The checksum of the entry. */
  readonly checksum: Buffer
}

/**
 * epoch: its writer is the writer from now on. group: changes that become durable and visible together. barrier: nothing; it confirms that its
 * writer still is the writer. resignation: nobody is the writer until the next epoch.
 */
export type EntryKind = 'epoch' | 'group' | 'barrier' | 'resignation'

/** The number of each kind in an entry. They are never reused. */
const KINDS: readonly (EntryKind | undefined)[] = [undefined, 'epoch', 'group', 'barrier', 'resignation']

export interface EntryHead {
  readonly kind: EntryKind
  /** The number of writers so far. */
  readonly epoch: number
  /** The random id of a process: 32 hexadecimal digits. */
  readonly writer: string
  /** The number of the append within that process. */
  readonly serial: number
}

export interface Entry extends EntryHead {
  readonly place: Place
  /** The checksum of the entry before. */
  readonly previous: Buffer
  readonly body: Buffer
}

/** An entry with its bytes. */
export interface EncodedEntry extends Entry {
  readonly bytes: Buffer
}

/** @param journal the id of the journal: 32 hexadecimal digits */
export function encodeEntry(journal: string, after: Place, head: EntryHead, body: Buffer): EncodedEntry {
  const bytes = Buffer.alloc(BODY_AT + body.length + CHECKSUM_BYTES)
  const position = after.position + 1
  MAGIC.copy(bytes)
  bytes.writeUInt8(ENTRY_FORMAT, FORMAT_AT)
  bytes.writeUInt8(KINDS.indexOf(head.kind), KIND_AT)
  bytes.write(journal, JOURNAL_AT, 'hex')
  bytes.writeBigUInt64LE(BigInt(position), POSITION_AT)
  after.checksum.copy(bytes, PREVIOUS_AT)
  bytes.writeBigUInt64LE(BigInt(head.epoch), EPOCH_AT)
  bytes.write(head.writer, WRITER_AT, 'hex')
  bytes.writeBigUInt64LE(BigInt(head.serial), SERIAL_AT)
  body.copy(bytes, BODY_AT)
  const checksum = checksumOf(bytes.subarray(0, bytes.length - CHECKSUM_BYTES))
  checksum.copy(bytes, bytes.length - CHECKSUM_BYTES)
  const { kind, epoch, writer, serial } = head
  return {
    kind,
    epoch,
    writer,
    serial,
    place: { position, checksum },
    previous: after.checksum,
    body,
    bytes,
  }
}

/**
 * Decodes the entry that the database keeps at a position. It shares the memory of `bytes`. It is not compared with the entry before.
 * @throws JournalFault 'damaged', 'newer-format' or 'other-journal'
 */
export function decodeEntry(journal: string, position: number, bytes: Buffer): Entry {
  const where = `entry ${position} of the journal`
  const end = bytes.length - CHECKSUM_BYTES
  const format = bytes[FORMAT_AT] ?? 0
  if (end < BODY_AT || !MAGIC.equals(bytes.subarray(0, MAGIC.length)))
    throw new JournalFault('damaged', `${where} is not one of this program`)
  const checksum = bytes.subarray(end)
  if (!checksumOf(bytes.subarray(0, end)).equals(checksum))
    throw new JournalFault('damaged', `${where} is damaged: its checksum is wrong`)
  if (format > ENTRY_FORMAT)
    throw new JournalFault(
      'newer-format',
      `${where} has format ${format}, and this version reads up to ${ENTRY_FORMAT}`,
    )
  const found = bytes.toString('hex', JOURNAL_AT, POSITION_AT)
  if (found !== journal)
    throw new JournalFault('other-journal', `${where} belongs to journal ${found}, not to ${journal}`)
  const kind = KINDS[bytes[KIND_AT] ?? 0]
  const stored = numberAt(bytes, POSITION_AT)
  if (kind === undefined || stored !== position)
    throw new JournalFault('damaged', `${where} is damaged: it says that it is entry ${stored}`)
  return {
    kind,
    place: { position, checksum },
    previous: bytes.subarray(PREVIOUS_AT, EPOCH_AT),
    epoch: numberAt(bytes, EPOCH_AT),
    writer: bytes.toString('hex', WRITER_AT, SERIAL_AT),
    serial: numberAt(bytes, SERIAL_AT),
    body: bytes.subarray(BODY_AT, end),
  }
}

/**
 * The place before the first entry of a journal.
 * @param base the journal sequence of the fleet that the journal begins with; 0 if the fleet is empty. A server that starts
 * without a fleet finds itself behind a journal that begins with one, and copies it.
 */
export function beginning(journal: string, base = 0): Place {
  return { position: base === 0 ? 0 : 1, checksum: checksumOf(Buffer.from(`${journal} ${base}`)) }
}

function checksumOf(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest().subarray(0, CHECKSUM_BYTES)
}

function numberAt(bytes: Buffer, at: number): number {
  return Number(bytes.readBigUInt64LE(at))
}
