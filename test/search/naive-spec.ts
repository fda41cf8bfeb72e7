// Values in a spec, read and compared in the plainest way: all of the JSON becomes a tree that keeps its characters, and numbers become bigints.

/** A JSON value with the characters of its scalars. */
export type Tree = Map<string, Tree> | { readonly scalar: string } | 'array'

/** The value at a path; undefined for a missing one and for `null` (contract 13.2). */
export function specAt(spec: string, path: readonly string[]): Tree | undefined {
  let at: Tree | undefined = new TreeReader(spec).read()
  for (const key of path) at = at instanceof Map ? at.get(key) : undefined
  return isScalar(at) && at.scalar === 'null' ? undefined : at
}

/** The text of a value that comparisons look at: the content of a string, or the characters of any other scalar. */
export function textOf(value: Tree | undefined): string | undefined {
  if (!isScalar(value)) return undefined
  return value.scalar.startsWith('"') ? (JSON.parse(value.scalar) as string) : value.scalar
}

/** True for a number, but not for a string with the characters of one. */
export function isStoredNumber(value: Tree | undefined): boolean {
  return isScalar(value) && /^[-0-9]/.test(value.scalar)
}

function isScalar(value: Tree | undefined): value is { readonly scalar: string } {
  return value !== undefined && value !== 'array' && !(value instanceof Map)
}

/** More powers of ten than any test has. */
const SCALE = 1000

/** A number times 10^1000; undefined for a text that is no number as JSON writes it. */
export function scaledNumber(text: string): bigint | undefined {
  const parts = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text)
  if (parts === null) return undefined
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = parts
  const power = SCALE + Number(exponent) - fraction.length
  if (power < 0) throw new Error(`${text} is too small for this test`)
  return BigInt(sign + whole + fraction) * 10n ** BigInt(power)
}

/** Reads valid JSON by recursive descent. The last of equal keys counts. */
class TreeReader {
  readonly #tokens: readonly string[]
  #next = 0

  constructor(text: string) {
    this.#tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? []
  }

  read(): Tree {
    const token = this.#take()
    if (token === '{') return this.#members()
    if (token !== '[') return { scalar: token }
    while (this.#peek() !== ']') {
      this.read()
      if (this.#peek() === ',') this.#take()
    }
    this.#take()
    return 'array'
  }

  #members(): Tree {
    const members = new Map<string, Tree>()
    while (this.#peek() !== '}') {
      const key = JSON.parse(this.#take()) as string
      this.#take() // the colon
      members.set(key, this.read())
      if (this.#peek() === ',') this.#take()
    }
    this.#take()
    return members
  }

  #peek(): string | undefined {
    return this.#tokens[this.#next]
  }

  #take(): string {
    const token = this.#tokens[this.#next++]
    if (token === undefined) throw new Error('the JSON ends too early')
    return token
  }
}
