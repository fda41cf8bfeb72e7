// Audit of a data folder or backup at rest: every checksum, every record, and the state that a server would load. It
// continues after a fault to report them all, and writes nothing.

import type { WholeRecord } from '../../state/put.ts'
import { State } from '../../state/state.ts'
import type { Counts } from '../../store/copy/copy.ts'
import { StoredFolder } from '../../store/copy/stored-folder.ts'
import type { StoreError } from '../../store/errors.ts'
import type { OnAdvance } from '../backup/advance.ts'
import { FolderDigest } from '../backup/digest.ts'
import { readManifest } from '../backup/manifest.ts'
import { FleetAudit } from './fleet-audit.ts'
import { type Fault, type Group, groupsOf } from './group.ts'
import { buildIndex, indexFaults } from './index-audit.ts'

export interface AuditOptions {
  readonly path: string
  readonly commitDeadlineMs: number
  /** The paths of the spec with an index on the server (contract 13.5). */
  readonly specPaths?: readonly string[]
  readonly signal: AbortSignal
  readonly onAdvance: OnAdvance
}

export interface AuditResult extends Counts {
  readonly kind: 'backup' | 'data folder'
  readonly sequence: number
  readonly digest: string
  /** The first faults, and the number of all. */
  readonly faults: readonly Fault[]
  readonly faultCount: number
}

/** Most faults that are reported. */
export const MAX_FAULTS = 100

/** @throws StoreError or FolderError if the folder cannot be read at all */
export async function auditFolder(options: AuditOptions): Promise<AuditResult> {
  const manifest = await readManifest(options.path)
  const folder = await StoredFolder.open(options.path, options.commitDeadlineMs)
  try {
    const audit = new FolderAudit(options, folder)
    await audit.readRecords()
    await audit.checkIndexes()
    return audit.conclude(manifest)
  } finally {
    await folder.close()
  }
}

class FolderAudit {
  readonly #options: AuditOptions
  readonly #folder: StoredFolder
  readonly #digest = new FolderDigest()
  readonly #faults: Fault[] = []
  #faultCount = 0
  /** State that a server would load, until the first fault in it. */
  readonly #state = new State()

  constructor(options: AuditOptions, folder: StoredFolder) {
    this.#options = options
    this.#folder = folder
  }

  async readRecords(): Promise<void> {
    const audit = new FleetAudit()
    for await (const group of groupsOf(this.#records())) {
      this.#options.signal.throwIfAborted()
      for (const fault of audit.check(group)) this.#note(fault)
      audit.take(group)
      this.#load(group)
    }
  }

  async checkIndexes(): Promise<void> {
    if (this.#faultCount > 0) return
    this.#options.onAdvance({ doing: 'searching over indexes', done: 0, total: 0 })
    for (const step of this.#state.finishLoad()) void step
    const index = await buildIndex(this.#state, this.#options.specPaths ?? [])
    for (const fault of await indexFaults(this.#state, index)) this.#note(fault)
  }

  conclude(manifest: Awaited<ReturnType<typeof readManifest>>): AuditResult {
    const facts = { ...this.#digest.counts, sequence: this.#folder.sequence, digest: this.#digest.sum() }
    for (const name of ['sequence', 'clusters', 'nodepools', 'statuses', 'digest'] as const)
      if (manifest !== undefined && manifest[name] !== facts[name])
        this.#note({
          where: 'the manifest',
          what: `${name} is ${manifest[name]}, and the folder has ${facts[name]}`,
        })
    const kind = manifest === undefined ? 'data folder' : 'backup'
    return { kind, ...facts, faults: this.#faults, faultCount: this.#faultCount }
  }

  async *#records(): AsyncGenerator<WholeRecord> {
    let done = 0
    let reported = 0
    const onFault = (fault: StoreError) => this.#note({ where: 'storage', what: fault.message })
    for await (const record of this.#folder.records(onFault)) {
      this.#digest.add(record)
      done += record.records.length
      if (done - reported >= 1000) {
        this.#options.onAdvance({ doing: 'verifying', done, total: this.#folder.about })
        reported = done
      }
      yield record
    }
  }

  #load({ resource, statuses }: Group): void {
    if (this.#faultCount > 0 || resource === undefined) return
    for (const { whole } of [resource, ...statuses])
      for (const { key, put, body } of whole.records) this.#state.load({ key, put, body, sequence: 0 })
  }

  #note(fault: Fault): void {
    this.#faultCount++
    if (this.#faults.length < MAX_FAULTS) this.#faults.push(fault)
  }
}
