// Set operations over bitmaps: `words` words of 32 bits each.

export function clear(target: usize, words: i32): void {
  memory.fill(target, 0, <usize>words << 2)
}

export function and(target: usize, source: usize, words: i32): void {
  const end = target + (<usize>words << 2)
  for (; target + 16 <= end; target += 16, source += 16)
    v128.store(target, v128.and(v128.load(target), v128.load(source)))
  for (; target < end; target += 4, source += 4) store<u32>(target, load<u32>(target) & load<u32>(source))
}

export function or(target: usize, source: usize, words: i32): void {
  const end = target + (<usize>words << 2)
  for (; target + 16 <= end; target += 16, source += 16)
    v128.store(target, v128.or(v128.load(target), v128.load(source)))
  for (; target < end; target += 4, source += 4) store<u32>(target, load<u32>(target) | load<u32>(source))
}

export function andNot(target: usize, source: usize, words: i32): void {
  const end = target + (<usize>words << 2)
  for (; target + 16 <= end; target += 16, source += 16)
    v128.store(target, v128.andnot(v128.load(target), v128.load(source)))
  for (; target < end; target += 4, source += 4) store<u32>(target, load<u32>(target) & ~load<u32>(source))
}

export function not(target: usize, bits: u32): void {
  const end = target + ((<usize>bits >>> 5) << 2)
  for (; target + 16 <= end; target += 16) v128.store(target, v128.not(v128.load(target)))
  for (; target < end; target += 4) store<u32>(target, ~load<u32>(target))
  const rest = bits & 31
  if (rest != 0) store<u32>(target, ~load<u32>(target) & ((<u32>1 << rest) - 1))
}

export function count(bitmap: usize, words: i32): i32 {
  const end = bitmap + (<usize>words << 2)
  let even: u64 = 0
  let odd: u64 = 0
  for (; bitmap + 16 <= end; bitmap += 16) {
    even += popcnt<u64>(load<u64>(bitmap))
    odd += popcnt<u64>(load<u64>(bitmap, 8))
  }
  for (; bitmap < end; bitmap += 4) even += popcnt<u32>(load<u32>(bitmap))
  return <i32>(even + odd)
}

export function countAnd(left: usize, right: usize, words: i32): i32 {
  const end = left + (<usize>words << 2)
  let even: u64 = 0
  let odd: u64 = 0
  for (; left + 16 <= end; left += 16, right += 16) {
    even += popcnt<u64>(load<u64>(left) & load<u64>(right))
    odd += popcnt<u64>(load<u64>(left, 8) & load<u64>(right, 8))
  }
  for (; left < end; left += 4, right += 4) even += popcnt<u32>(load<u32>(left) & load<u32>(right))
  return <i32>(even + odd)
}
