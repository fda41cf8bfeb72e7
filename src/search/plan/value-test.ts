// The test of a leaf as a function of one value, for walks over the distinct values of an index.
import { compareCodePoints } from '../../wire/text.ts'
import type { LikeTest, ValueTest } from '../check/checked.ts'
import { isLike } from '../syntax/like.ts'

export function textPasses(test: ValueTest<string> | LikeTest): (value: string) => boolean {
  if (test.kind !== 'like') return valuePasses(test, compareCodePoints)
  return value => isLike(value, test.pattern)
}

/** A generation is a small number, and what it is compared with an integer of any size. */
export function integerPasses(test: ValueTest<bigint>): (value: number) => boolean {
  const passes = valuePasses(test, (a: bigint, b) => (a === b ? 0 : a < b ? -1 : 1))
  return value => passes(BigInt(value))
}

function valuePasses<V>(test: ValueTest<V>, compare: (a: V, b: V) => number): (value: V) => boolean {
  switch (test.kind) {
    case 'null':
      return () => false
    case 'in':
      return value => test.values.has(value)
    case 'between':
      return value => compare(value, test.low) >= 0 && compare(value, test.high) <= 0
    case 'compare': {
      const holds = HOLDS[test.operator]
      return value => holds(compare(value, test.value))
    }
  }
}

const HOLDS = {
  '=': (order: number) => order === 0,
  '<': (order: number) => order < 0,
  '<=': (order: number) => order <= 0,
  '>': (order: number) => order > 0,
  '>=': (order: number) => order >= 0,
} as const
