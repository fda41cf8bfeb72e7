// The flush of a path.
import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Makes the content of a file durable, or the names in a folder. Throws the errors of `node:fs`. */
export function syncPath(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
