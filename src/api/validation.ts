// Validation: from a schema to all faults of a value, each with the path of its member (contract 4.7). Adds checks of
// strings that JSON Schema lacks: UTF-8 length in bytes, valid Unicode, RFC 3339.
import type { TSchema } from 'typebox'
import Type from 'typebox'
import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { Settings } from 'typebox/system'
import type { FieldFault } from '../fleet/field-fault.ts'
import { parseInstant } from '../wire/instant.ts'
import { isWellFormed, utf8Length } from '../wire/text.ts'
import { DOCUMENT_ONLY } from './documented.ts'

/** `constraint` of a fault, by the message of the refinement that found it. */
const CONSTRAINT_BY_MESSAGE = new Map<string, string>()

/** Message for an invalid time, in form or in value. */
const SENT_TIME_MESSAGE = 'must be an RFC 3339 time with Z or an offset, e.g. 2026-01-01T00:00:00Z'

/** Pattern of a text that is not blank. */
export const NOT_BLANK = '\\S'

/** Maximum number of faults. Callers that validate client input bound it, so that there are fewer. */
const MAX_FAULTS = 100_000
/** Longer values are not repeated in a fault. */
const MAX_VALUE_LENGTH = 256

/** Returns the faults of a value; none if it satisfies the schema. */
export type Validator = (value: unknown) => readonly FieldFault[]

/** Compiles a schema. Faults name members by path; a missing member is named itself. */
export function compileValidator(schema: TSchema): Validator {
  Settings.Set({ maxErrors: MAX_FAULTS })
  const compiled = Compile(schema)
  return value => {
    if (compiled.Check(value)) return []
    return compiled.Errors(value).flatMap(error => faultsOf(error, value))
  }
}

function faultsOf(error: TLocalizedValidationError, root: unknown): FieldFault[] {
  const path = pointerSegments(error.instancePath)
  const value = shownValue(valueAt(root, path))
  const at = (field: readonly (string | number)[], constraint: string, message: string): FieldFault => ({
    field: fieldPath(field),
    constraint,
    message,
    ...(value === undefined ? {} : { value }),
  })
  switch (error.keyword) {
    case 'required':
      return error.params.requiredProperties.map(name => ({
        field: fieldPath([...path, name]),
        constraint: 'required',
        message: 'is required',
      }))
    case 'boolean':
      return [at(path, 'additionalProperties', 'is not an allowed member of this request')]
    case 'additionalProperties':
    case 'propertyNames':
      return [] // reported by the member itself
    case 'format': // a time in a request; its refinement does not run
      return [at(path, error.params.format, SENT_TIME_MESSAGE)]
    case 'pattern':
      return [
        at(path, 'pattern', String(error.params.pattern) === NOT_BLANK ? 'must not be blank' : error.message),
      ]
    case '~refine':
      return [at(path, constraintOf(error.message), error.message)]
    case 'enum':
      return [at(path, 'enum', `must be one of ${error.params.allowedValues.join(', ')}`)]
    case 'const':
      return [at(path, 'const', `must be ${JSON.stringify(error.params.allowedValue)}`)]
    default:
      return [at(path, error.keyword, error.message)]
  }
}

/** `conditions[1].status` for `['conditions', 1, 'status']`. */
export function fieldPath(segments: readonly (string | number)[]): string {
  return segments.reduce<string>((path, segment) => {
    if (typeof segment === 'number') return `${path}[${segment}]`
    return path === '' ? segment : `${path}.${segment}`
  }, '')
}

function pointerSegments(pointer: string): (string | number)[] {
  return pointer
    .split('/')
    .slice(1)
    .map(segment => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** Follows a path. Replaces array indexes in it by numbers. */
function valueAt(root: unknown, path: (string | number)[]): unknown {
  let value = root
  path.forEach((segment, index) => {
    if (Array.isArray(value)) path[index] = Number(segment)
    value = isMember(value, segment) ? Reflect.get(value, segment) : undefined
  })
  return value
}

function isMember(value: unknown, key: string | number): value is object {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
}

/** The value repeated in a fault; undefined for long texts, arrays and objects. */
export function shownValue(value: unknown): unknown {
  if (typeof value === 'string') return value.length <= MAX_VALUE_LENGTH ? value : undefined
  return typeof value === 'number' || typeof value === 'boolean' || value === null ? value : undefined
}

/** The `constraint` of a refinement's message. */
function constraintOf(message: string): string {
  return CONSTRAINT_BY_MESSAGE.get(message) ?? 'value'
}

/** A string of valid Unicode, limited in bytes of UTF-8 (contract 4.4, 5.1). */
export function boundedText(bounds: { readonly minBytes?: number; readonly maxBytes: number }, what: string) {
  const { minBytes = 0, maxBytes } = bounds
  // A character has at least one byte, so JSON Schema can express the limit approximately.
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

/** A time in a request (contract 3.4). */
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
