// The index of one condition type: which slots have it, with which status, and its subfields by slot.
import type { ConditionStatus, ResourceCondition } from '../state/records.ts'
import { Int32Column, Int64Column } from './column.ts'
import type { Kernels } from './kernels/kernels.ts'
import { PostingList } from './posting-list.ts'

export class ConditionIndex {
  /** The slots with the condition; all others fail every question about it (contract 8.8). */
  readonly presence: PostingList
  /** Times in microseconds since the Unix epoch. */
  readonly lastUpdatedTimes: Int64Column
  readonly lastTransitionTimes: Int64Column
  readonly observedGenerations: Int32Column
  readonly #byStatus: Readonly<Record<ConditionStatus, PostingList>>

  constructor(kernels: Kernels) {
    this.presence = new PostingList(kernels)
    this.#byStatus = { True: new PostingList(kernels), False: new PostingList(kernels) }
    this.lastUpdatedTimes = new Int64Column(kernels)
    this.lastTransitionTimes = new Int64Column(kernels)
    this.observedGenerations = new Int32Column(kernels)
  }

  /** The slots whose condition has this status (contract 8.7); possibly none. */
  withStatus(status: ConditionStatus): PostingList {
    return this.#byStatus[status]
  }

  /** Changes the condition of a slot as far as the two differ; undefined stands for no such condition. */
  replace(slot: number, before: ResourceCondition | undefined, after: ResourceCondition | undefined): void {
    if (before?.status !== after?.status) this.#changeStatus(slot, before?.status, after?.status)
    if (after === undefined) this.#clear(slot)
    else this.#set(slot, before, after)
  }

  #changeStatus(slot: number, before: ConditionStatus | undefined, after: ConditionStatus | undefined): void {
    if (before === undefined) this.presence.add(slot)
    else this.#byStatus[before].delete(slot)
    if (after === undefined) this.presence.delete(slot)
    else this.#byStatus[after].add(slot)
  }

  #set(slot: number, before: ResourceCondition | undefined, after: ResourceCondition): void {
    if (before?.lastUpdatedTime !== after.lastUpdatedTime)
      this.lastUpdatedTimes.set(slot, after.lastUpdatedTime)
    if (before?.lastTransitionTime !== after.lastTransitionTime)
      this.lastTransitionTimes.set(slot, after.lastTransitionTime)
    if (before?.observedGeneration !== after.observedGeneration)
      this.observedGenerations.set(slot, after.observedGeneration)
  }

  #clear(slot: number): void {
    for (const column of [this.lastUpdatedTimes, this.lastTransitionTimes, this.observedGenerations])
      column.delete(slot)
  }

  free(): void {
    for (const list of [this.presence, this.#byStatus.True, this.#byStatus.False]) list.free()
    for (const column of [this.lastUpdatedTimes, this.lastTransitionTimes, this.observedGenerations])
      column.free()
  }
}
