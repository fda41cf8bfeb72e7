// For every named crash point, what has to happen to a server for it to be reached.
import type { CrashPoint } from '../../src/store/crash-point.ts'

export type Scenario =
  /** A start in a new folder. */
  | 'first start'
  /** A start in a folder with a snapshot and a journal that goes on behind it. */
  | 'restart'
  /** Writes, with a checkpoint every hundred or so. */
  | 'load'
  /** The same, with deletions of clusters with many nodepools. */
  | 'large deletions'
  /** Writes on a disk that gets full and is freed again. */
  | 'full disk'
  /** An orderly stop after some writes. */
  | 'stop'

export interface Reaching {
  readonly scenario: Scenario
  /** The server dies when the point is reached for the nth time, n up to this. */
  readonly most: number
}

const once = (scenario: Scenario): Reaching => ({ scenario, most: 1 })
const often = (most: number): Reaching => ({ scenario: 'load', most })

export const SCENARIOS: Readonly<Record<CrashPoint, Reaching>> = {
  'folder-locked': once('restart'),
  'pages-checked': once('restart'),
  'snapshot-opened': once('restart'),
  'journal-opened': once('restart'),
  'journal-made': once('first start'),
  'snapshot-made': once('first start'),
  'journal-created': once('first start'),
  'snapshot-created': once('first start'),
  'snapshot-loading': once('restart'),
  'snapshot-loaded': once('restart'),
  'journal-replaying': once('restart'),
  'journal-replayed': once('restart'),
  'recovery-flushed': once('restart'),
  recovered: once('restart'),
  'journal-marked': once('restart'),
  'snapshot-marked': once('restart'),
  'change-staged': often(200),
  'commit-begun': often(30),
  'commit-durable': often(30),
  'slice-applied': { scenario: 'large deletions', most: 1 },
  'commit-applied': often(30),
  'journal-handed-over': often(30),
  'journal-committed': often(30),
  'snapshot-handed-over': often(6),
  'snapshot-committed': often(6),
  'checkpoint-begun': often(3),
  'checkpoint-taken': often(3),
  'erasure-begun': often(3),
  'erasure-done': often(3),
  'fold-begun': often(4),
  'fold-done': often(4),
  'completion-begun': often(3),
  'completion-done': often(3),
  'trim-begun': often(3),
  'trim-done': often(3),
  'storage-full': once('full disk'),
  'storage-back': once('full disk'),
  'journal-reopening': once('full disk'),
  'journal-reopened': once('full disk'),
  'snapshot-reopening': once('full disk'),
  'snapshot-reopened': once('full disk'),
  'close-begun': once('stop'),
  'close-settled': once('stop'),
  'close-checkpointed': once('stop'),
  'journal-closed': once('stop'),
  'snapshot-closed': once('stop'),
}
