// The write path: stages changes, commits them in groups, and then applies them to the state. A change is durable before it is visible.
import { type Change, type PlacedPut, type Put, resourceOf, unhandled } from '../state/put.ts'
import type { State } from '../state/state.ts'
import type { Reached } from './crash-point.ts'
import { FencedError, StoreError } from './errors.ts'
import { Group, GroupCommit, type GroupDocuments } from './group-commit.ts'
import { type EncodedGroup, GroupWriter } from './journal/group.ts'
import type { Journal } from './journal/journal.ts'
import { type ReadGroup, readChanges, readLargeChange } from './shared/group-body.ts'
import { later, laterId, type Watermarks } from './snapshot/snapshot.ts'
import { type Newest, Staged } from './staged.ts'

/** Changes that were applied together, and their bytes in the journal. */
export interface Applied {
  readonly changes: readonly Change[]
  readonly bytes: number
}

/** Receives the outcome of group commits. Its methods must not throw. */
export interface WriteListener {
  /** The changes are durable and visible; `watermarks` are the new watermarks of the state. */
  onApplied(applied: Applied, watermarks: Watermarks): void
  /** All changes of a commit are durable and visible. */
  onCommitted(changes: number, bytes: number): void
  /** There was no room. All staged changes have been dropped. */
  onFull(): void
  /** The content of the disk is unknown, or the state is broken. */
  onFatal(error: unknown): void
}

export interface WritePathParts {
  readonly state: State
  readonly journal: Journal
  /** The watermarks of the state. */
  readonly watermarks: Watermarks
  readonly monotonicMs: () => number
  /** Called when a group is on disk, before it is applied. Throws when the folder is not where the next start looks for it. */
  readonly assertInPlace: () => void
  readonly listener: WriteListener
  readonly reached: Reached
  readonly application?: ApplicationOptions | undefined
}

/** The application of changes over several turns of the event loop. */
export interface ApplicationOptions {
  /** Calls back in a later turn of the event loop; `setImmediate` unless given. */
  readonly nextTurn?: (callback: () => void) => void
  /** Records of a large change that are applied in one turn. */
  readonly recordsPerTurn?: number
}

/** Less than a millisecond of work. */
const RECORDS_PER_TURN = 48

/** A change with a group of its own. */
export interface LargeChange {
  readonly group: Group
  /**
   * Adds a put of the cluster or a nodepool of it, or of their removal. Throws when it is about something that is not durable, and then nothing
   * is staged.
   */
  add(put: Put): void
  /** Stages the change. Returns its number. */
  append(): number
}

export class WritePath {
  readonly commits: GroupCommit
  readonly #parts: WritePathParts
  readonly #staged: Staged
  /** The groups of large changes that are not applied yet, with the clusters that they are about. */
  readonly #large = new Map<Group, string>()
  /** The journal sequence of the next change. */
  #nextSequence: number
  /** Watermarks of all changes ever staged, and of the durable ones. */
  #stagedMarks: Watermarks
  #durableMarks: Watermarks
  /** The number of times that staged changes were dropped because another server decides. */
  #fences = 0

  constructor(parts: WritePathParts) {
    const { state, journal, watermarks, monotonicMs, assertInPlace, listener, reached } = parts
    const { nextTurn = setImmediate } = parts.application ?? {}
    this.#parts = parts
    this.#staged = new Staged(state)
    this.#stagedMarks = watermarks
    this.#durableMarks = watermarks
    this.#nextSequence = journal.last + 1
    this.commits = new GroupCommit(journal, {
      monotonicMs,
      assertInPlace,
      nextTurn,
      reached,
      listener: {
        onDurable: group => this.#apply(group),
        onCommitted: (changes, bytes) => listener.onCommitted(changes, bytes),
        onShared: group => this.#apply(group),
        onFull: () => {
          this.#drop(this.#parts.journal.last)
          listener.onFull()
        },
        onDropped: () => this.#drop(state.sequence),
        onFatal: error => listener.onFatal(error),
      },
    })
  }

  get newest(): Newest {
    return this.#staged
  }

  /** The greatest server time and resource id ever staged. */
  get watermarks(): Watermarks {
    return this.#stagedMarks
  }

