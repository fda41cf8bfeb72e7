// The place of the first fault in a text of JSON (RFC 8259). Browsers say that there is one, but not all say its place.

const SPACE = /[ \t\n\r]*/y
/** The characters between quotes are all from the space on, without quotes and backslashes. */
const STRING = /"[ !#-[\]-\uffff]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[ !#-[\]-\uffff]*)*"/y
const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y

type Expected = 'value' | 'value-or-end' | 'key' | 'key-or-end' | 'rest'

/** The offset of the first character that cannot be there, in UTF-16 units. Undefined if the text is JSON. */
export function jsonFaultAt(text: string): number | undefined {
  const closings: string[] = []
  let expected: Expected = 'value'
  let at = 0
  const skip = (pattern: RegExp) => {
    pattern.lastIndex = at
    const length = pattern.exec(text)?.[0].length
    at += length ?? 0
    return length !== undefined
  }
  const close = () => {
    closings.pop()
    at++
    expected = 'rest'
  }
  for (;;) {
    skip(SPACE)
    const next: string | undefined = text[at]
    const closing: string | undefined = closings.at(-1)
    switch (expected) {
      case 'value':
      case 'value-or-end':
        if (next === '{' || next === '[') {
          closings.push(next === '{' ? '}' : ']')
          expected = next === '{' ? 'key-or-end' : 'value-or-end'
          at++
        } else if (expected === 'value-or-end' && next === ']') close()
        else if (skip(STRING) || skip(SCALAR)) expected = 'rest'
        else return at
        break
      case 'key':
      case 'key-or-end':
        if (expected === 'key-or-end' && next === '}') {
          close()
          break
        }
        if (!skip(STRING)) return at
        skip(SPACE)
        if (text[at] !== ':') return at
        at++
        expected = 'value'
        break
      case 'rest':
        if (closing === undefined) return at === text.length ? undefined : at
        if (next === closing) close()
        else if (next === ',') {
          expected = closing === '}' ? 'key' : 'value'
          at++
        } else return at
    }
  }
}
