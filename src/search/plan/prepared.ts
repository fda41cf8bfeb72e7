// Prepared queries: an LRU cache keyed by the text of a query without its quoted literals. A Sentinel's polls differ only in a
// timestamp, so they share a plan, and only the new literals are checked.
import type { Instant } from '../../wire/instant.ts'
import { utf8Length } from '../../wire/text.ts'
import { checkQuery, validQuery } from '../check/check.ts'
import type { Leaf } from '../check/checked.ts'
import type { Catalogue } from '../check/fields.ts'
import { RequestTime } from '../check/literals.ts'
import { leafOf } from '../check/predicate.ts'
import { type Checking, type ResolvedField, resolveField } from '../check/resolve.ts'
import { MAX_QUERY_BYTES, parseSearch } from '../syntax/parse.ts'
import type { Literal, PredicateSyntax, StringLiteral, Syntax } from '../syntax/syntax.ts'
import type { SearchFault } from '../syntax/syntax-error.ts'
import { type Plan, type PlanNode, planOf } from './plan.ts'

/** A checked and planned search. */
export interface Filter<R> extends Plan<R> {
  readonly kind: 'filter'
  /** `hit` if a query that differs only in its quoted literals was prepared before. */
  readonly cached: 'hit' | 'miss'
  /** Undefined if the query has no relative times (contract 13.1), so that its leaves are the same at any time. */
  readonly relative: RelativeTimes<R> | undefined
}

/** The relative times of a query. */
export interface RelativeTimes<R> {
  /** The time that `now` was in the leaves. */
  readonly now: Instant
  /** The leaves at another time. */
  leavesAt(now: Instant): readonly Leaf<R>[]
}

export interface PlanCacheStatistics {
  readonly size: number
  readonly hits: number
  readonly misses: number
  readonly evictions: number
}

/** Most cached queries. */
export const MAX_PREPARED = 256
/** Longest cached key. Longer keys would take megabytes, so their queries are prepared each time. */
const MAX_KEY_LENGTH = 512

