// Metrics of the journal and its checkpoints.
import type { Registry } from 'prom-client'
import { MAX_COMMIT_CHANGES } from '../../store/group-commit.ts'
import type { Store, StoreEvent } from '../../store/store.ts'
import { describeCounter, describeGauge } from './described.ts'
import { Distribution, DistributionMetric } from './distribution.ts'

/** The last bound is the maximum size of a commit, more or less. */
const BATCH_BOUNDS = [1, 2, 5, 10, 25, 50, 100, 250, MAX_COMMIT_CHANGES]
const FLUSH_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
const CHECKPOINT_BOUNDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600]

export class StoreMetrics {
  readonly #nowMs: () => number
  readonly #batches = new Distribution(BATCH_BOUNDS)
  readonly #flushes = new Distribution(FLUSH_BOUNDS)
  readonly #checkpoints = new Distribution(CHECKPOINT_BOUNDS)
  #bytes = 0
  #postponed = 0
  #checkpointMs: number

  /** @param nowMs a monotonic clock in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
    this.#checkpointMs = nowMs()
  }

  /** Updates the metrics from an event of the store. */
  note(event: StoreEvent): void {
    switch (event.kind) {
      case 'committed':
        this.#batches.add(event.changes)
        this.#flushes.add(event.durationMs / 1000)
        this.#bytes += event.bytes
        return
      case 'checkpoint-finished':
        this.#checkpoints.add(event.durationMs / 1000)
        this.#checkpointMs = this.#nowMs()
        return
      case 'checkpoint-postponed':
        this.#postponed++
        return
    }
  }

  register(registers: Registry[], store: Store): void {
    this.#registerCommits(registers, store)
    this.#registerCheckpoints(registers)
    describeGauge(registers, {
      name: 'journal_entries',
      help: 'Journal entries that a restart would replay',
      read: () => store.journalInfo.entries,
    })
    describeGauge(registers, {
      name: 'journal_bytes',
      help: 'Bytes of those entries',
      read: () => store.journalInfo.bytes,
    })
    describeGauge(registers, {
      name: 'storage_full',
      help: '1 while writes are refused for lack of space',
      read: () => (store.health.kind === 'full' ? 1 : 0),
    })
  }

  #registerCommits(registers: Registry[], store: Store): void {
    new DistributionMetric({
      name: 'hyperfleet_api_commit_batch_size',
      help: 'Changes per group commit',
      registers,
      read: () => [{ labels: {}, distribution: this.#batches }],
    })
    new DistributionMetric({
      name: 'hyperfleet_api_commit_flush_seconds',
      help: 'Duration of a group commit, from its start until it is on disk',
      registers,
      read: () => [{ labels: {}, distribution: this.#flushes }],
    })
    describeCounter(registers, {
      name: 'committed_bytes_total',
      help: 'Bytes of the changes that became durable',
      read: () => this.#bytes,
    })
    describeGauge(registers, {
      name: 'commit_lag_seconds',
      help: 'Time since the current group commit started; 0 if there is none',
      read: () => store.staged.commitMs / 1000,
    })
    describeGauge(registers, {
      name: 'staged_writes',
      help: 'Changes that are not durable yet; their answers are waiting',
      read: () => store.staged.changes,
    })
    describeGauge(registers, {
      name: 'staged_bytes',
      help: 'Bytes of those changes',
      read: () => store.staged.bytes,
    })
  }

  #registerCheckpoints(registers: Registry[]): void {
    new DistributionMetric({
      name: 'hyperfleet_api_checkpoint_duration_seconds',
      help: 'Duration of a checkpoint',
      registers,
      read: () => [{ labels: {}, distribution: this.#checkpoints }],
    })
    describeGauge(registers, {
      name: 'checkpoint_age_seconds',
      help: 'Time since the last checkpoint of this process, or since its start',
      read: () => (this.#nowMs() - this.#checkpointMs) / 1000,
    })
    describeCounter(registers, {
      name: 'checkpoints_postponed_total',
      help: 'Checkpoints abandoned for lack of space, to be retried',
      read: () => this.#postponed,
    })
  }
}
