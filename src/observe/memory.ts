// Whether there is memory left for the fleet to grow (contract 9.3).

const SAMPLE_EVERY_MS = 100

/**
 * @param boundBytes resident memory that the process may reach; 0 means no bound
 * @param residentBytes reads the process's resident memory
 * @param nowMs a monotonic clock; resident memory is read at most every 100 ms
 */
export function createMemoryGuard(
  boundBytes: number,
  residentBytes: () => number,
  nowMs: () => number,
): () => boolean {
  if (boundBytes === 0) return () => true
  let sampledMs = Number.NEGATIVE_INFINITY
  let hasRoom = true
  return () => {
    if (nowMs() - sampledMs >= SAMPLE_EVERY_MS) {
      sampledMs = nowMs()
      hasRoom = residentBytes() < boundBytes
    }
    return hasRoom
  }
}