/** A quoted literal, in a query that doubles no quote and in any other. */
const QUOTED = /'[^']*'/g
const QUOTED_WITH_QUOTES = /'[^']*(?:''[^']*)*'/g

/** A cached query, without its string literals. */
interface Prepared<R> {
  readonly root: PlanNode
  readonly predicates: readonly PreparedPredicate<R>[]
  /** The number of the last use. (Moving a query to the end of the map left 700 bytes of garbage with each use.) */
  usedAt: number
}

interface PreparedPredicate<R> {
  readonly syntax: PredicateSyntax
  readonly field: ResolvedField<R>
}

export class PreparedQueries<R> {
  readonly #catalogue: Catalogue<R>
  readonly #limit: number
  readonly #queries = new Map<string, Prepared<R>>()
  #uses = 0
  #hits = 0
  #misses = 0
  #evictions = 0

  constructor(catalogue: Catalogue<R>, limit = MAX_PREPARED) {
    this.#catalogue = catalogue
    this.#limit = limit
  }

  get statistics(): PlanCacheStatistics {
    return { size: this.#queries.size, hits: this.#hits, misses: this.#misses, evictions: this.#evictions }
  }

  /**
   * Parses, checks and plans a trimmed, non-empty query (contract 8.1-8.10), from the cache where possible.
   * @param clock read for relative times, at most once
   */
  prepare(
    query: string,
    clock: () => Instant,
  ): Filter<R> | { readonly kind: 'fault'; readonly fault: SearchFault } {
    const time = new RequestTime(clock)
    const texts: string[] = []
    const key = keyOf(query, texts)
    const known = key === undefined ? undefined : this.#find(key)
    const leaves = known && this.#leavesWith(known.predicates, texts, time)
    if (known !== undefined && leaves !== undefined) {
      this.#hits++
      const relative = this.#relativeTimes(known.predicates, texts, time)
      return { kind: 'filter', root: known.root, leaves, cached: 'hit', relative }
    }
    const parsed = parseSearch(query, proposed => validQuery(proposed, this.#catalogue, time))
    if (parsed.kind === 'fault') return parsed
    const checked = checkQuery(parsed.syntax, this.#catalogue, time)
    if (checked.kind === 'fault') return checked
    this.#misses++
    const { root, leaves: own } = planOf(checked.expression)
    const predicates = this.#predicatesOf(parsed.syntax)
    if (key !== undefined) this.#add(key, { root, predicates, usedAt: ++this.#uses })
    const relative = this.#relativeTimes(predicates, texts, time)
    return { kind: 'filter', root, leaves: own, cached: 'miss', relative }
  }

  #relativeTimes(
    predicates: readonly PreparedPredicate<R>[],
    texts: readonly string[],
    { read: now }: RequestTime,
  ): RelativeTimes<R> | undefined {
    if (now === undefined) return undefined
    const leavesAt = (other: Instant): readonly Leaf<R>[] => {
      const leaves = this.#leavesWith(predicates, texts, new RequestTime(() => other))
      if (leaves === undefined) throw new Error('a query that was valid has a fault at another time')
      return leaves
    }
    return { now, leavesAt }
  }

  #find(key: string): Prepared<R> | undefined {
    const known = this.#queries.get(key)
    if (known !== undefined) known.usedAt = ++this.#uses
    return known
  }

  #add(key: string, prepared: Prepared<R>): void {
    this.#queries.set(key, prepared)
    if (this.#queries.size <= this.#limit) return
    let oldest = key
    let usedAt = prepared.usedAt
    for (const [other, query] of this.#queries) {
      if (query.usedAt >= usedAt) continue
      oldest = other
      usedAt = query.usedAt
    }
    this.#queries.delete(oldest)
    this.#evictions++
  }

  /** The leaves with new literals. Undefined if one has a fault: its offset takes a parse of this query. */
  #leavesWith(
    predicates: readonly PreparedPredicate<R>[],
    texts: readonly string[],
    time: RequestTime,
  ): readonly Leaf<R>[] | undefined {
    const checking = this.#checking(time)
    const next = texts.values()
    const leaves: Leaf<R>[] = []
    for (const { syntax, field } of predicates) {
      const leaf = leafOf(withTexts(syntax, next), field, checking)
      if (leaf === undefined) return undefined
      leaves.push(leaf)
    }
    return leaves
  }

  /** The predicates of a valid query from left to right, as the plan numbers its leaves. */
  #predicatesOf(syntax: Syntax): readonly PreparedPredicate<R>[] {
    switch (syntax.kind) {
      case 'and':
      case 'or':
        return syntax.operands.flatMap(operand => this.#predicatesOf(operand))
      case 'not':
        return this.#predicatesOf(syntax.operand)
      default: {
        const field = resolveField(syntax.field, this.#checking(NO_TIME))
        if (field === undefined) throw new Error('a checked query has a field that does not exist')
        return [{ syntax: withoutTexts(syntax), field }]
      }
    }
  }

  #checking(time: RequestTime): Checking<R> {
    return { catalogue: this.#catalogue, outermostNot: undefined, faults: [], time }
  }
}

/** For the names of fields, which have no time. */
const NO_TIME = new RequestTime(() => 0n)

/**
 * The query with empty literals; their contents are added to `texts`. Undefined for a query that is too long to be cached or to
 * be valid, and for one in which a pattern may end in a lone backslash. All other queries with the same key have the same tokens.
 */
function keyOf(query: string, texts: string[]): string | undefined {
  if (utf8Length(query) > MAX_QUERY_BYTES) return undefined
  const hasQuotes = query.includes("''")
  const key = query.replace(hasQuotes ? QUOTED_WITH_QUOTES : QUOTED, literal => {
    const text = literal.slice(1, -1)
    texts.push(hasQuotes ? text.replaceAll("''", "'") : text)
    return "''"
  })
  if (query.includes('\\') && texts.some(text => text.endsWith('\\'))) return undefined
  return key.length > MAX_KEY_LENGTH ? undefined : key
}

/**
 * Replaces the contents of a predicate's string literals, in the order of the query. Sets the members one by one: every search
 * does it for each predicate, and an object spread takes a microsecond.
 */
function withTexts(predicate: PredicateSyntax, texts: Iterator<string>): PredicateSyntax {
  const { field, offset, operatorOffset } = predicate
  switch (predicate.kind) {
    case 'compare': {
      const literal = literalWith(predicate.literal, texts)
      return { kind: 'compare', operator: predicate.operator, literal, field, offset, operatorOffset }
    }
    case 'in': {
      const literals = predicate.literals.map(literal => literalWith(literal, texts))
      return { kind: 'in', negated: predicate.negated, literals, field, offset, operatorOffset }
    }
    case 'between': {
      const low = literalWith(predicate.low, texts)
      const high = literalWith(predicate.high, texts)
      return { kind: 'between', negated: predicate.negated, low, high, field, offset, operatorOffset }
    }
    case 'like': {
      const { negated, ignoreCase } = predicate
      const pattern = stringWith(predicate.pattern, texts)
      return { kind: 'like', negated, ignoreCase, pattern, field, offset, operatorOffset }
    }
    case 'null':
      return predicate
  }
}

function literalWith(literal: Literal, texts: Iterator<string>): Literal {
  return literal.kind === 'string' ? stringWith(literal, texts) : literal
}

function stringWith({ offset }: StringLiteral, texts: Iterator<string>): StringLiteral {
  const next = texts.next()
  if (next.done) throw new Error('a query has fewer literals than the one that was prepared')
  return { kind: 'string', value: next.value, offset }
}

const NO_TEXTS: Iterator<string> = { next: () => ({ done: false, value: '' }) }

/** Removes the string literals, so that a cached query has no more text than its key. */
function withoutTexts(predicate: PredicateSyntax): PredicateSyntax {
  return withTexts(predicate, NO_TEXTS)
}
