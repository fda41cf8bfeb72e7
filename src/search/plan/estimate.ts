// Estimates the rows and the cost of each part of a plan from the present indexes. The execution orders operands and chooses
// between an index and the records by these estimates alone.

import { countSlots, type PostingList } from '../../index/posting-list.ts'
import type { ResourceIndex } from '../../index/resource-index.ts'
import type { Resource } from '../../state/records.ts'
import type { Leaf } from '../check/checked.ts'
import { type Access, accessOf, undecidedOf } from './access.ts'
import type { PlanGroup, PlanLeaf } from './plan.ts'

export type Estimated = EstimatedGroup | EstimatedLeaf

interface Estimate {
  /** Estimated number of slots that match. */
  readonly rows: number
  /** Estimated nanoseconds to find all of them. */
  readonly costNs: number
  /** True if no index can answer it. */
  readonly isRowsOnly: boolean
}

export interface EstimatedGroup extends Estimate {
  readonly kind: 'and' | 'or'
  readonly node: PlanGroup
  readonly operands: readonly Estimated[]
}

export interface EstimatedLeaf extends Estimate {
  readonly kind: 'leaf'
  readonly node: PlanLeaf
  readonly leaf: Leaf<Resource>
  readonly access: Exclude<Access, { kind: 'absence' }>
  /** True if the slots of the leaf are the complement of the access path's slots. */
  readonly negated: boolean
  /** The slots that only their records can decide; undefined if there are none. */
  readonly undecided: PostingList | undefined
}

/** Costs in nanoseconds, measured on a fleet of a million. Only their proportions matter. */
export const COSTS = {
  /** A test of one record; mostly the reading of the record from its document. */
  row: 2500,
  /** A lookup of one slot in a posting list or a column. */
  probe: 20,
  /** One distinct value. */
  value: 60,
  /** One entry of a sparse list. */
  entry: 2,
  /** A bitmap of any length. */
  bitmap: 500,
  /** One slot of a bitmap under a set operation. */
  bit: 1 / 64,
  /** One slot of a column that the zone map passes over. */
  skipped: 1 / 50,
} as const

/** One slot in this many is assumed to match if the matching values are unknown. */
const UNKNOWN_SHARE = 4
/** Most distinct values that are walked for the estimate. */
const MAX_VALUES_WALKED_EARLY = 64

/** @param leaves the leaves of the query, by their numbers in the plan */
export function estimate(
  node: PlanGroup | PlanLeaf,
  leaves: readonly Leaf<Resource>[],
  index: ResourceIndex,
): Estimated {
  if (node.kind === 'leaf') return estimateLeaf(node, leaves, index)
  const operands = node.operands.map(operand => estimate(operand, leaves, index))
  const sum = operands.reduce((rows, operand) => rows + operand.rows, 0)
  const least = operands.reduce((rows, operand) => Math.min(rows, operand.rows), index.count)
  return {
    kind: node.kind,
    node,
    operands,
    rows: node.kind === 'and' ? least : Math.min(sum, index.count),
    costNs: node.kind === 'and' ? costOfAnd(operands) : costOfAll(operands),
    isRowsOnly: operands.every(operand => operand.isRowsOnly),
  }
}

/** The first operand is searched in full, the others only for the slots that it leaves. */
function costOfAnd(operands: readonly Estimated[]): number {
  let first = operands[0]
  if (first === undefined) return 0
  for (const operand of operands) if (bySelectivity(operand, first) < 0) first = operand
  let cost = first.costNs
  for (const operand of operands)
    if (operand !== first) cost += Math.min(operand.costNs, first.rows * COSTS.row)
  return cost
}

function costOfAll(operands: readonly Estimated[]): number {
  return operands.reduce((cost, operand) => cost + operand.costNs, 0)
}

/** Orders the operands of an `and`: the most selective first, operands without an index last. */
function bySelectivity(a: Estimated, b: Estimated): number {
  return Number(a.isRowsOnly) - Number(b.isRowsOnly) || a.rows - b.rows || a.costNs - b.costNs
}

/**
 * Operands in the order of their execution. Sorted by insertion, because they are few: `toSorted` left two kilobytes of garbage
 * for two of them.
 */
export function inOrderOfExecution(operands: readonly Estimated[]): readonly Estimated[] {
  const sorted: Estimated[] = []
  for (const operand of operands) {
    let place = sorted.length
    sorted.push(operand)
    for (let before = sorted[place - 1]; place > 0; before = sorted[place - 1]) {
      if (before === undefined || bySelectivity(before, operand) <= 0) break
      sorted[place--] = before
    }
    sorted[place] = operand
  }
  return sorted
}

function estimateLeaf(
  node: PlanLeaf,
  leaves: readonly Leaf<Resource>[],
  index: ResourceIndex,
): EstimatedLeaf {
  const leaf = leaves[node.number]
  if (leaf === undefined) throw new Error('a plan has more leaves than its query')
  const { access, turned } = withoutAbsence(knownValues(accessOf(leaf, index)))
  const negated = node.negated !== turned
  const { slotCount, count } = index
  const rows = Math.min(rowsOf(access, index), count)
  return {
    kind: 'leaf',
    node,
    leaf,
    access,
    negated,
    rows: negated ? count - rows : rows,
    costNs: costOf(access, rows, index) + (negated ? slotCount * COSTS.bit : 0),
    isRowsOnly: access.kind === 'rows',
    undecided: undecidedOf(leaf, index),
  }
}

/** Turns an absence into the complement of the present slots. */
function withoutAbsence(access: Access): { access: EstimatedLeaf['access']; turned: boolean } {
  if (access.kind !== 'absence') return { access, turned: false }
  const { present } = access
  return { access: { kind: 'lists', lists: present }, turned: true }
}

function knownValues(access: Access): Access {
  if (access.kind !== 'values' || access.valueCount > MAX_VALUES_WALKED_EARLY) return access
  return { kind: 'lists', lists: access.walk(), walked: access.valueCount }
}

function rowsOf(access: EstimatedLeaf['access'], { slotCount, count }: ResourceIndex): number {
  switch (access.kind) {
    case 'range':
      // As if the holes were spread evenly.
      return slotCount === 0 ? 0 : (Math.max(0, access.to - access.from) * count) / slotCount
    case 'lists':
      return access.lists.reduce<number>((sum, slots) => sum + countSlots(slots), 0)
    case 'values':
      return Math.ceil(access.slotCount / UNKNOWN_SHARE)
    case 'column':
      return access.scans.reduce((sum, scan) => sum + scan.estimate(), 0)
    case 'rows':
      return count
  }
}

function costOf(access: EstimatedLeaf['access'], rows: number, { slotCount, count }: ResourceIndex): number {
  const result = Math.min(rows * COSTS.entry, COSTS.bitmap + slotCount * COSTS.bit)
  switch (access.kind) {
    case 'range':
      return 0
    case 'lists':
      return access.lists.length * COSTS.probe + result
    case 'values':
      return access.valueCount * COSTS.value + result
    case 'column':
      return access.scans.length * (COSTS.bitmap + slotCount * COSTS.skipped) + rows + result
    case 'rows':
      return count * COSTS.row
  }
}
