// Keys from a file, read again when it changes. A file that cannot be read leaves the keys of before in force.
import { readFileSync } from 'node:fs'
import { watchFiles } from '../watched-files.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import { type KeyListener, type KeySource, reasonOf } from './key-source.ts'

/** @throws Error when the file holds no key set at the start */
export function keysFromFile(path: string, onEvent: KeyListener): KeySource {
  const read = () => parseKeySet(readFileSync(path, 'utf8'))
  let keys: KeySet = read()
  onEvent({ kind: 'keys-loaded', keys })
  const reload = async () => {
    try {
      keys = read()
    } catch (error) {
      onEvent({ kind: 'keys-unavailable', reason: reasonOf(error) })
      return
    }
    onEvent({ kind: 'keys-loaded', keys })
  }
  const unwatch = watchFiles([path], reload)
  return { current: () => keys, lookAgain: async () => keys, reload, close: unwatch }
}
