// Random JSON values, written in random spellings and compared naively: numbers as fractions of bigints.
import fc from 'fast-check'
import { isWellFormed } from '../../src/wire/text.ts'

/** A number as its digits times a power of ten, so that it can be spelt in many ways. */
export interface Decimal {
  readonly negative: boolean
  readonly digits: bigint
  readonly exponent: number
}

export type Json =
  | { readonly kind: 'word'; readonly word: 'true' | 'false' | 'null' }
  | { readonly kind: 'number'; readonly number: Decimal }
  | { readonly kind: 'string'; readonly content: string }
  | { readonly kind: 'array'; readonly items: readonly Json[] }
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, Json> }

/** Returns a choice below a bound; the same seed gives the same choices. */
export type Chooser = (bound: number) => number

export function chooser(seed: number): Chooser {
  let state = BigInt(seed)
  return bound => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n
    return Number((state >> 33n) % BigInt(bound))
  }
}

const digits = fc.oneof(fc.bigInt({ min: 0n, max: 12n }), fc.bigInt({ min: 0n, max: 10n ** 25n }))
const decimal = fc.record({ negative: fc.boolean(), digits, exponent: fc.integer({ min: -30, max: 30 }) })
const awkward = [
  '__proto__',
  'constructor',
  '',
  '0',
  '1',
  'a',
  '😀',
  '\uD800',
  '\uDC00',
  '"',
  '\\',
  '\n',
  '\u2028',
  's',
  'n1e0',
]
const content = fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: 'binary', maxLength: 5 }))

const { tree } = fc.letrec<{ tree: Json }>(tie => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .constantFrom('true' as const, 'false' as const, 'null' as const)
      .map((word): Json => ({ kind: 'word', word })),
    decimal.map((number): Json => ({ kind: 'number', number })),
    content.map((text): Json => ({ kind: 'string', content: text })),
    fc.array(tie('tree'), { maxLength: 4 }).map((items): Json => ({ kind: 'array', items })),
    members(tie('tree')).map((entries): Json => ({ kind: 'object', members: entries })),
  ),
}))

function members(value: fc.Arbitrary<Json>): fc.Arbitrary<ReadonlyMap<string, Json>> {
  return fc.array(fc.tuple(content, value), { maxLength: 4 }).map(entries => new Map(entries))
}

export const jsonValue: fc.Arbitrary<Json> = tree

export const jsonObject: fc.Arbitrary<Json> = members(tree).map(entries => ({
  kind: 'object',
  members: entries,
}))

/**
 * Writes a value as JSON text. The chooser decides white space, order and repetition of keys, escapes, and the spelling
 * of numbers.
 */
export function write(value: Json, choose: Chooser): string {
  const space = (): string => ['', '', '', ' ', '\n', '\t \r\n'][choose(6)] ?? ''
  const list = (open: string, items: readonly string[], close: string): string =>
    `${open}${space()}${items.map(item => item + space()).join(`,${space()}`)}${close}`
  switch (value.kind) {
    case 'word':
      return value.word
    case 'number':
      return writeNumber(value.number, choose)
    case 'string':
      return writeString(value.content, choose)
    case 'array':
      return list(
        '[',
        value.items.map(item => write(item, choose)),
        ']',
      )
    case 'object': {
      const member = (key: string, item: string): string =>
        `${writeString(key, choose)}${space()}:${space()}${item}`
      const kept = shuffle([...value.members], choose).map(([key, item]) => member(key, write(item, choose)))
      const overwritten = [...value.members.keys()]
        .filter(() => choose(5) === 0)
        .map(key => member(key, '[0]'))
      return list('{', [...overwritten, ...kept], '}')
    }
  }
}

function shuffle<T>(items: readonly T[], choose: Chooser): T[] {
  const ranked = items.map(item => ({ item, rank: choose(1000) }))
  return ranked.sort((a, b) => a.rank - b.rank).map(({ item }) => item)
}

function writeNumber({ negative, digits, exponent }: Decimal, choose: Chooser): string {
  if (digits === 0n) return ['0', '-0', '0.00', '0e5', '-0E-3', '0.0e+12'][choose(6)] ?? '0'
  const zeros = choose(3)
  const written = String(digits) + '0'.repeat(zeros)
  const whole = choose(written.length + 1)
  const lead = whole === 0 ? '0'.repeat(choose(3)) : ''
  const fraction = lead + written.slice(whole)
  const power = exponent - zeros + written.length - whole + lead.length
  const mantissa = `${negative ? '-' : ''}${written.slice(0, whole) || '0'}${fraction && `.${fraction}`}`
  return mantissa + writeExponent(power, choose)
}

