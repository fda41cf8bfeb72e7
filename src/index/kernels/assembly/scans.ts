// Range scans of a column, and its extremes. A scan compares 32 values at a time, one word of the bitmap, and skips words that
// are empty in the mask. It makes no comparison with a limit at the end of the type's range.

const LOW: i32 = 1
const HIGH: i32 = 2

// @ts-ignore: decorators are AssemblyScript's own
@inline
function outside64(at: usize, low: v128, high: v128, sides: i32): v128 {
  const values = v128.load(at)
  if (sides == LOW) return i64x2.lt_s(values, low)
  if (sides == HIGH) return i64x2.gt_s(values, high)
  return v128.or(i64x2.lt_s(values, low), i64x2.gt_s(values, high))
}

/** One of eight lanes of 16 bits for each of eight values. */
// @ts-ignore: decorators are AssemblyScript's own
@inline
function outside64x8(at: usize, low: v128, high: v128, sides: i32): v128 {
  const a = outside64(at, low, high, sides)
  const b = outside64(at + 16, low, high, sides)
  const c = outside64(at + 32, low, high, sides)
  const d = outside64(at + 48, low, high, sides)
  return i16x8.narrow_i32x4_s(
    v128.shuffle<i32>(a, b, 0, 2, 4, 6),
    v128.shuffle<i32>(c, d, 0, 2, 4, 6),
  )
}

// @ts-ignore: decorators are AssemblyScript's own
@inline
function word64(at: usize, low: v128, high: v128, sides: i32): u32 {
  const first = i8x16.narrow_i16x8_s(
    outside64x8(at, low, high, sides),
    outside64x8(at + 64, low, high, sides),
  )
  const second = i8x16.narrow_i16x8_s(
    outside64x8(at + 128, low, high, sides),
    outside64x8(at + 192, low, high, sides),
  )
  return ~(<u32>i8x16.bitmask(first) | (<u32>i8x16.bitmask(second) << 16))
}

// @ts-ignore: decorators are AssemblyScript's own
@inline
function words64(values: usize, words: u32, low: v128, high: v128, mask: usize, out: usize, sides: i32): void {
  for (let word: u32 = 0; word < words; word++, values += 256, mask += 4, out += 4) {
    const wanted = load<u32>(mask)
    store<u32>(out, wanted == 0 ? 0 : wanted & word64(values, low, high, sides))
  }
}

export function scanI64(values: usize, length: u32, low: i64, high: i64, mask: usize, out: usize): void {
  const words = length >>> 5
  const lows = i64x2.splat(low)
  const highs = i64x2.splat(high)
  if (high == i64.MAX_VALUE) words64(values, words, lows, highs, mask, out, LOW)
  else if (low == i64.MIN_VALUE) words64(values, words, lows, highs, mask, out, HIGH)
  else words64(values, words, lows, highs, mask, out, LOW | HIGH)
  const rest = length & 31
  if (rest == 0) return
  values += <usize>words << 8
  let bits: u32 = 0
  for (let i: u32 = 0; i < rest; i++, values += 8) {
    const value = load<i64>(values)
    bits |= (<u32>(value >= low) & <u32>(value <= high)) << i
  }
  store<u32>(out + (<usize>words << 2), bits & load<u32>(mask + (<usize>words << 2)))
}

// @ts-ignore: decorators are AssemblyScript's own
@inline
function outside32(at: usize, low: v128, high: v128): v128 {
  const values = v128.load(at)
  return v128.or(i32x4.lt_s(values, low), i32x4.gt_s(values, high))
}

/** One of sixteen lanes of 8 bits for each of sixteen values. */
// @ts-ignore: decorators are AssemblyScript's own
@inline
function outside32x16(at: usize, low: v128, high: v128): v128 {
  return i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(outside32(at, low, high), outside32(at + 16, low, high)),
    i16x8.narrow_i32x4_s(outside32(at + 32, low, high), outside32(at + 48, low, high)),
  )
}

export function scanI32(values: usize, length: u32, low: i32, high: i32, mask: usize, out: usize): void {
  const lows = i32x4.splat(low)
  const highs = i32x4.splat(high)
  for (let words = length >>> 5; words > 0; words--, values += 128, mask += 4, out += 4) {
    const wanted = load<u32>(mask)
    if (wanted == 0) {
      store<u32>(out, 0)
      continue
    }
    const first = <u32>i8x16.bitmask(outside32x16(values, lows, highs))
    const second = <u32>i8x16.bitmask(outside32x16(values + 64, lows, highs))
    store<u32>(out, wanted & ~(first | (second << 16)))
  }
  const rest = length & 31
  if (rest == 0) return
  let bits: u32 = 0
  for (let i: u32 = 0; i < rest; i++, values += 4) {
    const value = load<i32>(values)
    bits |= (<u32>(value >= low) & <u32>(value <= high)) << i
  }
  store<u32>(out, bits & load<u32>(mask))
}

