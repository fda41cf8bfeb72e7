// The plan of a search: the checked tree with every `not` moved into the leaves (two-valued logic makes that legal,
// contract 8.5) and every literal, label key and condition type taken out. Queries of one shape share one plan.
import type { Resource } from '../../state/records.ts'
import type { Checked, Leaf } from '../check/checked.ts'
import { type RowTest, rowTest, rowTestSource } from './compile.ts'
import { leafShape, type PlanNode } from './plan-shape.ts'

/** The most compiled tests that one plan keeps: which parts are left to rows depends on what the indexes hold. */
const MAX_TESTS_PER_PLAN = 16

export class Plan {
  readonly root: PlanNode
  /** By their source. */
  readonly #tests = new Map<string, RowTest>()

  constructor(expression: Checked<Resource>) {
    this.root = planNode(expression, { leaves: 0 }, false)
  }

  /** The test of a part of the plan on one record, compiled when it is asked for first. */
  test(node: PlanNode): RowTest {
    const source = rowTestSource(node)
    const known = this.#tests.get(source)
    if (known !== undefined) return known
    if (this.#tests.size >= MAX_TESTS_PER_PLAN) this.#tests.clear()
    const test = rowTest(source)
    this.#tests.set(source, test)
    return test
  }
}

/** The leaves of a query by their numbers in its plan: from left to right. */
export function leavesOf(expression: Checked<Resource>): readonly Leaf<Resource>[] {
  const leaves: Leaf<Resource>[] = []
  collectLeaves(expression, leaves)
  return leaves
}

/** How many leaves a part of a plan has. */
export function countLeaves(node: PlanNode): number {
  if (node.kind === 'leaf') return 1
  return node.operands.reduce((count, operand) => count + countLeaves(operand), 0)
}

/** What a leaf asks about, in the user's words. */
export function leafName(leaf: Leaf<Resource>): string {
  switch (leaf.kind) {
    case 'text':
      return leaf.field.kind === 'label' ? `labels.${leaf.field.key}` : leaf.field.name
    case 'integer':
    case 'time':
      return leaf.field.name
    case 'conditionStatus':
      return `status.conditions.${leaf.type}`
    case 'conditionTime':
      return `status.conditions.${leaf.type}.${leaf.subfield}`
    case 'conditionGeneration':
      return `status.conditions.${leaf.type}.observed_generation`
  }
}

function collectLeaves(expression: Checked<Resource>, leaves: Leaf<Resource>[]): void {
  switch (expression.kind) {
    case 'and':
    case 'or':
      for (const operand of expression.operands) collectLeaves(operand, leaves)
      return
    case 'not':
      collectLeaves(expression.operand, leaves)
      return
    default:
      leaves.push(expression)
  }
}

/** By De Morgan's laws; groups within groups of the same kind become one. */
function planNode(expression: Checked<Resource>, counted: { leaves: number }, turned: boolean): PlanNode {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const kind = (expression.kind === 'and') === turned ? 'or' : 'and'
      const operands = expression.operands
        .map(operand => planNode(operand, counted, turned))
        .flatMap(operand => (operand.kind === kind ? operand.operands : [operand]))
      return { kind, operands }
    }
    case 'not':
      return planNode(expression.operand, counted, !turned)
    default: {
      const shape = leafShape(expression)
      return { kind: 'leaf', number: counted.leaves++, shape, negated: isNegated(expression) !== turned }
    }
  }
}

function isNegated(leaf: Leaf<Resource>): boolean {
  return 'negated' in leaf && leaf.negated
}
