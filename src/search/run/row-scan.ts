// What no index can answer, asked of the records, with a stop now and then for others.
import type { EntriesView } from '../../index/entries-view.ts'
import type { Resource } from '../../state/records.ts'
import type { Leaf } from '../check/checked.ts'
import { bindParameters } from '../plan/compile.ts'
import { countLeaves, type Plan } from '../plan/plan.ts'
import type { PlanNode } from '../plan/plan-shape.ts'
import type { Work } from './turns.ts'

export interface RecordQuestion {
  readonly view: EntriesView
  readonly plan: Plan
  /** A part of the plan. */
  readonly question: PlanNode
  /** Those of the whole query. */
  readonly leaves: readonly Leaf<Resource>[]
}

/** About how many leaves are asked of records between two stops. */
const LEAVES_PER_STOP = 64

/** Those of the slots whose records pass, in the same order; the array given is used up. */
export function* askRecords(
  { view, plan, question, leaves }: RecordQuestion,
  slots: Uint32Array,
): Work<Uint32Array> {
  const test = plan.test(question)
  const parameters = bindParameters(leaves)
  const stride = Math.ceil(LEAVES_PER_STOP / countLeaves(question))
  let kept = 0
  for (let from = 0; from < slots.length; from += stride) {
    for (const slot of slots.subarray(from, from + stride)) {
      if (test(view.entryAt(slot).resource, parameters)) slots[kept++] = slot
    }
    yield
  }
  return slots.subarray(0, kept)
}