  /** Stages a change; resolves with the document of its first put. Throws when a put would break an invariant, after `onFatal`. */
  stage(puts: readonly Put[]): Promise<Buffer> {
    try {
      const group = this.commits.open
      const number = group.changes.length
      this.commits.add(this.#encode(puts, group))
      this.#parts.reached('change-staged')
      return group.done.then(documents => documents[number] as Buffer)
    } catch (error) {
      // Half of the change may be staged.
      this.#parts.listener.onFatal(error)
      throw error
    }
  }

  /**
   * Begins a change of a cluster and its nodepools with a group of its own, which is encoded put by put. What it is about must be durable, and must
   * not be staged before the change is applied: decisions do not see it.
   */
  prepare(clusterId: string): LargeChange {
    const { state } = this.#parts
    const group = new Group(new GroupWriter())
    const fences = this.#fences
    const puts: PlacedPut[] = []
    let marks: Watermarks = { latestTime: undefined, latestId: undefined }
    group.writer.beginLargeChange()
    return {
      group,
      add: put => {
        if (put.kind !== 'resource' && put.kind !== 'removal')
          throw new Error(`a large change has no ${put.kind}`)
        const { kind, id } = resourceOf(put)
        const entry = state.resource(kind, id)
        if ((kind === 'Cluster' ? id : entry?.ownerId) !== clusterId)
          throw new Error(`${kind} ${id} is not of the cluster of a large change`)
        if (entry === undefined || this.#staged.pending(id) !== undefined)
          throw new Error(`${kind} ${id} of a large change is not durable`)
        puts.push(group.writer.add(put, entry.number))
        marks = raise(marks, put)
      },
      append: () => {
        // Its grounds may have changed since.
        if (fences !== this.#fences) throw new FencedError()
        group.writer.endChange()
        const latestTime = later(this.#stagedMarks.latestTime, marks.latestTime)
        this.#stagedMarks = { latestTime, latestId: this.#stagedMarks.latestId }
        const sequence = this.#nextSequence++
        group.changes.push({ sequence, latestTime, puts })
        this.#large.set(group, clusterId)
        this.commits.append(group)
        this.#parts.reached('change-staged')
        return sequence
      },
    }
  }

  /** True for a group with a large change that is not applied yet. */
  isLarge(group: Group): boolean {
    return this.#large.has(group)
  }

  /** Settles with the newest staged write to this resource or its statuses. Undefined if all of them are durable. */
  pending(resourceId: string): Promise<unknown> | undefined {
    return this.#staged.pending(resourceId)?.done
  }

  /** The number of the newest staged change. */
  get stagedSequence(): number {
    return this.#nextSequence - 1
  }

  /** As in `Store`. */
  sequenceOf(resourceId: string): number {
    const staged = this.#staged.pending(resourceId)?.changes.at(-1)
    return staged?.sequence ?? this.#parts.state.sequence
  }

  /** Settles with the newest change staged so far. */
  settled(): Promise<unknown> {
    return this.commits.newest?.done ?? Promise.resolve()
  }

  /** Drops what is staged and not appended to the shared journal: another server decides from now on, or this one from another state on. */
  fence(): void {
    this.#fences++
    this.commits.fence()
    this.#drop(this.#parts.state.sequence)
  }

  /** Applies a group of another server. Throws StoreError if it cannot be read, and then everything is as it was. */
  applyShared(group: EncodedGroup): void {
    const { changes, latestTime } = readChanges(group)
    this.#assertNext(group)
    let marks = this.#durableMarks
    for (const { puts } of changes) for (const { put } of puts) marks = raise(marks, put)
    this.#durableMarks = { latestTime: later(marks.latestTime, latestTime), latestId: marks.latestId }
    this.#parts.state.apply(changes)
    this.#endShared(group, changes)
  }

  /**
   * Applies a large change of another server, over several turns of the event loop. Nothing else may be applied meanwhile.
   * @param onRead called when it is certain to be applied, in the turn in which that begins
   * @throws StoreError if it cannot be read, and then everything is as it was
   */
  async applyLargeShared(group: EncodedGroup, onRead: () => void): Promise<void> {
    const { state } = this.#parts
    this.#assertNext(group)
    const { changes, latestTime } = await this.#inTurns(readLargeChange(group, this.#recordsPerTurn))
    const [change] = changes
    const clusterId = change && clusterOf(change, state)
    onRead()
    const end = () => {
      const { latestTime: before, latestId } = this.#durableMarks
      this.#durableMarks = { latestTime: later(before, latestTime), latestId }
      this.#endShared(group, changes)
    }
    if (change !== undefined && clusterId !== undefined) {
      await this.#inTurns(state.applyInSlices(change, clusterId, this.#recordsPerTurn), end)
      return
    }
    state.apply(changes)
    end()
  }

  #assertNext({ first, last }: EncodedGroup): void {
    const { sequence } = this.#parts.state
    if (first === sequence + 1) return
    throw new StoreError(
      'gap',
      `the shared journal has changes ${first} to ${last}, and this server has change ${sequence}`,
    )
  }

  /** The changes of another server are in the state. */
  #endShared(group: EncodedGroup, changes: ReadGroup['changes']): void {
    const { state, listener } = this.#parts
    this.#stagedMarks = {
      latestTime: later(this.#stagedMarks.latestTime, this.#durableMarks.latestTime),
      latestId: later(this.#stagedMarks.latestId, this.#durableMarks.latestId),
    }
    this.#staged.clear()
    this.#nextSequence = state.sequence + 1
    listener.onApplied({ changes, bytes: group.value.length }, this.#durableMarks)
    listener.onCommitted(changes.length, group.value.length)
  }

  /** Encodes a change into its group. The bodies stay there until the group is applied. */
  #encode(puts: readonly Put[], group: Group): Change {
    const { writer } = group
    const placed: PlacedPut[] = []
    writer.beginChange()
    for (const put of puts) {
      // The number of a record may depend on the puts before it.
      const isRecord = put.kind === 'resource' || put.kind === 'status'
      const own = writer.add(put, isRecord ? this.#staged.numberOf(put) : 0)
      this.#staged.add(own, group, this.#nextSequence)
      this.#stagedMarks = raise(this.#stagedMarks, put)
      placed.push(own)
    }
    writer.endChange()
    return { sequence: this.#nextSequence++, latestTime: this.#stagedMarks.latestTime, puts: placed }
  }

  #apply(group: Group): GroupDocuments | Promise<GroupDocuments> {
    const clusterId = this.#large.get(group)
    return clusterId === undefined ? this.#applyAtOnce(group) : this.#applyLarge(group, clusterId)
  }

  #applyAtOnce(group: Group): GroupDocuments {
    const { state, listener } = this.#parts
    const isLarge = this.#large.delete(group)
    for (const { puts, latestTime } of group.changes) {
      // A large change has no new ids.
      if (!isLarge) for (const { put } of puts) this.#durableMarks = raise(this.#durableMarks, put)
      this.#durableMarks = { latestTime, latestId: this.#durableMarks.latestId }
    }
    const documents = state.apply(group.changes)
    if (!isLarge) this.#staged.release(group)
    listener.onApplied(group, this.#durableMarks)
    return documents
  }

  /** Applies a large change over several turns of the event loop. It has no new ids, nothing of it is staged, and nobody reads its documents. */
  async #applyLarge(group: Group, clusterId: string): Promise<GroupDocuments> {
    const { state, listener } = this.#parts
    this.#large.delete(group)
    const [change] = group.changes
    if (change === undefined) return NO_DOCUMENTS
    await this.#inTurns(state.applyInSlices(change, clusterId, this.#recordsPerTurn), () => {
      this.#durableMarks = { latestTime: change.latestTime, latestId: this.#durableMarks.latestId }
      listener.onApplied(group, this.#durableMarks)
    })
    return NO_DOCUMENTS
  }

  get #recordsPerTurn(): number {
    return this.#parts.application?.recordsPerTurn ?? RECORDS_PER_TURN
  }

  /** Takes steps, one in each turn of the event loop. `end` is called with the last one, before anybody who waits for it goes on. */
  async #inTurns<T>(steps: Generator<undefined, T>, end: () => void = () => {}): Promise<T> {
    const { reached, application } = this.#parts
    const { nextTurn = setImmediate } = application ?? {}
    for (;;) {
      const step = steps.next()
      if (step.done) {
        end()
        return step.value
      }
      reached('slice-applied')
      await new Promise<void>(resolve => nextTurn(resolve))
    }
  }

