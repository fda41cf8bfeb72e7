// CRC-32C over a part of the memory, in WebAssembly. Sixteen tables of 1 KiB are at the start of the memory: table k has the effect
// of a byte followed by k zero bytes. `../crc32c.ts` makes them, and has the same in TypeScript.

// @ts-ignore: decorators are AssemblyScript's own
@inline
function table(k: usize, byte: u32): u32 {
  return load<u32>((k << 10) + (<usize>byte << 2))
}

/** The effect of four bytes that k zero bytes follow. */
// @ts-ignore: decorators are AssemblyScript's own
@inline
function word(k: usize, bytes: u32): u32 {
  return (
    table(k + 3, bytes & 0xff) ^
    table(k + 2, (bytes >>> 8) & 0xff) ^
    table(k + 1, (bytes >>> 16) & 0xff) ^
    table(k, bytes >>> 24)
  )
}

/** Takes `length` bytes into the register of the checksum. The look-ups that do not wait for the last step come first. */
export function fold(register: u32, at: usize, length: u32): u32 {
  const end = at + length
  for (; at + 16 <= end; at += 16) {
    const later = word(8, load<u32>(at, 4)) ^ word(4, load<u32>(at, 8)) ^ word(0, load<u32>(at, 12))
    register = later ^ word(12, load<u32>(at) ^ register)
  }
  for (; at < end; at++) register = table(0, (register ^ load<u8>(at)) & 0xff) ^ (register >>> 8)
  return register
}
