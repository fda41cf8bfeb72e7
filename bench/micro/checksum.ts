// The checksum of values on disk, in WebAssembly and in plain TypeScript, by the size of the value. 3,850 bytes are the journal entry
// of a report, 900 a document of a snapshot.
import type { Bench } from 'tinybench'
import { Crc32c, crc32cModule } from '../../src/store/checksum/crc32c.ts'

const SIZES = [16, 32, 64, 900, 3850, 1_000_000]
const KEY = 'Cluster/0193f0a4-7b7e-7c3e-9d7a-0123456789ab/validation'

export function checksumBenchmarks(bench: Bench): void {
  for (const checksum of [new Crc32c(crc32cModule()), new Crc32c(undefined)]) {
    for (const size of SIZES) {
      const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 37) & 0xff))
      bench.add(`CRC-32C of ${size} bytes, ${checksum.kind}`, () => checksum.ofBytes(bytes))
    }
    bench.add(`CRC-32C of a key, ${checksum.kind}`, () => checksum.ofText(KEY))
    bench.add(`CRC-32C of a sequence, ${checksum.kind}`, () => checksum.ofDouble(123_456))
  }
}
