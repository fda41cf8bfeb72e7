// The note that a fleet was begun, in a file outside of the data folder: a later start that finds none does not begin another.
import { existsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { makePrivateFolder, PRIVATE_FILE } from '../../binary/private-folder.ts'
import { syncPath } from './sync.ts'

const TEXT = `The first start of hyperfleet made this file (storage.mustExistFile). As long as it is there, a start that finds no fleet in
the data folder is refused. Remove it to begin a new fleet.
`

/** Whether there was a first start; never without a file. */
export function hadFirstStart(file: string): boolean {
  return file !== '' && existsSync(file)
}

/** Notes the first start, unless it is noted or there is no file to be. A server without the note still serves. */
export function noteFirstStart(file: string, onError: (error: unknown) => void): void {
  if (file === '' || existsSync(file)) return
  try {
    makePrivateFolder(dirname(file))
    writeFileSync(file, TEXT, { mode: PRIVATE_FILE })
    for (const path of [file, dirname(file)]) syncPath(path)
  } catch (error) {
    onError(error)
  }
}
