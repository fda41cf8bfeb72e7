// Result of reading the whole data folder.

export interface Load {
  readonly durationMs: number
  /** Records read, including replaced ones. */
  readonly records: number
  /** Bytes of documents. */
  readonly bytes: number
  /** Resident memory of the process at the end. */
  readonly rssBytes: number
}
