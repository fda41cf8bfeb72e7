// Queries that were probably meant: mends the mistakes that other languages lead to. A refusal proposes a whole query only if it is valid.

/** Longest query that is proposed. */
export const MAX_PROPOSED = 512
/** Most places that are mended in one query. */
const MAX_MENDED = 16

/** Returns where a query does not parse, in UTF-16 units; undefined if it parses. */
export type FindFault = (query: string) => number | undefined

/** The query with all common mistakes mended; undefined if it does not parse even so. */
export function proposedQuery(query: string, unit: number, findFault: FindFault): string | undefined {
  if (query.length > MAX_PROPOSED) return undefined
  let mended = query
  let at: number | undefined = unit
  for (let left = MAX_MENDED; left > 0 && at !== undefined; left--) {
    const next = mendedAt(mended, at)
    if (next === undefined || next.length > MAX_PROPOSED) return undefined
    mended = next
    at = findFault(mended)
  }
  return at === undefined ? mended : undefined
}

/** A mistake at a place of a query: what precedes the place, what is there, and what is written instead of both. */
interface Mistake {
  /** Ends with `$`. Absent: anything. */
  readonly before?: RegExp
  readonly at: RegExp
  readonly instead: (at: readonly string[], before: readonly string[]) => string
}

const NAME = '[A-Za-z_][A-Za-z0-9_]*(?:\\.[A-Za-z0-9_]+)*'
const OPERATOR = '!=|<>|<=|>=|=|<|>'

/** Operators with their sides exchanged. */
const MIRRORED: ReadonlyMap<string, string> = new Map([
  ['<', '>'],
  ['<=', '>='],
  ['>', '<'],
  ['>=', '<='],
])

function swapped(field: string, operator: string, literal: string): string {
  return `${field} ${MIRRORED.get(operator) ?? operator} ${literal}`
}

/** Symbols of other languages. */
const SYMBOLS: ReadonlyMap<string, string> = new Map([
  ['==', '='],
  ['===', '='],
  ['!==', '!='],
  ['=!', '!='],
  ['=<', '<='],
  ['=>', '>='],
  ['><', '<>'],
  ['&', ' and '],
  ['&&', ' and '],
  ['|', ' or '],
  ['||', ' or '],
])

/** Text that precedes a value, also within a list. */
const BEFORE_VALUE = /(?:[=<>([,]|\b(?:between|and))\s*$/i
const BEFORE_FIELD = /(?:^|\(|\b(?:and|or|not))\s*$/i

const MISTAKES: readonly Mistake[] = [
  {
    at: new RegExp(
      `('(?:[^']|'')*'|"[^"]*"|[+-]?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?|\\d{4}-\\d{2}-\\d{2})\\s*(${OPERATOR})\\s*(${NAME})(?![A-Za-z0-9_.])`,
      'y',
    ),
    instead: ([, literal = '', operator = '', field = '']) => swapped(field, operator, literal),
  },
  {
    before: /(?<![\w.])now$/i,
    at: new RegExp(`([-+]\\w+)\\s*(${OPERATOR})\\s*(${NAME})(?![A-Za-z0-9_.])`, 'y'),
    instead: ([, distance = '', operator = '', field = ''], [now = '']) =>
      swapped(field, operator, now + distance),
  },
  {
    before: /(?<![\w.])now\s+$/i,
    at: /([-+])\s*(\d\w*)/y,
    instead: ([, sign = '', distance = '']) => `now${sign}${distance}`,
  },
  {
    before: BEFORE_FIELD,
    at: new RegExp(`"(${NAME})"`, 'y'),
    instead: ([, name = ''], [before = '']) => before + name,
  },
  { at: /"([^"]*)"/y, instead: ([, text = '']) => quoted(text) },
  { at: /[\u2018\u2019]([^'\u2018\u2019]*)[\u2018\u2019]/y, instead: ([, text = '']) => quoted(text) },
  { at: /[\u201c\u201d]([^"\u201c\u201d]*)[\u201c\u201d]/y, instead: ([, text = '']) => quoted(text) },
  { at: /(\d{4}-\d{2}-\d{2})(?![-+:.A-Za-z0-9_])/y, instead: ([, date = '']) => `'${date}T00:00:00Z'` },
  {
    at: /\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})(?![-+:.A-Za-z0-9_])/y,
    instead: ([time = '']) => `'${time}'`,
  },
  { before: /(?<![=<>!])={1,3}\s*$/, at: /null(?![A-Za-z0-9_])/iy, instead: () => ' is null' },
  { before: /(?:!=|<>)\s*$/, at: /null(?![A-Za-z0-9_])/iy, instead: () => ' is not null' },
  { before: /(?<!\w)not\s*$/i, at: /=(?![=<>!~])/y, instead: () => '!=' },
  { before: /(?<!\w)is\s+not\s*$/i, at: /['"0-9]/y, instead: ([first = '']) => `!= ${first}` },
  { before: /(?<!\w)is\s*$/i, at: /['"0-9]/y, instead: ([first = '']) => `= ${first}` },
  { at: /\[\s*['"]([A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*)['"]\s*\]/y, instead: ([, key = '']) => `.${key}` },
  {
    at: /[=<>!&|]{1,3}(?![=<>!~&|])/y,
    instead: ([symbols = '']) => SYMBOLS.get(symbols) ?? (symbols === '!' ? 'not ' : ''),
  },
  {
    before: /(?<!\w)i?like\s*$/i,
    at: /[^\s'"()[\],]+/y,
    instead: ([text = ''], [before = '']) => `${before}'${text}'`,
  },
  {
    before: BEFORE_VALUE,
    at: /(?!(?:and|or|not|in|like|ilike|between|is|null|now)(?![A-Za-z0-9_])|(?:labels|status|spec)\.)[A-Za-z0-9_][-A-Za-z0-9_.:/@]*/iy,
    instead: ([word = ''], [before = '']) => `${before}'${word}'`,
  },
]

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function mendedAt(query: string, unit: number): string | undefined {
  const start = query.slice(0, unit)
  for (const { before, at, instead } of MISTAKES) {
    const preceding = before === undefined ? [''] : before.exec(start)
    if (preceding === null) continue
    at.lastIndex = unit
    const found = at.exec(query)
    const text = found && instead(found, preceding)
    if (!found || !text) continue
    return spaced(
      start.slice(0, unit - (preceding[0]?.length ?? 0)),
      text,
      query.slice(unit + found[0].length),
    )
  }
  return undefined
}

/** Joins the parts, with one blank where two of them have some. */
function spaced(before: string, text: string, behind: string): string {
  const begun = /\s$/.test(before) ? text.trimStart() : text
  return before + (/^\s/.test(behind) ? begun.trimEnd() : begun) + behind
}
