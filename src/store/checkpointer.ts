// When a checkpoint is due, and that only one runs at a time.
import { checkpoint } from './checkpoint.ts'
import type { GroupCommit } from './commit.ts'
import { StorageFullError } from './errors.ts'
import type { Snapshot, Watermarks } from './snapshot.ts'
import type { State } from './state.ts'

/** A checkpoint begins when the journal has grown by either of these since the last one. */
export interface CheckpointLimits {
  readonly maxJournalEntries: number
  readonly maxJournalBytes: number
}

export type CheckpointEvent =
  | { readonly kind: 'checkpoint-started'; readonly entries: number; readonly bytes: number }
  | { readonly kind: 'checkpoint-finished'; readonly records: number; readonly durationMs: number }
  | { readonly kind: 'checkpoint-postponed'; readonly reason: string }

export interface CheckpointerParts {
  readonly state: State
  readonly snapshot: Snapshot
  readonly commits: GroupCommit
  readonly limits: CheckpointLimits
  readonly monotonicMs: () => number
  readonly onEvent: (event: CheckpointEvent) => void
  readonly onFatal: (error: unknown) => void
}

/** The journal's tail: what the state holds and the snapshot does not. */
export interface Tail {
  readonly sequence: number
  readonly entries: number
  readonly bytes: number
  readonly watermarks: Watermarks
}

/** How long a checkpoint that met a full disk waits before it may be tried again. */
const RETRY_MS = 5000

export class Checkpointer {
  readonly #parts: CheckpointerParts
  #tail: Tail
  #running: Promise<void> | undefined
  #notBeforeMs = Number.NEGATIVE_INFINITY

  constructor(parts: CheckpointerParts, tail: Tail) {
    this.#parts = parts
    this.#tail = tail
  }

  get tail(): Tail {
    return this.#tail
  }

  /** Adds what has just been applied to the state, and begins a checkpoint when one is due. */
  grow(entries: number, bytes: number, watermarks: Watermarks): void {
    const { sequence, ...tail } = this.#tail
    this.#tail = {
      sequence: sequence + entries,
      entries: tail.entries + entries,
      bytes: tail.bytes + bytes,
      watermarks,
    }
    const { limits, monotonicMs } = this.#parts
    const isDue = this.#tail.entries >= limits.maxJournalEntries || this.#tail.bytes >= limits.maxJournalBytes
    if (isDue && this.#running === undefined && monotonicMs() >= this.#notBeforeMs) void this.run()
  }

  /** Does a checkpoint, after the one that may be running. Never rejects. */
  async run(): Promise<void> {
    while (this.#running !== undefined) await this.#running
    if (this.#tail.entries === 0) return
    this.#running = this.#fold().catch(error => this.#parts.onFatal(error))
    await this.#running
    this.#running = undefined
  }

  async #fold(): Promise<void> {
    const { state, snapshot, commits, monotonicMs, onEvent } = this.#parts
    const { sequence, entries, bytes, watermarks } = this.#tail
    const startMs = monotonicMs()
    onEvent({ kind: 'checkpoint-started', entries, bytes })
    try {
      const records = await checkpoint(state, snapshot, sequence, watermarks)
      this.#tail = { ...this.#tail, entries: this.#tail.entries - entries, bytes: this.#tail.bytes - bytes }
      onEvent({ kind: 'checkpoint-finished', records, durationMs: monotonicMs() - startMs })
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error
      this.#notBeforeMs = monotonicMs() + RETRY_MS
      onEvent({ kind: 'checkpoint-postponed', reason: error.message })
      return
    }
    commits.trim(sequence)
  }
}
