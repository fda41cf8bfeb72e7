// A list as it is asked for: what must match, and in which order.
import type { Checked } from './check/checked.ts'
import type { OrderKey } from './run/order.ts'

export interface Query<R> {
  readonly kind: 'query'
  /** Undefined means no filter. */
  readonly expression: Checked<R> | undefined
  readonly order: readonly OrderKey<R>[]
}
