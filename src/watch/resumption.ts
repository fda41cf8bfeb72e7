// Finds what a client does not know that goes on where an earlier stream ended (contract 12.4): the resources of its path that were changed or removed
// after its last `BOOKMARK`. It walks their changes back from the newest one, some in a turn of the event loop. Meanwhile its search notes all
// writes, also those to resources that did not match before and do not match now.
import type { ChangeWalk, FleetState } from '../state/fleet-state.ts'
import type { RemovalWalk } from '../state/removals.ts'
import type { Subject } from './since.ts'

/** A search that notes all writes while it has resumptions. */
export interface ResumedSearch {
  readonly subject: Subject
  resuming: number
}

export interface ResumptionLimits {
  /** Resources, and removals, that one step passes. */
  readonly changesPerStep: number
  /** Most walks at a time, because each write looks at all of them. */
  readonly walks: number
}

/** A step takes some tens of microseconds. */
export const RESUMPTION_LIMITS: ResumptionLimits = { changesPerStep: 256, walks: 32 }

/** The walks that are under way. */
export class Resumptions {
  readonly #limits: ResumptionLimits
  #walks = 0

  constructor(limits: ResumptionLimits) {
    this.#limits = limits
  }

  /** Begins a walk. Undefined if there are too many: the caller comes again. */
  begin(search: ResumedSearch, since: number, state: FleetState): Resumption | undefined {
    const { walks, changesPerStep } = this.#limits
    if (this.#walks >= walks) return undefined
    this.#walks++
    const onEnd = () => this.#walks--
    return new Resumption({ search, since, changesPerStep, onEnd }, state)
  }
}

interface ResumptionOptions {
  readonly search: ResumedSearch
  /** The change as of which the client has the list. */
  readonly since: number
  readonly changesPerStep: number
  readonly onEnd: () => void
}

export class Resumption {
  readonly #options: ResumptionOptions
  readonly #changes: ChangeWalk
  readonly #removals: RemovalWalk
  #isInChanges = true
  #isOver = false

  constructor(options: ResumptionOptions, state: FleetState) {
    const { search, since } = options
    this.#options = options
    this.#changes = state.changesAfter(search.subject.kind, since)
    this.#removals = state.removals.after(search.subject, since)
    search.resuming++
  }

  /** Passes some more changes, and calls back with the numbers of their resources. Returns false at the end. */
  step(use: (number: number) => void): boolean {
    const { search, changesPerStep } = this.#options
    const { ownerId } = search.subject
    if (this.#isInChanges)
      this.#isInChanges = this.#changes.step(changesPerStep, entry => {
        if (ownerId === undefined || entry.ownerId === ownerId) use(entry.number)
      })
    return this.#isInChanges || this.#removals.step(changesPerStep, use)
  }

  /** Must be called once the walk is at its end, or is not wanted any more. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#changes.end()
    this.#options.search.resuming--
    this.#options.onEnd()
  }
}
