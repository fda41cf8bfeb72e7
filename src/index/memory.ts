// The one linear memory that every index lives in and that the kernels work on. Regions are handed out and taken back
// in size classes. The memory grows on demand; only this file renews the views that growth detaches.
import { SizeClass, UNIT_BYTES } from './size-class.ts'
import { UnitRuns } from './unit-runs.ts'

/** The pages of the memory: a `WebAssembly.Memory`, or an ArrayBuffer where there is no WebAssembly. */
export interface Pages {
  readonly buffer: ArrayBufferLike
  /** Grows by so many pages of 64 KiB; throws when there is no room. */
  grow(pages: number): number
}

const PAGE_BYTES = 65_536
const UNITS_PER_PAGE = PAGE_BYTES / UNIT_BYTES
/** Just under 4 GiB, so that the end of every region is a number of 32 bits too. */
const MAX_PAGES = 65_535
const INITIAL_PAGES = 16
/** The memory grows by an eighth, so that renewing the views stays rare. */
const GROWTH = 1 / 8
const LARGEST_CLASS_BYTES = 2048

/** Pages in an ArrayBuffer that is copied to grow. */
class BufferPages implements Pages {
  buffer = new ArrayBuffer(INITIAL_PAGES * PAGE_BYTES)

  grow(pages: number): number {
    const before = this.buffer
    this.buffer = new ArrayBuffer(before.byteLength + pages * PAGE_BYTES)
    new Uint8Array(this.buffer).set(new Uint8Array(before))
    return before.byteLength / PAGE_BYTES
  }
}

/**
 * Pages that WebAssembly can work on, where there is WebAssembly. They are shared, though with nobody: V8 takes all of an
 * unshared memory that has grown for new garbage, and collects the whole heap each time.
 */
function makePages(): Pages {
  if (typeof WebAssembly === 'undefined') return new BufferPages()
  return new WebAssembly.Memory({ initial: INITIAL_PAGES, maximum: MAX_PAGES, shared: true })
}

/** Up to 128 bytes in steps of 16, then four classes for each doubling. */
function classSizes(): number[] {
  const sizes: number[] = []
  for (let size = 16; size <= LARGEST_CLASS_BYTES; size += Math.max(16, 2 ** Math.floor(Math.log2(size)) / 4))
    sizes.push(size)
  return sizes
}

/**
 * Regions are named by their offset in bytes, a multiple of 16 and never 0. Whoever allocates one frees it with the
 * size asked for. The views change when the memory grows: read them again (`memory.u32[i]`) after anything that may
 * allocate.
 */
export class LinearMemory {
  readonly pages: Pages
  readonly #runs = new UnitRuns()
  readonly #classes: readonly SizeClass[]
  /** The position in `#classes` for a size, by sixteens of bytes. */
  readonly #classOf = new Uint8Array(LARGEST_CLASS_BYTES / 16 + 1)
  #allocatedBytes = 0
  #u8: Uint8Array = new Uint8Array(0)
  #u32: Uint32Array = new Uint32Array(0)
  #i32: Int32Array = new Int32Array(0)
  #i64: BigInt64Array = new BigInt64Array(0)

  constructor(pages: Pages = makePages()) {
    this.pages = pages
    this.#classes = classSizes().map(size => new SizeClass(this, size))
    for (let sixteens = 1, position = 0; sixteens < this.#classOf.length; sixteens++) {
      if (sixteens * 16 > (this.#classes[position]?.regionBytes ?? 0)) position++
      this.#classOf[sixteens] = position
    }
    this.#renewViews()
    this.#runs.extend(pages.buffer.byteLength / UNIT_BYTES)
    this.#runs.take(1) // The first unit stays unused: 0 is no region.
  }

  get u8(): Uint8Array {
    return this.#u8
  }
  get u32(): Uint32Array {
    return this.#u32
  }
  get i32(): Int32Array {
    return this.#i32
  }
  get i64(): BigInt64Array {
    return this.#i64
  }

  /** Bytes in regions that are in use, rounded up to their size classes. */
  get allocatedBytes(): number {
    return this.#allocatedBytes
  }
  /** Bytes of the whole memory, free regions included. */
  get totalBytes(): number {
    return this.#u8.length
  }

  /** Bytes that a region of this size takes, rounded up to its class. */
  roomFor(bytes: number): number {
    if (bytes > LARGEST_CLASS_BYTES) return Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES
    return this.#classFor(bytes).regionBytes
  }

  /** A region of at least so many bytes, with whatever was in it before. */
  allocate(bytes: number): number {
    this.#allocatedBytes += this.roomFor(bytes)
    if (bytes <= LARGEST_CLASS_BYTES) return this.#classFor(bytes).allocate()
    return this.takeUnits(Math.ceil(bytes / UNIT_BYTES)) * UNIT_BYTES
  }

  free(at: number, bytes: number): void {
    this.#allocatedBytes -= this.roomFor(bytes)
    if (bytes <= LARGEST_CLASS_BYTES) this.#classFor(bytes).free(at)
    else this.giveUnits(at / UNIT_BYTES, Math.ceil(bytes / UNIT_BYTES))
  }

  /** For the size classes: a run of units of 4 KiB. */
  takeUnits(units: number): number {
    const first = this.#runs.take(units)
    if (first !== undefined) return first
    this.#grow(units)
    return this.takeUnits(units)
  }

  giveUnits(first: number, units: number): void {
    this.#runs.give(first, units)
  }

  #classFor(bytes: number): SizeClass {
    const sizeClass = this.#classes[this.#classOf[Math.ceil(Math.max(bytes, 1) / 16)] ?? 0]
    if (sizeClass === undefined) throw new Error(`no size class for ${bytes} bytes`)
    return sizeClass
  }

  #grow(units: number): void {
    const present = this.totalBytes / PAGE_BYTES
    const needed = Math.ceil(units / UNITS_PER_PAGE)
    const wished = Math.max(needed, INITIAL_PAGES, Math.ceil(present * GROWTH))
    const pages = Math.max(needed, Math.min(wished, MAX_PAGES - present))
    this.pages.grow(pages)
    this.#renewViews()
    this.#runs.extend(pages * UNITS_PER_PAGE)
  }

  #renewViews(): void {
    const { buffer } = this.pages
    this.#u8 = new Uint8Array(buffer)
    this.#u32 = new Uint32Array(buffer)
    this.#i32 = new Int32Array(buffer)
    this.#i64 = new BigInt64Array(buffer)
  }
}
