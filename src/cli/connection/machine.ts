// The environment, the home folder and the files of the machine on which a client command runs.
import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import type { Environment } from '../../config/environment.ts'

export interface ReadFile {
  readonly bytes: Buffer
  /** True if other users of the machine may read it. */
  readonly isOpenToOthers: boolean
}

export interface Machine {
  readonly environment: Environment
  readonly home: string
  /** Undefined if the file does not exist. Throws the system's error if it cannot be read. */
  readonly readFile: (path: string) => ReadFile | undefined
  /** Shows a warning; the command continues. */
  readonly warn: (message: string) => void
}

export function thisMachine(): Machine {
  return {
    environment: process.env,
    home: homedir(),
    readFile: readIfThere,
    warn: message => console.error(`hyperfleet: ${message}`),
  }
}

/** Read permission of the group and of others. */
const READ_BY_OTHERS = 0o044

function readIfThere(path: string): ReadFile | undefined {
  try {
    const bytes = readFileSync(path)
    return { bytes, isOpenToOthers: (statSync(path).mode & READ_BY_OTHERS) !== 0 }
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined
    throw error
  }
}
