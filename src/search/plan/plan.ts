// The plan of a search: the checked tree with every `not` moved into the leaves, which two-valued logic makes legal
// (contract 8.5). It says what is asked in which order and holds no literal, so one plan serves all queries that differ
// in their literals alone.
import type { Checked, Leaf } from '../check/checked.ts'

export type PlanNode = PlanGroup | PlanLeaf

/** The operands in the order in which they were written. */
export interface PlanGroup {
  readonly kind: 'and' | 'or'
  readonly operands: readonly PlanNode[]
}

/** One test: that of the query's leaf of this number. */
export interface PlanLeaf {
  readonly kind: 'leaf'
  /** Counts the leaves of a query from left to right. */
  readonly number: number
  /** Never true of a condition: no `not` is allowed above one (contract 8.9). */
  readonly negated: boolean
}

export interface Plan<R> {
  readonly root: PlanNode
  /** By their numbers. */
  readonly leaves: readonly Leaf<R>[]
}

/** Plans a checked query; recurses as deep as the query nests, which the grammar bounds. */
export function planOf<R>(expression: Checked<R>): Plan<R> {
  const leaves: Leaf<R>[] = []
  return { root: planNode(expression, leaves, false), leaves }
}

/** By De Morgan's laws; groups within groups of the same kind become one. */
function planNode<R>(expression: Checked<R>, leaves: Leaf<R>[], turned: boolean): PlanNode {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const kind = (expression.kind === 'and') === turned ? 'or' : 'and'
      const operands = expression.operands
        .map(operand => planNode(operand, leaves, turned))
        .flatMap(operand => (operand.kind === kind ? operand.operands : [operand]))
      return { kind, operands }
    }
    case 'not':
      return planNode(expression.operand, leaves, !turned)
    default: {
      const number = leaves.push(expression) - 1
      return { kind: 'leaf', number, negated: isNegated(expression) !== turned }
    }
  }
}

function isNegated<R>(leaf: Leaf<R>): boolean {
  return 'negated' in leaf && leaf.negated
}
