import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Crc32c, crc32c, crc32cModule } from '../../src/store/checksum/crc32c.ts'
import { Random, runSeed } from '../harness/random.ts'

const wasm = new Crc32c(crc32cModule())
const plain = new Crc32c(undefined)
const both = [wasm, plain]

/** The definition, bit by bit: the remainder of a division by the polynomial, in which the first bit is the lowest of a byte. */
function remainder(bytes: Uint8Array): number {
  let register = 0xffffffff
  for (const byte of bytes) {
    register ^= byte
    for (let bit = 0; bit < 8; bit++)
      register = (register & 1) === 1 ? (register >>> 1) ^ 0x82f63b78 : register >>> 1
  }
  return ~register >>> 0
}

function printedSeed(): number {
  const seed = runSeed()
  console.log(`HYPERFLEET_TEST_SEED=${seed}`)
  return seed
}

const PAGE = 65_536
/** No bytes, one step and less of both implementations, the least for WebAssembly, and several pages. */
const LENGTHS = [
  ...Array.from({ length: 100 }, (_, length) => length),
  ...[1000, PAGE - 17, PAGE - 1, PAGE, PAGE + 1, PAGE + 31, PAGE + 32, 2 * PAGE, 3 * PAGE + 5],
]

test('the build has the checksum in WebAssembly, and the process uses it', () => {
  assert.equal(wasm.kind, 'wasm')
  assert.equal(crc32c().kind, 'wasm')
  assert.equal(plain.kind, 'plain')
})

test('a module that cannot be read or run leaves the checksum in TypeScript', () => {
  for (const module of [new URL('./missing.wasm', import.meta.url), Buffer.from('no module')]) {
    const checksum = new Crc32c(module)
    assert.equal(checksum.kind, 'plain')
    assert.equal(checksum.ofText('123456789'), 0xe3069283)
  }
})

test('CRC-32C gives the values of RFC 3720 B.4', () => {
  const rising = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
  const read = Buffer.from(
    '01c00000000000000000000000000000140000000000040000000014000000182800000000000000' + '0200000000000000',
    'hex',
  )
  for (const checksum of both) {
    assert.equal(checksum.ofBytes(Buffer.alloc(32)), 0x8a9136aa)
    assert.equal(checksum.ofBytes(Buffer.alloc(32, 0xff)), 0x62a8ab43)
    assert.equal(checksum.ofBytes(rising), 0x46dd794e)
    assert.equal(checksum.ofBytes(Buffer.from(rising).reverse()), 0x113fdb5c)
    assert.equal(checksum.ofBytes(read), 0xd9963a56)
    assert.equal(checksum.ofBytes(Buffer.from('123456789')), 0xe3069283)
    assert.equal(checksum.ofBytes(Buffer.alloc(0)), 0)
  }
})

test('CRC-32C of any length, alignment and start is the remainder of the division', () => {
  const random = new Random(printedSeed())
  const memory = Buffer.from(Array.from({ length: 3 * PAGE + 64 }, () => random.below(256)))
  for (const length of LENGTHS) {
    const alignments = length < 100 ? 17 : 3
    for (let alignment = 0; alignment < alignments; alignment++) {
      const bytes = memory.subarray(alignment, alignment + length)
      const expected = remainder(bytes)
      const start = Math.min(length, random.below(9))
      for (const checksum of both) {
        const message = `${checksum.kind}, ${length} bytes at ${alignment}, cut at ${start}`
        assert.equal(checksum.ofBytes(bytes), expected, message)
        const previous = checksum.ofBytes(bytes.subarray(0, start))
        assert.equal(checksum.ofBytes(bytes, previous, start), expected, message)
      }
    }
  }
})

test('CRC-32C of parts is that of the whole, wherever it is cut', () => {
  const whole = Buffer.from(Array.from({ length: 141 }, (_, i) => (i * 37) & 0xff))
  for (const checksum of both)
    for (let cut = 0; cut <= whole.length; cut++) {
      const first = checksum.ofBytes(whole.subarray(0, cut))
      assert.equal(checksum.ofBytes(whole.subarray(cut), first), remainder(whole))
      assert.equal(checksum.ofBytes(whole, first, cut), remainder(whole))
      const second = checksum.ofBytes(whole.subarray(cut))
      assert.equal(checksum.combine(first, second, whole.length - cut), remainder(whole))
    }
})

test('CRC-32C of a part of some bytes takes no other byte, and a part of any length is combined', () => {
  const random = new Random(printedSeed())
  const memory = Buffer.from(Array.from({ length: 3 * PAGE }, () => random.below(256)))
  for (let round = 0; round < 200; round++) {
    const [start = 0, cut = 0, end = 0] = [1, 2, 3]
      .map(() => random.below(memory.length))
      .sort((a, b) => a - b)
    const part = random.below(2) === 0 ? memory : memory.subarray(0, Math.max(end, PAGE - 1))
    for (const checksum of both) {
      const first = checksum.ofBytes(part, 0, start, cut)
      const expected = plain.ofBytes(memory.subarray(start, end))
      assert.equal(checksum.ofBytes(part, first, cut, end), expected)
      assert.equal(checksum.combine(first, checksum.ofBytes(part, 0, cut, end), end - cut), expected)
    }
  }
})

test('the checksum of a text is that of its UTF-8, and of a number that of its double', () => {
  const texts = ['', 'Cluster/a', 'ä'.repeat(40), '\u{1f600}'.repeat(20), '\ud800', 'é'.repeat(PAGE)]
  for (const checksum of both) {
    for (const text of texts) {
      const bytes = Buffer.from(text)
      assert.equal(checksum.ofText(text), remainder(bytes))
      assert.equal(checksum.ofText(text, checksum.ofText('abc')), remainder(Buffer.from(`abc${text}`)))
    }
    for (const number of [0, 1, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER]) {
      const bytes = Buffer.alloc(8)
      bytes.writeDoubleLE(number)
      assert.equal(checksum.ofDouble(number), remainder(bytes))
    }
  }
})
