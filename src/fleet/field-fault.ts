// A fault of a request. The schemas need it without the rest of the fleet, because the console takes its types from them.

/** One fault of a request, as a member of `errors[]` (contract 4.7). */
export interface FieldFault {
  /** A path such as `labels.a` or `conditions[1].status`. A missing member is named itself. */
  readonly field: string
  readonly constraint: string
  readonly message: string
  readonly value?: unknown
}
