// CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of every value on disk. It runs in WebAssembly if that is available,
// otherwise in plain TypeScript with the same results.
import { embeddedFile } from '../../binary/embedded.ts'
import { instantiate } from '../../binary/wasm-module.ts'

/** The polynomial, reflected. */
const POLYNOMIAL = 0x82f63b78
/** Steps take sixteen bytes in WebAssembly and eight in TypeScript ("slicing by 16", "by 8"), with a table for each byte of a step. */
const TABLES = 16
const PAGE_BYTES = 65_536
/** The tables have the first page of the memory, and the bytes to check are copied into the second. */
const WINDOW_AT = PAGE_BYTES
const MEMORY_PAGES = 2
/** Fewer bytes are taken in TypeScript: a call into WebAssembly and a copy cost as much as 32 of them. */
const LEAST_FOR_WASM = 32
/** Most bytes that UTF-8 needs for one unit of a string. */
const BYTES_PER_UNIT = 3
/** The polynomials 1 and x, reflected: the lowest power is the highest bit. */
const ONE = 0x8000_0000
const X = 0x4000_0000
/** Bits of the greatest exact integer. */
const LENGTH_BITS = 53

/** Takes bytes of the memory into the register of a checksum, and returns it. */
type Fold = (register: number, at: number, length: number) => number

/**
 * Checksums are unsigned numbers of 32 bits. `previous` is the checksum of the bytes before, so that the parts of a message can be taken
 * one after the other.
 */
export class Crc32c {
  readonly #tables: Int32Array
  /** The power of x by 2^k, at k. */
  readonly #squares = new Int32Array(LENGTH_BITS + 3)
  readonly #window: Buffer
  /** Undefined without WebAssembly. */
  readonly #fold: Fold | undefined

  /** @param module the code for WebAssembly; if it is undefined or cannot run, everything is done in TypeScript */
  constructor(module: Buffer | URL | undefined) {
    const memory = module === undefined ? undefined : makeMemory(module)
    const buffer = memory?.buffer ?? new ArrayBuffer(MEMORY_PAGES * PAGE_BYTES)
    this.#tables = new Int32Array(buffer, 0, TABLES * 256)
    this.#window = Buffer.from(buffer, WINDOW_AT, PAGE_BYTES)
    this.#fold = memory?.fold
    fillTables(this.#tables)
    fillSquares(this.#squares)
  }

  get kind(): 'wasm' | 'plain' {
    return this.#fold === undefined ? 'plain' : 'wasm'
  }

  /** The checksum of `bytes` from `start` to `end`. */
  ofBytes(bytes: Uint8Array, previous = 0, start = 0, end = bytes.length): number {
    if (this.#fold === undefined || end - start < LEAST_FOR_WASM)
      return ~this.#foldPlain(~previous, bytes, start, end) >>> 0
    if (bytes.length > PAGE_BYTES) return this.#ofPieces(bytes, previous, start, end)
    // The whole array is copied: a view of a part would be garbage, and costs more than the other bytes.
    this.#window.set(bytes)
    return ~this.#fold(~previous, WINDOW_AT + start, end - start) >>> 0
  }

  /** The checksum of a text in UTF-8. */
  ofText(text: string, previous = 0): number {
    if (text.length * BYTES_PER_UNIT > PAGE_BYTES) return this.ofBytes(Buffer.from(text), previous)
    return this.#ofWindow(this.#window.write(text, 0, 'utf8'), previous)
  }

  /** The checksum of a number as a double, in little-endian order. */
  ofDouble(value: number, previous = 0): number {
    return this.#ofWindow(this.#window.writeDoubleLE(value, 0), previous)
  }

  /**
   * The checksum of two messages, one after the other, from the checksums of both and the length of the second. So the beginning of a
   * message may be written last. It takes a microsecond, whatever the lengths.
   */
  combine(first: number, second: number, secondLength: number): number {
    // Bytes that follow a message multiply its polynomial by x^8 each.
    let power = ONE
    for (let k = 3, left = secondLength; left > 0; k++, left = Math.floor(left / 2))
      if (left % 2 === 1) power = product(at(this.#squares, k), power)
    return (product(power, first) ^ second) >>> 0
  }

  #ofPieces(bytes: Uint8Array, previous: number, start: number, end: number): number {
    let checksum = previous
    for (let at = start; at < end; at += PAGE_BYTES)
      checksum = this.ofBytes(bytes.subarray(at, Math.min(end, at + PAGE_BYTES)), checksum)
    return checksum
  }

  /** The checksum of the first bytes of the window. */
  #ofWindow(length: number, previous: number): number {
    const register =
      this.#fold === undefined || length < LEAST_FOR_WASM
        ? this.#foldPlain(~previous, this.#window, 0, length)
        : this.#fold(~previous, WINDOW_AT, length)
    return ~register >>> 0
  }

  #foldPlain(previous: number, bytes: Uint8Array, start: number, end: number): number {
    const tables = this.#tables
    let register = previous
    let i = start
    for (; i + 8 <= end; i += 8) {
      const low = register ^ word(bytes, i)
      const high = word(bytes, i + 4)
      register =
        at(tables, 1792 + (low & 0xff)) ^
        at(tables, 1536 + ((low >>> 8) & 0xff)) ^
        at(tables, 1280 + ((low >>> 16) & 0xff)) ^
        at(tables, 1024 + (low >>> 24)) ^
        at(tables, 768 + (high & 0xff)) ^
        at(tables, 512 + ((high >>> 8) & 0xff)) ^
        at(tables, 256 + ((high >>> 16) & 0xff)) ^
        at(tables, high >>> 24)
    }
    for (; i < end; i++) register = at(tables, (register ^ at(bytes, i)) & 0xff) ^ (register >>> 8)
    return register
  }
}

/** The memory of the module, and its function. Undefined if it cannot be read or run. */
function makeMemory(
  module: Buffer | URL,
): { readonly buffer: ArrayBufferLike; readonly fold: Fold } | undefined {
  try {
    const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: false })
    // The module comes from the same build, and a test compares it with the definition of the checksum.
    const { fold } = instantiate(module, memory) as { readonly fold: Fold }
    return { buffer: memory.buffer, fold }
  } catch {
    return undefined
  }
}

