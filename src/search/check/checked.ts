// The checked tree of a search: every name is resolved to a field, every literal has the field's type. A leaf is a test of one
// field, possibly negated; the plan decides how to evaluate it.

import type { RangeTest } from '../../index/range.ts'
import type { ConditionStatus } from '../../state/records.ts'
import type { Decimal } from '../../wire/decimal.ts'
import type { Instant } from '../../wire/instant.ts'
import type { LikePattern } from '../syntax/like.ts'
import type {
  ConditionField,
  ConditionTimeSubfield,
  IntegerColumn,
  SearchRecord,
  SpecField,
  TextField,
  TimeColumn,
} from './fields.ts'

/** `R` is the kind of record; any of them if the target is only known at run time. */
export type Checked<R = SearchRecord> = CheckedAnd<R> | CheckedOr<R> | CheckedNot<R> | Leaf<R>

export interface CheckedAnd<R> {
  readonly kind: 'and'
  readonly operands: readonly Checked<R>[]
}

export interface CheckedOr<R> {
  readonly kind: 'or'
  readonly operands: readonly Checked<R>[]
}

/** True if and only if the operand is false (contract 8.5). There is no condition below it (contract 8.9). */
export interface CheckedNot<R> {
  readonly kind: 'not'
  readonly operand: Checked<R>
}

export type Leaf<R> = FieldLeaf<R> | SpecLeaf<R> | ConditionLeaf<R>
export type FieldLeaf<R> = TextLeaf<R> | IntegerLeaf<R> | TimeLeaf<R>

/** A test of text. `negated` inverts the result, also for a missing label (contract 8.5). */
export interface TextLeaf<R> {
  readonly kind: 'text'
  readonly field: TextField<R>
  readonly test: ValueTest<string> | LikeTest
  readonly negated: boolean
}

export interface IntegerLeaf<R> {
  readonly kind: 'integer'
  readonly field: IntegerColumn<R>
  readonly test: ValueTest<bigint>
  readonly negated: boolean
}

export interface TimeLeaf<R> {
  readonly kind: 'time'
  readonly field: TimeColumn<R>
  readonly test: ValueTest<Instant>
  readonly negated: boolean
}

/** A test of a value in the spec. `negated` inverts the result, also for a missing value (contract 13.4). */
export interface SpecLeaf<R> {
  readonly kind: 'spec'
  readonly field: SpecField<R>
  readonly test: SpecTest
  readonly negated: boolean
}

/** A test of the value's text, or of its number (contract 13.3). */
export type SpecTest =
  | { readonly kind: 'text'; readonly test: ValueTest<string> | LikeTest }
  | { readonly kind: 'number'; readonly test: ValueTest<Decimal> }

/** A test of one value. A missing value passes only `null`. On a field, `!=` is a negated `=`. */
export type ValueTest<V> = RangeTest<V> | InTest<V> | NullTest

export interface InTest<V> {
  readonly kind: 'in'
  readonly values: ReadonlySet<V>
}

export interface NullTest {
  readonly kind: 'null'
}

export interface LikeTest {
  readonly kind: 'like'
  readonly pattern: LikePattern
}

/** A test of a condition. A record without the condition never matches (contract 8.7, 8.8). */
export type ConditionLeaf<R> = ConditionStatusLeaf<R> | ConditionTimeLeaf<R> | ConditionGenerationLeaf<R>

export interface ConditionStatusLeaf<R> {
  readonly kind: 'conditionStatus'
  readonly field: ConditionField<R>
  readonly status: ConditionStatus
}

export interface ConditionTimeLeaf<R> {
  readonly kind: 'conditionTime'
  readonly field: ConditionField<R>
  readonly subfield: ConditionTimeSubfield
  readonly test: RangeTest<Instant>
}

export interface ConditionGenerationLeaf<R> {
  readonly kind: 'conditionGeneration'
  readonly field: ConditionField<R>
  readonly test: RangeTest<number>
}
