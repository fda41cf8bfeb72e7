// Hostile queries, as an attacker, a broken program or a careless user writes them. A query depends only on its seed.
import { RandomStream } from '../../tools/simulate/random.ts'
import { printSearch, searches, spellings } from './random-search.ts'
import { sampleOf } from './random-state.ts'

const TOKENS: readonly [string, ...string[]] = [
  'and',
  ..."and or not in like ilike between is null AND Not ( ) ( ) [ ] , . = != <> < <= >= == ~ ! & | \\ ' '' % _ - + @ # ; --".split(
    ' ',
  ),
  ...'name id generation labels.a labels.in labels. spec.a spec.b.c.d spec spec. status.conditions.Ready status.conditions.Ready.last_updated_time x'.split(
    ' ',
  ),
  ...[
    'nope',
    'created_time',
    '__proto__',
    'labels.constructor',
    "'a'",
    "'it''s'",
    "'a%b\\'",
    "'\\\\'",
    "'True'",
  ],
  ...[
    '5',
    '-2.5',
    '1e6',
    '1e999',
    '5.',
    '007',
    "'2026-01-01T00:00:00Z'",
    '2026-01-01',
    'now',
    'NOW-30m',
    'now+1h30m',
    'now-1x',
    "'now-30m'",
    "'now 30m'",
    '"a"',
    '\u2019',
    '😀',
  ],
  ...['\ud800', '\udc00', '\0', '\ufeff', '\u00a0', '\t', '\r\n', 'é', '\u0130'],
]
const SPACES = ['', ' ', ' ', ' ', '\n'] as const
const OPENINGS = ['(', 'not ', 'not(', '( ', 'NOT\t', "id='x' or (", "not id='x' and (", 'name in ('] as const
/** Pieces whose repetitions make the longest queries of every kind. */
const PIECES = [
  'a=1 and ',
  "name like '%a%' or ",
  "''",
  'x',
  'x.',
  '1',
  "1,'a',",
  '(a=1) and ',
  'not a=1 or ',
  'andor ',
  "name in ('a','b') and ",
  'nul',
  'now',
  'now-',
  '9d',
  'created_time<now-1h and ',
  '😀',
] as const
const RUNS = ['%a', '%_', '_%', 'a', '%', '_', '%aab', '\\%', 'ab%', '%%a', '\\_'] as const

type Generator = (random: RandomStream, valid: readonly string[]) => string

const GENERATORS: readonly [Generator, ...Generator[]] = [
  soup,
  soup,
  mutation,
  mutation,
  mutation,
  nesting,
  pattern,
]

/** Queries in one block. Every block has its own seed. */
export function hostileQueries(seed: number, count: number): string[] {
  const random = new RandomStream('hostile', seed)
  const trees = sampleOf(searches, seed, 40)
  const spelled = sampleOf(spellings, seed, 40)
  const valid = trees.map((tree, i) => printSearch(tree, spelled[i] ?? [0]))
  return Array.from({ length: count }, () =>
    random.chance(0.02) ? long(random) : random.pick(GENERATORS)(random, valid),
  )
}

function soup(random: RandomStream): string {
  return Array.from(
    { length: random.between(0, random.chance(0.1) ? 200 : 20) },
    () => random.pick(TOKENS) + random.pick(SPACES),
  ).join('')
}

/** A valid query with a few cuts, doublings and foreign tokens. */
function mutation(random: RandomStream, valid: readonly string[]): string {
  let text = valid[random.between(0, valid.length - 1)] ?? ''
  for (let changes = random.between(0, 4); changes > 0; changes--) {
    const at = random.between(0, text.length)
    const end = Math.min(text.length, at + random.between(0, 6))
    const instead = random.chance(0.5)
      ? random.pick(TOKENS)
      : random.chance(0.5)
        ? ''
        : text.slice(at, end).repeat(2)
    text = text.slice(0, at) + instead + text.slice(end)
  }
  return text
}

function nesting(random: RandomStream): string {
  const opening = random.pick(OPENINGS)
  const depth = random.between(0, random.chance(0.1) ? 1100 : 70)
  const closings = random.chance(0.7) ? opening.split('(').length - 1 : random.between(0, 2)
  return `${opening.repeat(depth)}name='a'${')'.repeat(depth * closings)}`
}

function pattern(random: RandomStream): string {
  const operator = random.pick(['like', 'ilike', 'not like', 'not ilike'])
  return `name ${operator} '${likeSource(random)}'`
}

function long(random: RandomStream): string {
  const piece = random.pick(PIECES)
  const text = piece.repeat(Math.ceil(random.between(3900, 4200) / piece.length))
  const start = random.pick(['', "name = '", "name in ('a',", 'name = ', "name like '%"])
  return `${start}${text}${random.pick(['', "'", 'a=1', ')', '!'])}`
}

/** Patterns that make backtracking matchers slow. */
export function likeSource(random: RandomStream): string {
  const run = random.pick(RUNS).repeat(random.between(0, 40))
  return `${run}${random.pick(['', 'b', '%b', '_', '%', '\\\\'])}`
}
