// How many files the system lets a process have open; a connection is one of them.
import { readFileSync } from 'node:fs'
import type { Settings } from '../config/schema.ts'
import type { Logger } from './log/log.ts'
import { MAX_MANAGEMENT_CONNECTIONS } from './management.ts'

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
