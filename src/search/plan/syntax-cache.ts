// Syntax trees by the text of their queries without what stands in quotes: a Sentinel's query differs from its last one in a
// timestamp, and need not be parsed again for that.
import { utf8Length } from '../../wire/text.ts'
import { MAX_QUERY_BYTES } from '../syntax/parse.ts'
import type { Literal, PredicateSyntax, StringLiteral, Syntax } from '../syntax/syntax.ts'
import { RecentlyUsed } from './recently-used.ts'

/** The most trees that are kept. */
const MAX_CACHED = 256
/** Longer queries, with their literals taken out, are parsed each time: their trees would take megabytes. */
const MAX_KEY_LENGTH = 512

/** A quoted literal, in a query that doubles no quote. */
const QUOTED = /'[^']*'/g

export class SyntaxCache {
  readonly #trees = new RecentlyUsed<Syntax>(MAX_CACHED)

  /**
   * The tree of a query that parses, or undefined when the query has to be parsed. Its offsets are those of another query:
   * they are good for nothing.
   */
  find(query: string): Syntax | undefined {
    if (utf8Length(query) > MAX_QUERY_BYTES) return undefined
    const texts: string[] = []
    const key = withoutTexts(query, texts)
    const tree = key === undefined ? undefined : this.#trees.get(key)
    return tree && withTexts(tree, texts.values())
  }

  /** Keeps the tree that a query was parsed to. */
  add(query: string, tree: Syntax): void {
    const key = withoutTexts(query, [])
    if (key !== undefined && key.length <= MAX_KEY_LENGTH) this.#trees.set(key, tree)
  }
}

/**
 * The query with empty literals, whose contents are added to `texts`. Undefined where a quote may be doubled, and where a
 * backslash may end a pattern: all other queries of one such text are read alike, token by token.
 */
function withoutTexts(query: string, texts: string[]): string | undefined {
  if (query.includes("''") || query.includes('\\')) return undefined
  return query.replace(QUOTED, literal => {
    texts.push(literal.slice(1, -1))
    return "''"
  })
}

/** The tree with other contents of its string literals, in the order in which they stand in the query. */
function withTexts(syntax: Syntax, texts: Iterator<string>): Syntax {
  switch (syntax.kind) {
    case 'and':
    case 'or':
      return { ...syntax, operands: syntax.operands.map(operand => withTexts(operand, texts)) }
    case 'not':
      return { ...syntax, operand: withTexts(syntax.operand, texts) }
    default:
      return predicateWith(syntax, texts)
  }
}

function predicateWith(predicate: PredicateSyntax, texts: Iterator<string>): PredicateSyntax {
  switch (predicate.kind) {
    case 'compare':
      return { ...predicate, literal: literalWith(predicate.literal, texts) }
    case 'in':
      return { ...predicate, literals: predicate.literals.map(literal => literalWith(literal, texts)) }
    case 'between': {
      const low = literalWith(predicate.low, texts)
      return { ...predicate, low, high: literalWith(predicate.high, texts) }
    }
    case 'like':
      return { ...predicate, pattern: stringWith(predicate.pattern, texts) }
    case 'null':
      return predicate
  }
}

function literalWith(literal: Literal, texts: Iterator<string>): Literal {
  return literal.kind === 'string' ? stringWith(literal, texts) : literal
}

function stringWith({ offset }: StringLiteral, texts: Iterator<string>): StringLiteral {
  const next = texts.next()
  if (next.done) throw new Error('a query has fewer literals than the tree of its kind')
  return { kind: 'string', value: next.value, offset }
}
