// Tests of texts by their bytes, compared with slow and obvious ones on characters (contract 8.2, 8.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { TextLeaf } from '../../src/search/check/checked.ts'
import { textFilter } from '../../src/search/plan/text-filter.ts'
import { likePattern } from '../../src/search/syntax/like.ts'
import type { Comparison } from '../../src/search/syntax/syntax.ts'
import { holds } from '../wire/random.ts'
import { obviousLike } from './naive.ts'

const letters = fc.constantFrom(
  'a',
  'b',
  'A',
  '\u0000',
  '\u007f',
  '\u0080',
  'é',
  '\ud7ff',
  '\ue000',
  '\uffff',
  '😀',
)
const texts = fc.string({ unit: letters, maxLength: 6 })

/** The answer for a text between other bytes, as an index has it. */
function passes(text: string, leaf: TextLeaf<never>['test']): boolean {
  const filter = textFilter(leaf)
  if (filter.by === 'value') return filter.passes(text)
  const bytes = Buffer.from(`ab${text}ab`)
  return filter.passes(bytes, 2, bytes.length - 2)
}

/** Orders by code points, read one by one. */
function obviousOrder(a: string, b: string): number {
  const left = [...a].map(character => character.codePointAt(0) ?? 0)
  const right = [...b].map(character => character.codePointAt(0) ?? 0)
  for (const [i, point] of left.entries()) {
    const other = right[i]
    if (other === undefined) return 1
    if (point !== other) return point - other
  }
  return left.length - right.length
}

const ORDERS: Readonly<Record<Comparison, (order: number) => boolean>> = {
  '=': order => order === 0,
  '!=': order => order !== 0,
  '<': order => order < 0,
  '<=': order => order <= 0,
  '>': order => order > 0,
  '>=': order => order >= 0,
}

test('contract 8.4: bytes compare as their code points do', () => {
  holds(
    fc.tuple(texts, texts, texts),
    ([text, value, high]) => {
      const order = obviousOrder(text, value)
      for (const [operator, isExpected] of Object.entries(ORDERS)) {
        const leaf = { kind: 'compare', operator: operator as Comparison, value } as const
        assert.equal(passes(text, leaf), isExpected(order), operator)
      }
      const isBetween = order >= 0 && obviousOrder(text, high) <= 0
      assert.equal(passes(text, { kind: 'between', low: value, high }), isBetween)
      assert.equal(passes(text, { kind: 'in', values: new Set([value, high]) }), [value, high].includes(text))
      assert(!passes(text, { kind: 'null' }))
    },
    3000,
  )
})

test('contract 8.2: a pattern is found in bytes where it is found in characters', () => {
  const run = fc.constantFrom('', '%', '%%')
  const middle = fc.oneof(
    texts,
    fc.constantFrom('_', 'a_', '_é', '😀_', '%', 'a%b', '_%_', 'é%_', '\\%', '\\_'),
  )
  holds(
    fc.tuple(texts, texts, run, middle, run, fc.boolean()),
    ([before, behind, first, piece, last, ignoreCase]) => {
      const source = first + piece + last
      const leaf = { kind: 'like', pattern: likePattern(source, ignoreCase) } as const
      for (const text of [before + piece + behind, piece, piece + behind, before + piece, before, ''])
        assert.equal(passes(text, leaf), obviousLike(text, source, ignoreCase), `${text} like ${source}`)
    },
    3000,
  )
})
