// What is wrong with a search or an order, in the form in which a client reads it (contract 8.10). A fault maps
// one to one to a 400 problem `HYPERFLEET-VAL-005`.

export interface SearchFault {
  readonly detail: string
  readonly errors: readonly ParameterFault[]
}

/** One entry of the problem's `errors[]`. Offsets are in Unicode code points of the trimmed query. */
export interface ParameterFault {
  readonly field: 'search' | 'orderBy' | 'order'
  readonly constraint: string
  readonly message: string
  readonly value?: string
  readonly offset?: number
  readonly found?: string
  readonly expected?: string
}
