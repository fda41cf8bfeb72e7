// Reads the values at given paths from the bytes of valid JSON, all of them in one pass and without building any value. A path goes through
// objects alone. The last of equal keys counts, and keys are equal after their escapes are decoded (contract 13.2).
import { skipSpaceBytes } from './json-bytes.ts'
import { isWellFormed } from './text.ts'

/** A part of some bytes that has one JSON value. */
export interface JsonSpan {
  readonly bytes: Buffer
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

/** A JSON text in bytes of its own. */
export function spanOf(text: string): JsonSpan {
  const bytes = Buffer.from(text)
  return { bytes, start: 0, end: bytes.length }
}

/** Start of the value of a path that is not there. */
export const ABSENT = -1

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const SPACE = 0x20

const OTHER = 1
/** 1 for each byte that neither ends a string nor begins an escape. */
const IN_STRINGS = new Uint8Array(256).fill(OTHER)
for (const end of '"\\') IN_STRINGS[end.charCodeAt(0)] = 0
/** 1 for each byte between the brackets and strings of an object or array. */
const IN_CONTAINERS = new Uint8Array(256).fill(OTHER)
for (const mark of '"{}[]') IN_CONTAINERS[mark.charCodeAt(0)] = 0
/** 1 for each byte of a number, `true`, `false` or `null`. */
const IN_WORDS = new Uint8Array(256).fill(OTHER)
for (const end of ',}] \t\r\n') IN_WORDS[end.charCodeAt(0)] = 0

/** The keys that are wanted in one object. */
interface Branch {
  /** Shorter ones first, and with equal length in the order of the bytes. */
  readonly keys: readonly Buffer[]
  readonly members: readonly Member[]
}

interface Member {
  /** The path that ends here; `ABSENT` if none does. */
  readonly path: number
  /** Undefined if no path goes on from here. */
  readonly inner: Branch | undefined
  /** Every path that ends here or goes on from here. */
  readonly paths: readonly number[]
}

/** Some paths, and where their values are in the text that was read last. Paths are numbered from 0. */
export class JsonPaths {
  readonly #root: Branch
  /** Position of the value of each path; `ABSENT` if there is none. */
  readonly starts: Int32Array
  readonly ends: Int32Array
  /** Position of the key before each value. */
  readonly keyStarts: Int32Array

  /** @param paths at least one key each; no path twice */
  constructor(paths: readonly (readonly string[])[]) {
    this.#root = branchOf(paths.map((keys, path) => ({ keys, path })))
    this.starts = new Int32Array(paths.length).fill(ABSENT)
    this.ends = new Int32Array(paths.length)
    this.keyStarts = new Int32Array(paths.length)
  }

  /** Finds the values in a JSON text, which must be valid. Time is linear in its length, and the stack is as deep as the longest path. */
  read({ bytes, start }: JsonSpan): void {
    this.starts.fill(ABSENT)
    if (bytes[start] === OPEN_BRACE) this.#readObject(bytes, start, this.#root)
  }

  /** Reads the object that starts at `at`. Returns its end. */
  #readObject(bytes: Buffer, at: number, branch: Branch): number {
    const { length } = bytes
    let i = skipSpaceBytes(bytes, at + 1)
    while (i < length && bytes[i] !== CLOSE_BRACE) {
      const keyStart = i
      let keyEnd = i + 1
      while (IN_STRINGS[bytes[keyEnd] as number] === OTHER) keyEnd++
      const isPlain = bytes[keyEnd] === QUOTE
      if (!isPlain) keyEnd = endOfString(bytes, i) - 1
      const member = isPlain
        ? findMember(branch, bytes, i + 1, keyEnd)
        : findDecoded(branch, bytes, keyStart, keyEnd + 1)
      i = skipSpaceBytes(bytes, keyEnd + 1)
      i = skipSpaceBytes(bytes, i + 1)
      i = member === undefined ? endOfValue(bytes, i) : this.#readMember(bytes, keyStart, i, member)
      if (bytes[i] === COMMA) i++
      if ((bytes[i] as number) <= SPACE) i = afterComma(bytes, i)
    }
    return i + 1
  }

  /** Reads the value of a wanted key. Returns its end. */
  #readMember(bytes: Buffer, keyStart: number, at: number, { path, inner, paths }: Member): number {
    // An earlier member of the same name does not count.
    for (const within of paths) this.starts[within] = ABSENT
    const end =
      inner !== undefined && bytes[at] === OPEN_BRACE
        ? this.#readObject(bytes, at, inner)
        : endOfValue(bytes, at)
    if (path !== ABSENT) {
      this.keyStarts[path] = keyStart
      this.starts[path] = at
      this.ends[path] = end
    }
    return end
  }
}

