// The shape of a search: what is left of it when its literals, label keys and condition types are taken out. It is
// made of the words of this file and of the catalogue's column names alone, so no text of a user's is in it.
import type { Resource } from '../../state/records.ts'
import type { Checked, ConditionTimeSubfield, Leaf, ValueTest } from '../check/checked.ts'
import type { ColumnName } from '../check/fields.ts'
import type { Comparison } from '../syntax/syntax.ts'

export type PlanNode = PlanGroup | PlanLeaf

/** The operands in the order in which they were written. */
export interface PlanGroup {
  readonly kind: 'and' | 'or'
  readonly operands: readonly PlanNode[]
}

/** One question; what exactly is asked for stands in the query's leaf of this number. */
export interface PlanLeaf {
  readonly kind: 'leaf'
  readonly number: number
  readonly shape: LeafShape
  /** Never true of a condition: no `not` stands above one (contract 8.9). */
  readonly negated: boolean
}

export type TestShape = '=' | '<' | '<=' | '>' | '>=' | 'in' | 'between' | 'null' | 'like'

export type LeafShape =
  | { readonly kind: 'label'; readonly test: TestShape }
  | { readonly kind: 'text'; readonly column: ColumnName; readonly test: TestShape }
  | {
      readonly kind: 'integer' | 'time'
      readonly column: ColumnName
      readonly test: Exclude<TestShape, 'like'>
    }
  | { readonly kind: 'conditionStatus' }
  | {
      readonly kind: 'conditionTime'
      readonly subfield: ConditionTimeSubfield
      readonly operator: Comparison
    }
  | { readonly kind: 'conditionGeneration'; readonly operator: Comparison }

/** The same text for two searches exactly when one plan serves both. */
export function shapeOf(expression: Checked<Resource>): string {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return `${expression.kind}(${expression.operands.map(shapeOf).join(',')})`
    case 'not':
      return `not(${shapeOf(expression.operand)})`
    default:
      return leafText(leafShape(expression), 'negated' in expression && expression.negated)
  }
}

/** The shape of one question. */
export function leafShape(leaf: Leaf<Resource>): LeafShape {
  switch (leaf.kind) {
    case 'text': {
      const { field } = leaf
      const test = leaf.test.kind === 'like' ? 'like' : testShape(leaf.test)
      return field.kind === 'label' ? { kind: 'label', test } : { kind: 'text', column: field.name, test }
    }
    case 'integer':
    case 'time':
      return { kind: leaf.kind, column: leaf.field.name, test: testShape<bigint>(leaf.test) }
    case 'conditionStatus':
      return { kind: 'conditionStatus' }
    case 'conditionTime':
      return { kind: 'conditionTime', subfield: leaf.subfield, operator: leaf.operator }
    case 'conditionGeneration':
      return { kind: 'conditionGeneration', operator: leaf.operator }
  }
}

function testShape<V>(test: ValueTest<V>): Exclude<TestShape, 'like'> {
  return test.kind === 'compare' ? test.operator : test.kind
}

function leafText(shape: LeafShape, negated: boolean): string {
  const words = Object.values(shape).join(' ')
  return negated ? `!${words}` : words
}
