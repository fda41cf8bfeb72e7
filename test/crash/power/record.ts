// Records runs of the workload: whole ones, ones that are killed and go on in a new process, and ones that begin on a disk
// that a power cut left.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Recording } from './recorded.ts'
import { recorderEnvironment } from './recorder.ts'

const WORKLOAD = fileURLToPath(new URL('./workload-process.js', import.meta.url))

export interface RunOptions {
  readonly library: string
  readonly seed: number
  /** Number of openings of the store, and of changes in each. */
  readonly openings: number
  readonly changes: number
  /** Moment at which the process kills itself; a second one continues. */
  readonly kill?: { readonly killAfterEvent: number } | { readonly killInSync: number }
}

/** Runs the workload in `root/data` and adds to the trace beside it. */
export async function record(recording: Recording, options: RunOptions): Promise<void> {
  const { root, traceFile } = recording
  if (recording.contents === undefined) mkdirSync(root)
  else cpSync(recording.contents, root, { recursive: true })
  const { library, seed, openings, changes, kill } = options
  const watched = { library, root, traceFile }
  if (kill !== undefined) await runWorkload({ ...watched, ...kill }, [seed + 1, openings, changes], true)
  await runWorkload(watched, [seed, openings, changes], false)
}

async function runWorkload(
  watched: Parameters<typeof recorderEnvironment>[0],
  numbers: readonly number[],
  mayBeKilled: boolean,
): Promise<void> {
  const child = spawn(
    process.execPath,
    ['--enable-source-maps', WORKLOAD, watched.root, ...numbers.map(String)],
    { env: recorderEnvironment(watched), stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let errors = ''
  child.stderr.on('data', chunk => {
    errors += chunk
  })
  const [code, signal] = await once(child, 'close')
  assert.ok(
    code === 0 || (mayBeKilled && signal === 'SIGKILL'),
    `the workload failed: ${signal ?? code} ${errors}`,
  )
}

/** A fresh recording, in a folder of its own. */
export function newRecording(scratch: string, name: string, contents?: string): Recording {
  const root = join(scratch, name)
  const traceFile = join(scratch, `${name}.trace`)
  return contents === undefined ? { root, traceFile } : { root, traceFile, contents }
}