function word(bytes: Uint8Array, i: number): number {
  return at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24)
}

/** An element known to exist; `| 0` turns the type's `undefined` into a number without a branch. */
function at(array: Uint8Array | Int32Array, i: number): number {
  return (array[i] as number) | 0
}

/** Table k, at k * 256, has the effect of a byte followed by k zero bytes. */
function fillTables(tables: Int32Array): void {
  for (let byte = 0; byte < 256; byte++) {
    let register = byte
    for (let bit = 0; bit < 8; bit++) register = register & 1 ? (register >>> 1) ^ POLYNOMIAL : register >>> 1
    tables[byte] = register
  }
  for (let i = 256; i < tables.length; i++) {
    const before = at(tables, i - 256)
    tables[i] = at(tables, before & 0xff) ^ (before >>> 8)
  }
}

function fillSquares(squares: Int32Array): void {
  let power = X
  for (let k = 0; k < squares.length; k++) {
    squares[k] = power
    power = product(power, power)
  }
}

/** The product of two polynomials, modulo the polynomial of the checksum. */
function product(a: number, b: number): number {
  let sum = 0
  let shifted = b
  for (let factor = a | 0; factor !== 0; factor <<= 1) {
    if (factor < 0) sum ^= shifted
    shifted = shifted & 1 ? (shifted >>> 1) ^ POLYNOMIAL : shifted >>> 1
  }
  return sum
}

/** The module that the build adds. */
export function crc32cModule(): Buffer | URL {
  return embeddedFile('crc32c.wasm') ?? new URL('./crc32c.wasm', import.meta.url)
}

let shared: Crc32c | undefined

/** The checksums of this process, loaded with the first call. */
export function crc32c(): Crc32c {
  shared ??= new Crc32c(crc32cModule())
  return shared
}
