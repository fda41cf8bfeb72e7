// Reads the members of a stored document from its bytes, in the order and the form in which the server writes them. Whatever has another
// form is left to JSON.parse: an escape in a string, for example. (A start reads the details and conditions of every resource for the
// indexes, and JSON.parse with its objects took a fifth of it.)

import { type Instant, microsInBytes, parseInstant } from '../wire/instant.ts'
import { BODY_HEADER, type Body, CONDITION, clientJsonIn, hasText, RESOURCE, STATUS } from './layout.ts'
import type {
  AdapterCondition,
  ReportedStatus,
  Resource,
  ResourceCondition,
  StatusDigest,
  Writable,
} from './records.ts'

const QUOTE = 0x22
const COMMA = 0x2c
const BACKSLASH = 0x5c
const BRACE = 0x7b
const END_BRACE = 0x7d
const COLON = 0x3a

/**
 * The short texts of ASCII that were read last, each in a place computed from its bytes: types, reasons, authors and labels are few, and
 * making a string out of bytes takes as long as comparing a hundred.
 */
const REMEMBERED_PLACES = 512
const MAX_REMEMBERED_LENGTH = 64
const remembered = new Array<string>(REMEMBERED_PLACES).fill('')

/** A position in a document that moves from member to member. After something unexpected it has failed, and what it returns has no meaning. */
export class Scan {
  readonly #bytes: Buffer
  #at: number
  #hasFailed = false
  /** About the last string. */
  #isAscii = true
  #hash = 0
  /** The last time that was read: most times of a document are equal. */
  #micros = Number.NaN
  #instant: Instant = 0n

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  /** The position of the next byte. */
  get at(): number {
    return this.#at
  }

  /** True if the document did not have the form that was read. */
  get hasFailed(): boolean {
    return this.#hasFailed
  }

