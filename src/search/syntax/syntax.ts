// The syntax tree of a search, as the grammar (grammar/tsl.peggy) builds it, before names and values are checked. Every node has
// the offset of its first character in the query, in Unicode code points.

export type Syntax = AndSyntax | OrSyntax | NotSyntax | PredicateSyntax

/** A flat chain of `and`. A parenthesised `and` inside it is a node of its own. */
export interface AndSyntax {
  readonly kind: 'and'
  readonly operands: readonly Syntax[]
  readonly offset: number
}

/** A flat chain of `or`, as for `and`. */
export interface OrSyntax {
  readonly kind: 'or'
  readonly operands: readonly Syntax[]
  readonly offset: number
}

export interface NotSyntax {
  readonly kind: 'not'
  readonly operand: Syntax
  readonly offset: number
}

/** A test of one field (contract 8.2). */
export type PredicateSyntax = CompareSyntax | InSyntax | LikeSyntax | BetweenSyntax | NullSyntax

/** `<>` is read as `!=`. */
export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>='

export interface CompareSyntax extends PredicateParts {
  readonly kind: 'compare'
  readonly operator: Comparison
  readonly literal: Literal
}

export interface InSyntax extends PredicateParts {
  readonly kind: 'in'
  readonly negated: boolean
  readonly literals: readonly Literal[]
}

/** `like`, or with `ignoreCase` `ilike`. */
export interface LikeSyntax extends PredicateParts {
  readonly kind: 'like'
  readonly negated: boolean
  readonly ignoreCase: boolean
  readonly pattern: StringLiteral
}

export interface BetweenSyntax extends PredicateParts {
  readonly kind: 'between'
  readonly negated: boolean
  readonly low: Literal
  readonly high: Literal
}

/** `is null`, or negated `is not null`. */
export interface NullSyntax extends PredicateParts {
  readonly kind: 'null'
  readonly negated: boolean
}

interface PredicateParts {
  readonly field: FieldSyntax
  /** The same as the field's. */
  readonly offset: number
  /** Offset of the operator; of the `not` in operators such as `not in`. */
  readonly operatorOffset: number
}

/** A field as written. `labels.env` is the names `labels` and `env`. */
export interface FieldSyntax {
  readonly names: readonly string[]
  readonly offset: number
}

export type Literal = StringLiteral | NumberLiteral | RelativeTimeLiteral

/** A string without its quotes; doubled quotes are single. */
export interface StringLiteral {
  readonly kind: 'string'
  readonly value: string
  readonly offset: number
}

/** A number as written, because a text field is compared with its characters (contract 8.4). */
export interface NumberLiteral {
  readonly kind: 'number'
  readonly text: string
  readonly offset: number
}

/** Text that begins with `now`, as written and unchecked. In quotes a relative time is a string (contract 13.1). */
export interface RelativeTimeLiteral {
  readonly kind: 'relativeTime'
  readonly text: string
  readonly offset: number
}

/** An operator as a user writes it, for messages. */
export function operatorText(predicate: PredicateSyntax): string {
  if (predicate.kind === 'compare') return predicate.operator
  if (predicate.kind === 'null') return predicate.negated ? 'is not null' : 'is null'
  const word = predicate.kind === 'like' && predicate.ignoreCase ? 'ilike' : predicate.kind
  return predicate.negated ? `not ${word}` : word
}
