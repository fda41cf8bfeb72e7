// Runs long work over many turns of the event loop, a slice of less than a millisecond in each, so that other requests are served in
// between. Only a few pieces of work are under way at once. The others wait and hold no memory.

/** Work that yields at least every few tens of microseconds. It frees its resources when it is ended early. */
export type Work<T> = Generator<undefined, T, undefined>

export interface TurnsOptions {
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  /** Calls back in the next turn of the event loop, after all callbacks that are ready now. */
  readonly nextTurn: (callback: () => void) => void
}

/** The queue is full. The work was not started. */
export class TurnsBusyError extends Error {}

/** The work was abandoned because no client waits for its result. */
export class UnwantedError extends Error {}

/** A slice ends some tens of microseconds later, after its last step. */
const SLICE_MS = 0.8
/** Most pieces of work under way. */
export const MAX_UNDER_WAY = 4
/** Most pieces of work that wait to start. */
export const MAX_WAITING = 256

export interface TurnsUse {
  readonly underWay: number
  readonly waiting: number
  /** Pieces of work that took more than one slice, including the refused ones. */
  readonly begun: number
  readonly refused: number
}

export class Turns {
  readonly #options: TurnsOptions
  /** Served in this order, one slice a turn. */
  readonly #underWay: Task[] = []
  readonly #waiting: Task[] = []
  #isScheduled = false
  #begun = 0
  #refused = 0

  constructor(options: TurnsOptions) {
    this.#options = options
  }

  get use(): TurnsUse {
    const { length: underWay } = this.#underWay
    return { underWay, waiting: this.#waiting.length, begun: this.#begun, refused: this.#refused }
  }

  /**
   * Does the work that `begin` creates: at once if a slice is enough, otherwise over many turns. Work that must wait is created
   * again when it starts, once `mayBegin()` is true. Rejects with an UnwantedError once `isWanted()` is false.
   * @throws TurnsBusyError
   */
  run<T>(
    begin: () => Work<T>,
    isWanted: () => boolean,
    mayBegin: () => boolean = () => true,
  ): T | Promise<T> {
    const slice = (some: Work<T>) => this.#slice(some)
    const work = begin()
    const step = slice(work)
    if (step.done) return step.value
    this.#begun++
    const mustWait = this.#underWay.length >= MAX_UNDER_WAY
    if (mustWait) giveUp(work)
    if (mustWait && this.#waiting.length >= MAX_WAITING) {
      this.#refused++
      throw new TurnsBusyError('too many long searches')
    }
    return new Promise<T>((resolve, reject) => {
      const task = new LongTask(
        { begin, isWanted, mayBegin, resolve, reject },
        slice,
        mustWait ? undefined : work,
      )
      if (mustWait) this.#waiting.push(task)
      else this.#start(task)
    })
  }

  #start(task: Task): void {
    this.#underWay.push(task)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    this.#options.nextTurn(() => {
      this.#isScheduled = false
      this.#turn()
    })
  }

  #turn(): void {
    const task = this.#underWay.shift()
    if (task?.mayGoOn === false) this.#waiting.unshift(task)
    else if (task?.advance()) this.#underWay.push(task)
    if (this.#underWay.length < MAX_UNDER_WAY) this.#startNext()
    if (this.#underWay.length > 0 || this.#waiting.length > 0) this.#schedule()
  }

  /** Starts the first piece of work that may begin. */
  #startNext(): void {
    const next = this.#waiting.findIndex(task => task.mayGoOn)
    if (next !== -1) this.#underWay.push(...this.#waiting.splice(next, 1))
  }

  #slice<T>(work: Work<T>): IteratorResult<undefined, T> {
    const endMs = this.#options.nowMs() + SLICE_MS
    for (;;) {
      const step = work.next()
      if (step.done || this.#options.nowMs() >= endMs) return step
    }
  }
}

interface Task {
  /** False if it has to wait before it begins. */
  readonly mayGoOn: boolean
  /** Runs a slice. Returns whether there is more to do. */
  advance(): boolean
}

interface TaskOptions<T> {
  readonly begin: () => Work<T>
  readonly isWanted: () => boolean
  readonly mayBegin: () => boolean
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
}

class LongTask<T> implements Task {
  readonly #options: TaskOptions<T>
  readonly #slice: (work: Work<T>) => IteratorResult<undefined, T>
  #work: Work<T> | undefined

  constructor(
    options: TaskOptions<T>,
    slice: (work: Work<T>) => IteratorResult<undefined, T>,
    begun: Work<T> | undefined,
  ) {
    this.#options = options
    this.#slice = slice
    this.#work = begun
  }

  get mayGoOn(): boolean {
    return this.#work !== undefined || this.#options.mayBegin()
  }

  advance(): boolean {
    const { begin, isWanted, resolve, reject } = this.#options
    try {
      if (!isWanted()) {
        if (this.#work !== undefined) giveUp(this.#work)
        throw new UnwantedError('no client waits for the result any more')
      }
      this.#work ??= begin()
      const step = this.#slice(this.#work)
      if (step.done) resolve(step.value)
      return !step.done
    } catch (error) {
      reject(error)
      return false
    }
  }
}

/** Ends work early, so that it frees its resources. */
function giveUp(work: Generator<unknown, unknown, unknown>): void {
  work.return(undefined)
}
