// An answer as it goes on the wire: checked, measured, and framed as its status and method require.

import { STATUS_CODES } from 'node:http'
import type { HttpResponse } from './transport.ts'

/** A checked answer. */
export interface Answer {
  readonly status: number
  readonly headers: HttpResponse['headers']
  /** Body to send; empty for HEAD, 204 and 304. */
  readonly body: readonly Buffer[]
  readonly bodyBytes: number
  /** Content-Length; undefined for 204 and 304, which have none (RFC 9110, section 8.6). */
  readonly length: number | undefined
  readonly close: boolean
}

const NO_BODY: readonly Buffer[] = []
/** The names of our own headers consist of letters, digits and hyphens. */
const HEADER_NAME = /^[A-Za-z0-9-]+$/
const HEADER_VALUE = /^[\t\x20-\x7e]*$/

/**
 * Makes the answer to a request of `method`.
 * @throws Error if a header would allow header injection (the engines write CR and LF unchanged), or if the two
 *   engines would encode it differently
 */
export function toAnswer(response: HttpResponse, method: string, close: boolean): Answer {
  const { status, headers } = response
  for (const [name, value] of headers) {
    if (!HEADER_NAME.test(name)) throw new Error(`the header name ${JSON.stringify(name)} cannot be sent`)
    if (!HEADER_VALUE.test(value)) throw new Error(`the value of the header ${name} cannot be sent`)
  }
  const body = Buffer.isBuffer(response.body) ? [response.body] : response.body
  const length = status === 204 || status === 304 ? undefined : sizeOf(body)
  const isBodiless = length === undefined || method === 'HEAD'
  return {
    status,
    headers,
    body: isBodiless ? NO_BODY : body,
    bodyBytes: isBodiless ? 0 : length,
    length,
    close: close || response.close === true,
  }
}

/** Last resort if even the answer to a fault cannot be sent. */
export function bareAnswer(status: number): Answer {
  return { status, headers: [], body: NO_BODY, bodyBytes: 0, length: 0, close: true }
}

function sizeOf(body: readonly Buffer[]): number {
  let bytes = 0
  for (const buffer of body) bytes += buffer.length
  return bytes
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
