// The plan of a search: the checked tree with every `not` moved into the leaves, which two-valued logic allows (contract 8.5). It
// has no literals, so one plan serves all queries that differ only in their literals.
import type { Checked, Leaf } from '../check/checked.ts'

export type PlanNode = PlanGroup | PlanLeaf

/** The operands are in the order of the query. */
export interface PlanGroup {
  readonly kind: 'and' | 'or'
  readonly operands: readonly PlanNode[]
}

/** A reference to a leaf of the query. */
export interface PlanLeaf {
  readonly kind: 'leaf'
  /** Leaves are numbered from left to right. */
  readonly number: number
  /** Never true for a condition: the contract allows no `not` above one (contract 8.9). */
  readonly negated: boolean
}

export interface Plan<R> {
  readonly root: PlanNode
  /** By their numbers. */
  readonly leaves: readonly Leaf<R>[]
}

/** Plans a checked query. Recurses as deep as the query nests, which the grammar bounds. */
export function planOf<R>(expression: Checked<R>): Plan<R> {
  const leaves: Leaf<R>[] = []
  return { root: planNode(expression, leaves, false), leaves }
}

/** Applies De Morgan's laws, and flattens groups within groups of the same kind. */
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
