// Held reads: reads that could see a part of a change, because it is being applied over several turns of the event loop. They are answered after it,
// in the order of their arrival, some in each turn.
import { type Application, concerns, type FleetState } from '../state/fleet-state.ts'
import type { Call, OperationHandler, Reply } from './call.ts'

/** Most reads that are answered in one turn of the event loop. */
const READS_PER_TURN = 16

/** Reply to a client that disconnected meanwhile. */
const NO_READER: Reply = { kind: 'no-content' }

/** True if a read may see a part of a change. */
type Concern = (call: Call, application: Application) => boolean

interface HeldRead {
  readonly call: Call
  readonly handle: OperationHandler
  readonly resolve: (reply: Reply | Promise<Reply>) => void
  readonly reject: (error: unknown) => void
}

export interface HeldReadsOptions {
  readonly state: Pick<FleetState, 'application' | 'resource'>
  /** Calls back in the next turn of the event loop; `setImmediate` unless given. */
  readonly nextTurn?: (callback: () => void) => void
}

export class HeldReads {
  readonly #options: HeldReadsOptions
  readonly #held: HeldRead[] = []
  #isScheduled = false

  constructor(options: HeldReadsOptions) {
    this.#options = options
  }

  /** Holds reads of all nodepools. */
  ofNodepools(handle: OperationHandler): OperationHandler {
    return this.#holding((_, application) => concerns(application, 'NodePool'), handle)
  }

  /** Holds reads of the nodepools of a cluster, the first parameter of the path. */
  ofNodepoolsOfCluster(handle: OperationHandler): OperationHandler {
    return this.#holding(
      ({ parameters: [clusterId = ''] }, application) => concerns(application, 'NodePool', clusterId),
      handle,
    )
  }

  /** Holds reads of one nodepool, the first parameter of the path. One that is not there may have been removed by the change. */
  ofNodepool(handle: OperationHandler): OperationHandler {
    const { state } = this.#options
    return this.#holding(
      ({ parameters: [id = ''] }, application) =>
        concerns(application, 'NodePool', state.resource('NodePool', id)?.ownerId),
      handle,
    )
  }

  #holding(isConcerned: Concern, handle: OperationHandler): OperationHandler {
    const { state } = this.#options
    return call => {
      const { application } = state
      if (application === undefined || !isConcerned(call, application)) return handle(call)
      return new Promise((resolve, reject) => {
        this.#held.push({ call, handle, resolve, reject })
        this.#await(application)
      })
    }
  }

  #await(application: Application): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    void application.over.then(() => this.#schedule())
  }

  #schedule(): void {
    const { nextTurn = setImmediate } = this.#options
    nextTurn(() => this.#answerSome())
  }

  #answerSome(): void {
    const { application } = this.#options.state
    if (application !== undefined) {
      void application.over.then(() => this.#schedule())
      return
    }
    for (const read of this.#held.splice(0, READS_PER_TURN)) answer(read)
    this.#isScheduled = this.#held.length > 0
    if (this.#isScheduled) this.#schedule()
  }
}

function answer({ call, handle, resolve, reject }: HeldRead): void {
  try {
    resolve(call.request.aborted ? NO_READER : handle(call))
  } catch (error) {
    reject(error)
  }
}
