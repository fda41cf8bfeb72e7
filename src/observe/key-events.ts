// What the check of tokens tells of its keys, as lines of the log.
import type { KeyEvent } from '../http/auth/key-source.ts'
import type { Logger } from './log/log.ts'

/** Gives what writes an event of the keys to the log. */
export function createKeyEventLog(log: Logger): (event: KeyEvent) => void {
  return event => {
    if (event.kind === 'keys-unavailable') {
      log.error({ reason: event.reason }, 'the key set cannot be read: the keys of before stay in force')
      return
    }
    const { keys, skipped } = event.keys
    const line = { keys: keys.length, skipped }
    if (keys.length === 0) log.warn(line, 'the key set holds no usable key: every token is refused')
    else log.info(line, 'the key set is loaded')
  }
}
