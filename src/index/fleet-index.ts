// The index of the fleet: all indexes of both kinds of resources. Every write updates them as it is applied, so they always
// agree with the visible state. When many slots of a kind are holes, an index without holes is built beside the present one over many turns
// of the event loop, and takes its place in one turn. So search cost and memory follow the resources that there are.
import type { ResourceEntry, ResourceVersion } from '../state/entry.ts'
import type { Effect, FleetState, Renumbering } from '../state/fleet-state.ts'
import { unhandled } from '../state/put.ts'
import { RESOURCE_KINDS, type Resource, type ResourceCondition, type ResourceKind } from '../state/records.ts'
import type { IndexedStatus } from './adapters.ts'
import { type IndexUse, indexUses } from './index-use.ts'
import { ResourceIndex, type ResourceIndexOptions } from './resource-index.ts'

export interface FleetIndexOptions extends ResourceIndexOptions {
  /** Calls back in a later turn of the event loop; `setImmediate` unless given. */
  readonly nextTurn?: (callback: () => void) => void
  /** Slots whose entries are indexed in one turn. */
  readonly slotsPerTurn?: number
}

/** Less than a millisecond of work. */
const SLOTS_PER_TURN = 100

/** Slots that a renumbering passes in addition for each new one, so that it ends however many are created in each turn. */
const SLOTS_PER_NEW_SLOT = 2

/** Steps of freeing memory in one turn: less than a millisecond. */
const DISCARDS_PER_TURN = 32

/** A renumbering of the slots, and the index over the new ones. */
interface Successor {
  readonly renumbering: Renumbering
  readonly index: ResourceIndex
}

/** The place where the index of a kind is found, also after a renumbering. */
export interface IndexPlace {
  /** Only a view may be kept for a later turn of the event loop. */
  readonly current: ResourceIndex
}

export class FleetIndex {
  readonly #byKind: Readonly<Record<ResourceKind, KindIndex>>

  private constructor(state: FleetState, options: FleetIndexOptions) {
    this.#byKind = {
      Cluster: new KindIndex('Cluster', state, options),
      NodePool: new KindIndex('NodePool', state, options),
    }
    state.watch(effect => this.#update(effect))
  }

  /** Indexes everything in a state, and follows its writes from then on. Only one index of a state may do so: it renumbers the slots. */
  static attach(state: FleetState, options: FleetIndexOptions): FleetIndex {
    const index = new FleetIndex(state, options)
    for (const kind of RESOURCE_KINDS) index.#byKind[kind].build(Number.POSITIVE_INFINITY)
    return index
  }

  /** The same over many turns of the event loop, so that health checks are answered while a large fleet loads. */
  static async attachInTurns(state: FleetState, options: FleetIndexOptions): Promise<FleetIndex> {
    const index = new FleetIndex(state, options)
    for (const kind of RESOURCE_KINDS) while (!index.#byKind[kind].build()) await new Promise(setImmediate)
    return index
  }

  /** The index of a kind. Only a view may be kept for a later turn of the event loop, because a renumbering replaces the index. */
  of(kind: ResourceKind): ResourceIndex {
    return this.#byKind[kind].current
  }

  placeOf(kind: ResourceKind): IndexPlace {
    return this.#byKind[kind]
  }

  /** Lists the memory of each index. */
  memory(): IndexUse[] {
    return RESOURCE_KINDS.flatMap(kind => indexUses(this.of(kind)))
  }

  #update(effect: Effect): void {
    const index = this.#byKind[effect.entry.kind]
    switch (effect.kind) {
      case 'resource':
        index.update(effect.entry, effect.resource, effect.previous)
        return
      case 'conditions':
        index.updateConditions(effect.entry, effect.conditions, effect.previous)
        return
      case 'removal':
        index.remove(effect.entry, effect.previous)
        return
      case 'status':
        index.updateStatus(effect.entry, effect.status.adapter, effect.digest)
        return
      default:
        unhandled(effect)
    }
  }
}

class KindIndex implements IndexPlace {
  readonly #kind: ResourceKind
  readonly #state: FleetState
  readonly #options: FleetIndexOptions
  readonly #slotsPerTurn: number
  current: ResourceIndex
  /** Slots indexed so far. A write to a later slot is ignored: the build reads its result. */
  #built = 0
  #successor: Successor | undefined
  /** The index before the current one, until its last view is released and its memory is free. */
  #former: ResourceIndex | undefined
  #discarding: Generator<undefined, void> | undefined
  #isScheduled = false
  /** The slots at the last step of a renumbering. */
  #slotsBefore = 0

  constructor(kind: ResourceKind, state: FleetState, options: FleetIndexOptions) {
    this.#kind = kind
    this.#state = state
    this.#options = options
    this.#slotsPerTurn = options.slotsPerTurn ?? SLOTS_PER_TURN
    this.current = new ResourceIndex(kind, state, options)
  }

