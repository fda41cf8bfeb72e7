// CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of everything the store writes.

const POLYNOMIAL = 0x82f63b78 // reflected
const SLICES = 8

/**
 * Eight tables in one array, table k at k * 256: the effect of a byte followed by k zero bytes. With them eight
 * bytes are folded in per step ("slicing by 8"): 1.4 GB/s against 0.5 with one table.
 */
let sharedTables: Int32Array | undefined

/** The checksum of `bytes` from `start` on, as an unsigned 32-bit number; `previous` is that of the bytes before them. */
export function crc32c(bytes: Uint8Array, previous = 0, start = 0): number {
  sharedTables ??= buildTables()
  const tables = sharedTables
  const length = bytes.length
  let crc = ~previous
  let i = start
  for (const end = length - 7; i < end; i += 8) {
    const low = crc ^ word(bytes, i)
    const high = word(bytes, i + 4)
    crc =
      at(tables, 1792 + (low & 0xff)) ^
      at(tables, 1536 + ((low >>> 8) & 0xff)) ^
      at(tables, 1280 + ((low >>> 16) & 0xff)) ^
      at(tables, 1024 + (low >>> 24)) ^
      at(tables, 768 + (high & 0xff)) ^
      at(tables, 512 + ((high >>> 8) & 0xff)) ^
      at(tables, 256 + ((high >>> 16) & 0xff)) ^
      at(tables, high >>> 24)
  }
  for (; i < length; i++) crc = at(tables, (crc ^ at(bytes, i)) & 0xff) ^ (crc >>> 8)
  return ~crc >>> 0
}

function word(bytes: Uint8Array, i: number): number {
  return at(bytes, i) | (at(bytes, i + 1) << 8) | (at(bytes, i + 2) << 16) | (at(bytes, i + 3) << 24)
}

/** An element known to exist; `| 0` turns the type's `undefined` into a number without a branch. */
function at(array: Uint8Array | Int32Array, i: number): number {
  return (array[i] as number) | 0
}

function buildTables(): Int32Array {
  const tables = new Int32Array(SLICES * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    tables[byte] = crc
  }
  for (let i = 256; i < tables.length; i++) {
    const before = at(tables, i - 256)
    tables[i] = at(tables, before & 0xff) ^ (before >>> 8)
  }
  return tables
}
