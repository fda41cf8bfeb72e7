// Carries out deletions (contract, section 11): at once, or over many turns of the event loop for a cluster with thousands of nodepools.
import { encodeDocument } from '../state/document.ts'
import type { Put, ResourceId } from '../state/put.ts'
import type { Resource, ResourceKind } from '../state/records.ts'
import type { PreparedChange } from '../store/store.ts'
import type { Instant } from '../wire/instant.ts'
import {
  type Answers,
  type DecisionStore,
  type Precondition,
  type ResourceAddress,
  refusalFor,
  wholeRevision,
} from './answers.ts'
import type { Cascades } from './cascades.ts'
import type { ServerClock } from './clock.ts'
import type { Compatibility } from './conditions.ts'
import {
  type DeletionContext,
  decideAtOnce,
  planDeletion,
  planForcedRemovals,
  type Removal,
  type Steps,
} from './deletion.ts'
import type { FleetEvent } from './events.ts'
import type { Refusal, Removed, Stored, Unavailable } from './outcome.ts'

/** The reason and the author of a force deletion. */
export interface ForceOrder {
  readonly reason: string
  readonly by: string
}

export interface DeleterOptions {
  readonly store: DecisionStore
  readonly clock: ServerClock
  readonly requiredAdapters: Readonly<Record<ResourceKind, readonly string[]>>
  readonly compatibility: Compatibility
  readonly onEvent: (event: FleetEvent) => void
}

export class Deleter {
  readonly #options: DeleterOptions
  readonly #store: DecisionStore
  readonly #answers: Answers
  readonly #cascades: Cascades

  constructor(options: DeleterOptions, answers: Answers, cascades: Cascades) {
    this.#options = options
    this.#store = options.store
    this.#answers = answers
    this.#cascades = cascades
  }

