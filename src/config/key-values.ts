// Lists such as `key=value,other=value`, as OpenTelemetry defines them for its variables: values are percent-encoded,
// blanks around keys and values are ignored.

/**
 * Parses a list into pairs; the last value of a key counts. Returns undefined if the text is not such a list. Empty
 * text is an empty list.
 */
export function readKeyValues(text: string): ReadonlyMap<string, string> | undefined {
  const pairs = new Map<string, string>()
  for (const entry of text.split(',')) {
    if (entry.trim() === '') continue
    const mark = entry.indexOf('=')
    const key = entry.slice(0, Math.max(mark, 0)).trim()
    const value = decoded(entry.slice(mark + 1).trim())
    if (key === '' || value === undefined) return undefined
    pairs.set(key, value)
  }
  return pairs
}

const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const FIELD_VALUE = /^[\t\x20-\x7e]*$/

/** Parses header fields. Returns undefined also if one cannot be sent. */
export function readHeaders(text: string): ReadonlyMap<string, string> | undefined {
  const pairs = readKeyValues(text)
  const canBeSent = [...(pairs ?? [])].every(
    ([name, value]) => FIELD_NAME.test(name) && FIELD_VALUE.test(value),
  )
  return canBeSent ? pairs : undefined
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
