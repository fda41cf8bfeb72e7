// Lone surrogates in JSON text (contract 4.6): UTF-8 cannot hold one, so they can only come in as \u escapes.
import { unitAt, unitLength } from './json-string.ts'

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/

/** Whether valid JSON text may hold a lone surrogate: false is certain, and cheap to know. */
export function hasSurrogateEscape(text: string): boolean {
  return SURROGATE_ESCAPE.test(text)
}

/**
 * Whether valid JSON text holds a string, key or value at any depth, whose content has a lone surrogate. `text` itself
 * has to be valid Unicode, as everything read from UTF-8 is. Takes time linear in it, and builds no string: to read
 * each of 70,000 short ones took 100 ms.
 */
export function hasLoneSurrogate(text: string): boolean {
  return hasSurrogateEscape(text) && nextLoneSurrogate(text, 0, text.length) !== undefined
}

/** Where in a part of such a text the first lone surrogate stands. The part begins and ends outside of strings. */
export function nextLoneSurrogate(text: string, start: number, end: number): number | undefined {
  // In JSON a backslash is nowhere but in a string, where it begins an escape.
  for (let at = nextBackslash(text, start, end); at < end; at = nextBackslash(text, at, end)) {
    const unit = unitAt(text, at)
    const behind = at + unitLength(text, at)
    if (!isSurrogate(unit)) at = behind
    else if (isHigh(unit) && text[behind] === '\\' && isLow(unitAt(text, behind)))
      at = behind + unitLength(text, behind)
    else return at
  }
  return undefined
}

function nextBackslash(text: string, start: number, end: number): number {
  let at = start
  while (at < end && text.charCodeAt(at) !== 0x5c) at++
  return at
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

function isHigh(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
