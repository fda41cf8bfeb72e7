// Where keys come from: what the check of a token asks of an address or a file.
import { readFileSync } from 'node:fs'
import { reasonOf } from '../../wire/text.ts'
import { watchFiles } from '../certificates.ts'
import { type KeySet, parseKeySet } from './key-set.ts'

export interface KeySource {
  /** The keys in force, without waiting; undefined while there are none that may be used. */
  current(): KeySet | undefined
  /**
   * The keys after looking once more, as often as the source allows: a token names a key that is not there, or there
   * are no keys yet. Undefined when they cannot be had.
   */
  lookAgain(): Promise<KeySet | undefined>
  /** Reads the source anew, now; what cannot be read leaves the keys as they are. */
  reload(): Promise<void>
  close(): void
}

/** What a source tells of itself. */
export type KeyEvent =
  /** Keys were read that are in force from now on. */
  | { readonly kind: 'keys-loaded'; readonly keys: KeySet }
  /** They could not be read; those of before stay in force as long as they may. */
  | { readonly kind: 'keys-unavailable'; readonly reason: string }

export type KeyListener = (event: KeyEvent) => void

// Keys from a file, read again when it changes. A file that cannot be read leaves the keys of before in force.

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
