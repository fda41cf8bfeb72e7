// Segments: the memory of bodies. Bodies are appended to segments of one size. A segment whose bodies are mostly replaced is emptied, some
// bodies with each write, and used again. So the memory of the state neither grows with the number of writes, nor is work for the garbage
// collector: new memory of 64 MB costs a collection of the whole heap.
//
// A segment is used again at the earliest in the next group of changes. So what a reader finds keeps its bytes in the turn of the event loop in
// which it found them. A reader that needs them for longer retains them.
//
//   segment    for each body: row u32, length u32, body, up to 7 bytes of padding
import type { Body } from './layout.ts'
import { NO_ROW, type Rows } from './rows.ts'

/** A whole number of pages, minus the bytes that the allocator adds. A multiple of 8. */
export const SEGMENT_BYTES = 1024 * 1024 - 64
const HEADER_BYTES = 8
/** Largest share of a segment for one body. A larger body has memory of its own, because it could waste the rest of a segment. */
const MAX_SHARE = 1 / 8
/**
 * Most stale bytes, for each byte in use. Under random writes the segment with the fewest bytes in use is then two thirds full, and two
 * bytes are moved for each one that is written.
 */
const MAX_STALE_SHARE = 1 / 5
/** Stale bytes that are not worth the work. */
const MIN_STALE_BYTES = 2 * SEGMENT_BYTES
/** Most bytes moved for each byte that is written or removed. It exceeds two, so that the work never falls behind. */
const PACE = 3
/** Most bytes moved with one write: some tens of microseconds. */
const MAX_MOVED_BYTES = 256 * 1024
/** The work of passing a body that is not moved, as bytes moved. */
const PASSING_BYTES = 128
/** Free segments that are kept for each segment in use, and the fewest. The others are left to the garbage collector. */
const MAX_FREE_SHARE = 1 / 32
const MIN_FREE = 4

/** The words of a row that have the place of its body: segment, offset and length. */
export const SEGMENT = 0
export const OFFSET = 1
export const LENGTH = 2

/** The segment of a row without a body. */
const NOWHERE = 0

class Segment {
  readonly number: number
  readonly bytes: Buffer
  /** True if it has the common size. Only then it is used again. */
  readonly isCommon: boolean
  /** Bytes of all bodies, present or stale, and of the present ones. Both include headers and padding. */
  filled = 0
  used = 0
  /** Readers that retain its bytes. */
  retained = 0

  constructor(number: number, bytes: number, isCommon: boolean) {
    this.number = number
    this.bytes = Buffer.allocUnsafeSlow(bytes)
    this.isCommon = isCommon
  }
}

export class Segments {
  readonly #rows: Rows
  readonly #byNumber: (Segment | undefined)[] = [new Segment(NOWHERE, 0, false)]
  readonly #byMemory = new Map<ArrayBufferLike, Segment>()
  readonly #freeNumbers: number[] = []
  /** The segment that takes the next body. */
  #open: Segment
  readonly #full = new Set<Segment>()
  /** The segment that is being emptied, and the position of its next body. */
  #leaving: Segment | undefined
  #position = 0
  /** Segments without a body, which readers of this turn may still read. */
  #left: Segment[] = []
  readonly #free: Segment[] = []
  /** Totals of the segments of the common size. */
  #filledBytes = 0
  #usedBytes = 0
  #memoryBytes = 0

  /** @param rows their first three words are the places of the bodies */
  constructor(rows: Rows) {
    this.#rows = rows
    this.#open = this.#create(SEGMENT_BYTES)
  }

  /** Bytes of memory, free segments included. */
  get memoryBytes(): number {
    return this.#memoryBytes
  }

  /** The memory that has the body of a row. */
  memoryOf(row: number): Buffer {
    const segment = this.#byNumber[this.#rows.get(row, SEGMENT)]
    if (segment === undefined) throw new Error(`row ${row} has no segment`)
    return segment.bytes
  }

  /** The present body of a row. A row that was never written, or whose body was removed, has an empty one. */
  bodyOf(row: number): Body {
    return {
      bytes: this.memoryOf(row),
      offset: this.#rows.get(row, OFFSET),
      length: this.#rows.get(row, LENGTH),
    }
  }

  hasBody(row: number): boolean {
    return this.#rows.get(row, SEGMENT) !== NOWHERE
  }

  /** Copies a body in. It replaces the row's present one. */
  put(row: number, { bytes, offset, length }: Body): void {
    const freed = this.#vacate(row)
    this.#place(row, bytes, offset, length)
    this.#work(Math.max(roomFor(length), freed) * PACE)
  }

  /** Removes the body of a row. */
  remove(row: number): void {
    const freed = this.#vacate(row)
    this.#rows.set(row, SEGMENT, NOWHERE)
    this.#rows.set(row, OFFSET, 0)
    this.#rows.set(row, LENGTH, 0)
    this.#work(freed * PACE)
  }

