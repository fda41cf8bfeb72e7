// Copies a fleet that may be written to meanwhile. The first pass reads every resource with its statuses. Each further one reads them
// again and takes what changed, until a pass finds nothing changed: then all of it was there at the same time.
import { RESOURCE_KINDS, type ResourceKind } from '../../state/records.ts'
import type { Instant } from '../../wire/instant.ts'
import type { OnAdvance } from '../backup/advance.ts'
import { headerLine } from '../export/format.ts'
import type { Line } from '../export/line-reader.ts'
import { Document } from './document.ts'
import type { OriginalSource } from './source.ts'
import {
  type LeftOut,
  ownerIdOf,
  type Translation,
  type TranslationOptions,
  translate,
} from './translation.ts'

/** Requests at the same time. */
const CONCURRENT_REQUESTS = 8
/** Passes at most: a fleet that is written all the time never comes to a pass without a change. */
const MAX_PASSES = 5
/** Reads of one resource until its statuses fit it. */
const MAX_READS = 5

/** A resource as it was read last. */
interface Kept extends Translation {
  readonly ownerId: string | undefined
  readonly createdTime: Instant
  /** The pass that saw it last. */
  readonly pass: number
}

/** Account of a finished copy. */
export interface CopyReport {
  readonly passes: number
  /** Resources that a later pass found new or changed, and resources that it no longer found. */
  readonly changed: number
  readonly removed: number
  /** Resources that the last pass found new, changed or missing: the original was being written to. */
  readonly unsettled: number
  /** Numbers of resources with something that has no place here. */
  readonly leftOut: ReadonlyMap<LeftOut, number>
  /** Numbers of resources of kinds that do not exist here, by kind. */
  readonly otherKinds: ReadonlyMap<string, number>
}

/** The original was written to during every pass. The message is for the user. */
export class UnsettledError extends Error {
  override readonly name = 'UnsettledError'
}

export interface FleetCopyOptions extends TranslationOptions {
  /** True to take the fleet as the last pass found it, even if it was still written to. */
  readonly acceptsChanges: boolean
  readonly onAdvance: OnAdvance
}

