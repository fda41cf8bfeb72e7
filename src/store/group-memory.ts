// The memory of what a group brings, journal entries and documents, used again as soon as the group is on disk and applied.
import { Arena } from '../state/arena.ts'
import type { Group } from './group.ts'

/** Arenas kept for groups to come: one for the group that is staged and one for that in flight, and some to spare. */
const MAX_FREE = 4

export class GroupMemory {
  readonly #used = new WeakMap<Group, Arena>()
  readonly #free: Arena[] = []

  /** Where the entries and documents of a group lie. */
  of(group: Group): Arena {
    const known = this.#used.get(group)
    if (known !== undefined) return known
    const arena = this.#free.pop() ?? new Arena()
    this.#used.set(group, arena)
    return arena
  }

  /** Takes the memory of a group back. Of one that was not written it is left to whoever may still be writing it. */
  release(group: Group): void {
    const arena = this.#used.get(group)
    if (arena === undefined || this.#free.length >= MAX_FREE) return
    this.#used.delete(group)
    arena.reset()
    this.#free.push(arena)
  }
}
