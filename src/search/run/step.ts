// The steps of a search: rows in, rows out and cost of each, for the query plan that a user reads and for the metrics.

export const STEP_OPERATIONS = [
  'and',
  'or',
  /** A range of slots found by halving. */
  'slot-range',
  'posting-lists',
  /** A predicate asked of each distinct value of an index, and the posting lists of those that pass. */
  'distinct-values',
  'column-scan',
  /** The index asked about each candidate, because there are few. */
  'index-probe',
  /** The rest of the query asked of the record of each candidate. */
  'row-scan',
  /** The page cut out in slot order. */
  'slot-order',
  /** The page found by walking an index value by value. */
  'value-order',
  /** The page selected by comparing records. */
  'selection',
] as const

export type StepOperation = (typeof STEP_OPERATIONS)[number]

export interface PlanStep {
  readonly operation: StepOperation
  /** The index that was used. */
  readonly index?: string
  /** True if the answer is the complement of what the index gives. */
  readonly negated: boolean
  readonly estimatedRows: number
  /** Rows that were still in hand before and after. */
  readonly rowsIn: number
  readonly rowsOut: number
  /** Records that were read. */
  readonly rowsScanned: number
  readonly durationUs: number
  readonly steps: readonly PlanStep[]
}