/** The position of the next key, or of the end of the object, from behind a value or its comma. */
function afterComma(bytes: Buffer, at: number): number {
  const i = skipSpaceBytes(bytes, at)
  return bytes[i] === COMMA ? skipSpaceBytes(bytes, i + 1) : i
}

interface Rest {
  readonly keys: readonly string[]
  readonly path: number
}

function branchOf(rests: readonly Rest[]): Branch {
  const byKey = new Map<string, Rest[]>()
  for (const { keys, path } of rests) {
    const [key = '', ...inner] = keys
    const known = byKey.get(key) ?? []
    byKey.set(key, [...known, { keys: inner, path }])
  }
  const entries = [...byKey]
    .map(([key, inner]) => ({ bytes: Buffer.from(key), member: memberOf(inner) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || a.bytes.compare(b.bytes))
  return { keys: entries.map(({ bytes }) => bytes), members: entries.map(({ member }) => member) }
}

function memberOf(rests: readonly Rest[]): Member {
  const longer = rests.filter(({ keys }) => keys.length > 0)
  return {
    path: rests.find(({ keys }) => keys.length === 0)?.path ?? ABSENT,
    inner: longer.length === 0 ? undefined : branchOf(longer),
    paths: rests.map(({ path }) => path),
  }
}

/** The member whose key is written at [start, end), without its quotes; undefined if it is not wanted. */
function findMember(branch: Branch, bytes: Buffer, start: number, end: number): Member | undefined {
  let low = 0
  let high = branch.keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = compareKey(branch.keys[middle] as Buffer, bytes, start, end)
    if (order === 0) return branch.members[middle]
    if (order < 0) low = middle + 1
    else high = middle
  }
  return undefined
}

function compareKey(key: Buffer, bytes: Buffer, start: number, end: number): number {
  const length = end - start
  if (key.length !== length) return key.length - length
  for (let i = 0; i < length; i++) {
    const order = (key[i] as number) - (bytes[start + i] as number)
    if (order !== 0) return order
  }
  return 0
}

/** The same for a key with escapes at [start, end), quotes included: it is as good as the same without. */
function findDecoded(branch: Branch, bytes: Buffer, start: number, end: number): Member | undefined {
  const key = stringAt(bytes, start, end)
  if (!isWellFormed(key)) return undefined
  const decoded = Buffer.from(key)
  return findMember(branch, decoded, 0, decoded.length)
}

/** True if a part of a string has a backslash. */
export function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return true
  return false
}

/** The content of the string at [start, end), quotes included. It has lone surrogates where the JSON has them. */
export function stringAt(bytes: Buffer, start: number, end: number): string {
  if (hasEscape(bytes, start, end)) return JSON.parse(bytes.toString('utf8', start, end)) as string
  return bytes.toString('utf8', start + 1, end - 1)
}

/** The text of the scalar at [start, end): the content of a string, or the characters of any other. */
export function valueText(bytes: Buffer, start: number, end: number): string {
  return bytes[start] === QUOTE ? stringAt(bytes, start, end) : bytes.toString('latin1', start, end)
}

// Ends of values in valid JSON. On other bytes they stop at the end of the bytes.

/** The end of the value that starts at `at`. */
export function endOfValue(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case QUOTE:
      return endOfString(bytes, at)
    case OPEN_BRACE:
    case 0x5b:
      return endOfContainer(bytes, at)
    default: {
      let i = at + 1
      while (IN_WORDS[bytes[i] as number] === OTHER) i++
      return i
    }
  }
}

/**
 * The end of the string whose opening quote is at `at`. Looking bytes up takes two thirds of the time of comparing them
 * (`npm run bench -- json`).
 */
export function endOfString(bytes: Uint8Array, at: number): number {
  for (let i = at + 1; ; i += 2) {
    while (IN_STRINGS[bytes[i] as number] === OTHER) i++
    if (bytes[i] === QUOTE) return i + 1
    if (i >= bytes.length) return bytes.length
  }
}

/** The end of the object or array that starts at `at`. It counts brackets, so that the depth takes no stack. */
function endOfContainer(bytes: Uint8Array, at: number): number {
  let depth = 0
  for (let i = at; ; ) {
    while (IN_CONTAINERS[bytes[i] as number] === OTHER) i++
    const mark = bytes[i]
    if (mark === undefined) return bytes.length
    if (mark === QUOTE) {
      i = endOfString(bytes, i)
      continue
    }
    i++
    // The opening brackets have the bit that the closing ones lack.
    if ((mark & 4) === 0) depth++
    else if (--depth === 0) return i
  }
}