export function histogramI64(
  values: usize,
  length: u32,
  mask: usize,
  limits: usize,
  bounds: u32,
  counts: usize,
): void {
  const end = limits + (<usize>bounds << 3)
  for (let from: u32 = 0; from < length; from += 32, mask += 4, values += 256) {
    let bits = load<u32>(mask)
    if (length - from < 32) bits &= (<u32>1 << (length - from)) - 1
    for (; bits != 0; bits &= bits - 1) {
      const value = i64x2.splat(load<i64>(values + (<usize>ctz<u32>(bits) << 3)))
      let below = i64x2.splat(0)
      for (let at = limits; at < end; at += 16) below = i64x2.add(below, i64x2.gt_s(value, v128.load(at)))
      const place = counts + (<usize>(-(i64x2.extract_lane(below, 0) + i64x2.extract_lane(below, 1))) << 2)
      store<u32>(place, load<u32>(place) + 1)
    }
  }
}

export function extremesI64(values: usize, length: u32, mask: usize, out: usize): u32 {
  let least = i64.MAX_VALUE
  let greatest = i64.MIN_VALUE
  let leasts = i64x2.splat(least)
  let greatests = i64x2.splat(greatest)
  let found: u32 = 0
  for (let from: u32 = 0; from < length; from += 32, mask += 4, values += 256) {
    let bits = load<u32>(mask)
    if (length - from < 32) bits &= (<u32>1 << (length - from)) - 1
    found += popcnt<u32>(bits)
    if (bits != <u32>-1) {
      for (; bits != 0; bits &= bits - 1) {
        const value = load<i64>(values + (<usize>ctz<u32>(bits) << 3))
        if (value < least) least = value
        if (value > greatest) greatest = value
      }
      continue
    }
    for (let at = values; at < values + 256; at += 16) {
      const pair = v128.load(at)
      leasts = v128.bitselect(pair, leasts, i64x2.lt_s(pair, leasts))
      greatests = v128.bitselect(pair, greatests, i64x2.gt_s(pair, greatests))
    }
  }
  const low = min<i64>(i64x2.extract_lane(leasts, 0), i64x2.extract_lane(leasts, 1))
  const high = max<i64>(i64x2.extract_lane(greatests, 0), i64x2.extract_lane(greatests, 1))
  store<i64>(out, min<i64>(least, low))
  store<i64>(out, max<i64>(greatest, high), 8)
  return found
}

export function extremesI32(values: usize, length: u32, mask: usize, out: usize): u32 {
  let least = i32.MAX_VALUE
  let greatest = i32.MIN_VALUE
  let leasts = i32x4.splat(least)
  let greatests = i32x4.splat(greatest)
  let found: u32 = 0
  for (let from: u32 = 0; from < length; from += 32, mask += 4, values += 128) {
    let bits = load<u32>(mask)
    if (length - from < 32) bits &= (<u32>1 << (length - from)) - 1
    found += popcnt<u32>(bits)
    if (bits != <u32>-1) {
      for (; bits != 0; bits &= bits - 1) {
        const value = load<i32>(values + (<usize>ctz<u32>(bits) << 2))
        least = min<i32>(least, value)
        greatest = max<i32>(greatest, value)
      }
      continue
    }
    for (let at = values; at < values + 128; at += 16) {
      leasts = i32x4.min_s(leasts, v128.load(at))
      greatests = i32x4.max_s(greatests, v128.load(at))
    }
  }
  const pairs = i32x4.min_s(leasts, v128.shuffle<i32>(leasts, leasts, 2, 3, 0, 1))
  const tops = i32x4.max_s(greatests, v128.shuffle<i32>(greatests, greatests, 2, 3, 0, 1))
  store<i32>(out, min<i32>(least, min<i32>(i32x4.extract_lane(pairs, 0), i32x4.extract_lane(pairs, 1))))
  store<i32>(out, max<i32>(greatest, max<i32>(i32x4.extract_lane(tops, 0), i32x4.extract_lane(tops, 1))), 4)
  return found
}
