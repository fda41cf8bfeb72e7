// Limits of the process: memory left for the fleet to grow (contract 9.3), and open files.
import { readFileSync } from 'node:fs'
import type { Settings } from '../config/schema.ts'
import type { LinearMemory } from '../index/memory.ts'
import type { Logger } from './log/log.ts'
import { MAX_MANAGEMENT_CONNECTIONS } from './management.ts'

const SAMPLE_EVERY_MS = 100

/**
 * Returns a function that is true while the fleet may grow. Resident memory would be misleading: it includes the mapped
 * files of the store, which the system can reclaim at any time.
 * @param boundBytes memory that the fleet may use; 0 means no bound
 * @param usedBytes reads the current use of the heap and of buffers outside it
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

/** Used memory. Node counts a shared WebAssembly memory, as used by the indexes, as neither heap nor external. */
export function usedBytes(indexMemory: LinearMemory): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external + indexMemory.totalBytes
}

/** Files that the server opens besides connections, with a margin: data files, log, listeners, a running backup. */
const OWN_FILES = 100
/** Minimum number of connections of the API, however few files it may open. */
const LEAST_CONNECTIONS = 16

/**
 * Maximum number of connections of the API: the configured number, lowered so that the data folder and the ports for
 * health and metrics keep the files they need. Without a free file, probes and checkpoints fail.
 */
export function connectionBound(settings: Settings): number {
  const { connections } = settings.limits
  const openFiles = openFilesLimit()
  if (openFiles === undefined) return connections
  return Math.min(connections, Math.max(LEAST_CONNECTIONS, openFiles - reservedFiles(settings)))
}

/** Warns if the configured number of connections cannot be reached because the system's limit is lower. */
export function checkOpenFiles(settings: Settings, log: Logger): void {
  const { connections } = settings.limits
  const bound = connectionBound(settings)
  if (bound === connections) return
  const openFiles = openFilesLimit()
  const needed = connections + reservedFiles(settings)
  log.warn(
    { openFiles, connections, needed, bound },
    'the limit on open files is lower than the connections of all ports and the data folder may need; the ' +
      'API accepts fewer connections; raise the limit (ulimit -n, LimitNOFILE) or lower --limits-connections',
  )
}

function reservedFiles({ health, metrics }: Settings): number {
  const ports = [health.port, metrics.port].filter(port => port !== 0).length
  return OWN_FILES + ports * MAX_MANAGEMENT_CONNECTIONS
}

/** Undefined if unknown: only Linux has this file (proc(5)). */
function openFilesLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
