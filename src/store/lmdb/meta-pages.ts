// The two meta pages of an LMDB file. Transactions write them alternately, each in one sector. LMDB trusts the one with the greater
// transaction number, so that a flipped bit there opens an older state or none. A crash leaves the meta pages of the newest two
// transactions, whose pages are complete. Anything else is damage.

import type { StoreError } from '../errors.ts'
import type { DataFile } from './data-file.ts'
import {
  META,
  META_BYTES,
  META_MAGIC,
  NO_PAGE,
  PAGE_HEADER_BYTES,
  pageFlags,
  pageNumber,
  pageTransaction,
  readU64,
} from './page-layout.ts'

const VERSION = 2
/** The keys of the tree of free pages are transaction numbers. */
const INTEGER_KEYS = 0x08
/** Maximum depth of LMDB's cursors. */
const MAX_DEPTH = 32

/** The record of one of the two trees in a meta page. */
export interface Tree {
  readonly depth: number
  readonly branchPages: number
  readonly leafPages: number
  readonly overflowPages: number
  readonly entries: number
  readonly root: number
}

export interface Meta {
  readonly pageSize: number
  readonly free: Tree
  readonly main: Tree
  readonly lastPage: number
  readonly transaction: number
}

/** Reads and checks both meta pages. Returns the newer one. Throws StoreError. */
export function readMetaPages(file: DataFile, hasFailedCommit: boolean): Meta {
  const first = readMeta(file, 0, 0)
  const second = readMeta(file, 1, first.pageSize)
  if (second.pageSize !== first.pageSize) throw file.damaged('its meta pages name two sizes of a page')
  const [older, newest] = first.transaction < second.transaction ? [first, second] : [second, first]
  const isNew = newest.transaction === 0
  if (!isNew && newest.transaction !== older.transaction + 1) {
    throw file.damaged(
      `its meta pages are of transactions ${older.transaction} and ${newest.transaction}, which do not follow each other`,
    )
  }
  if (!isWritten(file, newest)) throw rootFault(file, newest)
  if (hasFailedCommit || isWritten(file, older) || isRolledBack(file, older, newest)) return newest
  throw rootFault(file, older)
}

function readMeta(file: DataFile, index: 0 | 1, position: number): Meta {
  const page = Buffer.alloc(PAGE_HEADER_BYTES + META_BYTES)
  file.read(position, page)
  const meta = parseMeta(page)
  const isSound =
    hasMetaHeader(page, index) &&
    isPageSize(meta.pageSize) &&
    isTree(meta.free) &&
    isTree(meta.main) &&
    Number.isFinite(meta.lastPage) &&
    Number.isFinite(meta.transaction) &&
    (meta.transaction === 0 || meta.transaction % 2 === index)
  if (!isSound) throw file.damaged(`its meta page ${index} holds what LMDB never writes`)
  return meta
}

function parseMeta(page: Buffer): Meta {
  const at = PAGE_HEADER_BYTES
  return {
    pageSize: page.readUInt32LE(at + 24),
    free: parseTree(page, at + 24),
    main: parseTree(page, at + 72),
    lastPage: readU64(page, at + 120),
    transaction: readU64(page, at + 128),
  }
}

function parseTree(page: Buffer, at: number): Tree {
  return {
    depth: page.readUInt16LE(at + 6),
    branchPages: readU64(page, at + 8),
    leafPages: readU64(page, at + 16),
    overflowPages: readU64(page, at + 24),
    entries: readU64(page, at + 32),
    root: readU64(page, at + 40),
  }
}

/** Checks the fields that are equal in every meta page of our files. */
function hasMetaHeader(page: Buffer, index: number): boolean {
  const at = PAGE_HEADER_BYTES
  return (
    pageNumber(page) === index &&
    pageTransaction(page) === 0 &&
    pageFlags(page) === META &&
    page.readUInt32LE(at) === META_MAGIC &&
    page.readUInt32LE(at + 4) === VERSION &&
    readU64(page, at + 8) === 0 &&
    page.readUInt16LE(at + 24 + 4) === INTEGER_KEYS &&
    page.readUInt32LE(at + 72) === 0 &&
    page.readUInt16LE(at + 72 + 4) === 0
  )
}

function isPageSize(bytes: number): boolean {
  return bytes >= 512 && bytes <= 65_536 && (bytes & (bytes - 1)) === 0
}

function isTree(tree: Tree): boolean {
  const { depth, branchPages, leafPages, overflowPages, entries, root } = tree
  if (root === NO_PAGE) return depth + branchPages + leafPages + overflowPages + entries === 0
  return root > 1 && depth > 0 && depth <= MAX_DEPTH
}

/**
 * Checks that the root of the main tree was written by the transaction of the meta page. Every transaction of ours writes that root, and
 * LMDB does not reuse the pages of the newest two transactions. If the numbers differ, the meta page is wrong, and the other one may be
 * the newest.
 */
function isWritten(file: DataFile, meta: Meta): boolean {
  return meta.main.root === NO_PAGE || writerOfRoot(file, meta) === meta.transaction
}

/**
 * Recognizes a meta page that could not be written. LMDB then restores the old numbers of the transaction and of the last page, but
 * leaves the roots of the failed transaction. The number of the last page distinguishes this from a newest transaction with a wrong
 * number, because it never decreases. If the file has not grown recently, only the marker of the failure does.
 */
function isRolledBack(file: DataFile, older: Meta, newest: Meta): boolean {
  const { main, lastPage } = older
  const isFailed = writerOfRoot(file, older) === newest.transaction + 1
  return isFailed && (lastPage < newest.lastPage || main.root > lastPage)
}

/** The transaction that wrote the root of the main tree. Undefined if there is no such page. */
function writerOfRoot(file: DataFile, { main: { root }, pageSize }: Meta): number | undefined {
  if (root * pageSize >= file.sizeBytes) return undefined
  const page = Buffer.alloc(PAGE_HEADER_BYTES)
  file.read(root * pageSize, page)
  return pageNumber(page) === root ? pageTransaction(page) : undefined
}

function rootFault(file: DataFile, { main: { root }, transaction }: Meta): StoreError {
  return file.damaged(`page ${root}, the root of transaction ${transaction}, was not written by it`)
}
