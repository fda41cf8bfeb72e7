// A store in memory whose commits are made, or refused as by a full disk, only when a test says so.
import type { DecisionStore } from '../../src/fleet/answers.ts'
import { encodePut } from '../../src/state/document.ts'
import type { PlacedPut, Put } from '../../src/state/put.ts'
import { State } from '../../src/state/state.ts'
import { StorageFullError } from '../../src/store/errors.ts'
import { Group } from '../../src/store/group-commit.ts'
import { GroupWriter } from '../../src/store/journal/group.ts'
import { Staged } from '../../src/store/staged.ts'
import type { PreparedChange } from '../../src/store/store.ts'

export class HeldStore implements DecisionStore {
  readonly state = new State()
  readonly newest = new Staged(this.state)
  /** The staged groups, oldest first. The last one takes what is staged next. */
  #groups: Group[] = [newGroup()]
  stagedSequence = 0

  /** Begins another group: what is staged from now on is committed later than what is staged already. */
  split(): void {
    this.#groups.push(newGroup())
  }

  stage(puts: readonly Put[]): Promise<Buffer> {
    const group = this.#groups.at(-1)
    if (group === undefined) throw new Error('there is no group')
    const placed = puts.map((put): PlacedPut => {
      const isRecord = put.kind === 'resource' || put.kind === 'status'
      const own = encodePut(put, isRecord ? this.newest.numberOf(put) : 0)
      this.newest.add(own, group, this.stagedSequence + 1)
      return own
    })
    const number = group.changes.length
    const sequence = ++this.stagedSequence
    group.changes.push({ sequence, latestTime: undefined, puts: placed })
    const durable = group.done.then(documents => documents[number] as Buffer)
    durable.catch(() => {})
    return durable
  }

  prepare(): PreparedChange {
    const puts: Put[] = []
    return {
      add: put => puts.push(put),
      commit: async () => {
        const durable = this.stage(puts)
        const sequence = this.stagedSequence
        await durable
        return sequence
      },
    }
  }

  pending(resourceId: string): Promise<unknown> | undefined {
    return this.newest.pending(resourceId)?.done
  }

  sequenceOf(resourceId: string): number {
    return this.newest.pending(resourceId)?.changes.at(-1)?.sequence ?? this.state.sequence
  }

  settled(): Promise<unknown> {
    const newest = this.#groups.findLast(({ changes }) => changes.length > 0)
    return newest?.done ?? Promise.resolve()
  }

  /** Commits the oldest group. */
  commit(): void {
    const group = this.#groups.shift()
    if (group === undefined) throw new Error('there is no group')
    if (this.#groups.length === 0) this.split()
    const documents = this.state.apply(group.changes)
    this.newest.release(group)
    group.resolve(documents)
  }

  /** Drops all groups, as the store does when there is no room for the oldest one. */
  refuse(): void {
    const dropped = this.#groups
    this.#groups = [newGroup()]
    this.newest.clear()
    this.stagedSequence = this.state.sequence
    for (const group of dropped) group.reject(new StorageFullError())
  }
}

function newGroup(): Group {
  return new Group(new GroupWriter())
}

/** Lets everything run that waits for no commit. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}
