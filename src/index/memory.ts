// The one linear memory that every index lives in and that the kernels work on. Regions are handed out and taken back
// in size classes; the memory grows by itself, and the views that growth detaches are renewed here and nowhere else.

/** What the memory is made of: a `WebAssembly.Memory`, or an ArrayBuffer where there is no WebAssembly. */
export interface Pages {
  readonly buffer: ArrayBuffer
  /** Grows by so many pages of 64 KiB; throws when there is no room. */
  grow(pages: number): number
}

/**
 * Regions are named by their offset in bytes, a multiple of 16. Whoever allocates one frees it with the size asked for.
 * The views change when the memory grows: read them anew (`memory.u32[i]`) after anything that may allocate.
 */
export class LinearMemory {
  constructor(_pages?: Pages) {
    throw new Error('not built yet')
  }

  get pages(): Pages {
    throw new Error('not built yet')
  }
  get u8(): Uint8Array {
    throw new Error('not built yet')
  }
  get u32(): Uint32Array {
    throw new Error('not built yet')
  }
  get i32(): Int32Array {
    throw new Error('not built yet')
  }
  get i64(): BigInt64Array {
    throw new Error('not built yet')
  }

  /** Bytes in regions that are in use, rounded up to their size classes. */
  get allocatedBytes(): number {
    throw new Error('not built yet')
  }
  /** Bytes of the whole memory, free regions included. */
  get totalBytes(): number {
    throw new Error('not built yet')
  }

  /** How many bytes a region of this size really takes. */
  roomFor(_bytes: number): number {
    throw new Error('not built yet')
  }
  /** A region of at least so many bytes, with whatever was in it before. */
  allocate(_bytes: number): number {
    throw new Error('not built yet')
  }
  /** Like `allocate`, all bytes 0. */
  allocateZeroed(_bytes: number): number {
    throw new Error('not built yet')
  }
  free(_at: number, _bytes: number): void {
    throw new Error('not built yet')
  }
}
