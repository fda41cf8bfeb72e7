// Plants faults into the protocol: edits a copy of its compiled code. A simulation that does not find them proves nothing.
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Replica } from '../../../src/replication/replica.ts'
import { TIMING, type Timing } from '../../../src/replication/timing.ts'
import type { ReplicaClass } from './server.ts'

/** The protocol, or an edited copy. */
export interface Protocol {
  readonly Replica: ReplicaClass
  readonly TIMING: Timing
}

export const PROTOCOL: Protocol = { Replica, TIMING }

const SOURCES = fileURLToPath(new URL('../../../src/', import.meta.url))

/** One edit of a file of src/replication. The text must be there exactly once. */
export interface Edit {
  readonly file: string
  readonly from: string
  readonly to: string
}

/** Loads the protocol with these edits. */
export async function plant(edits: readonly Edit[]): Promise<Protocol> {
  if (edits.length === 0) return PROTOCOL
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-planted-'))
  try {
    cpSync(join(SOURCES, 'replication'), join(folder, 'replication'), { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
    for (const room of ['store', 'state', 'binary', 'wire'])
      symlinkSync(join(SOURCES, room), join(folder, room))
    for (const { file, from, to } of edits) {
      const path = join(folder, 'replication', file)
      const parts = readFileSync(path, 'utf8').split(from)
      if (parts.length !== 2) throw new Error(`${file} has ${parts.length - 1} times ${from}`)
      writeFileSync(path, parts.join(to))
    }
    const load = (file: string) => import(pathToFileURL(join(folder, 'replication', file)).href)
    const [replica, timing] = [await load('replica.js'), await load('timing.js')]
    // The copies export what the originals do.
    return { Replica: replica.Replica as ReplicaClass, TIMING: timing.TIMING as Timing }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
