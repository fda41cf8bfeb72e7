// Reader of ordinary reports: one scan of a body's bytes, every rule checked on the way (contract 5.1, 5.2). It reads a report exactly as
// the parser does, or leaves the body to the parser, which names the faults. Takes a quarter of the parser's time for a body of 800
// bytes (`npm run bench`, *reports*); test/api/report-reader.test.ts compares the two.
import { isAscii, isUtf8 } from 'node:buffer'
import { ADAPTER_NAME } from '../fleet/adapter-name.ts'
import type { Report, ReportedCondition } from '../fleet/report.ts'
import type { ReportedStatus, Writable } from '../state/records.ts'
import { microsInBytes } from '../wire/instant.ts'
import {
  isWordAt,
  NOT_JSON,
  plainEnd,
  skipSpaceBytes,
  skipStringBytes,
  skipValueBytes,
  wordBytes,
} from '../wire/json-bytes.ts'
import { hasSurrogateEscape } from '../wire/json-scan.ts'
import { utf8Length } from '../wire/text.ts'
import { KnownNames } from './known-names.ts'
import { CONDITION_TYPE, INT32_MAX, type ReportLimits } from './statuses.ts'

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE] = [0x5b, 0x5d, 0x7b, 0x7d]

/** Result of a step that leaves the body to the parser. */
const UNUSUAL = NOT_JSON
/** Levels of a member's value: the body is the first of 64 (contract 4.6). */
const LEVELS_IN_BODY = 63
const LEVELS_IN_CONDITION = LEVELS_IN_BODY - 2
/** More conditions are left to the parser: comparing each with all others would take too long. */
const MAX_CONDITIONS = 64
const MANDATORY = ['Available', 'Applied', 'Health']

const MEMBERS = quoted(['adapter', 'observed_generation', 'observed_time', 'conditions', 'metadata', 'data'])
const [ADAPTER, GENERATION, TIME, CONDITIONS, METADATA, DATA] = [0, 1, 2, 3, 4, 5]
const CONDITION_MEMBERS = quoted(['type', 'status', 'reason', 'message'])
const [TYPE, STATUS, REASON, MESSAGE] = [0, 1, 2, 3]
const STATUSES: readonly ReportedStatus[] = ['True', 'False', 'Unknown']
const QUOTED_STATUSES = quoted(STATUSES)
const NULL = wordBytes('null')

/** Sets of required members, a bit for each. */
const REQUIRED = (1 << ADAPTER) | (1 << GENERATION) | (1 << TIME) | (1 << CONDITIONS)
const REQUIRED_IN_CONDITION = (1 << TYPE) | (1 << STATUS)

const NO_TEXT = ''
const NO_BYTES = Buffer.alloc(0)
const NO_CONDITIONS: readonly ReportedCondition[] = []

/**
 * A step takes the position where something begins and returns the position behind it, or UNUSUAL. What it has read is in the
 * report or in a member of the reader: an object for each step would be garbage. A member that is sent twice is read twice, and its
 * last value counts (contract 4.1).
 */
export class ReportReader {
  readonly #limits: ReportLimits
  readonly #maxConditions: number
  readonly #adapters = new KnownNames(ADAPTER_NAME, [])
  readonly #types = new KnownNames(CONDITION_TYPE, [...MANDATORY, 'Finalized'])
  #bytes: Buffer = NO_BYTES
  #isAscii = false
  /** The text that was read last; undefined for `null`, which counts as absent (contract 3.7). */
  #text: string | undefined
  #type = NO_TEXT
  #status: ReportedStatus = 'Unknown'
  #reason: string | undefined
  #message: string | undefined

  constructor(limits: ReportLimits) {
    this.#limits = limits
    this.#maxConditions = Math.min(limits.conditionsPerReport, MAX_CONDITIONS)
  }

  /** The report in a body; undefined if the parser has to look at it. */
  read(body: Buffer): Report | undefined {
    this.#isAscii = isAscii(body)
    if (!this.#isAscii && !isUtf8(body)) return undefined
    this.#bytes = body
    const report: Writable<Report> = {
      adapter: NO_TEXT,
      observedGeneration: 0,
      observedTime: 0n,
      conditions: NO_CONDITIONS,
      metadata: undefined,
      data: undefined,
    }
    const isRead = this.#readBody(report)
    this.#bytes = NO_BYTES
    this.#text = undefined
    return isRead ? report : undefined
  }

  #readBody(report: Writable<Report>): boolean {
    const bytes = this.#bytes
    let at = skipSpaceBytes(bytes, 0)
    if (bytes[at] !== OPEN_BRACE) return false
    let seen = 0
    do {
      at = skipSpaceBytes(bytes, at + 1)
      const member = memberAt(bytes, at, MEMBERS)
      const value = valueAfter(bytes, at, MEMBERS, member)
      if (value === UNUSUAL) return false
      seen |= 1 << member
      const end = this.#readMember(report, member, value)
      if (end === UNUSUAL) return false
      at = skipSpaceBytes(bytes, end)
    } while (bytes[at] === COMMA)
    const isWhole = bytes[at] === CLOSE_BRACE && skipSpaceBytes(bytes, at + 1) === bytes.length
    return isWhole && (seen & REQUIRED) === REQUIRED
  }