  /** Forgets everything that is staged after this change. */
  #drop(last: number): void {
    this.#staged.clear()
    this.#large.clear()
    this.#nextSequence = last + 1
  }
}

const NO_DOCUMENTS: GroupDocuments = []

/**
 * The cluster that a large change of another server is about, if it can be applied in slices: it is about that cluster and nodepools of it, and all of
 * them are there.
 */
function clusterOf({ puts }: Change, state: State): string | undefined {
  let clusterId: string | undefined
  let ownerId: string | undefined
  for (const { put } of puts) {
    if (put.kind !== 'resource' && put.kind !== 'removal') return undefined
    const { kind, id } = resourceOf(put)
    const entry = state.resource(kind, id)
    if (entry === undefined) return undefined
    if (kind === 'Cluster') {
      if (clusterId !== undefined) return undefined
      clusterId = id
    } else {
      ownerId ??= entry.ownerId
      if (entry.ownerId !== ownerId) return undefined
    }
  }
  return clusterId !== undefined && (ownerId ?? clusterId) === clusterId ? clusterId : undefined
}

/** Raises the watermarks by a put. Only whole resources and removals do, because the times in reports come from adapters. */
function raise(watermarks: Watermarks, put: Put): Watermarks {
  switch (put.kind) {
    case 'resource': {
      const { createdTime, updatedTime, id } = put.record
      return {
        latestTime: later(watermarks.latestTime, later(createdTime, updatedTime)),
        latestId: laterId(watermarks.latestId, id),
      }
    }
    case 'removal':
      return { latestTime: later(watermarks.latestTime, put.time), latestId: watermarks.latestId }
    case 'conditions':
    case 'status':
      return watermarks
    default:
      return unhandled(put)
  }
}
