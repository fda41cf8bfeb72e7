// The labels of a resource, read from the part of its document that begins with them.
const LABELS = ',"labels":{'

/** A key that objects put out of its place, as "10", is among these. */
const BEGINS_WITH_DIGIT = /^\d/

/**
 * The labels in their places, so that the next version of the document has the same bytes as without a restart. JSON.parse
 * keeps them but for keys such as "10", which objects put first; with escapes it is not trusted either (see parseJson).
 */
export function readLabels(parsed: Readonly<Record<string, string>>, text: string): Map<string, string> {
  if (text.includes('\\')) return scanLabels(text)
  const labels = new Map<string, string>()
  for (const [key, value] of Object.entries(parsed)) {
    if (BEGINS_WITH_DIGIT.test(key)) return scanLabels(text)
    labels.set(key, value)
  }
  return labels
}

/** Reads the labels at the beginning of a text, one after the other. */
function scanLabels(text: string): Map<string, string> {
  const labels = new Map<string, string>()
  const strings = /"[^"\\]*(?:\\.[^"\\]*)*"/y
  let position = LABELS.length
  const next = (): string => {
    strings.lastIndex = position
    const string = strings.exec(text)?.[0]
    if (string === undefined) throw new Error(`a stored document has no label at ${position} of ${text}`)
    position += string.length + 1 // the string, and the ':', ',' or '}' behind it
    // A JSON string parses to a string. A slice of the text would keep all of the text alive.
    return JSON.parse(string) as string
  }
  if (text[position] === '}') return labels
  while (text[position - 1] !== '}') {
    const key = next()
    labels.set(key, next())
  }
  return labels
}
