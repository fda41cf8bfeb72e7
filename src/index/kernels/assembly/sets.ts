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

export function countAndFour(
  bitmap: usize,
  one: usize,
  two: usize,
  three: usize,
  four: usize,
  words: i32,
  out: usize,
): void {
  const end = bitmap + (<usize>words << 2)
  let ofOne: u64 = 0
  let ofTwo: u64 = 0
  let ofThree: u64 = 0
  let ofFour: u64 = 0
  for (; bitmap + 8 <= end; bitmap += 8, one += 8, two += 8, three += 8, four += 8) {
    const bits = load<u64>(bitmap)
    ofOne += popcnt<u64>(bits & load<u64>(one))
    ofTwo += popcnt<u64>(bits & load<u64>(two))
    ofThree += popcnt<u64>(bits & load<u64>(three))
    ofFour += popcnt<u64>(bits & load<u64>(four))
  }
  if (bitmap < end) {
    const bits = load<u32>(bitmap)
    ofOne += popcnt<u32>(bits & load<u32>(one))
    ofTwo += popcnt<u32>(bits & load<u32>(two))
    ofThree += popcnt<u32>(bits & load<u32>(three))
    ofFour += popcnt<u32>(bits & load<u32>(four))
  }
  store<u32>(out, <u32>ofOne)
  store<u32>(out, <u32>ofTwo, 4)
  store<u32>(out, <u32>ofThree, 8)
  store<u32>(out, <u32>ofFour, 12)
}
