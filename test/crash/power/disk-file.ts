// One file on the disk of the model: its flushed bytes, and the writes and changes of size that came after them.
import type { Fate } from './disk.ts'

/** Unit that a disk writes whole or not at all. */
export const SECTOR_BYTES = 512

/** Bytes for one sector, or a part of it. */
interface Piece {
  readonly offset: number
  readonly data: Buffer
}

type Pending =
  | { readonly kind: 'write'; readonly number: number; pieces: readonly Piece[] }
  | { readonly kind: 'size'; readonly number: number; readonly size: number }

export class DiskFile {
  #bytes: Buffer
  #size: number
  #pending: Pending[] = []

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#size = bytes.length
  }

  get pending(): number {
    return this.#pending.length
  }

  write(number: number, offset: number, data: Buffer): void {
    const pieces: Piece[] = []
    for (let at = offset; at < offset + data.length; ) {
      const end = Math.min(offset + data.length, (sectorOf(at) + 1) * SECTOR_BYTES)
      pieces.push({ offset: at, data: data.subarray(at - offset, end - offset) })
      at = end
    }
    this.#pending.push({ kind: 'write', number, pieces })
  }

  resize(number: number, size: number): void {
    this.#pending.push({ kind: 'size', number, size })
  }

  /** Everything before the change `before` is on disk. */
  flush(before: number): void {
    for (const change of this.#pending) if (change.number < before) this.#land(change)
    this.#pending = this.#pending.filter(({ number }) => number >= before)
  }

  /**
   * All that was ever written to the sectors of this range is on disk, as the page cache has but one state of each: the
   * rest of the file is not.
   */
  sync(offset: number, length: number): void {
    const [first, last] = [sectorOf(offset), sectorOf(offset + length - 1)]
    const isIn = (piece: Piece) => sectorOf(piece.offset) >= first && sectorOf(piece.offset) <= last
    for (const change of this.#pending) {
      if (change.kind !== 'write') continue
      for (const piece of change.pieces.filter(isIn)) this.#put(piece)
      change.pieces = change.pieces.filter(piece => !isIn(piece))
    }
    this.#pending = this.#pending.filter(change => change.kind === 'size' || change.pieces.length > 0)
  }

  /** The bytes that a power cut may leave. */
  image(fate: Fate): Buffer {
    const image = new DiskFile(Buffer.from(this.#bytes.subarray(0, this.#size)))
    let greatest = this.#size
    for (const change of this.#pending) {
      if (change.kind === 'size') {
        if (fate.happens(change.number)) image.#land(change)
        greatest = Math.max(greatest, change.size)
        continue
      }
      for (const piece of change.pieces) {
        greatest = Math.max(greatest, piece.offset + piece.data.length)
        if (fate.lands(change.number, sectorOf(piece.offset))) image.#put(piece)
      }
    }
    if (image.#size < greatest) image.#resize(fate.sizeBetween(image.#size, greatest))
    return image.#bytes.subarray(0, image.#size)
  }

  #land(change: Pending): void {
    if (change.kind === 'size') this.#resize(change.size)
    else for (const piece of change.pieces) this.#put(piece)
  }

  #put({ offset, data }: Piece): void {
    if (offset + data.length > this.#size) this.#resize(offset + data.length)
    data.copy(this.#bytes, offset)
  }

  /** A longer file has zeros in its new part. */
  #resize(size: number): void {
    if (size > this.#bytes.length) {
      const larger = Buffer.alloc(Math.max(size, 2 * this.#bytes.length))
      this.#bytes.copy(larger, 0, 0, this.#size)
      this.#bytes = larger
    }
    if (size < this.#size) this.#bytes.fill(0, size, this.#size)
    this.#size = size
  }
}

function sectorOf(offset: number): number {
  return Math.floor(offset / SECTOR_BYTES)
}