  /** Begins a group of changes. What was found in earlier turns of the event loop may lose its bytes from now on. */
  recycle(): void {
    if (this.#left.length === 0) return
    const retained: Segment[] = []
    for (const segment of this.#left) {
      if (segment.retained > 0) retained.push(segment)
      else this.#release(segment)
    }
    this.#left = retained
  }

  /** Keeps the bytes of a segment until they are given back. Returns whether the memory is of a segment here. */
  retain(memory: ArrayBufferLike): boolean {
    const segment = this.#byMemory.get(memory)
    if (segment === undefined) return false
    segment.retained++
    return true
  }

  giveBack(memory: ArrayBufferLike): void {
    const segment = this.#byMemory.get(memory)
    if (segment !== undefined) segment.retained--
  }

  /** Counts the bytes of a row's body as stale. Returns their number. */
  #vacate(row: number): number {
    const segment = this.#byNumber[this.#rows.get(row, SEGMENT)]
    if (segment === undefined || segment.number === NOWHERE) return 0
    const room = roomFor(this.#rows.get(row, LENGTH))
    segment.used -= room
    if (segment.isCommon) this.#usedBytes -= room
    else this.#drop(segment)
    return room
  }

  #place(row: number, bytes: Buffer, offset: number, length: number): void {
    const room = roomFor(length)
    const segment = this.#segmentFor(room)
    const at = segment.filled
    segment.bytes.writeUInt32LE(row, at)
    segment.bytes.writeUInt32LE(length, at + 4)
    bytes.copy(segment.bytes, at + HEADER_BYTES, offset, offset + length)
    segment.filled += room
    segment.used += room
    if (segment.isCommon) {
      this.#filledBytes += room
      this.#usedBytes += room
    }
    this.#rows.set(row, SEGMENT, segment.number)
    this.#rows.set(row, OFFSET, at + HEADER_BYTES)
    this.#rows.set(row, LENGTH, length)
  }

  #segmentFor(room: number): Segment {
    if (room > SEGMENT_BYTES * MAX_SHARE) return this.#create(room)
    if (this.#open.filled + room <= SEGMENT_BYTES) return this.#open
    this.#full.add(this.#open)
    this.#open = this.#free.pop() ?? this.#create(SEGMENT_BYTES)
    return this.#open
  }

  #create(bytes: number): Segment {
    const isCommon = bytes === SEGMENT_BYTES
    const segment = new Segment(this.#freeNumbers.pop() ?? this.#byNumber.length, bytes, isCommon)
    this.#byNumber[segment.number] = segment
    // Memory of a single body is never used again, so that its readers need not retain it.
    if (isCommon) this.#byMemory.set(segment.bytes.buffer, segment)
    this.#memoryBytes += bytes
    return segment
  }

  /** Leaves a segment to the garbage collector. */
  #drop(segment: Segment): void {
    this.#byNumber[segment.number] = undefined
    this.#freeNumbers.push(segment.number)
    this.#byMemory.delete(segment.bytes.buffer)
    this.#memoryBytes -= segment.bytes.length
  }

  #release(segment: Segment): void {
    segment.filled = 0
    if (this.#free.length < Math.max(MIN_FREE, this.#full.size * MAX_FREE_SHARE)) this.#free.push(segment)
    else this.#drop(segment)
  }

  /** Moves bodies out of the segment with the fewest, as long as the budget lasts and too many bytes are stale. */
  #work(budget: number): void {
    for (let left = Math.min(budget, MAX_MOVED_BYTES); left > 0; ) {
      this.#leaving ??= this.#emptiest()
      if (this.#leaving === undefined) return
      left -= this.#step(this.#leaving)
    }
  }

  /** Passes one body of a segment. Returns the work that it took. */
  #step(segment: Segment): number {
    if (segment.used === 0 || this.#position >= segment.filled) {
      this.#leave(segment)
      return 0
    }
    const at = this.#position
    const { bytes } = segment
    const row = bytes.readUInt32LE(at)
    const length = bytes.readUInt32LE(at + 4)
    const room = roomFor(length)
    this.#position += room
    const isPresent =
      this.#rows.get(row, SEGMENT) === segment.number && this.#rows.get(row, OFFSET) === at + HEADER_BYTES
    if (row === NO_ROW || !isPresent) return PASSING_BYTES
    this.#vacate(row)
    this.#place(row, bytes, at + HEADER_BYTES, length)
    return room
  }

  #leave(segment: Segment): void {
    this.#filledBytes -= segment.filled
    this.#left.push(segment)
    this.#leaving = undefined
  }

  /** Takes the full segment with the fewest bytes in use, if too many bytes are stale. */
  #emptiest(): Segment | undefined {
    const stale = this.#filledBytes - this.#usedBytes
    if (stale <= MIN_STALE_BYTES || stale <= this.#usedBytes * MAX_STALE_SHARE) return undefined
    let emptiest: Segment | undefined
    for (const segment of this.#full)
      if (emptiest === undefined || segment.used < emptiest.used) emptiest = segment
    if (emptiest === undefined) return undefined
    this.#full.delete(emptiest)
    this.#position = 0
    return emptiest
  }
}

/** The bytes of a body in a segment. */
function roomFor(length: number): number {
  return (HEADER_BYTES + length + 7) & ~7
}
