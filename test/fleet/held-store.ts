// A store in memory whose commits are made, or refused as by a full disk, only when a test says so.
import type { DecisionStore } from '../../src/fleet/answers.ts'
import { encodePut } from '../../src/state/document.ts'
import { type PlacedPut, type Put, resourceOf } from '../../src/state/put.ts'
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
  /** The clusters of the groups of large changes. */
  readonly #large = new Map<Group, string>()
  /** The slices of the large change that is being applied. */
  #slices: Generator<undefined, void> | undefined
  stagedSequence = 0

  get beingApplied(): string | undefined {
    return this.state.application?.clusterId
  }

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

  prepare(clusterId: string): PreparedChange {
    const puts: Put[] = []
    return {
      add: put => puts.push(put),
      commit: async () => {
        const group = newGroup()
        const sequence = ++this.stagedSequence
        const placed = puts.map(put =>
          encodePut(put, this.state.resourceById(resourceOf(put).id)?.number ?? 0),
        )
        group.changes.push({ sequence, latestTime: undefined, puts: placed })
        this.#large.set(group, clusterId)
        this.#groups.push(group)
        this.split()
        await group.done
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

  /** Commits the oldest group. A large change takes a call for each record. */
  commit(): void {
    const [group] = this.#groups
    if (group === undefined) throw new Error('there is no group')
    const clusterId = this.#large.get(group)
    const [change] = group.changes
    if (clusterId !== undefined && change !== undefined) {
      this.#slices ??= this.state.applyInSlices(change, clusterId, 1)
      if (!this.#slices.next().done) return
      this.#slices = undefined
      this.#large.delete(group)
      this.#drop()
      group.resolve([])
      return
    }
    this.#drop()
    const documents = this.state.apply(group.changes)
    this.newest.release(group)
    group.resolve(documents)
  }

  /** Commits everything that is staged. */
  commitAll(): void {
    while (this.#groups.some(({ changes }) => changes.length > 0)) this.commit()
  }

  /** Drops all groups, as the store does when there is no room for the oldest one. One that is being applied has found room. */
  refuse(): void {
    if (this.#slices !== undefined) return
    const dropped = this.#groups
    this.#groups = [newGroup()]
    this.#large.clear()
    this.newest.clear()
    this.stagedSequence = this.state.sequence
    for (const group of dropped) group.reject(new StorageFullError())
  }

  #drop(): void {
    this.#groups.shift()
    if (this.#groups.length === 0) this.split()
  }
}

function newGroup(): Group {
  return new Group(new GroupWriter())
}

/** Lets everything run that waits for no commit. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
}
