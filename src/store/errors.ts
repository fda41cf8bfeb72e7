// Errors of the store: a data folder that cannot be opened, a write that was refused, and a storage fault after which the content of
// the disk is unknown.

export type StoreErrorKind =
  | 'in-use'
  | 'lock-unavailable'
  /** The path is not a folder, and a folder cannot be created there. */
  | 'not-a-directory'
  /** The folder has no fleet, but must have one. */
  | 'missing'
  | 'read-only'
  | 'no-room'
  | 'newer-format'
  | 'older-format'
  | 'damaged'
  | 'gap'
  | 'mixed'
  | 'unreadable'

/** The data folder cannot be opened. The message tells an operator the fault and the remedy. */
export class StoreError extends Error {
  readonly kind: StoreErrorKind

  constructor(kind: StoreErrorKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StoreError'
    this.kind = kind
  }
}

/** A write was refused for good, because storage has no room (contract 9.2: 503, `Retry-After`). */
export class StorageFullError extends Error {
  constructor(cause?: unknown) {
    super('storage is full: the write was not done', { cause })
    this.name = 'StorageFullError'
  }
}

/** A write was refused because too many bytes wait for their group commit. It may be retried (503). */
export class StorageBusyError extends Error {
  constructor() {
    super('too many writes wait for storage: the write was not done')
    this.name = 'StorageBusyError'
  }
}

/** A write is not stored and never will be, because another server decides about writes (contract 14.4). That server may decide it. */
export class FencedError extends Error {
  constructor() {
    super('this server does not decide about writes: the write was not done')
    this.name = 'FencedError'
  }
}

export type StorageFailureKind = 'deadline' | 'io' | 'damaged' | 'gone' | 'invariant'

/**
 * A storage fault after which the content of the disk is unknown, so the process must end (contract 9.2). After 'deadline' a thread
 * may be stuck in the kernel, and `process.exit` waits for it; end the process by a signal. After 'damaged' a restart does not help,
 * because the disk does not hold what LMDB wrote. 'gone' means that the path of the data folder no longer leads to the files that were
 * opened.
 */
export class StorageFailedError extends Error {
  readonly kind: StorageFailureKind

  constructor(kind: StorageFailureKind, message: string, cause?: unknown) {
    super(message, { cause })
    this.name = 'StorageFailedError'
    this.kind = kind
  }
}