export class FleetCopy {
  readonly #source: OriginalSource
  readonly #options: FleetCopyOptions
  readonly #kept: Readonly<Record<ResourceKind, Map<string, Kept>>> = {
    Cluster: new Map(),
    NodePool: new Map(),
  }
  readonly #otherKinds = new Map<string, number>()
  #pass = 0
  /** Changes that the present pass has found. */
  #changed = 0
  #removed = 0
  /** Changes that all passes but the first have found. */
  #changedInAll = 0
  #removedInAll = 0

  constructor(source: OriginalSource, options: FleetCopyOptions) {
    this.#source = source
    this.#options = options
  }

  /**
   * Reads the fleet until nothing changes while it is read.
   * @throws SourceError, DocumentError
   * @throws UnsettledError if it still changed in the last pass, and changes are not accepted
   */
  async read(): Promise<void> {
    do {
      this.#pass++
      this.#changed = 0
      this.#removed = 0
      for (const kind of RESOURCE_KINDS) await this.#readKind(kind)
      if (this.#pass > 1) {
        this.#changedInAll += this.#changed
        this.#removedInAll += this.#removed
      }
    } while (this.#unsettled > 0 && this.#pass < MAX_PASSES)
    if (this.#unsettled > 0 && !this.#options.acceptsChanges)
      throw new UnsettledError(
        `the fleet changed during each of ${MAX_PASSES} passes; the last one found ${this.#changed} changed and ` +
          `${this.#removed} removed resources. Stop what writes to the original (Sentinels, adapters, clients) and import ` +
          'again, or accept a copy without the last changes with --accept-changes',
      )
    if (this.#unsettled > 0) this.#dropOrphans()
    await this.#countOtherKinds()
  }

  get report(): CopyReport {
    const leftOut = new Map<LeftOut, number>()
    for (const kind of RESOURCE_KINDS)
      for (const kept of this.#kept[kind].values())
        for (const what of kept.leftOut) leftOut.set(what, (leftOut.get(what) ?? 0) + 1)
    return {
      passes: this.#pass,
      changed: this.#changedInAll,
      removed: this.#removedInAll,
      unsettled: this.#unsettled,
      leftOut,
      otherKinds: this.#otherKinds,
    }
  }

  /** Yields the copy as the lines of an export, each kind in creation order. */
  async *lines(): AsyncGenerator<Line, void> {
    const counts = { clusters: this.#kept.Cluster.size, nodepools: this.#kept.NodePool.size, statuses: 0 }
    for (const kind of RESOURCE_KINDS)
      for (const { lines } of this.#kept[kind].values()) counts.statuses += lines.length - 1
    yield { where: 'the first line', bytes: headerLine(counts) }
    for (const kind of RESOURCE_KINDS)
      for (const { lines } of [...this.#kept[kind].values()].sort(byCreation)) yield* lines
  }

  /** Changes of the present pass. The first pass has nothing to compare with. */
  get #unsettled(): number {
    return this.#pass === 1 ? 1 : this.#changed + this.#removed
  }

  async #readKind(kind: ResourceKind): Promise<void> {
    const called = kind === 'Cluster' ? 'clusters' : 'nodepools'
    const doing = this.#pass === 1 ? `reading ${called}` : `reading ${called} again, pass ${this.#pass}`
    let done = 0
    for await (const { items, total } of this.#source.resources(kind)) {
      await inParallel(items, CONCURRENT_REQUESTS, async text => {
        await this.#take(kind, text)
        this.#options.onAdvance({ doing, done: ++done, total })
      })
    }
    for (const [id, { pass }] of this.#kept[kind]) if (pass < this.#pass) this.#drop(kind, id)
  }

  /** Reads the statuses of a resource. A change between two reads may leave statuses of a later generation: then reads both again. */
  async #take(kind: ResourceKind, listed: string): Promise<void> {
    let text: string | undefined = listed
    const { id, ownerId, createdTime } = identityIn(kind, listed)
    for (let reads = 1; text !== undefined; reads++) {
      const statuses = await this.#source.statuses(kind, id, ownerId)
      if (statuses === undefined) break
      const translation = translate({ kind, id, text, statuses }, this.#options)
      if (translation.isOfOneMoment || reads === MAX_READS)
        return this.#keep(kind, id, { ...translation, ownerId, createdTime, pass: this.#pass })
      text = await this.#source.resource(kind, id, ownerId)
    }
    this.#drop(kind, id)
  }

  #keep(kind: ResourceKind, id: string, kept: Kept): void {
    const before = this.#kept[kind].get(id)
    if (before === undefined || !isSame(before, kept)) this.#changed++
    this.#kept[kind].set(id, kept)
  }

  #drop(kind: ResourceKind, id: string): void {
    if (this.#kept[kind].delete(id)) this.#removed++
  }

  /** Drops nodepools whose cluster was removed during the last pass. */
  #dropOrphans(): void {
    for (const [id, { ownerId }] of this.#kept.NodePool)
      if (ownerId !== undefined && !this.#kept.Cluster.has(ownerId)) this.#drop('NodePool', id)
  }

  async #countOtherKinds(): Promise<void> {
    for await (const { items } of this.#source.others())
      for (const item of items) {
        const kind = new Document(item, 'a resource').string('kind')
        this.#otherKinds.set(kind, (this.#otherKinds.get(kind) ?? 0) + 1)
      }
  }
}

/** The members by which a copy knows a resource. */
function identityIn(kind: ResourceKind, text: string) {
  const read = new Document(text, `a ${kind}`)
  return { id: read.string('id'), ownerId: ownerIdOf(read), createdTime: read.time('created_time') }
}

function isSame({ lines }: Kept, { lines: others }: Kept): boolean {
  return lines.length === others.length && lines.every(({ bytes }, i) => others[i]?.bytes.equals(bytes))
}

function byCreation(a: Kept, b: Kept): number {
  if (a.createdTime !== b.createdTime) return a.createdTime < b.createdTime ? -1 : 1
  return (a.lines[0]?.where ?? '') < (b.lines[0]?.where ?? '') ? -1 : 1
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
