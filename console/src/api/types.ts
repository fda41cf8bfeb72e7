// Documents of the API as the console reads them (contract 3.1, 5.4, 7.1, 15.2).

export type Kind = 'Cluster' | 'NodePool'

export interface Condition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly observed_generation?: number
  readonly created_time?: string
  readonly last_updated_time?: string
  readonly last_transition_time: string
}

export interface Resource {
  readonly kind: Kind
  readonly id: string
  readonly href: string
  readonly name: string
  readonly owner_references?: { readonly kind: string; readonly id: string; readonly href: string }
  readonly generation: number
  readonly spec: unknown
  readonly labels?: Readonly<Record<string, string>>
  readonly created_time: string
  readonly updated_time: string
  readonly created_by: string
  readonly updated_by: string
  readonly deleted_time?: string
  readonly deleted_by?: string
  readonly status: { readonly conditions: readonly Condition[] }
}

/** A resource and the tag of this version (contract 12.10). */
export interface Known {
  readonly resource: Resource
  readonly tag: string | undefined
}

/** What a row of a table needs of a resource. */
export type Row = Omit<Resource, 'spec' | 'href'>

export interface AdapterStatus {
  readonly adapter: string
  readonly observed_generation: number
  readonly conditions: readonly Condition[]
  readonly metadata?: unknown
  readonly data?: unknown
  readonly created_time: string
  readonly last_report_time: string
}

export interface List<T> {
  readonly page: number
  readonly size: number
  readonly total: number
  readonly items: readonly T[]
}

export interface FacetValue {
  readonly value: string
  readonly count: number
}

export interface Bucket {
  readonly from?: string
  readonly to?: string
  readonly count: number
}

export interface Facet {
  readonly field: string
  readonly values?: readonly FacetValue[]
  readonly buckets?: readonly Bucket[]
  readonly others?: number
  readonly missing: number
}

export interface Facets {
  readonly total: number
  readonly facets: readonly Facet[]
}

export interface HistoryPoint {
  readonly time: string
  readonly total: number
  readonly ready: number
  readonly available: number
  readonly deleting: number
}

export interface History {
  readonly interval_seconds: number
  readonly points: readonly HistoryPoint[]
}

/** A problem document (contract, section 9). */
export interface Problem {
  readonly status: number
  readonly title: string
  readonly detail?: string
  readonly code?: string
  readonly trace_id?: string
  readonly errors?: readonly Fault[]
}

export interface Fault {
  readonly field?: string
  readonly constraint?: string
  readonly message: string
  /** In Unicode code points (contract 8.10). */
  readonly offset?: number
}

export interface QueryStep {
  readonly operation: string
  readonly index?: string
  /** Fields that are read from the rows. */
  readonly fields?: readonly string[]
  readonly hint?: string
  readonly negated?: boolean
  readonly estimated_rows: number
  readonly rows_in: number
  readonly rows_out: number
  readonly rows_scanned: number
  readonly duration_us: number
  readonly steps?: readonly QueryStep[]
}

export interface QueryPlan {
  readonly search: string
  readonly order: readonly { readonly field: string; readonly direction: string }[]
  readonly total: number
  readonly rows_scanned: number
  readonly duration_us: number
  readonly plan_cache?: string
  readonly steps: readonly QueryStep[]
}
