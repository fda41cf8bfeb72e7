// Runs a plan over the indexes. Each part narrows the candidates: by reading an index, or by looking up each candidate in it if few
// are left. Parts that no index can answer, or only at a high cost, become one residual test on the records of the undecided
// candidates. It runs after the last read of an index.
import type { PostingList } from '../../index/posting-list.ts'
import type { EntriesView, ResourceIndex } from '../../index/resource-index.ts'
import type { Resource } from '../../state/records.ts'
import type { Leaf } from '../check/checked.ts'
import { fieldName } from '../check/fields.ts'
import {
  COSTS,
  type Estimated,
  type EstimatedGroup,
  type EstimatedLeaf,
  inOrderOfExecution,
} from '../plan/estimate.ts'
import type { PlanNode } from '../plan/plan.ts'
import { RowTest } from '../plan/record-test.ts'
import { type Candidates, NONE, type Workspace } from './candidates.ts'
import { Pace } from './pace.ts'
import type { PlanStep, StepOperation } from './step.ts'
import type { Work } from './turns.ts'

export interface ExecutionOptions {
  readonly index: ResourceIndex
  readonly workspace: Workspace
  /** Most nanoseconds, estimated, for reading indexes: they are read in one turn of the event loop. */
  readonly indexBudgetNs: number
  /** A monotonic clock in milliseconds, for the steps' durations. */
  readonly nowMs: () => number
}

/** The result of the indexes for a part of a plan. */
export interface Narrowing {
  /** Candidates that match. */
  readonly matched: Candidates
  /** Candidates that match if their records pass. They are disjoint from `matched`. */
  readonly undecided: Candidates
  /** The test for the records of the undecided candidates; undefined if there are none. */
  readonly residual: PlanNode | undefined
  /** Undefined if no index was read. */
  readonly step: PlanStep | undefined
}

export class Execution {
  readonly #options: ExecutionOptions
  /** The rest of the budget. A part of the plan that would cost more is left to the records. */
  #leftNs: number

  constructor(options: ExecutionOptions) {
    this.#options = options
    this.#leftNs = options.indexBudgetNs
  }

  /** Narrows the candidates, which are consumed, by the indexes. */
  narrow(estimated: Estimated, within: Candidates): Narrowing {
    if (estimated.isRowsOnly) return leftToRecords(estimated.node, within)
    if (estimated.kind === 'leaf') return this.#leaf(estimated, within)
    const isNarrowing = within.count < this.#options.workspace.count
    if (isNarrowing && within.count * COSTS.row < estimated.costNs)
      return leftToRecords(estimated.node, within)
    return estimated.kind === 'and' ? this.#and(estimated, within) : this.#or(estimated, within)
  }

