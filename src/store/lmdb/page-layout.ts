// The layout of LMDB's pages: data version 2 of the lmdb package 3.5.6, on a 64-bit little-endian machine.
//
//   page      number u64, transaction u64, padding u16, flags u16, then lower u16 and upper u16 (bounds of the free
//             space, counted from the end of the header) or, on an overflow page, the number of pages u32
//   meta      behind the header: magic u32, version u32, address u64, map size u64, tree of free pages, main tree,
//             last page u64, transaction u64, boot id u64
//   tree      padding u32 (page size in that of free pages), flags u16, depth u16, branch, leaf and overflow pages u64 each,
//             entries u64, root u64
//   node      size of the value u32 and flags u16, or on a branch page the child's number u48; size of the key u16; key, value
//   overflow  in place of a large value: first page u64, transaction u64, number of pages u64

export const PAGE_HEADER_BYTES = 24
export const META_BYTES = 144
export const NODE_HEADER_BYTES = 8
export const OVERFLOW_BYTES = 24

export const META_MAGIC = 0xbeefc0de

export const BRANCH = 0x01
export const LEAF = 0x02
export const OVERFLOW = 0x04
export const META = 0x08

/** Flag of a node whose value is on overflow pages. */
export const BIG_VALUE = 0x01

/** LMDB's number for a missing root. */
export const NO_PAGE = Number.POSITIVE_INFINITY

/** Reads a number of 64 bits. Numbers that a double cannot represent exactly, `NO_PAGE` among them, become infinite. */
export function readU64(page: Buffer, at: number): number {
  const high = page.readUInt32LE(at + 4)
  return high > 0x1fffff ? Number.POSITIVE_INFINITY : high * 0x1_0000_0000 + page.readUInt32LE(at)
}

/** The number of a page, from its header. */
export function pageNumber(page: Buffer): number {
  return readU64(page, 0)
}

/** The transaction that wrote a page, from its header. */
export function pageTransaction(page: Buffer): number {
  return readU64(page, 8)
}

export function pageFlags(page: Buffer): number {
  return page.readUInt16LE(18)
}
