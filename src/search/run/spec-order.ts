// The order by a path in the spec: numbers of JSON first, by value, then all other texts (contract 13.6).
import { Decimal } from '../../wire/decimal.ts'
import { ABSENT, JsonPaths, valueText } from '../../wire/json-paths.ts'
import { compareCodePoints } from '../../wire/text.ts'
import type { SpecField } from '../check/fields.ts'
import { hasNoText } from '../plan/spec-test.ts'

export type OrderValue = Decimal | string

const MINUS = 0x2d
const DIGIT_0 = 0x30
const DIGIT_9 = 0x39

/** Returns a reader of the values of a path. It returns undefined for a missing key, `null`, an object and an array. */
export function orderValueReader<R>(field: SpecField<R>): (record: R) => OrderValue | undefined {
  const paths = new JsonPaths([field.path])
  return record => {
    const json = field.spec(record)
    paths.read(json)
    const [start = ABSENT] = paths.starts
    if (hasNoText(json.bytes, start)) return undefined
    const text = valueText(json.bytes, start, paths.ends[0] ?? start)
    return isNumber(json.bytes[start] as number) ? new Decimal(text) : text
  }
}

/** True for the first byte of a number of JSON. */
function isNumber(first: number): boolean {
  return first === MINUS || (first >= DIGIT_0 && first <= DIGIT_9)
}

export function compareOrderValues(a: OrderValue, b: OrderValue): number {
  if (typeof a === 'string') return typeof b === 'string' ? compareCodePoints(a, b) : 1
  return typeof b === 'string' ? -1 : a.compare(b)
}
