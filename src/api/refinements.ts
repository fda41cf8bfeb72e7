// String schemas with the checks that JSON Schema has no word for: bytes of UTF-8, valid Unicode, RFC 3339.
import Type from 'typebox'
import { parseInstant } from '../wire/instant.ts'
import { isWellFormed, utf8Length } from '../wire/text.ts'
import { DOCUMENT_ONLY } from './documented.ts'

/** The `constraint` of a fault, by the message of the refinement that found it. */
const CONSTRAINT_BY_MESSAGE = new Map<string, string>()

/** What a time is told that is none, whether its form or its value is wrong. */
export const SENT_TIME_MESSAGE = 'must be an RFC 3339 time with Z or an offset, e.g. 2026-01-01T00:00:00Z'

/** The `constraint` that a refinement's message belongs to. */
export function constraintOf(message: string): string {
  return CONSTRAINT_BY_MESSAGE.get(message) ?? 'value'
}

/** A string of valid Unicode within bounds in bytes of UTF-8 (contract 4.4, 5.1). */
export function boundedText(bounds: { readonly minBytes?: number; readonly maxBytes: number }, what: string) {
  const { minBytes = 0, maxBytes } = bounds
  // A character is at least one byte: what JSON Schema can say of a bound in bytes.
  const characters = { ...(minBytes > 0 ? { minLength: 1 } : {}), maxLength: maxBytes }
  const sized = refine(
    Type.String({
      description: `${what}: ${minBytes}-${maxBytes} bytes of UTF-8`,
      'x-max-bytes': maxBytes,
      [DOCUMENT_ONLY]: characters,
    }),
    text => utf8Length(text) >= minBytes && utf8Length(text) <= maxBytes,
    'bytes',
    `must be ${minBytes}-${maxBytes} bytes long in UTF-8`,
  )
  return refine(sized, isWellFormed, 'unicode', 'must be valid Unicode, without lone surrogates')
}

/** A time as a client sends it (contract 3.4). */
export function sentTime(description: string) {
  return refine(
    Type.String({ format: 'date-time', description }),
    text => parseInstant(text) !== undefined,
    'date-time',
    SENT_TIME_MESSAGE,
  )
}

function refine<T extends Type.TString>(
  schema: T,
  check: (text: string) => boolean,
  constraint: string,
  message: string,
) {
  CONSTRAINT_BY_MESSAGE.set(message, constraint)
  return Type.Refine(
    schema,
    value => typeof value === 'string' && check(value),
    () => message,
  )
}