  /** Passes a text if it is next. Returns whether it was. */
  passes(text: string): boolean {
    if (!hasText(this.#bytes, this.#at, text)) return false
    this.#at += text.length
    return true
  }

  fail(): void {
    this.#hasFailed = true
  }

  /** Passes a text that must be next. */
  pass(text: string): void {
    if (!this.passes(text)) this.#hasFailed = true
  }

  /** Reads a string. */
  string(): string {
    const start = this.#at + 1
    const end = this.#endOfString()
    if (!this.#isAscii) return this.#bytes.toString('utf8', start, end)
    if (end - start > MAX_REMEMBERED_LENGTH) return this.#bytes.toString('latin1', start, end)
    const place = this.#hash & (REMEMBERED_PLACES - 1)
    const text = remembered[place] ?? ''
    if (text.length === end - start && hasText(this.#bytes, start, text)) return text
    const read = this.#bytes.toString('latin1', start, end)
    remembered[place] = read
    return read
  }

  /** Reads a whole number that is not negative. */
  integer(): number {
    const start = this.#at
    let number = 0
    for (let digit = this.#digit(); digit >= 0 && digit <= 9; digit = this.#digit()) {
      number = number * 10 + digit
      this.#at++
    }
    if (this.#at === start) this.#hasFailed = true
    return number
  }

  /** Reads the string of a time. */
  time(): Instant {
    const start = this.#at + 1
    const end = this.#endOfTime()
    const micros = microsInBytes(this.#bytes, start, end)
    if (micros !== this.#micros) {
      const instant = Number.isNaN(micros)
        ? parseInstant(this.#bytes.toString('latin1', start, end))
        : BigInt(micros)
      if (instant === undefined) this.#hasFailed = true
      this.#micros = micros
      this.#instant = instant ?? 0n
    }
    return this.#instant
  }

  /** Reads an object whose members are strings, in their order. */
  strings(): Map<string, string> {
    const members = new Map<string, string>()
    this.#byte(BRACE)
    if (this.#isNext(END_BRACE)) return members
    do {
      const key = this.string()
      this.#byte(COLON)
      members.set(key, this.string())
    } while (!this.#hasFailed && this.#isNext(COMMA))
    this.#byte(END_BRACE)
    return members
  }

  /** The end of a time as the server prints it, or of another string. */
  #endOfTime(): number {
    const bytes = this.#bytes
    const start = this.#at + 1
    const end =
      bytes[start + 20] === QUOTE ? start + 20 : bytes[start + 24] === QUOTE ? start + 24 : start + 27
    if (bytes[end] !== QUOTE || bytes[start - 1] !== QUOTE) return this.#endOfString()
    this.#at = end + 1
    return end
  }

  /** Passes a string without escapes. Returns the position of the quote at its end. */
  #endOfString(): number {
    const bytes = this.#bytes
    this.#byte(QUOTE)
    let end = this.#at
    let union = 0
    let hash = 0
    for (; end < bytes.length; end++) {
      const byte = bytes[end] as number
      if (byte === QUOTE) break
      if (byte === BACKSLASH) this.#hasFailed = true
      union |= byte
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    if (end === bytes.length) this.#hasFailed = true
    this.#isAscii = union < 0x80
    this.#hash = hash ^ (hash >>> 9)
    this.#at = end + 1
    return end
  }

  #digit(): number {
    return (this.#bytes[this.#at] ?? 0) - 0x30
  }

  #byte(byte: number): void {
    if (!this.#isNext(byte)) this.#hasFailed = true
  }

  #isNext(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false
    this.#at++
    return true
  }
}

/** The members between the spec and the conditions. */
export type ResourceDetails = Pick<
  Resource,
  'labels' | 'createdTime' | 'updatedTime' | 'createdBy' | 'updatedBy' | 'deletedTime' | 'deletedBy'
>

/** Reads the members between the spec and the end of the head. Any bytes may follow there, even the end of an earlier head. */
export function scanDetails(scan: Scan, end: number): ResourceDetails {
  const labels = scan.passes(RESOURCE.labels) ? scan.strings() : undefined
  scan.pass(RESOURCE.createdTime)
  const createdTime = scan.time()
  scan.pass(RESOURCE.updatedTime)
  const updatedTime = scan.time()
  scan.pass(RESOURCE.createdBy)
  const createdBy = scan.string()
  scan.pass(RESOURCE.updatedBy)
  const updatedBy = scan.string()
  const isMarked = scan.at < end && scan.passes(RESOURCE.deletedTime)
  const deletedTime = isMarked ? scan.time() : undefined
  if (isMarked) scan.pass(RESOURCE.deletedBy)
  const deletedBy = isMarked ? scan.string() : undefined
  return { labels, createdTime, updatedTime, createdBy, updatedBy, deletedTime, deletedBy }
}

/** Reads the conditions, whose member begins at `at`. Undefined if they have an unusual form. */
export function scanConditions(bytes: Buffer, at: number): readonly ResourceCondition[] | undefined {
  const scan = new Scan(bytes, at)
  scan.pass(RESOURCE.conditions)
  const conditions = scanList(scan, scanCondition)
  scan.pass(RESOURCE.end)
  return scan.hasFailed ? undefined : conditions
}

/** Reads the conditions of a status. Undefined if it has an unusual form. */
export function scanStatusConditions({ bytes, offset }: Body): readonly AdapterCondition[] | undefined {
  const scan = new Scan(bytes, offset + BODY_HEADER)
  scan.pass(STATUS.adapter)
  scan.string()
  scan.pass(STATUS.generation)
  scan.integer()
  scan.pass(STATUS.conditions)
  const conditions = scanList(scan, scanAdapterCondition)
  return scan.hasFailed ? undefined : conditions
}

function scanList<T>(scan: Scan, read: (scan: Scan) => T): T[] {
  const items: T[] = []
  scan.pass('[')
  if (scan.passes(']')) return items
  do items.push(read(scan))
  while (!scan.hasFailed && scan.passes(','))
  scan.pass(']')
  return items
}

function scanAdapterCondition(scan: Scan): AdapterCondition {
  scan.pass(CONDITION.type)
  const type = scan.string()
  scan.pass(CONDITION.status)
  const status = scanReported(scan)
  if (status === undefined) scan.fail()
  const reason = scan.passes(CONDITION.reason) ? scan.string() : undefined
  const message = scan.passes(CONDITION.message) ? scan.string() : undefined
  scan.pass(CONDITION.transitionTime)
  const lastTransitionTime = scan.time()
  scan.pass(CONDITION.end)
  const condition: Writable<AdapterCondition> = { type, status: status ?? 'Unknown', lastTransitionTime }
  if (reason !== undefined) condition.reason = reason
  if (message !== undefined) condition.message = message
  return condition
}

function scanCondition(scan: Scan): ResourceCondition {
  scan.pass(CONDITION.type)
  const type = scan.string()
  scan.pass(CONDITION.status)
  const status = scan.passes('"True"') ? 'True' : 'False'
  if (status === 'False') scan.pass('"False"')
  const reason = scan.passes(CONDITION.reason) ? scan.string() : undefined
  const message = scan.passes(CONDITION.message) ? scan.string() : undefined
  scan.pass(CONDITION.observedGeneration)
  const observedGeneration = scan.integer()
  scan.pass(CONDITION.createdTime)
  const createdTime = scan.time()
  scan.pass(CONDITION.updatedTime)
  const lastUpdatedTime = scan.time()
  scan.pass(CONDITION.transitionTime)
  const lastTransitionTime = scan.time()
  scan.pass(CONDITION.end)
  const condition: Writable<ResourceCondition> = {
    type,
    status,
    observedGeneration,
    createdTime,
    lastUpdatedTime,
    lastTransitionTime,
  }
  if (reason !== undefined) condition.reason = reason
  if (message !== undefined) condition.message = message
  return condition
}

/** As bytes: a search for a string would encode it each time. */
const AVAILABLE = Buffer.from(`${CONDITION.type}"Available"${CONDITION.status}`)
const REPORTED = [
  ['"True"', 'True'],
  ['"False"', 'False'],
  ['"Unknown"', 'Unknown'],
] as const satisfies readonly (readonly [text: string, status: ReportedStatus])[]

/** Reads what decisions and indexes need of a status. Undefined if it has an unusual form, or no condition `Available`. */
export function scanDigest(body: Body): StatusDigest | undefined {
  const { bytes, offset, length } = body
  const reportedAt = openingQuote(bytes, offset + length - STATUS.end.length - 1)
  const createdAt = openingQuote(bytes, reportedAt - STATUS.reportTime.length - 1)
  const tail = new Scan(bytes, createdAt - STATUS.createdTime.length)
  tail.pass(STATUS.createdTime)
  const createdTime = tail.time()
  tail.pass(STATUS.reportTime)
  const lastReportTime = tail.time()
  const head = new Scan(bytes, offset + BODY_HEADER)
  head.pass(STATUS.adapter)
  head.string()
  head.pass(STATUS.generation)
  const observedGeneration = head.integer()
  const available = availableIn(body, head.at, createdAt)
  if (available === undefined || tail.hasFailed || head.hasFailed) return undefined
  return { available, observedGeneration, createdTime, lastReportTime }
}

/** The status of `Available` between two positions. Client JSON may have its text, too, and comes after the conditions. */
function availableIn(body: Body, start: number, end: number): ReportedStatus | undefined {
  const { bytes } = body
  const at = bytes.indexOf(AVAILABLE, start)
  const [metadata, data] = [clientJsonIn(body, 0), clientJsonIn(body, 1)]
  const client = metadata.start < metadata.end ? metadata : data
  const conditionsEnd = client.start < client.end ? client.start : end
  if (at === -1 || at >= conditionsEnd) return undefined
  return scanReported(new Scan(bytes, at + AVAILABLE.length))
}

function scanReported(scan: Scan): ReportedStatus | undefined {
  for (const [text, status] of REPORTED) if (scan.passes(text)) return status
  return undefined
}

/** The position of the opening quote of a text without escapes, whose closing quote is at `end`. */
function openingQuote(bytes: Buffer, end: number): number {
  let start = end - 1
  while (start > 0 && bytes[start] !== QUOTE) start--
  return start
}