  #readMember(report: Writable<Report>, member: number, at: number): number {
    let end: number
    switch (member) {
      case ADAPTER:
        end = this.#readName(this.#adapters, at)
        report.adapter = this.#text ?? NO_TEXT
        return end
      case GENERATION:
        return this.#readGeneration(report, at)
      case TIME:
        return this.#readTime(report, at)
      case CONDITIONS:
        return this.#readConditions(report, at)
      case METADATA:
        end = this.#readObject(at)
        report.metadata = this.#text
        return end
      case DATA:
        end = this.#readObject(at)
        report.data = this.#text
        return end
      default:
        return this.#skipOther(at, LEVELS_IN_BODY)
    }
  }

  /** An integer in plain digits. */
  #readGeneration(report: Writable<Report>, at: number): number {
    let generation = 0
    let i = at
    for (; generation <= INT32_MAX; i++) {
      const digit = (this.#bytes[i] ?? 0) - 0x30
      if (digit < 0 || digit > 9 || (digit === 0 && i === at)) break
      generation = generation * 10 + digit
    }
    report.observedGeneration = generation
    return generation >= 1 && generation <= INT32_MAX ? i : UNUSUAL
  }

  #readTime(report: Writable<Report>, at: number): number {
    const bytes = this.#bytes
    if (bytes[at] !== QUOTE) return UNUSUAL
    const end = plainEnd(bytes, at + 1)
    const micros = microsInBytes(bytes, at + 1, end)
    if (bytes[end] !== QUOTE || Number.isNaN(micros)) return UNUSUAL
    report.observedTime = BigInt(micros)
    return end + 1
  }

  #readConditions(report: Writable<Report>, start: number): number {
    const bytes = this.#bytes
    if (bytes[start] !== OPEN_BRACKET) return UNUSUAL
    const conditions: ReportedCondition[] = []
    let at = start
    do {
      const end = this.#readCondition(skipSpaceBytes(bytes, at + 1))
      if (end === UNUSUAL || conditions.length === this.#maxConditions) return UNUSUAL
      if (hasType(conditions, this.#type)) return UNUSUAL
      conditions.push(this.#condition())
      at = skipSpaceBytes(bytes, end)
    } while (bytes[at] === COMMA)
    report.conditions = conditions
    return bytes[at] === CLOSE_BRACKET && hasMandatory(conditions) ? at + 1 : UNUSUAL
  }

  #readCondition(start: number): number {
    const bytes = this.#bytes
    if (bytes[start] !== OPEN_BRACE) return UNUSUAL
    this.#reason = undefined
    this.#message = undefined
    let seen = 0
    let at = start
    do {
      at = skipSpaceBytes(bytes, at + 1)
      const member = memberAt(bytes, at, CONDITION_MEMBERS)
      const value = valueAfter(bytes, at, CONDITION_MEMBERS, member)
      if (value === UNUSUAL) return UNUSUAL
      seen |= 1 << member
      const end = this.#readConditionMember(member, value)
      if (end === UNUSUAL) return UNUSUAL
      at = skipSpaceBytes(bytes, end)
    } while (bytes[at] === COMMA)
    const hasAll = (seen & REQUIRED_IN_CONDITION) === REQUIRED_IN_CONDITION
    return bytes[at] === CLOSE_BRACE && hasAll ? at + 1 : UNUSUAL
  }

  #readConditionMember(member: number, at: number): number {
    let end: number
    switch (member) {
      case TYPE:
        end = this.#readName(this.#types, at)
        this.#type = this.#text ?? NO_TEXT
        return end
      case STATUS:
        return this.#readStatus(at)
      case REASON:
        end = this.#readText(at, this.#limits.reasonMaxBytes)
        this.#reason = this.#text
        return end
      case MESSAGE:
        end = this.#readText(at, this.#limits.messageMaxBytes)
        this.#message = this.#text
        return end
      default:
        return this.#skipOther(at, LEVELS_IN_CONDITION)
    }
  }

  #readStatus(at: number): number {
    const number = memberAt(this.#bytes, at, QUOTED_STATUSES)
    this.#status = STATUSES[number] ?? 'Unknown'
    return number === STATUSES.length ? UNUSUAL : at + (QUOTED_STATUSES[number]?.length ?? 0)
  }

  /** Literals of four shapes: setting members one by one takes longer. */
  #condition(): ReportedCondition {
    const type = this.#type
    const status = this.#status
    const reason = this.#reason
    const message = this.#message
    if (reason === undefined) return message === undefined ? { type, status } : { type, status, message }
    return message === undefined ? { type, status, reason } : { type, status, reason, message }
  }

  #readName(names: KnownNames, at: number): number {
    const bytes = this.#bytes
    if (bytes[at] !== QUOTE) return UNUSUAL
    const end = plainEnd(bytes, at + 1)
    this.#text = bytes[end] === QUOTE ? names.find(bytes, at + 1, end) : undefined
    return this.#text === undefined ? UNUSUAL : end + 1
  }

  /** A text, or `null`. */
  #readText(at: number, maxBytes: number): number {
    const bytes = this.#bytes
    if (bytes[at] !== QUOTE) return this.#readNull(at)
    const end = plainEnd(bytes, at + 1)
    if (bytes[end] === BACKSLASH) return this.#readEscaped(at, maxBytes)
    if (bytes[end] !== QUOTE || end - at - 1 > maxBytes) return UNUSUAL
    this.#text = this.#textOf(at + 1, end)
    return end + 1
  }

  #readEscaped(at: number, maxBytes: number): number {
    const end = skipStringBytes(this.#bytes, at)
    if (end === NOT_JSON) return UNUSUAL
    const json = this.#textOf(at, end)
    if (hasSurrogateEscape(json)) return UNUSUAL
    this.#text = String(JSON.parse(json))
    return utf8Length(this.#text) <= maxBytes ? end : UNUSUAL
  }

  /** An object, kept as written, or `null`. */
  #readObject(at: number): number {
    if (this.#bytes[at] !== OPEN_BRACE) return this.#readNull(at)
    const end = skipValueBytes(this.#bytes, at, LEVELS_IN_BODY)
    if (end !== NOT_JSON) this.#text = this.#textOf(at, end)
    return end
  }

  #readNull(at: number): number {
    this.#text = undefined
    return isWordAt(this.#bytes, at, NULL) ? at + NULL.length : UNUSUAL
  }

  /** Skips the value of a member that is ignored. An escape in it may be a lone surrogate, which is a fault (contract 4.6). */
  #skipOther(at: number, levels: number): number {
    const end = skipValueBytes(this.#bytes, at, levels)
    if (end === NOT_JSON) return UNUSUAL
    return hasBackslash(this.#bytes, at, end) ? UNUSUAL : end
  }

  #textOf(start: number, end: number): string {
    return this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', start, end)
  }
}

function quoted(words: readonly string[]): readonly Uint8Array[] {
  return words.map(word => wordBytes(`"${word}"`))
}

/** Number of the word at a position; the number of words if it is another one. */
function memberAt(bytes: Uint8Array, at: number, words: readonly Uint8Array[]): number {
  const letter = bytes[at + 1]
  for (let number = 0; number < words.length; number++) {
    const word = words[number]
    if (word !== undefined && word[1] === letter && isWordAt(bytes, at, word)) return number
  }
  return words.length
}

/** Position of a member's value. A name that is none of the words must be spelled without escapes, or it could be one of them. */
function valueAfter(bytes: Uint8Array, at: number, words: readonly Uint8Array[], member: number): number {
  const end = at + (words[member]?.length ?? 0)
  const colon = skipSpaceBytes(bytes, member === words.length ? plainStringEnd(bytes, at) : end)
  return bytes[colon] === COLON ? skipSpaceBytes(bytes, colon + 1) : UNUSUAL
}

function plainStringEnd(bytes: Uint8Array, at: number): number {
  const end = plainEnd(bytes, at + 1)
  return bytes[at] === QUOTE && bytes[end] === QUOTE ? end + 1 : bytes.length
}

function hasBackslash(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] === BACKSLASH) return true
  return false
}

function hasType(conditions: readonly ReportedCondition[], type: string): boolean {
  for (const condition of conditions) if (condition.type === type) return true
  return false
}

function hasMandatory(conditions: readonly ReportedCondition[]): boolean {
  for (const type of MANDATORY) if (!hasType(conditions, type)) return false
  return true
}
