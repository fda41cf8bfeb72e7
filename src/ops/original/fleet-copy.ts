// A copy of a fleet that goes on living while it is read: a first pass takes every resource with its statuses, further ones take
// what changed meanwhile, and drop what was removed.
import type { ResourceKind } from '../../state/records.ts'
import type { Instant } from '../../wire/instant.ts'
import { Document } from './document.ts'
import type { OriginalSource } from './source.ts'
import {
  type Dropped,
  type OriginalResource,
  ownerIdOf,
  type TranslationOptions,
  translate,
} from './translation.ts'

/** Resources whose statuses are requested at the same time. */
const CONCURRENT_REQUESTS = 8
/** Passes at most: a fleet that is written all the time is never read whole. */
const MAX_PASSES = 3

/** A resource as it was read last. */
interface Kept {
  readonly resource: OriginalResource
  readonly createdTime: Instant
  /** The pass that saw it last. */
  pass: number
}

export interface CopyProgress {
  readonly pass: number
  readonly done: number
  readonly total: number
}

/** Account of a finished copy. */
export interface CopyReport {
  readonly clusters: number
  readonly nodepools: number
  readonly statuses: number
  readonly passes: number
  /** Resources that a later pass found new or changed, and resources that it no longer found. */
  readonly changed: number
  readonly removed: number
  /** False when the last pass still found changes: then somebody was writing to the original. */
  readonly isStill: boolean
  /** Numbers of resources that had members with no place here. */
  readonly dropped: ReadonlyMap<Dropped, number>
}

export class FleetCopy {
  readonly #source: OriginalSource
  readonly #onProgress: (progress: CopyProgress) => void
  readonly #kept: Record<ResourceKind, Map<string, Kept>> = { Cluster: new Map(), NodePool: new Map() }
  #changed = 0
  #removed = 0
  #passes = 0
  #isStill = true

  constructor(source: OriginalSource, onProgress: (progress: CopyProgress) => void) {
    this.#source = source
    this.#onProgress = onProgress
  }

  /** Reads the fleet, and again until nothing changed while it was read. */
  async read(): Promise<void> {
    do {
      this.#passes++
      const before = this.#changed + this.#removed
      for (const kind of ['Cluster', 'NodePool'] as const) await this.#pass(kind)
      this.#dropOrphans()
      this.#isStill = this.#passes > 1 && this.#changed + this.#removed === before
    } while (!this.#isStill && this.#passes < MAX_PASSES)
  }

  /**
   * The lines of an export with all that was read; every resource is let go of as it is handed on.
   * @throws DocumentError
   */
  *lines(options: TranslationOptions, onReport: (report: CopyReport) => void): Generator<Buffer> {
    const dropped = new Map<Dropped, number>()
    const counts = this.#counts()
    const { clusters, nodepools, statuses } = counts
    yield lineOf(JSON.stringify({ format: 'hyperfleet-export', version: 1, clusters, nodepools, statuses }))
    for (const kind of ['Cluster', 'NodePool'] as const)
      for (const { resource } of [...this.#kept[kind].values()].sort(byCreation)) {
        const translation = translate(resource, options)
        for (const what of translation.dropped) dropped.set(what, (dropped.get(what) ?? 0) + 1)
        for (const line of translation.lines) yield lineOf(line)
        this.#kept[kind].delete(resource.id)
      }
    onReport({
      ...counts,
      passes: this.#passes,
      changed: this.#changed,
      removed: this.#removed,
      isStill: this.#isStill,
      dropped,
    })
  }

  async #pass(kind: ResourceKind): Promise<void> {
    let done = 0
    for await (const { items, total } of this.#source.resources(kind)) {
      const stale = items.flatMap(text => this.#look(kind, text))
      await inParallel(stale, CONCURRENT_REQUESTS, found => this.#take(kind, found))
      done += items.length
      this.#onProgress({ pass: this.#passes, done, total })
    }
    for (const [id, kept] of this.#kept[kind])
      if (kept.pass < this.#passes) {
        this.#kept[kind].delete(id)
        this.#removed++
      }
  }

  /** Notes that a resource is there; gives it back when its statuses have to be read. */
  #look(kind: ResourceKind, text: string): Found[] {
    const read = new Document(text, `a ${kind}`)
    const id = read.string('id')
    const kept = this.#kept[kind].get(id)
    if (kept !== undefined) kept.pass = this.#passes
    if (kept?.resource.text === text) return []
    return [{ id, text, ownerId: ownerIdOf(read), createdTime: read.time('created_time') }]
  }

  async #take(kind: ResourceKind, { id, text, ownerId, createdTime }: Found): Promise<void> {
    const statuses = await this.#source.statuses(kind, id, ownerId)
    if (statuses === undefined) {
      if (this.#kept[kind].delete(id)) this.#removed++
      return
    }
    if (this.#passes > 1) this.#changed++
    this.#kept[kind].set(id, { resource: { kind, id, text, statuses }, createdTime, pass: this.#passes })
  }

  /** A nodepool whose cluster was removed after the clusters had been read goes with it. */
  #dropOrphans(): void {
    for (const [id, { resource }] of this.#kept.NodePool) {
      const owner = ownerIdOf(new Document(resource.text, `NodePool ${id}`))
      if (owner !== undefined && this.#kept.Cluster.has(owner)) continue
      this.#kept.NodePool.delete(id)
      this.#removed++
    }
  }

  #counts() {
    const statusesOf = (kind: ResourceKind) =>
      [...this.#kept[kind].values()].reduce((sum, { resource }) => sum + resource.statuses.length, 0)
    return {
      clusters: this.#kept.Cluster.size,
      nodepools: this.#kept.NodePool.size,
      statuses: statusesOf('Cluster') + statusesOf('NodePool'),
    }
  }
}

interface Found {
  readonly id: string
  readonly text: string
  readonly ownerId: string | undefined
  readonly createdTime: Instant
}

function byCreation(a: Kept, b: Kept): number {
  if (a.createdTime !== b.createdTime) return a.createdTime < b.createdTime ? -1 : 1
  return a.resource.id < b.resource.id ? -1 : 1
}

function lineOf(text: string): Buffer {
  return Buffer.from(`${text}\n`)
}

async function inParallel<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values()
  const worker = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
}
