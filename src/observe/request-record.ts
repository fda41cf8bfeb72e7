/** What is told of every request when its answer is ready. */
export interface RequestRecord {
  readonly method: string
  /** The route's template such as `/clusters/{cluster_id}`, or `unmatched`. */
  readonly route: string
  readonly status: number
  readonly durationMs: number
  readonly requestId: string
}
