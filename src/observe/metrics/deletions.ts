// The resources that are being deleted, by age. Follows the state: each mark and each removal costs one operation on a map.
import type { Effect, FleetState } from '../../state/fleet-state.ts'
import { RESOURCE_KINDS, type ResourceCondition, type ResourceKind } from '../../state/records.ts'
import type { Instant } from '../../wire/instant.ts'

/** Entries looked at in one turn of the event loop: a few milliseconds of work. */
const ENTRIES_PER_TURN = 5000

export class Deletions {
  /** The condition that shows if a resource is ready. */
  readonly #readiness: string
  /** Deleted times by id, the oldest first: the server's clock never goes back (contract 3.4). */
  readonly #marked: Record<ResourceKind, Map<string, Instant>> = {
    Cluster: new Map(),
    NodePool: new Map(),
  }
  readonly #started = { Cluster: 0, NodePool: 0 }
  readonly #fallen = { Cluster: 0, NodePool: 0 }

  private constructor(readiness: string) {
    this.#readiness = readiness
  }

  /** Finds what is being deleted, over many turns of the event loop, and follows the state from then on. No write may come in between. */
  static async follow(state: FleetState, readiness: string): Promise<Deletions> {
    const deletions = new Deletions(readiness)
    for (const kind of RESOURCE_KINDS) await deletions.#find(kind, state)
    state.watch(effect => deletions.#note(effect))
    return deletions
  }

  /** Number of resources that are being deleted. */
  count(kind: ResourceKind): number {
    return this.#marked[kind].size
  }

  /** The ids of the resources that are being deleted. */
  ids(kind: ResourceKind): Iterable<string> {
    return this.#marked[kind].keys()
  }

  /** The deleted time of the oldest; undefined if there is none. */
  oldest(kind: ResourceKind): Instant | undefined {
    const [oldest] = this.#marked[kind].values()
    return oldest
  }

  /** Number of those that were deleted before a moment. It visits no others. */
  countBefore(kind: ResourceKind, moment: Instant): number {
    let count = 0
    for (const deletedTime of this.#marked[kind].values()) {
      if (deletedTime >= moment) break
      count++
    }
    return count
  }

  /** Number of deletions since the start, including those that removed at once. */
  started(kind: ResourceKind): number {
    return this.#started[kind]
  }

  /** Number of resources since the start that were ready until their deletion. */
  fallen(kind: ResourceKind): number {
    return this.#fallen[kind]
  }

  async #find(kind: ResourceKind, state: FleetState): Promise<void> {
    const entries = state.resources(kind)
    const found: [string, Instant][] = []
    for (let slot = 0; slot < entries.length; slot++) {
      const entry = entries.at(slot)
      const deletedTime = entry?.isMarked === true ? entry.resource.deletedTime : undefined
      if (entry !== undefined && deletedTime !== undefined) found.push([entry.id, deletedTime])
      if (slot % ENTRIES_PER_TURN === ENTRIES_PER_TURN - 1) await new Promise(setImmediate)
    }
    found.sort(([, a], [, b]) => (a < b ? -1 : a > b ? 1 : 0))
    this.#marked[kind] = new Map(found)
  }

  #note(effect: Effect): void {
    const { kind, entry } = effect
    if (kind === 'resource') {
      const { deletedTime } = effect.resource
      if (deletedTime === undefined || this.#marked[entry.kind].has(entry.id)) return
      this.#marked[entry.kind].set(entry.id, deletedTime)
      this.#started[entry.kind]++
      if (this.#wasReady(effect.previous?.resource.conditions)) this.#fallen[entry.kind]++
    } else if (kind === 'removal' && !this.#marked[entry.kind].delete(entry.id)) {
      this.#started[entry.kind]++
    }
  }

  #wasReady(conditions: readonly ResourceCondition[] = []): boolean {
    return conditions.find(({ type }) => type === this.#readiness)?.status !== 'False'
  }
}
