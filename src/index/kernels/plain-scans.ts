// The scans among the kernels in plain TypeScript. 64-bit integers are compared as a signed and an unsigned half,
// because a bigint for each value would cost an allocation each.
import type { LinearMemory } from '../memory.ts'

export function scanI64(
  { u32, i32 }: LinearMemory,
  values: number,
  length: number,
  low: bigint,
  high: bigint,
  mask: number,
  out: number,
): void {
  const lowUpper = Number(low >> 32n)
  const lowLower = Number(low & 0xffffffffn)
  const highUpper = Number(high >> 32n)
  const highLower = Number(high & 0xffffffffn)
  scanWords(u32, length, mask, out, i => {
    const at = (values >>> 2) + i * 2
    const upper = i32[at + 1] ?? 0
    const lower = u32[at] ?? 0
    return (
      (upper > lowUpper || (upper === lowUpper && lower >= lowLower)) &&
      (upper < highUpper || (upper === highUpper && lower <= highLower))
    )
  })
}

export function scanI32(
  { u32, i32 }: LinearMemory,
  values: number,
  length: number,
  low: number,
  high: number,
  mask: number,
  out: number,
): void {
  scanWords(u32, length, mask, out, i => {
    const value = i32[(values >>> 2) + i] ?? 0
    return value >= low && value <= high
  })
}

function scanWords(
  u32: Uint32Array,
  length: number,
  mask: number,
  out: number,
  matches: (index: number) => boolean,
): void {
  for (let from = 0; from < length; from += 32) {
    const wanted = u32[(mask >>> 2) + (from >>> 5)] ?? 0
    const count = Math.min(32, length - from)
    let bits = 0
    if (wanted !== 0) for (let i = 0; i < count; i++) if (matches(from + i)) bits |= 1 << i
    u32[(out >>> 2) + (from >>> 5)] = bits & wanted
  }
}

export function extremesI64(
  { u32, i64 }: LinearMemory,
  values: number,
  length: number,
  mask: number,
  out: number,
): number {
  let least = 2n ** 63n - 1n
  let greatest = -(2n ** 63n)
  let found = 0
  for (let i = 0; i < length; i++) {
    if (((u32[(mask >>> 2) + (i >>> 5)] ?? 0) & (1 << (i & 31))) === 0) continue
    const value = i64[(values >>> 3) + i] ?? 0n
    if (value < least) least = value
    if (value > greatest) greatest = value
    found++
  }
  i64[out >>> 3] = least
  i64[(out >>> 3) + 1] = greatest
  return found
}

export function extremesI32(
  { u32, i32 }: LinearMemory,
  values: number,
  length: number,
  mask: number,
  out: number,
): number {
  let least = 2 ** 31 - 1
  let greatest = -(2 ** 31)
  let found = 0
  for (let i = 0; i < length; i++) {
    if (((u32[(mask >>> 2) + (i >>> 5)] ?? 0) & (1 << (i & 31))) === 0) continue
    const value = i32[(values >>> 2) + i] ?? 0
    least = Math.min(least, value)
    greatest = Math.max(greatest, value)
    found++
  }
  i32[out >>> 2] = least
  i32[(out >>> 2) + 1] = greatest
  return found
}
