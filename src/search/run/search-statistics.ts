// What the searches of one kind of resource have come to since the start.
import { type PlanStep, STEP_OPERATIONS, type StepOperation } from './step.ts'

export class SearchStatistics {
  readonly #steps = new Map<StepOperation, number>(STEP_OPERATIONS.map(operation => [operation, 0]))
  #rowsScanned = 0

  /** How often each operation was a step of a plan. */
  get steps(): ReadonlyMap<StepOperation, number> {
    return this.#steps
  }

  /** Records that were read. */
  get rowsScanned(): number {
    return this.#rowsScanned
  }

  /** Takes in the steps of a finished search; recurses as deep as the plan. */
  add(steps: readonly PlanStep[]): void {
    for (const { operation, rowsScanned, steps: below } of steps) {
      this.#steps.set(operation, (this.#steps.get(operation) ?? 0) + 1)
      this.#rowsScanned += rowsScanned
      this.add(below)
    }
  }
}
