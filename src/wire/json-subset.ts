// Subsets of JSON objects: some of their paths, copied from their bytes with the characters that they have there (contract 13.7). Members
// stay in their order. Of equal keys the last one counts.
import type { JsonBuffer } from './json-buffer.ts'
import { ABSENT, JsonPaths, type JsonSpan } from './json-paths.ts'

interface Node {
  /** Its number among the paths. */
  readonly path: number
  /** Empty for a value that is wanted as a whole. */
  readonly members: readonly Node[]
}

/** Some paths, compiled. They go through objects alone. */
export class JsonSubset {
  readonly #paths: JsonPaths
  readonly #members: readonly Node[]
  #bytes: Buffer = Buffer.alloc(0)

  /** @param paths at least one key each. One that goes on from another has no effect. */
  constructor(paths: readonly (readonly string[])[]) {
    const all: (readonly string[])[] = []
    this.#members = membersOf([], paths, all)
    this.#paths = new JsonPaths(all)
  }

  /** Finds the paths in an object. Returns false if it has none. */
  find(json: JsonSpan): boolean {
    this.#bytes = json.bytes
    this.#paths.read(json)
    return this.#members.some(member => this.#isThere(member))
  }

  /** Writes the object in which the paths were found last, with only these. */
  write(out: JsonBuffer): void {
    this.#writeMembers(this.#bytes, this.#members, out)
  }

  /** True for a value that is wanted and there, and for an object with such a value below it. */
  #isThere({ path, members }: Node): boolean {
    if (this.#paths.starts[path] === ABSENT) return false
    return members.length === 0 || members.some(member => this.#isThere(member))
  }

  #writeMembers(bytes: Buffer, members: readonly Node[], out: JsonBuffer): void {
    const { starts, ends, keyStarts } = this.#paths
    const there = members.filter(member => this.#isThere(member))
    there.sort((a, b) => (keyStarts[a.path] as number) - (keyStarts[b.path] as number))
    let before = '{'
    for (const { path, members: inner } of there) {
      out.write(before)
      before = ','
      const isWhole = inner.length === 0
      out.copy(bytes, keyStarts[path] as number, (isWhole ? ends[path] : starts[path]) as number)
      if (!isWhole) this.#writeMembers(bytes, inner, out)
    }
    out.write('}')
  }
}

/** The members below a prefix. Adds each of them to `all`, by its number. */
function membersOf(
  prefix: readonly string[],
  rests: readonly (readonly string[])[],
  all: (readonly string[])[],
): readonly Node[] {
  const byKey = new Map<string, (readonly string[])[]>()
  for (const [key = '', ...rest] of rests) {
    const known = byKey.get(key)
    if (known === undefined) byKey.set(key, [rest])
    else known.push(rest)
  }
  return [...byKey].map(([key, inner]) => {
    const whole = [...prefix, key]
    const path = all.push(whole) - 1
    const isWhole = inner.some(({ length }) => length === 0)
    return { path, members: isWhole ? [] : membersOf(whole, inner, all) }
  })
}
