// Runs a plan over the indexes: every part of it narrows the candidates in hand, by an index where that is cheaper, by
// asking the index about each candidate where few are left. What no index can answer, or only at length, is left to
// the records: one question about the candidates that are still open, asked when no index is read any more.
import type { ResourceIndex } from '../../index/resource-index.ts'
import {
  bySelectivity,
  COSTS,
  type Estimated,
  type EstimatedGroup,
  type EstimatedLeaf,
} from '../plan/estimate.ts'
import { leafName } from '../plan/plan.ts'
import type { PlanNode } from '../plan/plan-shape.ts'
import { type Candidates, NONE, range } from './candidates.ts'
import type { PlanStep, StepOperation } from './step.ts'
import type { Workspace } from './workspace.ts'

export interface ExecutionOptions {
  readonly index: ResourceIndex
  readonly workspace: Workspace
  /** About how many nanoseconds of reading indexes there may be: it is done in one turn of the event loop. */
  readonly indexBudgetNs: number
  /** A monotonic clock in milliseconds, for the steps' durations. */
  readonly nowMs: () => number
}

/** What the indexes know of a part of a plan. */
export interface Narrowed {
  /** Candidates that match. */
  readonly found: Candidates
  /** Candidates that match if their records pass; none of them is among those found. */
  readonly open: Candidates
  /** What the records of the open ones are asked; undefined when there are none. */
  readonly question: PlanNode | undefined
  /** Undefined when no index was asked. */
  readonly step: PlanStep | undefined
}

export class Execution {
  readonly #options: ExecutionOptions
  /** What is left of the budget; what would cost more is left to the records. */
  #leftNs: number

  constructor(options: ExecutionOptions) {
    this.#options = options
    this.#leftNs = options.indexBudgetNs
  }

  /** What is known of the candidates; those given are used up. */
  narrow(estimated: Estimated, within: Candidates): Narrowed {
    if (estimated.isRowsOnly) return leftToRecords(estimated.node, within)
    if (estimated.kind === 'leaf') return this.#leaf(estimated, within)
    const isNarrowed = within.count < this.#options.workspace.slotCount
    if (isNarrowed && within.count * COSTS.row < estimated.costNs)
      return leftToRecords(estimated.node, within)
    return estimated.kind === 'and' ? this.#and(estimated, within) : this.#or(estimated, within)
  }