  /** The fleet that deletions are decided in. */
  get context(): DeletionContext {
    const { compatibility, requiredAdapters } = this.#options
    return { newest: this.#store.newest, compatibility, requiredAdapters }
  }

  /** Marks a resource with its children for deletion, and removes whatever awaits nothing (contract 11.1-11.4, 11.8). */
  async delete(address: ResourceAddress, by: string, precondition: Precondition): Promise<Stored | Refusal> {
    const resource = this.#answers.find(address)
    if (resource.kind === 'not-found') return this.#answers.notFound(resource, address)
    if (this.#isLarge(resource))
      return this.#cascades.run(resource, () => this.#deleteInTurns(address, by, precondition))
    if (!this.#answers.holds(precondition, resource)) return this.#answers.mismatch(resource)
    const now = this.#options.clock.stamp()
    const puts: Put[] = []
    const mark = (record: Resource) => puts.push({ kind: 'resource', record })
    const steps = planDeletion(resource, { now, by }, this.context, mark)
    const { marked, hasMarks, removals } = decideAtOnce(steps)
    if (!hasMarks && removals.length === 0) return this.#answers.unchanged(resource)
    const answer = this.#deleted(resource, marked, removals)
    return this.remove(removals, answer, now, puts)
  }

  /** Deletes a cluster with many nodepools. Nothing about them is staged meanwhile. */
  async #deleteInTurns(
    address: ResourceAddress,
    by: string,
    precondition: Precondition,
  ): Promise<Stored | Refusal> {
    const refusal = await this.#answers.after(this.#store.settled(), undefined)
    if (refusal !== undefined) return refusal
    const resource = this.#answers.find(address)
    if (resource.kind === 'not-found') return this.#answers.notFound(resource, address)
    if (!this.#answers.holds(precondition, resource)) return this.#answers.mismatch(resource)
    const now = this.#options.clock.stamp()
    const change = this.#store.prepare(resource.id)
    const mark = (record: Resource) => change.add({ kind: 'resource', record })
    const steps = planDeletion(resource, { now, by }, this.context, mark)
    const { marked, hasMarks, removals } = await this.#cascades.inTurns(steps)
    if (!hasMarks && removals.length === 0) return this.#answers.unchanged(resource)
    return this.#commitInTurns(change, removals, this.#deleted(resource, marked, removals), now)
  }

  /** The answer to a DELETE. */
  #deleted(
    resource: ResourceId,
    marked: Resource | undefined,
    removals: readonly Removal[],
  ): (sequence: number) => Stored {
    const { id } = resource
    const { newest } = this.#store
    const document =
      marked === undefined ? newest.document(resource) : encodeDocument({ kind: 'resource', record: marked })
    const isGone = removals.some(({ resource: gone }) => gone.id === id)
    const present = marked === undefined ? newest.revision(resource) : undefined
    return sequence => {
      const revision = isGone ? undefined : (present ?? wholeRevision(sequence))
      return { kind: 'stored', resourceId: id, document, sequence, revision }
    }
  }

  /** Removes a resource that is being deleted, with its children, whatever is awaited (contract 11.12). */
  async forceDelete(
    address: ResourceAddress,
    order: ForceOrder,
    precondition: Precondition,
  ): Promise<Removed | Refusal> {
    const resource = this.#answers.find(address)
    if (resource.kind === 'not-found') return this.#answers.notFound(resource, address)
    if (resource.deletedTime === undefined) return this.#answers.notFinalizing(resource)
    if (this.#isLarge(resource))
      return this.#cascades.run(resource, () => this.#forceDeleteInTurns(address, order, precondition))
    if (!this.#answers.holds(precondition, resource)) return this.#answers.mismatch(resource)
    const { kind, id } = resource
    const removals = decideAtOnce(planForcedRemovals(resource, this.context))
    const outcome = await this.remove<Removed>(removals, sequence => ({ kind: 'removed', sequence }))
    if (outcome.kind === 'removed') this.#noteForced({ kind, id }, removals, order)
    return outcome
  }

  async #forceDeleteInTurns(
    address: ResourceAddress,
    order: ForceOrder,
    precondition: Precondition,
  ): Promise<Removed | Refusal> {
    const refusal = await this.#answers.after(this.#store.settled(), undefined)
    if (refusal !== undefined) return refusal
    const resource = this.#answers.find(address)
    if (resource.kind === 'not-found') return this.#answers.notFound(resource, address)
    if (resource.deletedTime === undefined) return this.#answers.notFinalizing(resource)
    if (!this.#answers.holds(precondition, resource)) return this.#answers.mismatch(resource)
    const { kind, id } = resource
    const removals = await this.#cascades.inTurns(planForcedRemovals(resource, this.context))
    const answer = (sequence: number): Removed => ({ kind: 'removed', sequence })
    const outcome = await this.#commitInTurns(this.#store.prepare(id), removals, answer)
    if (outcome.kind === 'removed') this.#noteForced({ kind, id }, removals, order)
    return outcome
  }

  #noteForced(resource: ResourceId, removals: readonly Removal[], { reason, by }: ForceOrder): void {
    const children: string[] = []
    if (resource.kind === 'Cluster')
      for (const { resource: gone } of removals) if (gone.kind === 'NodePool') children.push(gone.id)
    this.#options.onEvent({ kind: 'force-deleted', resource, by, reason, children })
  }

  /** Stages removals and the marks before them as one change. Emits the events of removals once they are durable. */
  async remove<T extends Stored | Removed>(
    removals: readonly Removal[],
    answerOf: (sequence: number) => T,
    time = this.#options.clock.stamp(),
    marks: readonly Put[] = [],
  ): Promise<T | Unavailable> {
    const gone = removals.map(({ resource }): Put => ({ kind: 'removal', resource, time }))
    const staged = this.#store.stage([...marks, ...gone])
    const answer = answerOf(this.#store.stagedSequence)
    const outcome = await this.#answers.after(staged, answer)
    if (outcome.kind === answer.kind)
      for (const removal of removals) this.#options.onEvent({ kind: 'removed', ...removal })
    return outcome
  }

  /** Adds removals to a prepared change, some in each turn, and commits it. Emits the events of removals once they are durable. */
  async #commitInTurns<T extends Stored | Removed>(
    change: PreparedChange,
    removals: readonly Removal[],
    answerOf: (sequence: number) => T,
    time = this.#options.clock.stamp(),
  ): Promise<T | Unavailable> {
    await this.#cascades.inTurns(addRemovals(change, removals, time))
    try {
      const answer = answerOf(await change.commit())
      for (const removal of removals) this.#options.onEvent({ kind: 'removed', ...removal })
      return answer
    } catch (error) {
      return refusalFor(error)
    }
  }

  #isLarge({ kind, id }: ResourceId): boolean {
    return kind === 'Cluster' && this.#store.newest.hasMoreNodepools(id, this.#cascades.maxNodepoolsAtOnce)
  }
}

function* addRemovals(change: PreparedChange, removals: readonly Removal[], time: Instant): Steps<void> {
  for (const { resource } of removals) {
    change.add({ kind: 'removal', resource, time })
    yield 1
  }
}
