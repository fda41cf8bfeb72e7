// Walks one B-tree of an LMDB file. It checks that every page matches its parent, that every node is within its page, that keys rise, and
// that the counts match the meta page. LMDB can follow such a tree safely.

import type { StoreError } from '../errors.ts'
import type { DataFile } from './data-file.ts'
import type { Meta, Tree } from './meta-pages.ts'
import {
  BIG_VALUE,
  BRANCH,
  LEAF,
  NO_PAGE,
  NODE_HEADER_BYTES,
  OVERFLOW,
  OVERFLOW_BYTES,
  PAGE_HEADER_BYTES,
  pageFlags,
  pageNumber,
  pageTransaction,
  readU64,
} from './page-layout.ts'

/** Bytes of a large value per read. */
const READ_BYTES = 1 << 20

export interface TreeParts {
  readonly file: DataFile
  readonly meta: Meta
  readonly tree: Tree
  /** Marks pages as used. Returns false if one of them is in use already, or out of range. */
  readonly claim: (page: number, count: number) => boolean
  /** Called with every value of the tree of free pages, whose keys are numbers of 64 bits. */
  readonly onValue?: (value: Buffer) => void
}

/** A key, by its position in a page. */
interface Key {
  readonly page: Buffer
  readonly start: number
  readonly end: number
}

/** A page to visit: the transaction of its parent, and the bounds of its keys. */
interface Visit {
  readonly page: number
  readonly level: number
  readonly transaction: number
  readonly from: Key | undefined
  readonly to: Key | undefined
}

export class PageTree {
  readonly #parts: TreeParts
  /** The page under visit at each level. */
  readonly #pages: Buffer[] = []
  #branchPages = 0
  #leafPages = 0
  #overflowPages = 0
  #entries = 0

  constructor(parts: TreeParts) {
    this.#parts = parts
  }

  /** Walks the whole tree, one page per step. Throws StoreError. */
  *walk(): Generator<undefined, void> {
    const { tree, meta } = this.#parts
    if (tree.root === NO_PAGE) return
    const { root: page } = tree
    yield* this.#visit({ page, level: 1, transaction: meta.transaction, from: undefined, to: undefined })
    const isCounted =
      this.#branchPages === tree.branchPages &&
      this.#leafPages === tree.leafPages &&
      this.#overflowPages === tree.overflowPages &&
      this.#entries === tree.entries
    if (!isCounted) throw this.#fault('it does not hold as many pages and entries as its meta page says')
  }

