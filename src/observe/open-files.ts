// How many files the system lets a process have open; a connection is one of them.
import { readFileSync } from 'node:fs'
import type { Logger } from './logs.ts'

/** What the server has open besides connections, with room to spare: data files, log, listeners, a backup under way. */
const OWN_FILES = 100

/** Warns when the bound on connections can never be reached, because the system has a lower one. */
export function checkOpenFiles(connections: number, log: Logger): void {
  const openFiles = openFilesLimit()
  if (openFiles === undefined || openFiles >= connections + OWN_FILES) return
  log.warn(
    { openFiles, connections },
    'the system lets this process open fewer files than there may be connections: further ones will have to wait; ' +
      'raise it (ulimit -n, LimitNOFILE) or lower --limits-connections',
  )
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
