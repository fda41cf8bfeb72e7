// A JSON object of the original server, read member by member; a member that is missing or of another type is a fault with
// words.
import { type Instant, parseInstant } from '../../wire/instant.ts'
import { itemTexts, type JsonMember, readJsonObject } from '../../wire/json.ts'

/** As deep as a resource of the API may nest (contract 4.6), and its place in a list. */
const MAX_DEPTH = 66

/** Says how a document differs from what the original writes. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError'
}

export class Document {
  readonly #members: ReadonlyMap<string, JsonMember>
  readonly #what: string

  /**
   * @param what the document in the words of a message, such as `Cluster 42`
   * @throws DocumentError when the text is no JSON object
   */
  constructor(text: string, what: string) {
    const read = readJsonObject(Buffer.from(text), { maxDepth: MAX_DEPTH })
    if (read.kind === 'malformed') throw new DocumentError(`${what}: ${read.reason}`)
    this.#members = read.members
    this.#what = what
  }

  /** The member as it is written; undefined when it is missing or null. */
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
    return this.optionalTime(name) ?? this.#fail(name, 'an RFC 3339 time')
  }

  /** Undefined when the member is missing or null. */
  optionalTime(name: string): Instant | undefined {
    const value = this.value(name)
    if (value === undefined || value === null) return undefined
    const instant = typeof value === 'string' ? parseInstant(value) : undefined
    return instant ?? this.#fail(name, 'an RFC 3339 time')
  }

  /** The member as a document of its own; undefined when it is missing or null. */
  object(name: string): Document | undefined {
    const text = this.text(name)
    return text === undefined ? undefined : new Document(text, `${this.#what}, ${name}`)
  }

  /** The objects in an array; none when it is missing or null. */
  objects(name: string): Document[] {
    const text = this.text(name)
    if (text === undefined) return []
    if (!text.startsWith('[')) return this.#fail(name, 'an array')
    const { items } = itemTexts(text, Number.POSITIVE_INFINITY)
    return items.map((item, i) => new Document(item, `${this.#what}, ${name}[${i}]`))
  }

  #fail(name: string, wanted: string): never {
    throw new DocumentError(`${this.#what}: ${name} must be ${wanted}`)
  }
}
