// The tests of a search on the texts of an index. Most are made on the bytes in UTF-8, where the index has them: reading each text first
// would make a string of each distinct value. Bytes of UTF-8 have the order of their code points, and a character is never found in the
// middle of another.

import type { RangeTest } from '../../index/range.ts'
import type { BytesTest } from '../../index/stored-values.ts'
import type { ValueFilter } from '../../index/value-index.ts'
import type { TextLeaf } from '../check/checked.ts'
import type { LikeItem } from '../syntax/like.ts'
import { HOLDS, textTest } from './match.ts'

/** A missing value passes none, so a test of `null` passes nothing here. */
export function textFilter(test: TextLeaf<never>['test']): ValueFilter<string> {
  const passes = bytesTest(test)
  return passes === undefined ? { by: 'value', passes: textTest(test) } : { by: 'bytes', passes }
}

/** Undefined for a test that needs the characters. */
function bytesTest(test: TextLeaf<never>['test']): BytesTest | undefined {
  switch (test.kind) {
    case 'compare':
    case 'between':
      return rangeTest(test)
    case 'like': {
      const { piece, items, ignoreCase } = test.pattern
      if (piece === undefined) return ignoreCase ? undefined : matching(byteItems(items))
      const wanted = utf8(piece.text)
      if (piece.runBefore) return piece.runBehind ? holding(wanted) : endingWith(wanted)
      return piece.runBehind ? beginningWith(wanted) : equalTo(wanted)
    }
    default:
      return undefined
  }
}

function rangeTest(test: RangeTest<string>): BytesTest {
  if (test.kind === 'between') {
    const low = utf8(test.low)
    const high = utf8(test.high)
    return (bytes, start, end) =>
      compareBytes(bytes, start, end, low) >= 0 && compareBytes(bytes, start, end, high) <= 0
  }
  const other = utf8(test.value)
  const [before, equal, after] = HOLDS[test.operator]
  return (bytes, start, end) => {
    const order = compareBytes(bytes, start, end, other)
    return order < 0 ? before : order > 0 ? after : equal
  }
}

function compareBytes(bytes: Uint8Array, start: number, end: number, other: Uint8Array): number {
  const length = Math.min(end - start, other.length)
  for (let i = 0; i < length; i++) {
    const order = (bytes[start + i] as number) - (other[i] as number)
    if (order !== 0) return order
  }
  return end - start - other.length
}

/** True if a text continues at `start` with the wanted bytes. */
function continuesWith(bytes: Uint8Array, start: number, end: number, wanted: Uint8Array): boolean {
  if (end - start < wanted.length) return false
  for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false
  return true
}

function equalTo(wanted: Uint8Array): BytesTest {
  return (bytes, start, end) => end - start === wanted.length && continuesWith(bytes, start, end, wanted)
}

function beginningWith(wanted: Uint8Array): BytesTest {
  return (bytes, start, end) => continuesWith(bytes, start, end, wanted)
}

function endingWith(wanted: Uint8Array): BytesTest {
  return (bytes, start, end) => {
    const from = end - wanted.length
    return from >= start && continuesWith(bytes, from, end, wanted)
  }
}

/** Takes at most the length of the text times that of the piece (contract 8.2). */
function holding(wanted: Uint8Array): BytesTest {
  const [first] = wanted
  if (first === undefined) return () => true
  return (bytes, start, end) => {
    const last = end - wanted.length
    for (let from = start; from <= last; from++)
      if (bytes[from] === first && continuesWith(bytes, from, end, wanted)) return true
    return false
  }
}

/** Any one character, in a pattern of bytes. */
const ONE = -1
/** Any run of characters. */
const RUN = -2

/** The items of a pattern, with the bytes of each code point in its place. */
function byteItems(items: readonly LikeItem[]): Int16Array {
  const bytes = items.flatMap(item => {
    if (item === '_') return [ONE]
    return item === '%' ? [RUN] : [...utf8(String.fromCodePoint(item))]
  })
  return Int16Array.from(bytes)
}

/** Two pointers, as in `isLikeItems`. */
function matching(items: Int16Array): BytesTest {
  return (bytes, start, end) => {
    let at = start
    let item = 0
    let itemAfterRun = -1
    let runEnd = start
    while (at < end) {
      const wanted = items[item]
      if (wanted === RUN) {
        itemAfterRun = ++item
        runEnd = at
      } else if (wanted === ONE) {
        item++
        at = nextCharacter(bytes, at, end)
      } else if (wanted === bytes[at]) {
        item++
        at++
      } else if (itemAfterRun >= 0) {
        runEnd = nextCharacter(bytes, runEnd, end)
        at = runEnd
        item = itemAfterRun
      } else return false
    }
    while (items[item] === RUN) item++
    return item === items.length
  }
}

/** The place after the character at a place: after its continuation bytes. */
function nextCharacter(bytes: Uint8Array, at: number, end: number): number {
  let next = at + 1
  while (next < end && ((bytes[next] as number) & 0xc0) === 0x80) next++
  return next
}

/** The bytes of a text. For ASCII this takes half the time of `Buffer.from`. */
function utf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit >= 0x80) return Buffer.from(text)
    bytes[i] = unit
  }
  return bytes
}
