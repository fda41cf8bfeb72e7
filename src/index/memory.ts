// The linear memory of all indexes, which the kernels work on. It allocates and frees regions in size classes. It grows on
// demand; only this file renews the views that growth detaches.
import { Segments, SizeClass, UNIT_BYTES } from './size-class.ts'
import { UnitRuns } from './unit-runs.ts'

/** The pages of the memory: a `WebAssembly.Memory`, or an ArrayBuffer without WebAssembly. */
export interface Pages {
  readonly buffer: ArrayBufferLike
  /** Grows by this many pages of 64 KiB. Throws if there is no room. */
  grow(pages: number): number
}

const PAGE_BYTES = 65_536
const UNITS_PER_PAGE = PAGE_BYTES / UNIT_BYTES
/** Just under 4 GiB, so that the end of every region fits into 32 bits. */
const MAX_PAGES = 65_535
const INITIAL_PAGES = 16
/** The memory grows by an eighth, so that renewing the views stays rare. */
const GROWTH = 1 / 8
const LARGEST_CLASS_BYTES = 2048

/** Pages in an ArrayBuffer, which growth copies. */
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
 * Pages in WebAssembly if it is available. The memory is shared, although only this thread uses it: V8 counts an unshared
 * memory that has grown as new garbage, and collects the whole heap each time.
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
 * A region is identified by its offset in bytes, a multiple of 16 and never 0. It is freed with the size that was requested.
 * The views change when the memory grows: read them again (`memory.u32[i]`) after anything that may allocate.
 */
export class LinearMemory {
  readonly pages: Pages
  readonly segments = new Segments()
  readonly #runs = new UnitRuns()
  readonly #classes: readonly SizeClass[]
  /** The position in `#classes` for a size, by sixteens of bytes. */
  readonly #classOf = new Uint8Array(LARGEST_CLASS_BYTES / 16 + 1)
  #allocatedBytes = 0
  #u8: Uint8Array = new Uint8Array(0)
  #text: Buffer = Buffer.alloc(0)
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
    this.#extend(pages.buffer.byteLength / UNIT_BYTES)
    this.#runs.take(1) // The first unit is never used: 0 is no region.
  }

  get u8(): Uint8Array {
    return this.#u8
  }
  /** The same bytes, for reading and writing text. */
  get text(): Buffer {
    return this.#text
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

  /** Bytes of allocated regions, rounded up to their size classes. */
  get allocatedBytes(): number {
    return this.#allocatedBytes
  }
  /** Bytes of the whole memory, including free regions. */
  get totalBytes(): number {
    return this.#u8.length
  }

  /** Rounds a size up to its class. */
  roomFor(bytes: number): number {
    if (bytes > LARGEST_CLASS_BYTES) return Math.ceil(bytes / UNIT_BYTES) * UNIT_BYTES
    return this.#classFor(bytes).regionBytes
  }

  /** Allocates a region of at least this many bytes. It is not cleared. */
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

  /** Allocates a run of units of 4 KiB, for the size classes. */
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
    this.#extend(pages * UNITS_PER_PAGE)
  }

  #extend(units: number): void {
    this.#runs.extend(units)
    this.segments.grow(this.#runs.units)
  }

  #renewViews(): void {
    const { buffer } = this.pages
    this.#u8 = new Uint8Array(buffer)
    this.#text = Buffer.from(buffer)
    this.#u32 = new Uint32Array(buffer)
    this.#i32 = new Int32Array(buffer)
    this.#i64 = new BigInt64Array(buffer)
  }
}
