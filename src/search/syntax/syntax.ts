// The syntax tree of a search: what the grammar (grammar/tsl.peggy) makes of a query, before any name or value is
// looked at. Every node carries the offset of its first character in the query, in Unicode code points.

export type Syntax = AndSyntax | OrSyntax | NotSyntax | PredicateSyntax

/** A chain of `and`, flat: a parenthesised `and` inside it stays a node of its own. */
export interface AndSyntax {
  readonly kind: 'and'
  readonly operands: readonly Syntax[]
  readonly offset: number
}

/** A chain of `or`, flat like that of `and`. */
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

/** One field and what is asked of it (contract 8.2). */
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
  /** Offset of the operator; of `not in` and its like, of the `not`. */
  readonly operatorOffset: number
}

/** A field as written, `labels.env` being the names `labels` and `env`. */
export interface FieldSyntax {
  readonly names: readonly string[]
  readonly offset: number
}

export type Literal = StringLiteral | NumberLiteral

/** A string with its quotes taken off and doubled quotes made single. */
export interface StringLiteral {
  readonly kind: 'string'
  readonly value: string
  readonly offset: number
}

/** A number as written: a text field is compared with its characters (contract 8.4). */
export interface NumberLiteral {
  readonly kind: 'number'
  readonly text: string
  readonly offset: number
}