  /** Cheapest first, and no further once nothing is left. */
  #and(group: EstimatedGroup, within: Candidates): Narrowed {
    const { workspace } = this.#options
    const begun = this.#begin('and', group, within)
    const steps: PlanStep[] = []
    const questions: PlanNode[] = []
    let left = within
    let open = NONE
    for (const operand of group.operands.toSorted(bySelectivity)) {
      if (left.count === 0 && steps.length > 0) break
      const narrowed = this.narrow(operand, left)
      if (narrowed.step !== undefined) steps.push(narrowed.step)
      if (narrowed.question !== undefined) questions.push(questionAbout(operand, narrowed))
      left = workspace.union([narrowed.found, workspace.copy(narrowed.open)])
      if (open.count > 0) open = workspace.intersect(open, workspace.copy(left))
      open = workspace.union([open, narrowed.open])
    }
    const found = open.count === left.count ? NONE : workspace.difference(left, workspace.copy(open))
    return this.#finish(begun, steps, { found, open, question: groupOf('and', questions) })
  }

  /** What only records can tell is asked of those that nothing else found. */
  #or(group: EstimatedGroup, within: Candidates): Narrowed {
    const { workspace } = this.#options
    const begun = this.#begin('or', group, within)
    const steps: PlanStep[] = []
    const asked: { readonly operand: Estimated; readonly narrowed: Narrowed }[] = []
    let found = NONE
    let lists: Candidates[] = []
    const gather = () => {
      found = workspace.union([found, ...lists])
      lists = []
    }
    for (const operand of group.operands) {
      const narrowed = this.narrow(operand, workspace.copy(within))
      if (narrowed.step !== undefined) steps.push(narrowed.step)
      if (narrowed.question !== undefined) asked.push({ operand, narrowed })
      lists.push(narrowed.found)
      if (narrowed.found.kind === 'bitmap') gather()
    }
    gather()
    const maybe = workspace.union(asked.map(({ narrowed }) => narrowed.open))
    const open = workspace.difference(maybe, workspace.copy(found))
    const [only] = asked
    // What was left of one operand says nothing about a candidate that is open because of another.
    const questions =
      asked.length === 1 ? [only?.narrowed.question] : asked.map(({ operand }) => operand.node)
    return this.#finish(begun, steps, { found, open, question: groupOf('or', questions) })
  }

  #leaf(estimated: EstimatedLeaf, within: Candidates): Narrowed {
    const isNarrowed = within.count < this.#options.workspace.slotCount
    const probeNs = isNarrowed ? within.count * probeCost(estimated) : Number.POSITIVE_INFINITY
    const costNs = Math.min(probeNs, estimated.costNs)
    if (costNs > this.#leftNs) return leftToRecords(estimated.node, within)
    const passes = probeNs < estimated.costNs ? probeOf(estimated.access) : undefined
    if (probeNs < estimated.costNs && passes === undefined) return leftToRecords(estimated.node, within)
    this.#leftNs -= costNs
    const startedMs = this.#options.nowMs()
    const rowsIn = within.count
    const { operation, candidates: found } =
      passes === undefined
        ? this.#useIndex(estimated, within)
        : this.#probe(passes, estimated.negated, within)
    const step: PlanStep = {
      operation,
      index: leafName(estimated.leaf),
      negated: estimated.negated,
      estimatedRows: Math.round(estimated.rows),
      rowsIn,
      rowsOut: found.count,
      rowsScanned: 0,
      durationUs: this.#since(startedMs),
      steps: [],
    }
    return { found, open: NONE, question: undefined, step }
  }

  #begin(operation: 'and' | 'or', { rows }: EstimatedGroup, { count }: Candidates): Begun {
    return { operation, estimatedRows: Math.round(rows), rowsIn: count, startedMs: this.#options.nowMs() }
  }

  /** A group has no step of its own where the one below it says the same, or none is there. */
  #finish(
    { operation, estimatedRows, rowsIn, startedMs }: Begun,
    steps: readonly PlanStep[],
    known: Omit<Narrowed, 'step'>,
  ): Narrowed {
    const { found, open } = known
    const question = open.count === 0 ? undefined : known.question
    const rowsOut = found.count + open.count
    const [only] = steps
    if (steps.length === 0 || (steps.length === 1 && only?.rowsOut === rowsOut))
      return { found, open, question, step: only }
    const durationUs = this.#since(startedMs)
    // Member by member: to spread what was begun took a seventh of a poll.
    const step: PlanStep = {
      operation,
      negated: false,
      estimatedRows,
      rowsIn,
      rowsOut,
      rowsScanned: 0,
      durationUs,
      steps,
    }
    return { found, open, question, step }
  }

  #since(startedMs: number): number {
    return Math.round((this.#options.nowMs() - startedMs) * 1000)
  }

  #probe(passes: (slot: number) => boolean, negated: boolean, within: Candidates): Answered {
    const candidates = this.#options.workspace.filter(within, slot => passes(slot) !== negated)
    return { operation: 'index-probe', candidates }
  }

  #useIndex(estimated: EstimatedLeaf, within: Candidates): Answered {
    const { workspace } = this.#options
    const { operation, candidates: found } = this.#lookUp(estimated.access, within)
    const candidates = estimated.negated
      ? workspace.difference(within, found)
      : workspace.intersect(within, found)
    return { operation, candidates }
  }

  /** What an index gives; a scan of a column leaves out what is not asked for. */
  #lookUp(access: EstimatedLeaf['access'], within: Candidates): Answered {
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

/** A group whose operands are being narrowed. */
interface Begun extends Pick<PlanStep, 'operation' | 'estimatedRows' | 'rowsIn'> {
  readonly startedMs: number
}

/** What an index answered, and how. */
interface Answered {
  readonly operation: StepOperation
  readonly candidates: Candidates
}

/** All candidates are open. */
function leftToRecords(node: PlanNode, within: Candidates): Narrowed {
  return { found: NONE, open: within, question: within.count === 0 ? undefined : node, step: undefined }
}

/** What was left of an operand holds where no candidate passed without it. */
function questionAbout(operand: Estimated, { found, question }: Narrowed): PlanNode {
  return found.count === 0 && question !== undefined ? question : operand.node
}

function groupOf(kind: 'and' | 'or', nodes: readonly (PlanNode | undefined)[]): PlanNode | undefined {
  const operands = nodes.filter(node => node !== undefined)
  return operands.length < 2 ? operands[0] : { kind, operands }
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
