// Decimal numbers as JSON and searches write them, compared by exact value (contract 3.5, 13.3). All work is on the digits: a double is not
// exact, and converting a hundred thousand digits to a bigint takes milliseconds. The value of an exponent is never written out, so that
// 1e999999999 is as cheap as 1e9.

/** Exponents of up to this many digits are added as doubles, which represent them exactly. */
const EXACT_DIGITS = 15

/** Decimals of up to 15 digits without an exponent: distinct values are distinct doubles. */
const SHORT = /^[-0-9.]{1,15}$/

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** True if a text is a number as JSON writes it. */
export function isJsonNumber(text: string): boolean {
  return JSON_NUMBER.test(text)
}

/**
 * Reports whether two valid JSON numbers have the same value (contract 3.5), in linear time.
 */
export function isSameNumber(a: string, b: string): boolean {
  if (a === b) return true
  if (SHORT.test(a) && SHORT.test(b)) return Number(a) === Number(b)
  return new Decimal(a).compare(new Decimal(b)) === 0
}

/** A number by its value. */
export class Decimal {
  readonly text: string
  /** The nearest double; infinite beyond the range of doubles. Rounding never reverses the order of two numbers. */
  readonly double: number
  #parts: Parts | undefined

  /** @param text digits with an optional sign, fraction and exponent; leading zeros and `+` are allowed */
  constructor(text: string) {
    this.text = text
    this.double = Number(text)
  }

  /** Equal for equal values alone. */
  get key(): string {
    const { sign, digits, magnitude } = this.#exact
    return sign === 0 ? '0' : `${sign < 0 ? '-' : ''}${digits}e${magnitude}`
  }

  /**
   * The value as most programs write it, without an exponent: `-0.5`, `1200`. Undefined if that takes more than `maxLength` characters.
   */
  plainText(maxLength: number): string | undefined {
    const { sign, digits, magnitude } = this.#exact
    if (sign === 0) return '0'
    const point = Number(magnitude)
    if (digits.length > maxLength || Math.abs(point) > maxLength) return undefined
    const text = `${sign < 0 ? '-' : ''}${withPoint(digits, point)}`
    return text.length > maxLength ? undefined : text
  }

  /** Negative, 0 or positive as this number is less than, equal to or greater than another one. */
  compare(other: Decimal): number {
    if (this.double !== other.double) return this.double < other.double ? -1 : 1
    if (SHORT.test(this.text) && SHORT.test(other.text)) return 0
    return compareParts(this.#exact, other.#exact)
  }

  get #exact(): Parts {
    this.#parts ??= partsOf(this.text)
    return this.#parts
  }
}

/** The value `sign × 0.digits × 10^magnitude`. */
interface Parts {
  /** -1, 0 or 1. */
  readonly sign: number
  /** Without zeros at either end; empty for zero. */
  readonly digits: string
  /** An integer of any size without leading zeros. */
  readonly magnitude: string
}

const ZERO: Parts = { sign: 0, digits: '', magnitude: '0' }

/** Takes linear time. */
function partsOf(text: string): Parts {
  const isNegative = text.startsWith('-')
  const unsigned = isNegative || text.startsWith('+') ? text.slice(1) : text
  const exponentAt = unsigned.search(/[eE]/)
  const mantissa = exponentAt === -1 ? unsigned : unsigned.slice(0, exponentAt)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = withoutLeadingZeros(whole + fraction)
  const significant = withoutTrailingZeros(digits)
  if (significant === '') return ZERO
  const point = digits.length - fraction.length
  const magnitude = exponentAt === -1 ? String(point) : addToExponent(unsigned.slice(exponentAt + 1), point)
  return { sign: isNegative ? -1 : 1, digits: significant, magnitude }
}

function compareParts(a: Parts, b: Parts): number {
  if (a.sign !== b.sign || a.sign === 0) return a.sign - b.sign
  const order = compareIntegers(a.magnitude, b.magnitude) || compareTexts(a.digits, b.digits)
  return a.sign * order
}

/** Compares integers without leading zeros. */
function compareIntegers(a: string, b: string): number {
  const sign = a.startsWith('-') ? -1 : 1
  if (b.startsWith('-') !== sign < 0) return sign
  return sign * (a.length - b.length || compareTexts(a, b))
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function withPoint(digits: string, point: number): string {
  if (point <= 0) return `0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return digits + '0'.repeat(point - digits.length)
  return `${digits.slice(0, point)}.${digits.slice(point)}`
}

/** Adds a shift below 2^30 or so to a written exponent of any number of digits. */
function addToExponent(written: string, shift: number): string {
  const isNegative = written.startsWith('-')
  const digits = withoutLeadingZeros(written.replace(/^[+-]/, ''))
  if (digits.length <= EXACT_DIGITS) return String((isNegative ? -1 : 1) * Number(digits) + shift)
  // Such an exponent exceeds any shift, so its sign stays and the shift applies to its magnitude.
  return (isNegative ? '-' : '') + addToMagnitude(digits, isNegative ? -shift : shift)
}

function addToMagnitude(digits: string, addend: number): string {
  const head = digits.slice(0, -EXACT_DIGITS)
  const tail = Number(digits.slice(-EXACT_DIGITS)) + addend
  const limit = 10 ** EXACT_DIGITS
  const carry = Math.floor(tail / limit)
  const newTail = String(tail - carry * limit).padStart(EXACT_DIGITS, '0')
  return withoutLeadingZeros(carryInto(head, carry) + newTail)
}

/** Adds 1, 0 or -1 to a natural number of any length that is at least 1. */
function carryInto(digits: string, carry: number): string {
  if (carry === 0) return digits
  const [rollingOver, rolledOver] = carry > 0 ? ['9', '0'] : ['0', '9']
  let i = digits.length - 1
  while (i >= 0 && digits[i] === rollingOver) i--
  const changed = i < 0 ? '1' : digits.slice(0, i) + String(Number(digits[i]) + carry)
  return changed + rolledOver.repeat(digits.length - 1 - i)
}

function withoutLeadingZeros(digits: string): string {
  let i = 0
  while (digits[i] === '0') i++
  return digits.slice(i)
}

/** A loop, because the search for /0+$/ takes quadratic time on many zeros before another digit. */
function withoutTrailingZeros(digits: string): string {
  let i = digits.length
  while (digits[i - 1] === '0') i--
  return digits.slice(0, i)
}
