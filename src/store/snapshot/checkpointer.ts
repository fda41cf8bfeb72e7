// When a checkpoint is due, that only one runs at a time, and that one for which there was no room is tried again.

import type { State } from '../../state/fleet-state.ts'
import type { Reached } from '../crash-point.ts'
import { StorageFullError } from '../errors.ts'
import type { GroupCommit } from '../group-commit.ts'
import { checkpoint } from './checkpoint.ts'
import type { Snapshot, Watermarks } from './snapshot.ts'

/** A checkpoint begins when the journal has reached any of these since the last one. */
export interface CheckpointLimits {
  readonly maxJournalEntries: number
  readonly maxJournalBytes: number
  /** Age of its oldest entry that is not in the snapshot; at most what a timer takes, 2^31 - 1. */
  readonly maxJournalAgeMs: number
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
  /** Rejects when the data folder is not in its place: what would be folded is not what the next start reads. */
  readonly assertInPlace: () => Promise<void>
  readonly monotonicMs: () => number
  readonly onEvent: (event: CheckpointEvent) => void
  readonly onFatal: (error: unknown) => void
  readonly reached: Reached
}

/** The journal's tail: what the state holds and the snapshot does not. */
export interface Tail {
  readonly sequence: number
  readonly entries: number
  readonly bytes: number
  readonly watermarks: Watermarks
}

/** How long a checkpoint that met a full disk waits before it is tried again. */
const RETRY_MS = 5000

export class Checkpointer {
  readonly #parts: CheckpointerParts
  #tail: Tail
  #running: Promise<void> | undefined
  /** Begins the next checkpoint, by age or after a lack of room. */
  #timer: NodeJS.Timeout | undefined
  #isPostponed = false

  constructor(parts: CheckpointerParts, tail: Tail) {
    this.#parts = parts
    this.#tail = tail
    this.#await(parts.limits.maxJournalAgeMs)
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
    const { limits } = this.#parts
    if (this.#timer === undefined) this.#await(limits.maxJournalAgeMs)
    const isDue = this.#tail.entries >= limits.maxJournalEntries || this.#tail.bytes >= limits.maxJournalBytes
    if (isDue && this.#running === undefined && !this.#isPostponed) void this.run()
  }

  /** Does a checkpoint, after the one that may be running. Never rejects. */
  async run(): Promise<void> {
    while (this.#running !== undefined) await this.#running
    if (this.#tail.entries === 0) return
    this.end()
    this.#isPostponed = false
    let hasFailed = false
    this.#running = this.#fold().catch(error => {
      hasFailed = true
      this.#parts.onFatal(error)
    })
    await this.#running
    this.#running = undefined
    // The process is about to end.
    if (hasFailed) return
    // The age of what came meanwhile counts from the end: it is late by one checkpoint at most.
    this.#await(this.#isPostponed ? RETRY_MS : this.#parts.limits.maxJournalAgeMs)
  }

  /** Begins no checkpoint by itself any more, until the journal grows. */
  end(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Begins a checkpoint after this time, when there is something to fold. */
  #await(afterMs: number): void {
    this.end()
    if (this.#tail.entries > 0) this.#timer = setTimeout(() => void this.run(), afterMs)
  }

  async #fold(): Promise<void> {
    const { state, snapshot, commits, assertInPlace, monotonicMs, onEvent, reached } = this.#parts
    const startMs = monotonicMs()
    onEvent({ kind: 'checkpoint-started', entries: this.#tail.entries, bytes: this.#tail.bytes })
    await assertInPlace()
    // As it is in the turn in which the checkpoint takes what is changed.
    const { sequence, entries, bytes, watermarks } = this.#tail
    try {
      const records = await checkpoint(state, snapshot, sequence, watermarks, reached)
      // A checkpoint goes through the whole snapshot in the end: its pages would count as this process's memory.
      await snapshot.unmap()
      await assertInPlace()
      this.#tail = { ...this.#tail, entries: this.#tail.entries - entries, bytes: this.#tail.bytes - bytes }
      onEvent({ kind: 'checkpoint-finished', records, durationMs: monotonicMs() - startMs })
    } catch (error) {
      if (!(error instanceof StorageFullError)) throw error
      this.#isPostponed = true
      onEvent({ kind: 'checkpoint-postponed', reason: error.message })
      return
    }
    commits.trim(sequence)
  }
}