function writeExponent(power: number, choose: Chooser): string {
  if (power === 0 && choose(2) === 0) return ''
  const sign = power < 0 ? '-' : ['', '+'][choose(2)]
  return `${['e', 'E'][choose(2)]}${sign}${'0'.repeat(choose(3))}${Math.abs(power)}`
}

function writeString(text: string, choose: Chooser): string {
  const characters = [...text].map(character => {
    const mustEscape = character < ' ' || '"\\'.includes(character) || !isWellFormed(character)
    return mustEscape || choose(4) === 0 ? escaped(character, choose) : character
  })
  return `"${characters.join('')}"`
}

function escaped(character: string, choose: Chooser): string {
  const units = character.split('').map(unit => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  return units.map(hex => `\\u${choose(2) === 0 ? hex : hex.toUpperCase()}`).join('')
}

/** The JavaScript value, built without a parser. */
export function plainValue(value: Json): unknown {
  switch (value.kind) {
    case 'word':
      return { true: true, false: false, null: null }[value.word]
    case 'number': {
      const { negative, digits, exponent } = value.number
      return Number(`${negative && digits !== 0n ? '-' : ''}${digits}e${exponent}`)
    }
    case 'string':
      return value.content
    case 'array':
      return value.items.map(plainValue)
    case 'object':
      return Object.fromEntries([...value.members].map(([key, item]) => [key, plainValue(item)]))
  }
}

/** Changes the value in exactly one place; the result never equals it. */
export function mutate(value: Json, choose: Chooser): Json {
  switch (value.kind) {
    case 'word':
      return { kind: 'word', word: value.word === 'null' ? 'true' : value.word === 'true' ? 'false' : 'null' }
    case 'number':
      return { kind: 'number', number: mutateNumber(value.number, choose) }
    case 'string':
      return { kind: 'string', content: choose(2) === 0 ? `${value.content}!` : `\u0000${value.content}` }
    case 'array': {
      const at = choose(value.items.length + 1)
      if (at === value.items.length) return { kind: 'array', items: [...value.items, nothing] }
      return { kind: 'array', items: value.items.map((item, i) => (i === at ? mutate(item, choose) : item)) }
    }
    case 'object': {
      const entries = [...value.members]
      const [key, item] = entries[choose(entries.length + 1)] ?? []
      if (key === undefined || item === undefined) {
        return { kind: 'object', members: new Map([...entries, ['one more', nothing]]) }
      }
      return { kind: 'object', members: new Map([...entries, [key, mutate(item, choose)]]) }
    }
  }
}

const nothing: Json = { kind: 'word', word: 'null' }

function mutateNumber(number: Decimal, choose: Chooser): Decimal {
  const { negative, digits, exponent } = number
  if (digits !== 0n && choose(3) === 0) return { negative: !negative, digits, exponent }
  if (digits !== 0n && choose(2) === 0) return { negative, digits, exponent: exponent + 1 }
  return { negative, digits: digits + 1n, exponent }
}

/** Reports whether two values are equal, by the plainest means (contract 3.5). */
export function naivelyEqual(a: Json, b: Json): boolean {
  if (a.kind === 'word' && b.kind === 'word') return a.word === b.word
  if (a.kind === 'string' && b.kind === 'string') return a.content === b.content
  if (a.kind === 'number' && b.kind === 'number') {
    const [x, y] = [fraction(a.number), fraction(b.number)]
    return x.numerator * y.denominator === y.numerator * x.denominator
  }
  if (a.kind === 'array' && b.kind === 'array') {
    const others = b.items
    return a.items.length === others.length && a.items.every((item, i) => same(item, others[i]))
  }
  if (a.kind === 'object' && b.kind === 'object') {
    const others = b.members
    return (
      a.members.size === others.size && [...a.members].every(([key, item]) => same(item, others.get(key)))
    )
  }
  return false
}

function same(a: Json, b: Json | undefined): boolean {
  return b !== undefined && naivelyEqual(a, b)
}

function fraction({ negative, digits, exponent }: Decimal): { numerator: bigint; denominator: bigint } {
  const signed = negative ? -digits : digits
  if (exponent >= 0) return { numerator: signed * 10n ** BigInt(exponent), denominator: 1n }
  return { numerator: signed, denominator: 10n ** BigInt(-exponent) }
}
