// Patterns, compared with a slow and obvious matcher (contract 8.2).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isLike, isLikeItems, likePattern } from '../../src/search/syntax/like.ts'
import { holds } from '../wire/random.ts'
import { looks, mostLooks } from './like-looks.ts'
import { obviousLike } from './naive.ts'

const like = (text: string, pattern: string) => isLike(text, likePattern(pattern, false))
const ilike = (text: string, pattern: string) => isLike(text, likePattern(pattern, true))

test('contract 8.2: % is any run, the empty one included, and the whole text is matched', () => {
  for (const pattern of ['prod', '%', '%%', 'p%', '%d', '%o%', 'p%d', '%prod%', 'p%r%o%d']) {
    assert(like('prod', pattern), pattern)
  }
  for (const pattern of ['', 'pro', 'rod', 'p', 'r%', '%o', '%x%', 'prod%d', 'PROD']) {
    assert(!like('prod', pattern), pattern)
  }
  assert(like('', ''))
  assert(like('', '%'))
  assert(like('a\nb', 'a%b'))
})

test('contract 8.2: _ is any one character, outside the basic plane too', () => {
  assert(like('prod', '____') && like('prod', 'p_o_'))
  assert(!like('prod', '___') && !like('prod', '_____'))
  assert(like('a😀b', 'a_b') && like('😀', '_') && !like('😀', '__'))
  assert(like('😀😀', '%_') && like('a\nb', 'a_b'))
})

test('contract 8.2: a backslash takes the next character as it is', () => {
  assert(like('50%', '50\\%') && !like('500', '50\\%'))
  assert(like('a_b', 'a\\_b') && !like('axb', 'a\\_b'))
  assert(like('a\\b', 'a\\\\b') && like('abc', '\\a\\b\\c'))
  assert(like('😀', '\\😀'))
})

test('contract 8.2: nothing in a pattern but %, _ and \\ is special', () => {
  for (const text of ['.*', '[a-z]', '^a$', '(a|b)', 'a+', '?'])
    assert(like(text, text) && !like('aaa', text))
})

test('contract 8.2: ilike ignores the case of each character, of the pattern too', () => {
  assert(ilike('PrOd', 'pRoD') && ilike('PROD', '%od') && ilike('É', 'é') && ilike('ß', 'ß'))
  assert(ilike('ΑΣ', 'ας'.replace('ς', 'σ')) && ilike('𐐀', '𐐨') && ilike('A%', '\\a\\%'))
  assert(!ilike('prod', 'prop'))
  assert(ilike('İ', 'İ') && ilike('İ', '_') && !ilike('İ', 'i'))
})

const letters = fc.constantFrom('a', 'b', 'A', 'B', '%', '_', '\\', '😀', 'é', 'É', 'İ', 'i')
const texts = fc.string({ unit: letters, maxLength: 8 })
const patternPieces = fc.constantFrom(
  'a',
  'b',
  'A',
  '%',
  '_',
  '%',
  '\\%',
  '\\_',
  '\\\\',
  '\\a',
  '😀',
  'É',
  'İ',
  'i',
)
const patterns = fc.array(patternPieces, { maxLength: 7 }).map(pieces => pieces.join(''))

test('contract 8.2: like and ilike agree with an obvious matcher', () => {
  holds(
    fc.tuple(texts, patterns, fc.boolean()),
    ([text, pattern, ignoreCase]) => {
      const found = isLike(text, likePattern(pattern, ignoreCase))
      assert.equal(found, obviousLike(text, pattern, ignoreCase))
    },
    3000,
  )
})

const runs = fc.constantFrom('', '%', '%%')
const pieces = fc.array(fc.constantFrom('a', 'b', '\\%', '\\_', '\\\\', '😀', 'é'), { maxLength: 3 })
const onePiece = fc
  .tuple(runs, pieces, runs)
  .map(([before, piece, behind]) => [before, ...piece, behind].join(''))
const surrounded = fc.tuple(texts, onePiece, texts).map(([before, pattern, behind]) => ({
  text: `${before}${pattern.replaceAll(/\\(.)|%/g, '$1')}${behind}`,
  pattern,
}))

test('contract 8.2: a pattern of one piece is found where the two pointers find it', () => {
  holds(
    surrounded,
    ({ text, pattern }) => {
      const read = likePattern(pattern, false)
      assert(read.piece !== undefined, pattern)
      const middle = [...text].slice(1, -1).join('')
      for (const some of [text, middle, `${text}a`, `b${text}`, ''])
        assert.equal(isLike(some, read), isLikeItems(some, read.items, false), some)
    },
    3000,
  )
})

test('contract 8.2: the cost of a match is at most pattern times text', () => {
  const text = 'a'.repeat(255)
  const sources = [`${'%a'.repeat(100)}%b`, `%${'a'.repeat(127)}b`, `${'%_'.repeat(60)}b`, '%'.repeat(4000)]
  for (const source of [...sources, `%${'_'.repeat(100)}b%`, `${'%aab'.repeat(80)}%`]) {
    assert(looks(text, source) <= mostLooks(text, source), source)
  }
  const manyRuns = looks(text, `${'%a'.repeat(100)}%b`)
  assert(manyRuns <= 4 * (text.length + 201), 'only the last % is tried again')
})
