// A store in memory whose commits are made, or refused as by a full disk, only when a test says so.
import type { DecisionStore } from '../../src/fleet/fleet.ts'
import { encodeBody } from '../../src/state/document.ts'
import type { PlacedPut, Put } from '../../src/state/put.ts'
import { State } from '../../src/state/state.ts'
import { StorageFullError } from '../../src/store/errors.ts'
import { Group } from '../../src/store/group-commit.ts'
import { GroupWriter } from '../../src/store/journal/group.ts'
import { Staged } from '../../src/store/staged.ts'

interface HeldGroup {
  readonly group: Group
  readonly changes: PlacedPut[][]
}

export class HeldStore implements DecisionStore {
  readonly state = new State()
  readonly newest = new Staged(this.state)
  /** The staged groups, oldest first. The last one takes what is staged next. */
  #groups: HeldGroup[] = [newGroup()]
  #sequence = 0

  /** Begins another group: what is staged from now on is committed later than what is staged already. */
  split(): void {
    this.#groups.push(newGroup())
  }

  stage(puts: readonly Put[]): Promise<readonly Buffer[]> {
    const held = this.#groups.at(-1)
    if (held === undefined) throw new Error('there is no group')
    const { group, changes } = held
    const placed = puts.map((put): PlacedPut => {
      const body = encodeBody(put, this.newest.numberOf(put), this.newest.currentBody(put))
      this.newest.add(put, body, group)
      return { put, body }
    })
    const number = changes.push(placed) - 1
    const durable = group.done.then(documents => documents[number] ?? [])
    durable.catch(() => {})
    return durable
  }

  pending(resourceId: string): Promise<unknown> | undefined {
    return this.newest.pending(resourceId)?.done
  }

  settled(): Promise<unknown> {
    const newest = this.#groups.findLast(({ changes }) => changes.length > 0)
    return newest?.group.done ?? Promise.resolve()
  }

  /** Commits the oldest group. */
  commit(): void {
    const held = this.#groups.shift()
    if (held === undefined) throw new Error('there is no group')
    if (this.#groups.length === 0) this.split()
    const { group, changes } = held
    for (const puts of changes)
      group.changes.push({ sequence: ++this.#sequence, latestTime: undefined, puts })
    const documents = this.state.apply(group.changes)
    this.newest.release(group)
    group.resolve(documents)
  }

  /** Drops all groups, as the store does when there is no room for the oldest one. */
  refuse(): void {
    const dropped = this.#groups
    this.#groups = [newGroup()]
    this.newest.clear()
    for (const { group } of dropped) group.reject(new StorageFullError())
  }
}

function newGroup(): HeldGroup {
  return { group: new Group(new GroupWriter()), changes: [] }
}

/** Lets everything run that waits for no commit. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}
