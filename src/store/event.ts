// Events of the store, for the log, the metrics and the readiness.

import type { Exchange } from './folder/exchange.ts'
import type { FolderAccess } from './folder/privacy.ts'
import type { RecoveryProgress } from './recovery.ts'
import type { CheckpointEvent } from './snapshot/checkpoint.ts'

export type StoreEvent =
  /** A restore that was cut off between its renames. */
  | { readonly kind: 'restore-finished'; readonly exchange: Exchange }
  /** Other users could get at the folder. */
  | { readonly kind: 'folder-was-open'; readonly access: FolderAccess }
  /** There was no fleet in the folder. */
  | { readonly kind: 'fleet-begun'; readonly path: string }
  | { readonly kind: 'recovery-progress'; readonly progress: RecoveryProgress }
  | { readonly kind: 'recovered'; readonly durationMs: number }
  | { readonly kind: 'storage-full' }
  | { readonly kind: 'storage-back' }
  | {
      readonly kind: 'committed'
      readonly changes: number
      readonly bytes: number
      readonly durationMs: number
    }
  | CheckpointEvent
