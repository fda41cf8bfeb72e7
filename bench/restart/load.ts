// One reading of the whole data folder, by whatever means.

export interface Load {
  readonly durationMs: number
  /** Those read, replaced ones included. */
  readonly records: number
  /** Of documents. */
  readonly bytes: number
  /** Of the process at the end. */
  readonly rssBytes: number
}
