// A JSON object of the original server, read member by member. A member that is missing or of another type is an error.
import { type Instant, parseInstant } from '../../wire/instant.ts'
import { itemTexts, type JsonMember, readJsonObject } from '../../wire/json.ts'

/** Levels of a resource of the API (contract 4.6). */
const MAX_DEPTH = 66

/** A document differs from what the original writes. The message is for the user. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
}

export class Document {
  readonly #members: ReadonlyMap<string, JsonMember>
  readonly #called: string

  /**
   * @param called the document in a message, such as `Cluster 42`
   * @throws DocumentError if the text is not a JSON object
   */
  constructor(text: string, called: string) {
    const read = readJsonObject(Buffer.from(text), { maxDepth: MAX_DEPTH })
    if (read.kind === 'malformed')
      throw new DocumentError(`${called} cannot be read: ${read.reason.replaceAll('the body', 'it')}`)
    this.#members = read.members
    this.#called = called
  }

  /** The member as it is written; undefined if it is missing or null. */
  text(name: string): string | undefined {
    const member = this.#members.get(name)
    return member === undefined || member.value === null ? undefined : member.text
  }

  value(name: string): unknown {
    return this.#members.get(name)?.value
  }

  string(name: string): string {
    const value = this.value(name)
    return typeof value === 'string' ? value : this.#fail(name, 'a string')
  }

  number(name: string): number {
    const value = this.value(name)
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : this.#fail(name, 'an integer')
  }

  time(name: string): Instant {
    const value = this.value(name)
    const instant = typeof value === 'string' ? parseInstant(value) : undefined
    return instant ?? this.#fail(name, 'an RFC 3339 time')
  }

  /** A member that is an object; undefined if it is missing or null. */
  object(name: string): Document | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : new Document(text, `${name} of ${this.#called}`)
  }

  /** The objects in an array; none if it is missing or null. */
  objects(name: string): Document[] {
    const text = this.text(name)
    if (text === undefined) return []
    if (!text.startsWith('[')) return this.#fail(name, 'an array')
    const { items } = itemTexts(text, Number.POSITIVE_INFINITY)
    return items.map((item, i) => new Document(item, `${name}[${i}] of ${this.#called}`))
  }

  /** All members, which must be strings, in their order. */
  strings(): ReadonlyMap<string, string> {
    return new Map([...this.#members.keys()].map(name => [name, this.string(name)]))
  }

  #fail(name: string, wanted: string): never {
    throw new DocumentError(`${name} of ${this.#called} must be ${wanted}`)
  }
}
