// An answer as it goes on the wire: checked, measured, and framed as its status and method require.

import { STATUS_CODES } from 'node:http'
import type { Body, CommonHeaders, HeaderList, HttpResponse, OpenBody } from './transport.ts'

/** A checked answer. */
export interface Answer {
  readonly status: number
  readonly common: CommonHeaders
  readonly headers: HeaderList
  /** Body to send; empty for HEAD, 204 and 304. */
  readonly body: Body
  readonly bodyBytes: number
  /** A body without a length, in place of `body`. */
  readonly stream: OpenBody | undefined
  /** Content-Length; undefined for a stream, and for 204 and 304, which have none (RFC 9110, section 8.6). */
  readonly length: number | undefined
  readonly close: boolean
}

export const NO_BODY = Buffer.alloc(0)
/** The names of our own headers consist of letters, digits and hyphens. */
const HEADER_NAME = /^[A-Za-z0-9-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e]*$/

/**
 * Joins headers that many answers share. uWebSockets.js gets all of them as one value, because each call into it takes some
 * 0.15 of a short answer's 19 microseconds.
 * @throws Error as `toAnswer`
 */
export function commonHeaders(list: HeaderList): CommonHeaders {
  checkHeaders(list)
  const firstName = list[0] ?? ''
  return {
    list,
    firstName,
    text: headerLines(list)
      .join('\r\n')
      .slice(firstName.length + ': '.length),
  }
}

/** Header lines without their line ends. */
export function headerLines(headers: HeaderList): string[] {
  const lines: string[] = []
  for (let i = 0; i < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`)
  return lines
}

/** @throws Error if a header would allow header injection: the engines write CR and LF unchanged */
function checkHeaders(headers: HeaderList): void {
  for (let i = 0; i < headers.length; i += 2) {
    const [name, value] = [headers[i] ?? '', headers[i + 1] ?? '']
    if (!HEADER_NAME.test(name)) throw new Error(`the header name ${JSON.stringify(name)} cannot be sent`)
    if (!HEADER_VALUE.test(value)) throw new Error(`the value of the header ${name} cannot be sent`)
  }
}

const NO_HEADERS = commonHeaders([])

/**
 * Makes the answer to a request of `method`.
 * @throws Error if a header would allow header injection, or if the two engines would encode it differently
 */
export function toAnswer(response: HttpResponse, method: string, close: boolean): Answer {
  const { status, common = NO_HEADERS, headers, body, stream } = response
  checkHeaders(headers)
  const length = stream !== undefined || status === 204 || status === 304 ? undefined : body.length
  const isBodiless = length === undefined || method === 'HEAD'
  // Only a body without a length ends with the connection. The native engine cannot close after a head alone.
  const isOpenEnded = stream !== undefined && method !== 'HEAD'
  return {
    status,
    common,
    headers,
    body: isBodiless ? NO_BODY : body,
    bodyBytes: isBodiless ? 0 : length,
    stream: isOpenEnded ? stream : undefined,
    length,
    close: close || response.close === true || isOpenEnded,
  }
}

/** The body in a buffer of its own, for an answer that is sent later. */
export function copyOf(body: Body): Buffer {
  const copy = Buffer.allocUnsafe(body.length)
  writeBody(body, copy)
  return copy
}

/** Writes a body to the beginning of a buffer. */
export function writeBody(body: Body, target: Buffer): void {
  if (Buffer.isBuffer(body)) target.set(body)
  else body.writeTo(target, 0)
}

/** The buffers of a body. They are valid in this turn of the event loop. */
export function piecesOf(body: Body): readonly Buffer[] {
  return Buffer.isBuffer(body) ? [body] : body.pieces()
}

/** Last resort if even the answer to a fault cannot be sent. */
export function bareAnswer(status: number): Answer {
  return {
    status,
    common: NO_HEADERS,
    headers: [],
    body: NO_BODY,
    bodyBytes: 0,
    stream: undefined,
    length: 0,
    close: true,
  }
}

// Status line of an answer: `404 Not Found`.

const lines = new Map<number, string>()

/** Status code and reason phrase, cached by status. */
export function statusLine(status: number): string {
  let line = lines.get(status)
  if (line === undefined) {
    line = `${status} ${STATUS_CODES[status] ?? 'Unknown'}`
    lines.set(status, line)
  }
  return line
}
