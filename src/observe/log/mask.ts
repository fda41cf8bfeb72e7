// Masks in the log what must not be read there: credentials always, and the fields that the operator names.

export type Mask = (fields: Record<string, unknown>) => Record<string, unknown>

const MASKED = '[masked]'
/** In lower case, as all names are compared. */
const ALWAYS = ['authorization', 'cookie', 'proxy-authorization']
/** What is deeper is left out: no line of the log is that deep. */
const MAX_DEPTH = 8
/** A bearer token inside a text, such as the message of an error. */
const BEARER = /\bbearer +[\w.~+/=-]+/gi

/**
 * Gives a copy of a line's fields in which those of the given names are masked, at any depth and in any case; the object itself
 * where there is nothing to mask.
 */
export function createMask(names: readonly string[]): Mask {
  const masked = new Set([...ALWAYS, ...names].map(name => name.toLowerCase()))
  return fields => {
    for (const name in fields) {
      const value = fields[name]
      // Hardly any line has more than plain fields: the others are not copied.
      if ((typeof value === 'object' && value !== null) || masked.has(name.toLowerCase()))
        return maskMembers(fields, masked, 0)
    }
    return fields
  }
}

/** A text without the bearer tokens in it. */
export function maskText(text: string): string {
  return text.replace(BEARER, `Bearer ${MASKED}`)
}

function maskMembers(fields: object, masked: ReadonlySet<string>, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      masked.has(name.toLowerCase()) ? MASKED : maskValue(value, masked, depth + 1),
    ]),
  )
}

function maskValue(value: unknown, masked: ReadonlySet<string>, depth: number): unknown {
  // An error is written by its serializer, which masks its texts.
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if (depth > MAX_DEPTH) return MASKED
  if (Array.isArray(value)) return value.map(each => maskValue(each, masked, depth + 1))
  return maskMembers(value, masked, depth)
}
