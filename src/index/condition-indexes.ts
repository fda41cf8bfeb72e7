// The indexes of all condition types that resources of one kind have. Adapters bring their own types; one that no
// resource has any more leaves nothing behind.
import type { ResourceCondition } from '../state/records.ts'
import { ConditionIndex } from './condition-index.ts'
import type { Kernels } from './kernels/kernels.ts'

type Conditions = readonly ResourceCondition[]

export class ConditionIndexes {
  readonly #kernels: Kernels
  readonly #byType = new Map<string, ConditionIndex>()
  readonly #fallen = new Map<string, number>()

  constructor(kernels: Kernels) {
    this.#kernels = kernels
  }

  get(type: string): ConditionIndex | undefined {
    return this.#byType.get(type)
  }

  entries(): IterableIterator<[string, ConditionIndex]> {
    return this.#byType.entries()
  }

  /** How often a condition of this type has become `False`, those that began so included. */
  fallen(type: string): number {
    return this.#fallen.get(type) ?? 0
  }

  /** Changes the conditions of a slot, condition by condition; no type stands twice in a list. */
  replace(slot: number, before: Conditions, after: Conditions): void {
    if (before === after) return
    for (let i = 0; i < after.length; i++) {
      const condition = after[i]
      if (condition === undefined || before[i] === condition) continue
      const previous = ofType(before, condition.type, i)
      if (previous !== condition) this.#replaceOne(condition.type, slot, previous, condition)
    }
    for (let i = 0; i < before.length; i++) {
      const type = before[i]?.type
      if (type !== undefined && ofType(after, type, i) === undefined)
        this.#replaceOne(type, slot, before[i], undefined)
    }
  }

  #replaceOne(
    type: string,
    slot: number,
    before: ResourceCondition | undefined,
    after: ResourceCondition | undefined,
  ): void {
    const index = this.#byType.get(type) ?? this.#open(type)
    if (after?.status === 'False' && before?.status !== 'False') this.#fallen.set(type, this.fallen(type) + 1)
    index.replace(slot, before, after)
    if (index.presence.size > 0) return
    this.#byType.delete(type)
    index.free()
  }

  #open(type: string): ConditionIndex {
    const index = new ConditionIndex(this.#kernels)
    this.#byType.set(type, index)
    return index
  }
}

/** The condition of a type, which from one version of a resource to the next mostly keeps its place. */
function ofType(conditions: Conditions, type: string, place: number): ResourceCondition | undefined {
  const there = conditions[place]
  return there?.type === type ? there : conditions.find(condition => condition.type === type)
}
