// Files and folders by their paths: made durable, and recognized. A name may come to lead to another file, or nowhere, while a process
// has the first one open.
import { closeSync, fsyncSync, openSync, type Stats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

/** Makes the content of a file durable, or the names in a folder. Throws the errors of `node:fs`. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** The device and the number of its inode: one file alone has both, as long as somebody has it open. */
export interface FileId {
  readonly dev: number
  readonly ino: number
}

/** What a path leads to, links followed. Throws the errors of `node:fs`. */
export function fileIdOf(path: string): FileId {
  const { dev, ino } = statSync(path)
  return { dev, ino }
}

/** Says why a path does not lead to a file any more; undefined when it does. */
export function whyElsewhere(path: string, file: FileId): string | undefined {
  try {
    return difference(statSync(path), file)
  } catch (error) {
    return reasonOf(error)
  }
}

/** As `whyElsewhere`, and the event loop goes on while the file system does not answer. */
export async function whyElsewhereLater(path: string, file: FileId): Promise<string | undefined> {
  try {
    return difference(await stat(path), file)
  } catch (error) {
    return reasonOf(error)
  }
}

function difference(found: Stats, { dev, ino }: FileId): string | undefined {
  return found.dev === dev && found.ino === ino ? undefined : 'is not the one that was opened'
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  return ['ENOENT', 'ENOTDIR'].includes(code) ? 'is not there any more' : `cannot be looked at (${code})`
}
