// The compact form of a resource's conditions, which the journal has in place of their text. It has all that the text depends on, so that the
// text is the same whenever it is rendered. A report of 700 bytes brings 1,300 bytes of conditions, of which a third are names of members and
// times that are equal. A varint is a whole number, the lowest seven bits first (LEB128). Integers of a fixed length are little-endian:
//
//   place of the texts u32
//   number of times varint, each time i64
//   number of conditions varint, then for each:
//     flags u8, type, reason and message if it has one, generation varint, created, updated and transition time varint (place among the times)
//   all texts one after the other, escaped as in JSON, as UTF-8
//
// A text is a varint: twice its number among `KNOWN` plus one, or twice its length in units of UTF-16.
import { formatInstant, type Instant } from '../wire/instant.ts'
import { CONDITIONS_END, CONDITIONS_START, escaped, observationText, verdictText } from './condition-text.ts'
import type { DocumentWriter } from './document-writer.ts'
import type { Body } from './layout.ts'
import type { ResourceCondition } from './records.ts'

const PLACE_BYTES = 4

const IS_TRUE = 1
const HAS_REASON = 2
const HAS_MESSAGE = 4

/** Texts of the server's own conditions. Their numbers are on disk: a further one is added at the end, and none changes. */
const KNOWN = [
  'Available',
  'Ready',
  'Reconciled',
  'LastKnownReconciled',
  'AwaitingAdapters',
  'AdapterNotAvailable',
  'ResourceAvailable',
  'ResourceReady',
  'Deleting',
  'ReconciledAll',
  'ReconciledMissingAdapters',
  'ReconciledWaitingForChildren',
  'AllAdaptersReconciled',
  'AdaptersMissingReports',
  'AdapterReportedNotAvailable',
  'AdaptersNotAtSameGeneration',
  'Waiting for adapters to report status',
  'Cluster is accessible',
  'NodePool is accessible',
  'All adapters report ready at current generation',
  'Resource is being deleted',
  'All required adapters reported Available=True or Finalized=True at the current generation',
  'Deletion in progress. All required adapters reported Finalized=True but child resources still exist',
  'All required adapters report Available=True for the tracked generation',
  'Required adapters have not yet reported status',
  'One or more required adapters report Available=False',
  'Required adapters do not report a consistent Available state',
] as const

const NUMBERS: ReadonlyMap<string, number> = new Map(KNOWN.map((text, number) => [text, number]))
/** No longer text is looked up. */
const LONGEST_KNOWN = Math.max(...KNOWN.map(({ length }) => length))

/** Writes conditions in their compact form. */
export function writeCompact(out: DocumentWriter, conditions: readonly ResourceCondition[]): void {
  const times = distinctTimes(conditions)
  const start = out.skip(PLACE_BYTES)
  out.writeVarint(times.length)
  for (const time of times) out.writeInt64(time)
  out.writeVarint(conditions.length)
  let texts = ''
  for (let i = 0; i < conditions.length; i++) {
    const condition = conditions[i] as ResourceCondition
    const { type, status, reason, message } = condition
    out.writeVarint(
      (status === 'True' ? IS_TRUE : 0) |
        (reason === undefined ? 0 : HAS_REASON) |
        (message === undefined ? 0 : HAS_MESSAGE),
    )
    texts += writeText(out, type)
    if (reason !== undefined) texts += writeText(out, reason)
    if (message !== undefined) texts += writeText(out, message)
    out.writeVarint(condition.observedGeneration)
    out.writeVarint(times.lastIndexOf(condition.createdTime))
    out.writeVarint(times.lastIndexOf(condition.lastUpdatedTime))
    out.writeVarint(times.lastIndexOf(condition.lastTransitionTime))
  }
  out.bytes.writeUInt32LE(out.end - start, start)
  out.write(texts)
}

