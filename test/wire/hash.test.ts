import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashOf, hashOfBytes, hashOfInteger, hashSeedOf } from '../../src/wire/hash.ts'

/** The key of the published vectors: the bytes 0 to 7. */
const SEED = hashSeedOf(Buffer.from([0, 1, 2, 3, 4, 5, 6, 7]))

/** HalfSipHash-1-3 of the bytes 0, 1, 2, … by their number, as the tests of Linux have them. */
const VECTORS: ReadonlyMap<number, number> = new Map([
  [0, 0x5814c896],
  [1, 0xe7e864ca],
  [2, 0xbc4b0e30],
  [3, 0x01539939],
  [4, 0x7e059ea6],
  [5, 0x88e3d89b],
  [6, 0xa0080b65],
  [7, 0x9d38d9d6],
  [8, 0x577999b1],
  [15, 0xd0257b04],
  [16, 0x8b31d501],
  [31, 0x08d8791a],
  [63, 0x87178304],
])

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i)
}

test('hashes of bytes are those of the published vectors', () => {
  for (const [length, hash] of VECTORS) {
    assert.equal(hashOfBytes(counting(length), 0, length, SEED.low, SEED.high), hash, `${length} bytes`)
    const shifted = Uint8Array.of(9, 9, 9, ...counting(length), 9)
    assert.equal(
      hashOfBytes(shifted, 3, length, SEED.low, SEED.high),
      hash,
      `${length} bytes in a larger array`,
    )
  }
})

test('the hash of a text is that of its UTF-8 bytes', () => {
  const texts = [
    '',
    'a',
    'abc',
    'abcd',
    'cluster-17',
    '\u0000\u007f',
    'é',
    'abcdé',
    '日本語',
    '𝒳𝒴',
    'x'.repeat(5000),
    'ü'.repeat(9000),
  ]
  for (const seed of [SEED, { low: -1, high: 2 ** 31 }, { low: 0xdeadbeef, high: -7 }])
    for (const text of texts) {
      const bytes = new TextEncoder().encode(text)
      const hash = hashOf(text, seed.low, seed.high)
      assert.equal(hash, hashOfBytes(bytes, 0, bytes.length, seed.low, seed.high), text.slice(0, 20))
      assert.equal(hash, hash >>> 0)
    }
  for (const [length, hash] of VECTORS)
    assert.equal(hashOf(String.fromCharCode(...counting(length)), SEED.low, SEED.high), hash)
})

test('the hash of an integer is that of its four bytes', () => {
  const bytes = Buffer.alloc(4)
  for (const value of [0, 1, -1, 77, 2 ** 31 - 1, -(2 ** 31)]) {
    bytes.writeInt32LE(value)
    for (const { low, high } of [SEED, { low: -1, high: 2 ** 31 }])
      assert.equal(hashOfInteger(value, low, high), hashOfBytes(bytes, 0, 4, low, high))
  }
})

test('another seed gives other hashes', () => {
  const hashes = new Set<number>()
  for (let bit = 0; bit < 32; bit++) {
    hashes.add(hashOf('cluster-17', 1 << bit, 0))
    hashes.add(hashOf('cluster-17', 0, 1 << bit))
  }
  assert.equal(hashes.size, 64)
})

test('texts that differ in a counter fall evenly into places', () => {
  const places = new Uint32Array(256)
  for (let i = 0; i < 256_000; i++) {
    const place = hashOf(`cluster-${i}`, SEED.low, SEED.high) & 255
    places[place] = (places[place] ?? 0) + 1
  }
  // 1,000 in each, with a standard deviation of 32.
  for (const count of places) assert(count > 800 && count < 1200, `${count} in one place`)
})