  /** Most selective operand first. Stops once no candidate is left. */
  #and(group: EstimatedGroup, within: Candidates): Narrowing {
    const { workspace } = this.#options
    const start = this.#start('and', group, within)
    const steps: PlanStep[] = []
    const residuals: PlanNode[] = []
    let left = within
    let undecided = NONE
    for (const operand of inOrderOfExecution(group.operands)) {
      if (left.count === 0 && steps.length > 0) break
      const narrowed = this.narrow(operand, left)
      if (narrowed.step !== undefined) steps.push(narrowed.step)
      if (narrowed.residual !== undefined) residuals.push(residualOf(operand, narrowed))
      left = narrowed.matched
      if (narrowed.undecided.count > 0)
        left = workspace.union([narrowed.matched, workspace.copy(narrowed.undecided)])
      if (undecided.count > 0) undecided = workspace.intersect(undecided, workspace.copy(left))
      if (narrowed.undecided.count > 0) undecided = workspace.union([undecided, narrowed.undecided])
    }
    const noneMatched = undecided.count === left.count
    const matched = noneMatched ? NONE : workspace.difference(left, workspace.copy(undecided))
    return this.#finish(start, steps, { matched, undecided, residual: groupOf('and', residuals) })
  }

  /** Only candidates that no other operand matches remain undecided. */
  #or(group: EstimatedGroup, within: Candidates): Narrowing {
    const { workspace } = this.#options
    const start = this.#start('or', group, within)
    const steps: PlanStep[] = []
    const left: { readonly operand: Estimated; readonly narrowed: Narrowing }[] = []
    let matched = NONE
    let lists: Candidates[] = []
    const gather = () => {
      matched = workspace.union([matched, ...lists])
      lists = []
    }
    for (const operand of group.operands) {
      const narrowed = this.narrow(operand, workspace.copy(within))
      if (narrowed.step !== undefined) steps.push(narrowed.step)
      if (narrowed.residual !== undefined) left.push({ operand, narrowed })
      lists.push(narrowed.matched)
      if (narrowed.matched.kind === 'bitmap') gather()
    }
    gather()
    const maybe = workspace.union(left.map(({ narrowed }) => narrowed.undecided))
    const undecided = workspace.difference(maybe, workspace.copy(matched))
    const [only] = left
    // The residual of one operand does not cover the candidates that another one leaves undecided, so several need their nodes.
    const residuals = left.length === 1 ? [only?.narrowed.residual] : left.map(({ operand }) => operand.node)
    return this.#finish(start, steps, { matched, undecided, residual: groupOf('or', residuals) })
  }

  #leaf(estimated: EstimatedLeaf, within: Candidates): Narrowing {
    const isNarrowing = within.count < this.#options.workspace.count
    const probeNs = isNarrowing ? within.count * probeCost(estimated) : Number.POSITIVE_INFINITY
    const costNs = Math.min(probeNs, estimated.costNs)
    if (costNs > this.#leftNs) return leftToRecords(estimated.node, within)
    const passes = probeNs < estimated.costNs ? probeOf(estimated.access) : undefined
    if (probeNs < estimated.costNs && passes === undefined) return leftToRecords(estimated.node, within)
    this.#leftNs -= costNs
    const startedMs = this.#options.nowMs()
    const rowsIn = within.count
    const { undecided, decided } = this.#parted(within, estimated.undecided)
    const { operation, candidates: matched } =
      passes === undefined
        ? this.#useIndex(estimated, decided)
        : this.#probe(passes, estimated.negated, decided)
    const step: PlanStep = {
      operation,
      index: fieldName(estimated.leaf.field),
      negated: estimated.negated,
      estimatedRows: Math.round(estimated.rows),
      rowsIn,
      rowsOut: matched.count + undecided.count,
      rowsScanned: 0,
      durationUs: this.#since(startedMs),
      steps: [],
    }
    return { matched, undecided, residual: undecided.count === 0 ? undefined : estimated.node, step }
  }

  /** The candidates that the index decides, and the others. */
  #parted(within: Candidates, undecidedSlots: PostingList | undefined) {
    if (undecidedSlots === undefined) return { undecided: NONE, decided: within }
    const { workspace } = this.#options
    const undecided = workspace.intersect(workspace.copy(within), workspace.fromSlots([undecidedSlots]))
    return { undecided, decided: workspace.difference(within, workspace.copy(undecided)) }
  }

  #start(operation: 'and' | 'or', { rows }: EstimatedGroup, { count }: Candidates): GroupStart {
    return { operation, estimatedRows: Math.round(rows), rowsIn: count, startedMs: this.#options.nowMs() }
  }

  /** Ends a group. It has a step of its own only if it changes what the steps below it say. */
  #finish(
    { operation, estimatedRows, rowsIn, startedMs }: GroupStart,
    steps: readonly PlanStep[],
    known: Omit<Narrowing, 'step'>,
  ): Narrowing {
    const { matched, undecided } = known
    const residual = undecided.count === 0 ? undefined : known.residual
    const rowsOut = matched.count + undecided.count
    const [only] = steps
    if (steps.length === 0 || (steps.length === 1 && only?.rowsOut === rowsOut))
      return { matched, undecided, residual, step: only }
    const durationUs = this.#since(startedMs)
    // Member by member: spreading the group's start took a seventh of a poll.
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
    return { matched, undecided, residual, step }
  }

  #since(startedMs: number): number {
    return Math.round((this.#options.nowMs() - startedMs) * 1000)
  }

  #probe(passes: (slot: number) => boolean, negated: boolean, within: Candidates): IndexAnswer {
    const candidates = this.#options.workspace.filter(within, slot => passes(slot) !== negated)
    return { operation: 'index-probe', candidates }
  }

  #useIndex(estimated: EstimatedLeaf, within: Candidates): IndexAnswer {
    const { workspace } = this.#options
    const { operation, candidates: found } = this.#lookUp(estimated.access, within)
    const candidates = estimated.negated
      ? workspace.difference(within, found)
      : workspace.intersect(within, found)
    return { operation, candidates }
  }

  /** Reads an index. A column is scanned only within the candidates. */
  #lookUp(access: EstimatedLeaf['access'], within: Candidates): IndexAnswer {
    const { workspace } = this.#options
    switch (access.kind) {
      case 'range':
        return { operation: 'slot-range', candidates: workspace.range(access.from, access.to) }
      case 'lists': {
        const operation = access.walked === undefined ? 'posting-lists' : 'distinct-values'
        return { operation, candidates: workspace.fromSlots(access.lists) }
      }
      case 'values': {
        const bitmap = workspace.bitmap()
        access.into(bitmap)
        return { operation: 'distinct-values', candidates: workspace.fromBitmap(bitmap) }
      }
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

interface GroupStart extends Pick<PlanStep, 'operation' | 'estimatedRows' | 'rowsIn'> {
  readonly startedMs: number
}

interface IndexAnswer {
  readonly operation: StepOperation
  readonly candidates: Candidates
}

/** Leaves all candidates undecided. */
function leftToRecords(node: PlanNode, within: Candidates): Narrowing {
  return {
    matched: NONE,
    undecided: within,
    residual: within.count === 0 ? undefined : node,
    step: undefined,
  }
}

/** The residual of an operand suffices if the operand matched no candidate. */
function residualOf(operand: Estimated, { matched, residual }: Narrowing): PlanNode {
  return matched.count === 0 && residual !== undefined ? residual : operand.node
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

/** Returns a lookup of single slots in an index; undefined if reading the record is as good. */
function probeOf(access: EstimatedLeaf['access']): ((slot: number) => boolean) | undefined {
  switch (access.kind) {
    case 'range':
      return slot => slot >= access.from && slot < access.to
    case 'lists':
      return slot =>
        access.lists.some(slots => (typeof slots === 'number' ? slots === slot : slots.has(slot)))
    case 'column': {
      const probes = access.scans.map(scan => scan.probe())
      return slot => probes.some(passes => passes(slot))
    }
    case 'values':
    case 'rows':
      return undefined
  }
}

/** The slots whose records pass a part of the plan, in the same order. The given array is overwritten. */
export function* askRecords(
  view: EntriesView,
  residual: PlanNode,
  leaves: readonly Leaf<Resource>[],
  slots: Uint32Array,
): Work<Uint32Array> {
  const test = new RowTest(residual, leaves)
  const { passes } = test
  const pace = new Pace(test.leafCount)
  let kept = 0
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i] as number
    let isMatch = passes(view.entryAt(slot).resource)
    // The bytes of a record may change in another turn of the event loop.
    if (test.wasTooLong()) isMatch = yield* test.passesInSteps(view.versionAt(slot).kept().resource)
    if (isMatch) slots[kept++] = slot
    pace.note(test.takeBytesRead())
    if (pace.isDue()) yield
  }
  return slots.subarray(0, kept)
}
