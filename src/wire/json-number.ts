// JSON numbers by exact decimal value (contract 3.5). Works on the digits alone: no double, and no bigint either,
// whose conversion of a hundred thousand digits takes milliseconds.

/** Exponents of up to this many digits are added as doubles, which hold them exactly. */
const EXACT_DIGITS = 15

/** An integer that is its own significant digits. Seen at once: half a million of one digit 65 ms before, 12 after. */
const PLAIN = /^-?\d*[1-9]$/

/** Decimals of up to 15 digits without an exponent: a double tells them all apart. */
const SHORT = /^[-0-9.]{1,15}$/

/** Whether two valid JSON numbers have the same value. Takes time linear in them. */
export function isSameNumber(a: string, b: string): boolean {
  if (a === b) return true
  if (SHORT.test(a) && SHORT.test(b)) return Number(a) === Number(b)
  return canonicalNumber(a) === canonicalNumber(b)
}

/**
 * The one spelling of a number's value: two JSON numbers are equal exactly when their canonical spellings are.
 * `text` has to be a valid JSON number. Takes time linear in it.
 */
export function canonicalNumber(text: string): string {
  if (PLAIN.test(text)) return `${text}e0`
  const isNegative = text.startsWith('-')
  const unsigned = isNegative ? text.slice(1) : text
  const exponentAt = unsigned.search(/[eE]/)
  const mantissa = exponentAt === -1 ? unsigned : unsigned.slice(0, exponentAt)
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = withoutLeadingZeros(whole + fraction)
  const significant = withoutTrailingZeros(digits)
  if (significant === '') return '0'
  const shift = digits.length - significant.length - fraction.length
  const exponent = exponentAt === -1 ? String(shift) : addToExponent(unsigned.slice(exponentAt + 1), shift)
  return `${isNegative ? '-' : ''}${significant}e${exponent}`
}

/** The sum of a written exponent, which may have any number of digits, and a shift below 2^30 or so. */
function addToExponent(written: string, shift: number): string {
  const isNegative = written.startsWith('-')
  const digits = withoutLeadingZeros(written.replace(/^[+-]/, ''))
  if (digits.length <= EXACT_DIGITS) return String((isNegative ? -1 : 1) * Number(digits) + shift)
  // Such an exponent outweighs any shift, so the sign stays and the shift goes to its magnitude.
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