  /** Indexes the entries of the next slots. Returns whether that completes the build. A renumbering begins only afterwards. */
  build(limit = this.#slotsPerTurn): boolean {
    const index = this.current
    const end = Math.min(this.#built + limit, index.slotCount)
    for (; this.#built < end; this.#built++) {
      const entry = index.find(this.#built)
      if (entry !== undefined) addTo(index, this.#built, entry)
    }
    if (this.#built < index.slotCount) return false
    this.#built = Number.POSITIVE_INFINITY
    if (index.hasHoles) this.#schedule()
    return true
  }

  update(entry: ResourceEntry, resource: Resource, replaced: ResourceVersion | undefined): void {
    if (entry.slot >= this.#built) return
    this.current.update(entry.slot, entry, resource, replaced)
    const second = this.#secondSlotOf(entry)
    if (second !== undefined) this.#successor?.index.update(second, entry, resource, replaced)
    this.#former?.noteWrite(entry.otherSlot, replaced)
  }

  updateConditions(
    entry: ResourceEntry,
    conditions: readonly ResourceCondition[],
    replaced: ResourceVersion,
  ): void {
    if (entry.slot >= this.#built) return
    this.current.updateConditions(entry.slot, conditions, replaced)
    const second = this.#secondSlotOf(entry)
    if (second !== undefined) this.#successor?.index.updateConditions(second, conditions, replaced)
    this.#former?.noteWrite(entry.otherSlot, replaced)
  }

  /** Searches do not read statuses, so no view notes them. */
  updateStatus(entry: ResourceEntry, adapter: string, status: IndexedStatus): void {
    if (entry.slot >= this.#built) return
    this.current.updateStatus(entry.slot, adapter, status)
    const second = this.#secondSlotOf(entry)
    if (second !== undefined) this.#successor?.index.updateStatus(second, adapter, status)
  }

  remove(entry: ResourceEntry, removed: ResourceVersion): void {
    if (entry.slot >= this.#built) return
    this.current.remove(entry.slot, removed)
    const second = this.#secondSlotOf(entry)
    if (second !== undefined) this.#successor?.index.remove(second, removed)
    this.#former?.noteRemoval(entry.otherSlot, removed)
    this.#schedule()
  }

  #secondSlotOf(entry: ResourceEntry): number | undefined {
    return this.#successor?.renumbering.secondSlotOf(entry)
  }

  /** Works in later turns, as long as there is something to do. */
  #schedule(): void {
    if (this.#isScheduled || this.#built < Number.POSITIVE_INFINITY) return
    this.#isScheduled = true
    this.#inNextTurn()
  }

  /** Waits while a large change is applied: it may remove what would be indexed. */
  #inNextTurn(): void {
    const { nextTurn = setImmediate } = this.#options
    nextTurn(() => {
      const { application } = this.#state
      if (application !== undefined) {
        void application.over.then(() => this.#inNextTurn())
        return
      }
      this.#isScheduled = false
      if (this.#work()) this.#schedule()
    })
  }

  /** Does the work of one turn. Returns whether there is more. */
  #work(): boolean {
    if (this.#former !== undefined) return this.#discard(this.#former)
    this.#successor ??= this.#begin()
    return this.#successor !== undefined && this.#advance(this.#successor)
  }

  #begin(): Successor | undefined {
    const renumbering = this.#state.renumber(this.#kind)
    if (renumbering === undefined) return undefined
    const index = new ResourceIndex(this.#kind, this.#state, this.#options, renumbering.entries)
    this.#slotsBefore = this.current.slotCount
    return { renumbering, index }
  }

  #advance({ renumbering, index }: Successor): true {
    const visit = (entry: ResourceEntry) => addTo(index, entry.otherSlot, entry)
    const added = this.current.slotCount - this.#slotsBefore
    this.#slotsBefore = this.current.slotCount
    if (renumbering.step(this.#slotsPerTurn + added * SLOTS_PER_NEW_SLOT, visit)) return true
    renumbering.takeOver()
    index.takeOver(this.current)
    this.#former = this.current
    this.current = index
    this.#successor = undefined
    return true
  }

  /** Frees the memory of the former index, a part in each turn. The next renumbering would change the slots that its views know. */
  #discard(former: ResourceIndex): boolean {
    if (former.isViewed) {
      former.onUnviewed(() => this.#schedule())
      return false
    }
    this.#discarding ??= former.discard()
    for (let steps = 0; steps < DISCARDS_PER_TURN; steps++) {
      if (!this.#discarding.next().done) continue
      this.#former = undefined
      this.#discarding = undefined
      break
    }
    return true
  }
}

/** Indexes a resource with its statuses. */
function addTo(index: ResourceIndex, slot: number, entry: ResourceEntry): void {
  index.update(slot, entry, entry.resource, undefined)
  index.addStatuses(slot, entry.statuses)
}
