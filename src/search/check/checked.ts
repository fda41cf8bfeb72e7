// The checked tree of a search: every name resolved to a field, every literal of the field's type. It is plain
// data, made to be planned: a leaf says what is asked of which field, and that it is negated, not how it is found.

import type { RangeTest } from '../../index/range.ts'
import type { ConditionStatus } from '../../state/records.ts'
import type { Instant } from '../../wire/instant.ts'
import type { LikePattern } from '../syntax/like.ts'
import type {
  ConditionField,
  ConditionTimeSubfield,
  IntegerColumn,
  SearchRecord,
  TextField,
  TimeColumn,
} from './fields.ts'

/** `R` is the kind of record; where the target is only known at run time, it is any of them. */
export type Checked<R = SearchRecord> = CheckedAnd<R> | CheckedOr<R> | CheckedNot<R> | Leaf<R>

export interface CheckedAnd<R> {
  readonly kind: 'and'
  readonly operands: readonly Checked<R>[]
}

export interface CheckedOr<R> {
  readonly kind: 'or'
  readonly operands: readonly Checked<R>[]
}

/** True exactly when the operand is false (contract 8.5). It has no condition below it (contract 8.9). */
export interface CheckedNot<R> {
  readonly kind: 'not'
  readonly operand: Checked<R>
}

export type Leaf<R> = FieldLeaf<R> | ConditionLeaf<R>
export type FieldLeaf<R> = TextLeaf<R> | IntegerLeaf<R> | TimeLeaf<R>

/** A field of text. `negated` turns the answer round, that for a missing label included (contract 8.5). */
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

/** A test of one value. A missing value fails every one of them but `null`. A field takes `!=` as a negated `=`. */
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

/** A condition of the record. A record without it never matches (contract 8.7, 8.8). */
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
