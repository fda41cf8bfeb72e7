// The failures of the store that its callers tell apart: a folder that cannot be opened, a write that was not
// done, and a storage fault after which nobody knows what is on disk.

export type StoreErrorKind =
  | 'in-use'
  | 'lock-unavailable'
  /** The path is none of a folder, and none can be made there. */
  | 'not-a-directory'
  /** There is no fleet where one is expected. */
  | 'missing'
  | 'read-only'
  | 'no-room'
  | 'newer-format'
  | 'older-format'
  | 'damaged'
  | 'gap'
  | 'mixed'
  | 'unreadable'

/** The data folder cannot be opened. The message says what is wrong and what to do, in words for an operator. */
export class StoreError extends Error {
  readonly kind: StoreErrorKind

  constructor(kind: StoreErrorKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StoreError'
    this.kind = kind
  }
}

/** A write was not done, and never will be, because storage has no room (contract 9.2: 503, `Retry-After`). */
export class StorageFullError extends Error {
  constructor(cause?: unknown) {
    super('storage is full: the write was not done', { cause })
    this.name = 'StorageFullError'
  }
}

/** A write was not done because too many bytes wait for their group commit; it may be sent again (503). */
export class StorageBusyError extends Error {
  constructor() {
    super('too many writes wait for storage: the write was not done')
    this.name = 'StorageBusyError'
  }
}

export type StorageFailureKind = 'deadline' | 'io' | 'damaged' | 'gone' | 'invariant'

/**
 * Storage failed in a way that leaves open what is on disk: the process has to end (contract 9.2). After a
 * 'deadline' a thread may be stuck in the kernel, and `process.exit` waits for it: end by a signal then. After
 * 'damaged' a restart does not help: what is on disk is not what LMDB wrote. 'gone' means that the path of the data folder
 * does not lead to the files that were opened any more.
 */
export class StorageFailedError extends Error {
  readonly kind: StorageFailureKind

  constructor(kind: StorageFailureKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StorageFailedError'
    this.kind = kind
  }
}
