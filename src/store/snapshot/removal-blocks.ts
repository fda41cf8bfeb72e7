// Blocks of removals in the snapshot, so that clients of watches resume across restarts (contract 12.4). A block has the removals whose records one
// transaction erases, so that the snapshot always has either the resource or its removal. Blocks are numbered in the order of removals. Those that no
// client can resume from any more are erased with the next removals.

import type { ResourceKind } from '../../state/records.ts'
import type { Removal, Removals, Removed } from '../../state/removals.ts'
import { decodeText, encodeText } from '../codec.ts'
import { StoreError } from '../errors.ts'
import type { Erasure, NewBlock } from './snapshot.ts'

/** Blocks sort behind all records, and before the summary. */
const KEY_PREFIX = 'Removals/'
const KEY_DIGITS = 12
/** Most blocks that one transaction erases. */
const MAX_ERASED = 64

export function isKeyOfBlock(key: string): boolean {
  return key.startsWith(KEY_PREFIX)
}

interface BlockRemoval {
  readonly sequence: number
  readonly number: number
  readonly object: {
    readonly kind: ResourceKind
    readonly id: string
    readonly name: string
    readonly owner_references?: { readonly id: string }
  }
}

/** Decodes a block. Throws StoreError 'damaged' or 'newer-format'. */
export function decodeBlock(key: string, value: Buffer): Removed[] {
  const text = decodeText(key, value, `record ${key} of the snapshot`)
  // The checksum has been verified, and only this file writes such text.
  const removals = JSON.parse(text) as BlockRemoval[]
  return removals.map(({ sequence, number, object: { kind, id, name, owner_references: owner } }) => ({
    kind,
    number,
    sequence,
    id,
    name,
    ownerId: owner?.id,
  }))
}

/** Encodes a block for a copy. `number` counts the blocks of the copy from 1. */
export function encodeBlock(number: number, removals: readonly Removal[]): { key: string; value: Buffer } {
  const key = keyOfBlock(number)
  return { key, value: encodeText(key, textOf(removals)) }
}

/** The block in a copy. Throws StoreError like `decodeBlock`, also for a key of another record. */
export function blockInCopy(key: string, value: Buffer): NewBlock {
  if (!isKeyOfBlock(key)) throw new StoreError('damaged', `a copy has removals under the key ${key}`)
  decodeBlock(key, value)
  return { key, text: decodeText(key, value, `record ${key} of the copy`) }
}

function keyOfBlock(number: number): string {
  return KEY_PREFIX + String(number).padStart(KEY_DIGITS, '0')
}

function textOf(removals: readonly Removal[]): string {
  const parts = removals.map(
    ({ sequence, number, object }) =>
      `{"sequence":${sequence},"number":${number},"object":${object.toString('utf8')}}`,
  )
  return `[${parts.join(',')}]`
}

interface Block extends Erasure {
  /** The number of the change of its newest removal. */
  readonly last: number
}

/** The blocks that the snapshot has. */
export class RemovalBlocks {
  #blocks: Block[] = []
  #nextNumber = 1
  /** The place of the first removal that no block has. */
  #end = 0

  /** Notes a block of a load, in the order of keys. */
  load(key: string, checksum: number, removed: readonly Removed[]): void {
    this.#blocks.push({ key, checksum, last: removed.at(-1)?.sequence ?? 0 })
    this.#nextNumber = Number(key.slice(KEY_PREFIX.length)) + 1
  }

  /** All removals so far are in blocks. */
  loaded(removals: Removals): void {
    this.#end = removals.end
  }

  /** The place of the first removal that no block has. */
  get end(): number {
    return this.#end
  }

  /** The block of some removals. Undefined if blocks have all of them already, or none is retained any more. */
  blockOf(removals: readonly (Removal | undefined)[]): NewBlock | undefined {
    const own = removals.filter(removal => removal !== undefined && removal.place >= this.#end)
    if (own.length === 0) return undefined
    return { key: keyOfBlock(this.#nextNumber), text: textOf(own as Removal[]) }
  }

  /** The snapshot has this block now, with these removals. */
  note({ key }: NewBlock, checksum: number, removals: readonly (Removal | undefined)[]): void {
    const last = removals.findLast(removal => removal !== undefined)
    if (last === undefined) return
    this.#blocks.push({ key, checksum, last: last.sequence })
    this.#nextNumber++
    this.#end = Math.max(this.#end, last.place + 1)
  }

  /** The oldest blocks with nothing after this change, at most some tens. */
  upTo(floor: number): readonly Erasure[] {
    const end = this.#blocks.slice(0, MAX_ERASED).findIndex(({ last }) => last > floor)
    return this.#blocks.slice(0, end === -1 ? MAX_ERASED : end)
  }

  /** The snapshot does not have these oldest blocks any more. */
  noteErased(blocks: readonly Erasure[]): void {
    if (blocks.length > 0) this.#blocks = this.#blocks.slice(blocks.length)
  }
}
