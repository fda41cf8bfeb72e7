// Reads valid JSON text into values. It is JSON.parse, but for text with escapes: the V8 of Node 24.21 reads some
// escaped keys wrong (`{"":0,"é\udc00":1}` gets a key `é\`; Node 20.20 and 22.23 do not), and labels may be named so.
import { scanNumber, scanString, skipSpace } from './json-scan.ts'

/**
 * The value of a text that a scan has accepted, as JSON.parse should give it: a repeated key has its last value, and
 * `__proto__` is a key as any other. Recursion is as deep as the text nests, which the scan bounds.
 */
export function parseJson(text: string): unknown {
  return text.includes('\\') ? new Reader(text).read() : JSON.parse(text)
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): unknown {
    this.#at = skipSpace(this.#text, this.#at)
    switch (this.#text[this.#at]) {
      case '{':
        return this.#readObject()
      case '[':
        return this.#readArray()
      case '"':
        return this.#readString()
      case 't':
        return this.#readWord(4, true)
      case 'f':
        return this.#readWord(5, false)
      case 'n':
        return this.#readWord(4, null)
      default:
        return this.#readNumber()
    }
  }

  #readObject(): object {
    const members: [string, unknown][] = []
    while (!this.#isOver('}')) {
      const key = this.#readString()
      this.#at = skipSpace(this.#text, this.#at) + 1 // the colon
      members.push([key, this.read()])
    }
    return Object.fromEntries(members)
  }

  #readArray(): unknown[] {
    const items: unknown[] = []
    while (!this.#isOver(']')) items.push(this.read())
    return items
  }

  /** Steps over the opening bracket, a comma or the closing bracket; whether it was the last. */
  #isOver(close: '}' | ']'): boolean {
    this.#at = skipSpace(this.#text, this.#at)
    if (this.#text[this.#at] !== close) this.#at = skipSpace(this.#text, this.#at + 1)
    if (this.#text[this.#at] !== close) return false
    this.#at++
    return true
  }

  #readString(): string {
    const start = this.#at
    this.#at = scanString(this.#text, start)
    return String(JSON.parse(this.#text.slice(start, this.#at)))
  }

  #readNumber(): number {
    const start = this.#at
    this.#at = scanNumber(this.#text, start)
    return Number(this.#text.slice(start, this.#at))
  }

  #readWord<T>(length: number, value: T): T {
    this.#at += length
    return value
  }
}
