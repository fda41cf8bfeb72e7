// Runs a plan: every part of it narrows the candidates in hand, by an index where that is cheaper, by asking about each
// candidate where few are left. What no index can answer comes last, on the records of what is left.
import type { ResourceIndex } from '../index/resource-index.ts'
import { type Candidates, NONE, range } from './candidates.ts'
import { bySelectivity, COSTS, type Estimated, type EstimatedGroup, type EstimatedLeaf } from './estimate.ts'
import { leafName, type Plan, type PlanNode } from './plan.ts'
import type { PlanStep, StepOperation } from './plan-step.ts'
import type { Workspace } from './workspace.ts'

export interface ExecutionOptions {
  readonly plan: Plan
  /** The query's values, for compiled tests. */
  readonly parameters: readonly unknown[]
  readonly index: ResourceIndex
  readonly workspace: Workspace
  /** A monotonic clock in milliseconds, for the steps' durations. */
  readonly nowMs: () => number
}

export interface Narrowed {
  readonly candidates: Candidates
  readonly step: PlanStep
}

/** What a method found, to be told of as a step. */
interface Finding {
  readonly operation: StepOperation
  readonly candidates: Candidates
  readonly rowsScanned?: number
  readonly steps?: readonly PlanStep[]
}

export class Execution {
  readonly #options: ExecutionOptions

  constructor(options: ExecutionOptions) {
    this.#options = options
  }

  /** The candidates that match a part of the plan; those given are used up. */
  narrow(estimated: Estimated, within: Candidates): Narrowed {
    const startedMs = this.#options.nowMs()
    const rowsIn = within.count
    const { operation, candidates, rowsScanned = 0, steps = [] } = this.#find(estimated, within)
    const isIndexed = operation !== 'row-scan' && estimated.kind === 'leaf'
    const step = {
      operation,
      ...(isIndexed ? { index: leafName(estimated.leaf) } : {}),
      negated: isIndexed && estimated.negated,
      estimatedRows: Math.round(estimated.rows),
      rowsIn,
      rowsOut: candidates.count,
      rowsScanned,
      durationUs: Math.round((this.#options.nowMs() - startedMs) * 1000),
      steps,
    }
    return { candidates, step }
  }

  #find(estimated: Estimated, within: Candidates): Finding {
    if (estimated.isRowsOnly) return this.#scanRows(estimated.node, within)
    const isNarrowed = within.count < this.#options.workspace.slotCount
    if (estimated.kind === 'leaf') {
      if (!isNarrowed || within.count * probeCost(estimated) >= estimated.costNs)
        return this.#useIndex(estimated, within)
      const passes = probeOf(estimated.access)
      return passes === undefined
        ? this.#scanRows(estimated.node, within)
        : this.#probe(passes, estimated.negated, within)
    }
    if (isNarrowed && within.count * COSTS.row < estimated.costNs)
      return this.#scanRows(estimated.node, within)
    return estimated.kind === 'and' ? this.#and(estimated, within) : this.#or(estimated, within)
  }

  /** Cheapest first, and no further once nothing is left. */
  #and({ operands }: EstimatedGroup, within: Candidates): Finding {
    const steps: PlanStep[] = []
    let candidates = within
    for (const operand of withRowsTogether('and', operands.toSorted(bySelectivity))) {
      if (candidates.count === 0 && steps.length > 0) break
      const narrowed = this.narrow(operand, candidates)
      steps.push(narrowed.step)
      candidates = narrowed.candidates
    }
    return { operation: 'and', candidates, steps }
  }

