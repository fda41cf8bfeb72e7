// Checks an LMDB file before LMDB opens it. LMDB trusts every page: a flipped bit can end the process with SIGSEGV, a truncated file with
// SIGBUS; with a damaged list of free pages LMDB later overwrites live ones, and a damaged meta page opens an older state. So this check
// follows every reference that LMDB will follow. The content of values is left to their checksums.

import { SlotSet } from '../../state/slots.ts'
import { DataFile } from './data-file.ts'
import { type Meta, readMetaPages } from './meta-pages.ts'
import { readU64 } from './page-layout.ts'
import { PageTree } from './page-tree.ts'

/** Pages checked in one turn of the event loop. A small number, so that health checks are answered meanwhile. */
const PAGES_PER_TURN = 256

/** Most pages beyond the end of the file: LMDB allocated them and never wrote them. */
const MAX_UNWRITTEN_PAGES = 1 << 20

/** Receives the number of pages in use that have been checked, and the approximate number in the file. */
export type PageProgress = (done: number, total: number) => void

/**
 * Throws StoreError when the pages of the LMDB file are not as LMDB leaves them, even after a crash or, with `hasFailedCommit`, after a
 * failed commit.
 */
export async function checkPages(
  path: string,
  hasFailedCommit: boolean,
  onProgress: PageProgress = () => {},
): Promise<void> {
  const file = new DataFile(path)
  try {
    const meta = readMetaPages(file, hasFailedCommit)
    const check = new PageCheck(file, meta)
    const total = Math.ceil(file.sizeBytes / meta.pageSize)
    let done = 0
    for (const _ of check.run()) {
      if (++done % PAGES_PER_TURN !== 0) continue
      onProgress(done, total)
      await new Promise(setImmediate)
    }
  } finally {
    file.close()
  }
}

class PageCheck {
  readonly #file: DataFile
  readonly #meta: Meta
  /** Number of pages in the file. */
  readonly #written: number
  /** Pages in use or free. No page may be both, or either one twice. */
  readonly #seen = new SlotSet()
  /** Number of seen pages beyond the end of the file. */
  #unwritten = 0

  constructor(file: DataFile, meta: Meta) {
    this.#file = file
    this.#meta = meta
    this.#written = Math.floor(file.sizeBytes / meta.pageSize)
  }

  *run(): Generator<undefined, void> {
    const { free, main, lastPage } = this.#meta
    if (lastPage >= this.#written + MAX_UNWRITTEN_PAGES) {
      throw this.#file.damaged(`it has ${this.#written} pages, and its meta page counts ${lastPage + 1}`)
    }
    const parts = { file: this.#file, meta: this.#meta, claim: this.#claimUsed.bind(this) }
    yield* new PageTree({ ...parts, tree: main }).walk()
    const lists: Buffer[] = []
    yield* new PageTree({ ...parts, tree: free, onValue: value => lists.push(Buffer.from(value)) }).walk()
    for (const list of lists) this.#checkList(list)
    // A page within the file that is neither in use nor free is harmless lost space. Beyond the end, LMDB would take it for a written page.
    if (this.#unwritten !== Math.max(0, lastPage + 1 - this.#written)) {
      throw this.#file.damaged(`it has ${this.#written} pages, and its meta page counts ${lastPage + 1}`)
    }
  }

  /** Checks a list of free pages: its length, then page numbers. A negative number is the length of a run, whose start follows. */
  #checkList(list: Buffer): void {
    const length = list.length < 8 ? Number.POSITIVE_INFINITY : readU64(list, 0)
    if ((length + 1) * 8 > list.length) throw this.#file.damaged('a list of free pages is cut short')
    for (let i = 1; i <= length; i++) {
      const entry = Number(list.readBigInt64LE(i * 8))
      if (entry === 0) continue
      const count = entry < 0 ? -entry : 1
      const first = entry < 0 ? this.#runStart(list, ++i, length) : entry
      if (!this.#claim(first, count)) {
        throw this.#file.damaged(`page ${first} is in use, or cannot be there, and yet is listed as free`)
      }
    }
  }

  #runStart(list: Buffer, i: number, length: number): number {
    if (i > length) throw this.#file.damaged('a list of free pages is cut short')
    return readU64(list, i * 8)
  }

  #claimUsed(first: number, count: number): boolean {
    return first + count <= this.#written && this.#claim(first, count)
  }

  #claim(first: number, count: number): boolean {
    if (first < 2 || first + count - 1 > this.#meta.lastPage) return false
    for (let page = first; page < first + count; page++) {
      if (!this.#seen.add(page)) return false
      if (page >= this.#written) this.#unwritten++
    }
    return true
  }
}