/** Most times are equal to one of the latest. */
function distinctTimes(conditions: readonly ResourceCondition[]): readonly Instant[] {
  const times: Instant[] = []
  for (let i = 0; i < conditions.length; i++) {
    const { createdTime, lastUpdatedTime, lastTransitionTime } = conditions[i] as ResourceCondition
    if (!times.includes(createdTime)) times.push(createdTime)
    if (!times.includes(lastUpdatedTime)) times.push(lastUpdatedTime)
    if (!times.includes(lastTransitionTime)) times.push(lastTransitionTime)
  }
  return times
}

/** Writes the reference to a text. Returns the characters that have to follow at the end: none for a known text. */
function writeText(out: DocumentWriter, text: string): string {
  const number = text.length > LONGEST_KNOWN ? undefined : NUMBERS.get(text)
  if (number !== undefined) {
    out.writeVarint(number * 2 + 1)
    return ''
  }
  const characters = escaped(text)
  out.writeVarint(characters.length * 2)
  return characters
}

/** Writes the text of conditions as in their body, from the compact form. Throws when the form is broken. */
export function renderCompact(out: DocumentWriter, compact: Body): void {
  out.write(new CompactReader(compact).text())
}

class CompactReader {
  readonly #bytes: Buffer
  readonly #texts: string
  /** The position of the next number, and the end of all. */
  #at: number
  readonly #end: number
  /** The place of the next text. */
  #textAt = 0

  constructor({ bytes, offset, length }: Body) {
    const place = length < PLACE_BYTES ? Number.POSITIVE_INFINITY : bytes.readUInt32LE(offset)
    if (place > length) throw new Error('its conditions are cut short')
    this.#bytes = bytes
    this.#texts = bytes.toString('utf8', offset + place, offset + length)
    this.#at = offset + PLACE_BYTES
    this.#end = offset + place
  }

  text(): string {
    const times = this.#times()
    let text = CONDITIONS_START
    let comma = ''
    for (let left = this.#number(); left > 0; left--) {
      text += comma + this.#condition(times)
      comma = ','
    }
    if (this.#at !== this.#end || this.#textAt !== this.#texts.length)
      throw new Error('its conditions have more than their form allows')
    return text + CONDITIONS_END
  }

  #condition(times: readonly string[]): string {
    const flags = this.#number()
    const type = this.#text()
    const reason = flags & HAS_REASON ? this.#text() : undefined
    const message = flags & HAS_MESSAGE ? this.#text() : undefined
    const verdict = verdictText(type, flags & IS_TRUE ? 'True' : 'False', reason, message)
    const generation = this.#number()
    return verdict + observationText(generation, this.#time(times), this.#time(times), this.#time(times))
  }

  #times(): readonly string[] {
    const times: string[] = []
    for (let left = this.#number(); left > 0; left--) {
      if (this.#at + 8 > this.#end) throw new Error('its conditions are cut short')
      times.push(formatInstant(this.#bytes.readBigInt64LE(this.#at)))
      this.#at += 8
    }
    return times
  }

  #time(times: readonly string[]): string {
    const place = this.#number()
    const time = times[place]
    if (time === undefined) throw new Error(`its conditions have no time ${place}`)
    return time
  }

  #text(): string {
    const reference = this.#number()
    if (reference % 2 === 1) {
      const known = KNOWN[(reference - 1) / 2]
      if (known === undefined) throw new Error(`its conditions have the unknown text ${(reference - 1) / 2}`)
      return known
    }
    const start = this.#textAt
    this.#textAt += reference / 2
    if (this.#textAt > this.#texts.length) throw new Error('its conditions are cut short')
    return this.#texts.slice(start, this.#textAt)
  }

  #number(): number {
    let number = 0
    for (let unit = 1; ; unit *= 128) {
      if (this.#at >= this.#end) throw new Error('its conditions are cut short')
      const byte = this.#bytes[this.#at++] ?? 0
      number += (byte & 0x7f) * unit
      if (byte < 0x80) return number
    }
  }
}