  *#visit(visit: Visit): Generator<undefined, void> {
    const page = this.#read(visit)
    yield
    if (visit.level === this.#parts.tree.depth) {
      this.#leafPages++
      this.#checkLeaf(page, visit)
      return
    }
    this.#branchPages++
    const keys = this.#checkBranch(page, visit)
    for (const [i, key] of keys.entries()) {
      yield* this.#visit({
        page: page.readUIntLE(key.start - NODE_HEADER_BYTES, 6),
        level: visit.level + 1,
        transaction: pageTransaction(page),
        from: i === 0 ? visit.from : key,
        to: keys[i + 1] ?? visit.to,
      })
    }
  }

  #read({ page: number, level, transaction }: Visit): Buffer {
    const { file, meta, tree, claim } = this.#parts
    if (!claim(number, 1)) throw this.#fault(`page ${number} is in use twice, or cannot be there`)
    this.#pages[level] ??= Buffer.allocUnsafeSlow(meta.pageSize)
    const page = this.#pages[level]
    file.read(number * meta.pageSize, page)
    const isSound =
      pageNumber(page) === number &&
      pageTransaction(page) <= transaction &&
      pageFlags(page) === (level === tree.depth ? LEAF : BRANCH) &&
      hasSoundBounds(page)
    if (!isSound) throw this.#fault(`page ${number} does not begin like a page of its place`)
    return page
  }

  /** Checks a branch page and returns its keys. LMDB never reads the first one, which represents all smaller keys. */
  #checkBranch(page: Buffer, { page: number, from, to }: Visit): Key[] {
    const keys = nodesOf(page).map(at => this.#keyAt(page, at, number))
    const used = keys.reduce((sum, { start, end }) => sum + even(NODE_HEADER_BYTES + end - start), 0)
    if (used !== usedBytes(page)) throw this.#nodeFault(number)
    let previous = from
    for (const key of keys.slice(1)) {
      if (previous !== undefined && this.#compare(previous, key) >= 0) throw this.#orderFault(number)
      previous = key
    }
    this.#checkEnd(previous, to, number)
    return keys
  }

  #checkLeaf(page: Buffer, { page: number, from, to }: Visit): void {
    let used = 0
    let previous: Key | undefined
    for (const at of nodesOf(page)) {
      const key = this.#keyAt(page, at, number)
      const isInOrder =
        previous === undefined
          ? from === undefined || this.#compare(from, key) <= 0
          : this.#compare(previous, key) < 0
      if (!isInOrder) throw this.#orderFault(number)
      previous = key
      used += even(key.end - at + this.#checkValue(key, number))
      this.#entries++
    }
    if (used !== usedBytes(page)) throw this.#nodeFault(number)
    this.#checkEnd(previous, to, number)
  }

  #checkEnd(last: Key | undefined, to: Key | undefined, page: number): void {
    if (last !== undefined && to !== undefined && this.#compare(last, to) >= 0) throw this.#orderFault(page)
  }

  #keyAt(page: Buffer, at: number, number: number): Key {
    const start = at + NODE_HEADER_BYTES
    const isThere = at % 2 === 0 && at >= page.length - usedBytes(page) && start <= page.length
    const size = isThere ? page.readUInt16LE(at + 6) : 0
    const { tree, meta } = this.#parts
    const isNumber = tree !== meta.free || size === 8 || pageFlags(page) === BRANCH
    if (!isThere || start + size > page.length || !isNumber) throw this.#nodeFault(number)
    return { page, start, end: start + size }
  }

  /** Checks a value. Returns its bytes within the page. */
  #checkValue({ page, start, end }: Key, number: number): number {
    const { onValue } = this.#parts
    const size = page.readUInt32LE(start - NODE_HEADER_BYTES)
    const flags = page.readUInt16LE(start - NODE_HEADER_BYTES + 4)
    const bytes = flags === BIG_VALUE ? OVERFLOW_BYTES : size
    if ((flags !== 0 && flags !== BIG_VALUE) || end + bytes > page.length) throw this.#nodeFault(number)
    if (flags === BIG_VALUE) this.#checkOverflow(page, end, size, number)
    else onValue?.(page.subarray(end, end + size))
    return bytes
  }

  /** Reads the pages of a large value, to find unreadable ones. */
  #checkOverflow(page: Buffer, at: number, size: number, leaf: number): void {
    const { file, meta, claim, onValue } = this.#parts
    const first = readU64(page, at)
    const count = readU64(page, at + 16)
    const bytes = count * meta.pageSize
    if (count !== Math.ceil((PAGE_HEADER_BYTES + size) / meta.pageSize)) throw this.#nodeFault(leaf)
    if (!claim(first, count)) throw this.#fault(`page ${first} is in use twice, or cannot be there`)
    this.#overflowPages += count
    const value = Buffer.allocUnsafe(onValue === undefined ? Math.min(bytes, READ_BYTES) : bytes)
    for (let done = 0; done < bytes; done += value.length) {
      const part = value.subarray(0, Math.min(value.length, bytes - done))
      file.read(first * meta.pageSize + done, part)
      if (done === 0 && !beginsOverflow(part, first, count, pageTransaction(page))) {
        throw this.#fault(`page ${first} does not begin a value of ${count} pages`)
      }
    }
    onValue?.(value.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + size))
  }

  #compare(a: Key, b: Key): number {
    const { tree, meta } = this.#parts
    if (tree === meta.free) return readU64(a.page, a.start) - readU64(b.page, b.start)
    return a.page.compare(b.page, b.start, b.end, a.start, a.end)
  }

  #fault(why: string): StoreError {
    return this.#parts.file.damaged(why)
  }

  #nodeFault(page: number): StoreError {
    return this.#fault(`what page ${page} holds does not lie in it as it should`)
  }

  #orderFault(page: number): StoreError {
    return this.#fault(`the keys of page ${page} are not in order`)
  }
}

function hasSoundBounds(page: Buffer): boolean {
  const lower = page.readUInt16LE(20)
  const upper = page.readUInt16LE(22)
  return lower > 0 && lower % 2 === 0 && lower <= upper && upper <= page.length - PAGE_HEADER_BYTES
}

function beginsOverflow(page: Buffer, number: number, count: number, transaction: number): boolean {
  return (
    pageNumber(page) === number &&
    pageTransaction(page) <= transaction &&
    pageFlags(page) === OVERFLOW &&
    page.readUInt32LE(20) === count
  )
}

/** Positions of the nodes of a page, in key order. */
function nodesOf(page: Buffer): number[] {
  const end = PAGE_HEADER_BYTES + page.readUInt16LE(20)
  const nodes: number[] = []
  for (let at = PAGE_HEADER_BYTES; at < end; at += 2) nodes.push(PAGE_HEADER_BYTES + page.readUInt16LE(at))
  return nodes
}

/** The bytes of a page that its nodes occupy. */
function usedBytes(page: Buffer): number {
  return page.length - PAGE_HEADER_BYTES - page.readUInt16LE(22)
}

function even(bytes: number): number {
  return bytes + (bytes & 1)
}
