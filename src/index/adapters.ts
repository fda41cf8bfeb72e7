// The indexes of all adapters that have reported about resources of one kind: the resources by the adapter's `Available`, and the time of its last report
// by slot. The index of an adapter is freed with its last status.
import type { ReportedStatus, StatusDigest } from '../state/records.ts'
import { Int64Column } from './column.ts'
import type { Kernels } from './kernels/kernels.ts'
import { PostingList } from './posting-list.ts'

/** The members of a status that are indexed. */
export type IndexedStatus = Pick<StatusDigest, 'available' | 'lastReportTime'>

export class AdapterIndexes {
  readonly #kernels: Kernels
  readonly #byName = new Map<string, AdapterIndex>()
  /** The slots with a status. */
  readonly presence: PostingList

  constructor(kernels: Kernels) {
    this.#kernels = kernels
    this.presence = new PostingList(kernels)
  }

  get(adapter: string): AdapterIndex | undefined {
    return this.#byName.get(adapter)
  }

  entries(): IterableIterator<[string, AdapterIndex]> {
    return this.#byName.entries()
  }

  /** Sets the status of an adapter about the resource in a slot. */
  set(slot: number, adapter: string, status: IndexedStatus): void {
    let index = this.#byName.get(adapter)
    if (index === undefined) {
      index = new AdapterIndex(this.#kernels)
      this.#byName.set(adapter, index)
    }
    if (index.set(slot, status)) this.presence.add(slot)
  }

  /** Removes all statuses about the resource in a slot. */
  remove(slot: number): void {
    if (!this.presence.delete(slot)) return
    for (const [adapter, index] of this.#byName) {
      if (!index.remove(slot) || index.presence.size > 0) continue
      this.#byName.delete(adapter)
      index.free()
    }
  }

  /** Frees the memory of all indexes, over some yields. They cannot be used afterwards. */
  *discard(): Generator<undefined, void> {
    for (const index of this.#byName.values()) {
      index.free()
      yield
    }
    this.#byName.clear()
    this.presence.free()
  }
}

const STATUSES = ['True', 'False', 'Unknown'] as const satisfies readonly ReportedStatus[]

/** The index of one adapter. */
export class AdapterIndex {
  /** The slots with a status of the adapter. */
  readonly presence: PostingList
  /** Times in microseconds since the Unix epoch. */
  readonly lastReportTimes: Int64Column
  readonly #byStatus: Readonly<Record<ReportedStatus, PostingList>>

  constructor(kernels: Kernels) {
    this.presence = new PostingList(kernels)
    this.lastReportTimes = new Int64Column(kernels)
    this.#byStatus = {
      True: new PostingList(kernels),
      False: new PostingList(kernels),
      Unknown: new PostingList(kernels),
    }
  }

  /** Bytes of the lists. */
  get bytes(): number {
    return STATUSES.reduce((sum, status) => sum + this.#byStatus[status].bytes, this.presence.bytes)
  }

  /** The slots whose `Available` has this status. May be empty. */
  withStatus(status: ReportedStatus): PostingList {
    return this.#byStatus[status]
  }

  /** Returns whether the status is the first one of the slot. */
  set(slot: number, { available, lastReportTime }: IndexedStatus): boolean {
    this.lastReportTimes.set(slot, lastReportTime)
    // Nearly every report says the same as the one before.
    if (this.#byStatus[available].has(slot)) return false
    const isFirst = this.presence.add(slot)
    if (!isFirst) this.#leave(slot)
    this.#byStatus[available].add(slot)
    return isFirst
  }

  /** Returns whether the slot had a status. */
  remove(slot: number): boolean {
    if (!this.presence.delete(slot)) return false
    this.#leave(slot)
    this.lastReportTimes.delete(slot)
    return true
  }

  free(): void {
    this.presence.free()
    for (const status of STATUSES) this.#byStatus[status].free()
    this.lastReportTimes.free()
  }

  #leave(slot: number): void {
    for (const status of STATUSES) if (this.#byStatus[status].delete(slot)) return
  }
}
