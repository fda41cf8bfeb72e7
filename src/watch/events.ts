// Events of a stream as bytes (contract 12.1, 12.2): lines of JSON, or server-sent events (WHATWG HTML, 9.2). The document of a resource is
// copied as it is stored.
import type { ResourceVersion } from '../state/entry.ts'
import type { Projection } from '../state/projection.ts'
import { JsonBuffer } from '../wire/json-buffer.ts'

export type Format = 'lines' | 'server-sent'

/** Types of events that a client may choose between. The order gives each a bit. */
export const CHOSEN_TYPES = ['ADDED', 'MODIFIED', 'LEFT', 'DELETED'] as const
/** Types of events that always come. */
export const CONSTANT_TYPES = ['RESET', 'BOOKMARK', 'ERROR'] as const
export type ChosenType = (typeof CHOSEN_TYPES)[number]

/** A set of chosen types, a bit for each. */
export type TypeMask = number
export const ALL_TYPES: TypeMask = (1 << CHOSEN_TYPES.length) - 1

export function maskOf(types: Iterable<ChosenType>): TypeMask {
  let mask = 0
  for (const type of types) mask |= 1 << CHOSEN_TYPES.indexOf(type)
  return mask
}

export function includes(mask: TypeMask, type: ChosenType): boolean {
  return (mask & (1 << CHOSEN_TYPES.indexOf(type))) !== 0
}

const FIRST_BYTES = 64 * 1024
/** Most bytes of an event around its object. */
const FRAME_BYTES = 128
const [LINE_FEED, CARRIAGE_RETURN, SPACE] = [0x0a, 0x0d, 0x20]

/** The text around events, by format. */
const FRAMES: Readonly<Record<Format, { readonly begin: string; readonly end: string }>> = {
  lines: { begin: '', end: '\n' },
  'server-sent': { begin: 'data: ', end: '\n\n' },
}

/** Stands for no text to resume with. */
const NO_TEXT = '0'

/** Writes events one behind the other. Its bytes are good until the next `clear`. */
export class EventWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #end = 0
  #events = 0

  get length(): number {
    return this.#end
  }

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end)
  }

  /** The number of events about resources. */
  get events(): number {
    return this.#events
  }

  clear(): void {
    this.#end = 0
    this.#events = 0
    // One large document must not take memory for ever.
    if (this.#bytes.length > 16 * FIRST_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  }

  /**
   * An event about a resource.
   * @param projection the members of the object; undefined for all
   */
  object(
    format: Format,
    type: ChosenType,
    sequence: number,
    object: ResourceVersion,
    projection: Projection | undefined,
  ): void {
    const projected = projection === undefined ? undefined : project(object, projection)
    this.#reserve(FRAME_BYTES + (projected?.length ?? object.jsonLength))
    this.#begin(format, type, sequence)
    const start = this.#end
    this.#end =
      projected === undefined
        ? object.copyJson(this.#bytes, start)
        : start + projected.copy(this.#bytes, start)
    this.#toOneLine(start)
    this.#write(`}${FRAMES[format].end}`)
    this.#events++
  }

  /** The event about a removed resource. Its object is JSON on one line. */
  removal(format: Format, sequence: number, object: Uint8Array): void {
    this.#text(format, 'DELETED', sequence, object)
    this.#events++
  }

  /** @param problem JSON on one line */
  error(format: Format, sequence: number, problem: Uint8Array): void {
    this.#text(format, 'ERROR', sequence, problem)
  }

  /**
   * A `RESET`. With server-sent events a block without data comes before it, which is no event (WHATWG HTML, 9.2.6): it replaces the text of
   * the last `BOOKMARK`, with which a browser would come again. What that one counts from is void now.
   */
  reset(format: Format, sequence: number, retryMs?: number): void {
    this.#reserve(2 * FRAME_BYTES)
    if (format === 'server-sent') this.#write(`id: ${NO_TEXT}\n\n`)
    if (retryMs !== undefined) this.#write(retryOf(retryMs))
    const { begin, end } = FRAMES[format]
    this.#write(`${begin}{"type":"RESET","sequence":${sequence}}${end}`)
  }

  /** @param since the text to resume with, in ASCII without quotes and backslashes */
  bookmark(format: Format, sequence: number, since: string): void {
    this.#reserve(FRAME_BYTES + 2 * since.length)
    const { begin, end } = FRAMES[format]
    const id = format === 'server-sent' ? `id: ${since}\n` : ''
    this.#write(`${id}${begin}{"type":"BOOKMARK","sequence":${sequence},"since":"${since}"}${end}`)
  }

  /** The time after which a browser reconnects. It belongs to the event that follows. */
  retry(milliseconds: number): void {
    this.#reserve(FRAME_BYTES)
    this.#write(retryOf(milliseconds))
  }

  #text(format: Format, type: 'DELETED' | 'ERROR', sequence: number, object: Uint8Array): void {
    this.#reserve(FRAME_BYTES + object.length)
    this.#begin(format, type, sequence)
    this.#bytes.set(object, this.#end)
    this.#end += object.length
    this.#write(`}${FRAMES[format].end}`)
  }

  #begin(format: Format, type: string, sequence: number): void {
    this.#write(`${FRAMES[format].begin}{"type":"${type}","sequence":${sequence},"object":`)
  }

  /** Replaces line ends behind `start`. In JSON they are blanks: within a string they would be escaped. */
  #toOneLine(start: number): void {
    const written = this.#bytes.subarray(start, this.#end)
    for (const lineEnd of [LINE_FEED, CARRIAGE_RETURN])
      for (let at = written.indexOf(lineEnd); at !== -1; at = written.indexOf(lineEnd, at + 1))
        written[at] = SPACE
  }

  #write(text: string): void {
    this.#end += this.#bytes.write(text, this.#end, 'latin1')
  }

  #reserve(bytes: number): void {
    const needed = this.#end + bytes
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }
}

function retryOf(milliseconds: number): string {
  return `retry: ${milliseconds}\n`
}

function project(object: ResourceVersion, projection: Projection): Buffer {
  const out = new JsonBuffer()
  projection.write(object, out)
  return out.taken()
}
