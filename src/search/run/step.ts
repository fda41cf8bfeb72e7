// The steps of a search, with the rows in, the rows out and the cost of each, for the query plan and for the metrics.

export const STEP_OPERATIONS = [
  'and',
  'or',
  /** A range of slots, found by binary search. */
  'slot-range',
  'posting-lists',
  /** The predicate is tested on each distinct value of an index; the posting lists of passing values are read. */
  'distinct-values',
  'column-scan',
  /** Each of a few candidates is looked up in the index. */
  'index-probe',
  /** The rest of the query is tested on the record of each candidate. */
  'row-scan',
  /** The page is cut out in slot order. */
  'slot-order',
  /** The page is found by walking an index value by value. */
  'value-order',
  /** The page is selected by comparing records. */
  'selection',
] as const

export type StepOperation = (typeof STEP_OPERATIONS)[number]

export interface PlanStep {
  readonly operation: StepOperation
  /** The index that was used. */
  readonly index?: string
  /** The fields that were read from records. */
  readonly fields?: readonly string[] | undefined
  /** Says how the step would be cheaper. */
  readonly hint?: string | undefined
  /** True if the result is the complement of the index's slots. */
  readonly negated: boolean
  readonly estimatedRows: number
  /** Candidates before and after the step. */
  readonly rowsIn: number
  readonly rowsOut: number
  /** Records that were read. */
  readonly rowsScanned: number
  readonly durationUs: number
  readonly steps: readonly PlanStep[]
}
