// Cache of names in requests: adapters and types of conditions, of which there are few. A name that is known is checked already, and
// needs no string of its own.

/** The keywords of JSON Schema that a name has to satisfy. */
export interface NameSchema {
  readonly minLength: number
  readonly maxLength: number
  readonly pattern: string
}

const PLACES = 256

/** Each name has one place, computed from its bytes. A new name takes the place of the one that was there. */
export class KnownNames {
  readonly #schema: NameSchema
  readonly #pattern: RegExp
  readonly #names = new Array<string>(PLACES).fill('')

  /** @param expected names that are known from the start */
  constructor(schema: NameSchema, expected: readonly string[]) {
    this.#schema = schema
    this.#pattern = new RegExp(schema.pattern)
    for (const name of expected) {
      const bytes = Buffer.from(name)
      this.#names[placeOf(bytes, 0, bytes.length)] = name
    }
  }

  /** The name in a part of some bytes; undefined if it does not satisfy the schema. */
  find(bytes: Buffer, start: number, end: number): string | undefined {
    const length = end - start
    if (length < this.#schema.minLength || length > this.#schema.maxLength) return undefined
    const place = placeOf(bytes, start, end)
    const known = this.#names[place] ?? ''
    if (isSame(known, bytes, start, end)) return known
    const name = bytes.toString('latin1', start, end)
    if (!this.#pattern.test(name)) return undefined
    this.#names[place] = name
    return name
  }
}

function placeOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0
  return (hash ^ (hash >>> 8)) & (PLACES - 1)
}

function isSame(name: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
