// Masks sensitive values in the log: always credentials, and the fields configured by the operator.

export type Mask = (fields: Record<string, unknown>) => Record<string, unknown>

const MASKED = '[masked]'
/** In lower case, because names are compared case-insensitively. */
const ALWAYS = ['authorization', 'cookie', 'proxy-authorization']
/** Deeper values are masked; no log line is that deep. */
const MAX_DEPTH = 8
/** A bearer token within a text, such as an error message. */
const BEARER = /\bbearer +[\w.~+/=-]+/gi

/**
 * Returns a function that masks fields with the given names, at any depth, ignoring case. Returns the same object if
 * nothing needs masking, otherwise a copy.
 */
export function createMask(names: readonly string[]): Mask {
  const masked = new Set([...ALWAYS, ...names].map(name => name.toLowerCase()))
  return fields => {
    for (const name in fields) {
      const value = fields[name]
      // Most lines have only plain fields and are not copied.
      if ((typeof value === 'object' && value !== null) || masked.has(name.toLowerCase()))
        return maskMembers(fields, masked, 0)
    }
    return fields
  }
}

/** Masks the bearer tokens in a text. */
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
  // Errors are written by a serializer that masks their texts.
  if (typeof value !== 'object' || value === null || value instanceof Error) return value
  if (depth > MAX_DEPTH) return MASKED
  if (Array.isArray(value)) return value.map(each => maskValue(each, masked, depth + 1))
  return maskMembers(value, masked, depth)
}
