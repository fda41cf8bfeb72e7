// Counts over the values of an index. A row has four words, the last two being the place of a text and the slots: twice a single slot plus 1, or the
// region of a posting list (../../value-index.ts). A region begins with its bytes, in the lowest bit 1 for a bitmap, and its size
// (../../posting-list.ts). A text begins with twice its length, seven bits a byte (../../stored-values.ts).
import { countList } from './slots'

const ROW_BYTES: usize = 16
const VALUE: usize = 8
const SLOTS: usize = 12
const LIST_SIZE: usize = 4
const LIST_SLOTS: usize = 16
const LEFT_OUT: u32 = 0xffffffff

export function countRows(rows: usize, length: u32, bitmap: usize, words: u32, slots: u32, out: usize): u32 {
  for (let i: u32 = 0; i < length; i++, rows += ROW_BYTES, out += 4) {
    const list = load<u32>(rows, SLOTS)
    if ((list & 1) == 1) {
      const word = list >>> 6
      if (bitmap == 0) store<u32>(out, 1)
      else if (word >= words) store<u32>(out, 0)
      else store<u32>(out, (load<u32>(bitmap + (<usize>word << 2)) >>> ((list >>> 1) & 31)) & 1)
      continue
    }
    const size = load<u32>(list, LIST_SIZE)
    if (bitmap == 0) store<u32>(out, size)
    else if ((load<u32>(list) & 1) == 1) store<u32>(out, LEFT_OUT)
    else {
      store<u32>(out, countList(<usize>list + LIST_SLOTS, size, bitmap, words))
      if (size >= slots) return i + 1
      slots -= size
    }
  }
  return length
}

export function sumCounts(counts: usize, length: u32): f64 {
  let sum: u64 = 0
  for (const end = counts + (<usize>length << 2); counts < end; counts += 4) sum += load<u32>(counts)
  return <f64>sum
}

export function topRows(
  rows: usize,
  length: u32,
  counts: usize,
  least: u32,
  text: usize,
  textLength: u32,
  out: usize,
): u32 {
  let found: u32 = 0
  for (let i: u32 = 0; i < length; i++, rows += ROW_BYTES, counts += 4) {
    const count = load<u32>(counts)
    if (count < least || (count == least && !isBefore(load<u32>(rows, VALUE), text, textLength))) continue
    store<u32>(out + (<usize>found << 2), i)
    found++
  }
  return found
}

/** True if the text at a place comes before another one. Eight bytes at a time. */
function isBefore(at: usize, text: usize, textLength: u32): bool {
  let head: u32 = 0
  for (let shift: u32 = 0; ; shift += 7) {
    const byte = <u32>load<u8>(at++)
    head |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  const length = head >>> 1
  const common = min<u32>(length, textLength)
  let i: u32 = 0
  for (; i + 8 <= common; i += 8) {
    const own = load<u64>(at + i)
    const other = load<u64>(text + i)
    if (own != other) {
      // The first byte that differs decides. WebAssembly has no instruction that turns bytes around.
      const shift = ctz<u64>(own ^ other) & 0x38
      return ((own >>> shift) & 0xff) < ((other >>> shift) & 0xff)
    }
  }
  for (; i < common; i++) {
    const own = load<u8>(at + i)
    const other = load<u8>(text + i)
    if (own != other) return own < other
  }
  return length < textLength
}
