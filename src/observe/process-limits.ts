// Whether there is memory left for the fleet to grow (contract 9.3).
import { readFileSync } from 'node:fs'
import type { Settings } from '../config/schema.ts'
import type { LinearMemory } from '../index/memory.ts'
import type { Logger } from './log/log.ts'
import { MAX_MANAGEMENT_CONNECTIONS } from './management.ts'

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

/** What the server has open besides connections, with room to spare: data files, log, listeners, a backup under way. */
const OWN_FILES = 100
/** As many connections the API takes however few files there may be. */
const LEAST_CONNECTIONS = 16

/**
 * How many connections the API may have at once: as many as the settings say, and no more than leave the data folder and
 * the ports of health and metrics the files that they need. Without a file for a new connection, a probe fails, and so
 * does a checkpoint.
 */
export function connectionBound(settings: Settings): number {
  const { connections } = settings.limits
  const openFiles = openFilesLimit()
  if (openFiles === undefined) return connections
  return Math.min(connections, Math.max(LEAST_CONNECTIONS, openFiles - reservedFiles(settings)))
}

/** Warns when the bound on connections can never be reached, because the system has a lower one. */
export function checkOpenFiles(settings: Settings, log: Logger): void {
  const { connections } = settings.limits
  const bound = connectionBound(settings)
  if (bound === connections) return
  const openFiles = openFilesLimit()
  const needed = connections + reservedFiles(settings)
  log.warn(
    { openFiles, connections, needed, bound },
    'the system lets this process open fewer files than the connections of all ports and the data folder may need: the ' +
      'API takes fewer connections; raise it (ulimit -n, LimitNOFILE) or lower --limits-connections',
  )
}

function reservedFiles({ health, metrics }: Settings): number {
  const ports = [health.port, metrics.port].filter(port => port !== 0).length
  return OWN_FILES + ports * MAX_MANAGEMENT_CONNECTIONS
}

/** Undefined where it is not told: only Linux has such a file (proc(5)). */
function openFilesLimit(): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? []
    return soft === undefined ? undefined : Number(soft)
  } catch {
    return undefined
  }
}
