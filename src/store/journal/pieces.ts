// Pieces: the value of a group is divided into pieces that fill one page of LMDB each. For a longer value LMDB looks for adjacent free
// pages; it then loads the whole list of its free pages, checks it and writes it again with each commit. (Reports of 7 connections beside
// checkpoints took 86 µs of processor time and 8.1 KB of writes each in whole values, and take 48 µs and 5.0 KB in pieces.)
//
// The last piece has the number of the last change as its key. The others have keys between that number and the one before, so that all
// pieces of a group are behind any change that is not in it.
import type { Write } from '../lmdb/environment.ts'
import { PAGE_HEADER_BYTES } from '../lmdb/page-layout.ts'
import type { EncodedGroup } from './group.ts'

const PIECE_BYTES = 4096 - PAGE_HEADER_BYTES
/** Most pieces of a group. A larger group has larger ones. A power of two, so that every key is an exact number. */
export const MAX_PIECES = 256

/** The writes of a group. Its pieces share the memory of its value. The last one is refused when the journal has later entries. */
export function piecesOf({ last, value }: EncodedGroup): Write[] {
  const length = Math.max(PIECE_BYTES, Math.ceil(value.length / MAX_PIECES))
  const count = Math.ceil(value.length / length)
  return Array.from({ length: count }, (_, i) => ({
    kind: i === count - 1 ? 'append' : 'put',
    key: last - (count - 1 - i) / MAX_PIECES,
    value: value.subarray(i * length, (i + 1) * length),
  }))
}

/** True if this is the key of the last piece of a group. */
export function endsGroup(key: number): boolean {
  return Number.isInteger(key)
}

/** The number of the last change of the group to which a piece belongs. */
export function groupEndOf(key: number): number {
  return Math.ceil(key)
}

/** Puts the pieces of a group together. */
export function joined(pieces: readonly Buffer[]): Buffer {
  const [only] = pieces
  return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces)
}
