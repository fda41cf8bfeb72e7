// What the check of a query carries along: the fields there are, the `not` it stands under, the faults so far.
import type { Catalogue } from './fields.ts'

export interface Checking<R> {
  readonly catalogue: Catalogue<R>
  /** The offset of the outermost `not` above, undefined where there is none (contract 8.9). */
  readonly outermostNot: number | undefined
  /** Every fault found, in the order of finding. */
  readonly faults: CheckFault[]
}

export interface CheckFault {
  readonly constraint: 'field' | 'operator' | 'value' | 'not'
  /** Where the user would point, in code points. */
  readonly offset: number
  /** The exact text of contract 8.3-8.9. */
  readonly detail: string
  /** The part of the query that is at fault. */
  readonly value?: string
  /** Asked of the faults that are listed only: the nearest name costs more than the fault. */
  readonly hint?: () => string | undefined
}
