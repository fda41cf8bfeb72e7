// Lone surrogates in JSON text (contract 4.6): UTF-8 cannot hold one, so they can only come in as \u escapes.
import { scanString } from './json-scan.ts'
import { isWellFormed } from './text.ts'

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

/**
 * Whether valid JSON text holds a string, key or value at any depth, whose content has a lone surrogate. `text` itself
 * has to be valid Unicode, as everything read from UTF-8 is. Takes time linear in it.
 */
export function hasLoneSurrogate(text: string): boolean {
  if (!SURROGATE_ESCAPE.test(text)) return false
  let start = text.indexOf('"')
  while (start !== -1) {
    const end = scanString(text, start)
    const quoted = text.slice(start, end)
    if (SURROGATE_ESCAPE.test(quoted) && !isWellFormed(String(JSON.parse(quoted)))) return true
    start = text.indexOf('"', end)
  }
  return false
}
