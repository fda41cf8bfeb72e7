// Whether two JSON texts say the same (contract 3.5). parseJson does the reading, but of a rewriting in which every
// number is a string of its exact value, so that no digit is lost.
import { isDeepStrictEqual } from 'node:util'
import { canonicalNumber } from './json-number.ts'
import { scanNumber, scanString } from './json-scan.ts'
import { parseJson } from './json-value.ts'

/**
 * Whether two valid JSON texts have the same value (contract 3.5): the order of keys does not matter, of a repeated
 * key the last counts, numbers compare by exact decimal value, strings by content. Takes time linear in the texts;
 * recursion is as deep as they nest, so the caller bounds that.
 */
export function sameJsonValue(a: string, b: string): boolean {
  if (a === b) return true
  return isDeepStrictEqual(parseJson(withExactNumbers(a)), parseJson(withExactNumbers(b)))
}

/**
 * Rewrites valid JSON text: numbers become strings of `n` and their canonical spelling, strings get an `s` in front.
 * That also makes every key an ordinary one: neither `__proto__` nor an array index.
 */
function withExactNumbers(text: string): string {
  let rewritten = ''
  let copied = 0
  for (let i = 0; i < text.length; ) {
    const unit = text.charCodeAt(i)
    if (unit === 0x22) {
      const end = scanString(text, i)
      rewritten += `${text.slice(copied, i)}"s${text.slice(i + 1, end)}`
      copied = i = end
    } else if (startsNumber(unit)) {
      const end = scanNumber(text, i)
      rewritten += `${text.slice(copied, i)}"n${canonicalNumber(text.slice(i, end))}"`
      copied = i = end
    } else i++
  }
  return rewritten + text.slice(copied)
}

function startsNumber(unit: number): boolean {
  return unit === 0x2d || (unit >= 0x30 && unit <= 0x39)
}
