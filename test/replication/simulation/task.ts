// A number of histories for a process of their own.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Violation } from './checker.ts'
import type { Edit } from './planted.ts'

export interface Task {
  readonly seed: number
  readonly histories: number
  /** Planted faults of the protocol. */
  readonly edits: readonly Edit[]
  readonly isFenced: boolean
}

export interface Report {
  /** Histories that ran. */
  readonly histories: number
  /** The violations of the last history; all others have none. */
  readonly violations: readonly Violation[]
  /** Counts of events over all histories. */
  readonly sums: Readonly<Record<string, number>>
}

const PROCESS = fileURLToPath(new URL('./process.js', import.meta.url))

/** Runs the histories until one has a violation. */
export async function simulate(task: Task): Promise<Report> {
  const args = ['--enable-source-maps', PROCESS, JSON.stringify(task)]
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 64 << 20 })
  // Only the process writes this.
  return JSON.parse(stdout) as Report
}
