// Source of keys: an address or a file.
import { readFileSync } from 'node:fs'
import { reasonOf } from '../../wire/text.ts'
import { watchFiles } from '../certificates.ts'
import { type KeySet, parseKeySet } from './key-set.ts'

export interface KeySource {
  /** The keys in force, without waiting; undefined if there are none. */
  current(): KeySet | undefined
  /**
   * Looks for keys once more, as often as the source allows: a token names an unknown key, or no keys are loaded yet.
   * Undefined if there are still none.
   */
  lookAgain(): Promise<KeySet | undefined>
  /** Reads the source again. On failure the previous keys stay in force. */
  reload(): Promise<void>
  close(): void
}

/** Event of a key source. */
export type KeyEvent =
  /** New keys are in force. */
  | { readonly kind: 'keys-loaded'; readonly keys: KeySet }
  /** The source could not be read. The previous keys stay in force while they may. */
  | { readonly kind: 'keys-unavailable'; readonly reason: string }

export type KeyListener = (event: KeyEvent) => void

// Keys from a file, read again on every change. If the file cannot be read, the previous keys stay in force.

/** @throws Error if the file does not contain a key set at the start */
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
