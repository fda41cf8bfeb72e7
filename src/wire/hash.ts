// Hashes of text for hash tables. Clients choose the texts, so a table needs a keyed hash: without the seed, nobody can make up texts
// that meet in one place. HalfSipHash-1-3 (Aumasson and Bernstein, SipHash, 2012) over UTF-8; the same function that Linux uses for its tables on
// 32-bit machines. The hash of a text is the hash of its bytes, so a table can also be asked with bytes.

/** A secret key of 64 bits. A table's hashes are comparable only under one seed. */
export interface HashSeed {
  /** The low 32 bits, signed or not. */
  readonly low: number
  readonly high: number
}

/** A known seed, where nobody gains by making up texts: in an audit, a test or a benchmark. */
export const KNOWN_SEED: HashSeed = { low: 0, high: 0 }

/** Makes a seed of eight random bytes. */
export function hashSeedOf(bytes: Buffer): HashSeed {
  return { low: bytes.readInt32LE(0), high: bytes.readInt32LE(4) }
}

const NO_BYTES = new Uint8Array(0)
/** Holds a text that is not ASCII while it is hashed. */
let scratch = NO_BYTES
const encoder = new TextEncoder()

/** Most bytes that stay allocated for texts that are not ASCII. */
const MAX_SCRATCH_BYTES = 16_384

/**
 * The hash of a text, as an unsigned number of 32 bits. A text of ASCII is read unit by unit: encoding it first would take a call into
 * the engine and a copy.
 */
export function hashOf(text: string, low: number, high: number): number {
  let v0 = low | 0
  let v1 = high | 0
  let v2 = V2 ^ low
  let v3 = V3 ^ high
  const { length } = text
  const whole = length & ~3
  let units = 0
  for (let i = 0; i < whole; i += 4) {
    const a = text.charCodeAt(i)
    const b = text.charCodeAt(i + 1)
    const c = text.charCodeAt(i + 2)
    const d = text.charCodeAt(i + 3)
    units |= a | b | c | d
    const word = a | (b << 8) | (c << 16) | (d << 24)
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  let last = length << 24
  for (let i = whole; i < length; i++) {
    const unit = text.charCodeAt(i)
    units |= unit
    last |= unit << (8 * (i - whole))
  }
  return units < 0x80 ? finish(v0, v1, v2, v3, last) : hashOfEncoded(text, low, high)
}

/** The hash of a number of 32 bits, the same as that of its four bytes in little-endian order. */
export function hashOfInteger(value: number, low: number, high: number): number {
  const v3 = V3 ^ high ^ value
  let v0 = (low + high) | 0
  let v1 = ((high << 5) | (high >>> 27)) ^ v0
  v0 = (v0 << 16) | (v0 >>> 16)
  let v2 = ((V2 ^ low) + v3) | 0
  let w3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
  v0 = (v0 + w3) | 0
  w3 = ((w3 << 7) | (w3 >>> 25)) ^ v0
  v2 = (v2 + v1) | 0
  v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
  v2 = (v2 << 16) | (v2 >>> 16)
  return finish(v0 ^ value, v1, v2, w3, 4 << 24)
}

/** The hash of bytes. For UTF-8 it is that of their text. */
export function hashOfBytes(
  bytes: Uint8Array,
  start: number,
  length: number,
  low: number,
  high: number,
): number {
  let v0 = low | 0
  let v1 = high | 0
  let v2 = V2 ^ low
  let v3 = V3 ^ high
  const whole = start + (length & ~3)
  for (let i = start; i < whole; i += 4) {
    const word =
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    v3 ^= word
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    v0 ^= word
  }
  let last = length << 24
  for (let i = whole; i < start + length; i++) last |= (bytes[i] as number) << (8 * (i - whole))
  return finish(v0, v1, v2, v3, last)
}

const V2 = 0x6c796765
const V3 = 0x74656462

/** Takes in the last bytes and the length, then ends with three rounds. */
function finish(a: number, b: number, c: number, d: number, last: number): number {
  let v0 = a
  let v1 = b
  let v2 = c
  let v3 = d ^ last
  for (let round = 0; round < 4; round++) {
    v0 = (v0 + v1) | 0
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0
    v0 = (v0 << 16) | (v0 >>> 16)
    v2 = (v2 + v3) | 0
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2
    v0 = (v0 + v3) | 0
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0
    v2 = (v2 + v1) | 0
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2
    v2 = (v2 << 16) | (v2 >>> 16)
    if (round > 0) continue
    v0 ^= last
    v2 ^= 0xff
  }
  return (v1 ^ v3) >>> 0
}

function hashOfEncoded(text: string, low: number, high: number): number {
  const most = text.length * 3
  if (scratch.length < most) scratch = new Uint8Array(most)
  const { written } = encoder.encodeInto(text, scratch)
  const hash = hashOfBytes(scratch, 0, written, low, high)
  if (scratch.length > MAX_SCRATCH_BYTES) scratch = NO_BYTES
  return hash
}
