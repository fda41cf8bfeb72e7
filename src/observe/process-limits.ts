// Whether there is memory left for the fleet to grow (contract 9.3).
import type { LinearMemory } from '../index/memory.ts'

const SAMPLE_EVERY_MS = 100

/**
 * Resident memory would not do: it counts the mapped files of the store, which the system takes back when it likes.
 * @param boundBytes memory that the fleet may fill; 0 means no bound
 * @param usedBytes reads what is used of the heap and of buffers outside it
 * @param nowMs a monotonic clock; memory is read at most every 100 ms
 */
export function createMemoryGuard(
  boundBytes: number,
  usedBytes: () => number,
  nowMs: () => number,
): () => boolean {
  if (boundBytes === 0) return () => true
  let sampledMs = Number.NEGATIVE_INFINITY
  let hasRoom = true
  return () => {
    if (nowMs() - sampledMs >= SAMPLE_EVERY_MS) {
      sampledMs = nowMs()
      hasRoom = usedBytes() < boundBytes
    }
    return hasRoom
  }
}

/** Node counts a shared WebAssembly memory, as the indexes have, neither to the heap nor to what is outside it. */
export function usedBytes(indexMemory: LinearMemory): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external + indexMemory.totalBytes
}