  /** What only rows can tell comes last, and is asked of those that nothing else found. */
  #or({ operands }: EstimatedGroup, within: Candidates): Finding {
    const { workspace } = this.#options
    const steps: PlanStep[] = []
    let found = NONE
    let lists: Candidates[] = []
    const gather = () => {
      found = workspace.union([found, ...lists])
      lists = []
    }
    for (const operand of withRowsTogether('or', operands)) {
      if (operand.isRowsOnly) gather()
      const whole = workspace.copy(within)
      const asked = operand.isRowsOnly ? workspace.difference(whole, workspace.copy(found)) : whole
      const { candidates, step } = this.narrow(operand, asked)
      steps.push(step)
      lists.push(candidates)
      if (candidates.kind === 'bitmap') gather()
    }
    gather()
    return { operation: 'or', candidates: found, steps }
  }

  #scanRows(node: PlanNode, within: Candidates): Finding {
    const { plan, parameters, index, workspace } = this.#options
    const test = plan.test(node)
    const candidates = workspace.filter(within, slot => test(index.entryAt(slot).resource, parameters))
    return { operation: 'row-scan', candidates, rowsScanned: within.count }
  }

  #probe(passes: (slot: number) => boolean, negated: boolean, within: Candidates): Finding {
    const candidates = this.#options.workspace.filter(within, slot => passes(slot) !== negated)
    return { operation: 'index-probe', candidates }
  }

  #useIndex(estimated: EstimatedLeaf, within: Candidates): Finding {
    const { workspace } = this.#options
    const { operation, candidates: found } = this.#lookUp(estimated.access, within)
    const candidates = estimated.negated
      ? workspace.difference(within, found)
      : workspace.intersect(within, found)
    return { operation, candidates }
  }

  /** What an index gives; a scan of a column leaves out what is not asked for. */
  #lookUp(access: EstimatedLeaf['access'], within: Candidates): Finding {
    const { workspace } = this.#options
    switch (access.kind) {
      case 'range':
        return { operation: 'slot-range', candidates: range(access.from, access.to) }
      case 'lists': {
        const operation = access.walked === undefined ? 'posting-lists' : 'distinct-values'
        return { operation, candidates: workspace.fromSlots(access.lists) }
      }
      case 'values':
        return { operation: 'distinct-values', candidates: workspace.fromSlots(access.walk()) }
      case 'column': {
        const mask = within.kind === 'bitmap' ? within.bitmap : undefined
        const found = access.scans.map(scan => {
          const bitmap = workspace.bitmap()
          scan.into(bitmap, mask)
          return workspace.fromBitmap(bitmap)
        })
        return { operation: 'column-scan', candidates: workspace.union(found) }
      }
      case 'rows':
        throw new Error('no index answers this')
    }
  }
}

/** Operands that only rows can answer become one, behind the others, so that each row is asked once. */
function withRowsTogether(kind: 'and' | 'or', operands: readonly Estimated[]): readonly Estimated[] {
  const rowsOnly = operands.filter(operand => operand.isRowsOnly)
  const [first] = rowsOnly
  if (first === undefined) return operands
  const indexed = operands.filter(operand => !operand.isRowsOnly)
  if (rowsOnly.length === 1) return [...indexed, first]
  const node = { kind, operands: rowsOnly.map(operand => operand.node) }
  const { rows } = first
  return [...indexed, { kind, node, operands: rowsOnly, rows, costNs: first.costNs, isRowsOnly: true }]
}

function probeCost({ access }: EstimatedLeaf): number {
  switch (access.kind) {
    case 'range':
      return COSTS.entry
    case 'lists':
      return COSTS.probe * access.lists.length
    case 'column':
      return COSTS.probe * access.scans.length
    case 'values':
    case 'rows':
      return COSTS.row
  }
}

/** Asks an index about one slot; undefined where reading the record is as good. */
function probeOf(access: EstimatedLeaf['access']): ((slot: number) => boolean) | undefined {
  switch (access.kind) {
    case 'range':
      return slot => slot >= access.from && slot < access.to
    case 'lists':
      return slot =>
        access.lists.some(slots => (typeof slots === 'number' ? slots === slot : slots.has(slot)))
    case 'column':
      return slot => access.scans.some(scan => scan.passes(slot))
    case 'values':
    case 'rows':
      return undefined
  }
}
