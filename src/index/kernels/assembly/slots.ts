// Conversions between bitmaps and lists of slot numbers (u32).

export function firstAscending(bitmap: usize, words: u32, from: u32, limit: u32, out: usize): u32 {
  let word = from >>> 5
  if (word >= words || limit == 0) return 0
  let found: u32 = 0
  let bits = load<u32>(bitmap + (<usize>word << 2)) & (<u32>-1 << (from & 31))
  while (true) {
    for (; bits != 0; bits &= bits - 1) {
      store<u32>(out + (<usize>found << 2), (word << 5) | ctz<u32>(bits))
      if (++found == limit) return found
    }
    word++
    while (word + 4 <= words && !v128.any_true(v128.load(bitmap + (<usize>word << 2)))) word += 4
    if (word >= words) return found
    bits = load<u32>(bitmap + (<usize>word << 2))
  }
}

/** `from` may be negative. */
export function firstDescending(bitmap: usize, words: i32, from: i32, limit: u32, out: usize): u32 {
  if (from < 0 || words == 0 || limit == 0) return 0
  let word = from >> 5
  let bits: u32 = -1 >>> (31 - (from & 31))
  if (word >= words) {
    word = words - 1
    bits = -1
  }
  bits &= load<u32>(bitmap + (<usize>word << 2))
  let found: u32 = 0
  while (true) {
    while (bits != 0) {
      const bit: u32 = 31 - clz<u32>(bits)
      store<u32>(out + (<usize>found << 2), (<u32>word << 5) | bit)
      if (++found == limit) return found
      bits ^= <u32>1 << bit
    }
    word--
    while (word >= 3 && !v128.any_true(v128.load(bitmap + (<usize>(word - 3) << 2)))) word -= 4
    if (word < 0) return found
    bits = load<u32>(bitmap + (<usize>word << 2))
  }
}

export function select(bitmap: usize, words: u32, rank: u32): i32 {
  let word: u32 = 0
  for (; word + 4 <= words; word += 4) {
    const at = bitmap + (<usize>word << 2)
    const here = <u32>(popcnt<u64>(load<u64>(at)) + popcnt<u64>(load<u64>(at, 8)))
    if (here > rank) break
    rank -= here
  }
  for (; word < words; word++) {
    let bits = load<u32>(bitmap + (<usize>word << 2))
    const here = popcnt<u32>(bits)
    if (here > rank) {
      for (; rank > 0; rank--) bits &= bits - 1
      return <i32>((word << 5) | ctz<u32>(bits))
    }
    rank -= here
  }
  return -1
}

export function orList(bitmap: usize, list: usize, length: u32): void {
  for (const end = list + (<usize>length << 2); list < end; list += 4) {
    const slot = load<u32>(list)
    const at = bitmap + (<usize>(slot >>> 5) << 2)
    store<u32>(at, load<u32>(at) | (<u32>1 << (slot & 31)))
  }
}

export function andNotList(bitmap: usize, list: usize, length: u32): void {
  for (const end = list + (<usize>length << 2); list < end; list += 4) {
    const slot = load<u32>(list)
    const at = bitmap + (<usize>(slot >>> 5) << 2)
    store<u32>(at, load<u32>(at) & ~(<u32>1 << (slot & 31)))
  }
}

export function andList(list: usize, length: u32, bitmap: usize, words: u32, out: usize): u32 {
  let found: u32 = 0
  for (const end = list + (<usize>length << 2); list < end; list += 4) {
    const slot = load<u32>(list)
    if (slot >>> 5 >= words) break
    // Always written, and counted if the bit is set: there is no branch to mispredict.
    store<u32>(out + (<usize>found << 2), slot)
    found += (load<u32>(bitmap + (<usize>(slot >>> 5) << 2)) >>> (slot & 31)) & 1
  }
  return found
}

export function countList(list: usize, length: u32, bitmap: usize, words: u32): u32 {
  let found: u32 = 0
  for (const end = list + (<usize>length << 2); list < end; list += 4) {
    const slot = load<u32>(list)
    if (slot >>> 5 >= words) break
    found += (load<u32>(bitmap + (<usize>(slot >>> 5) << 2)) >>> (slot & 31)) & 1
  }
  return found
}
