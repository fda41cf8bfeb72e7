// A group commit: all the changes that become durable in one flush, and the promise that all their answers wait for.

import type { Put } from '../state/put.ts'
import type { Instant } from '../wire/instant.ts'
import type { EncodedChange } from './journal.ts'

/** A record with its document as served and its place among its like. */
export interface PreparedPut {
  readonly put: Put
  readonly key: string
  readonly slot: number
  /** In the memory of the group until it is applied, from then on in the state. */
  json: Buffer
}

/** Records that become durable and visible together (contract 5.7). */
export interface Change extends EncodedChange {
  readonly puts: readonly PreparedPut[]
  readonly latestTime: Instant | undefined
}

export class Group {
  readonly changes: Change[] = []
  /** Resolves when the group is durable and visible; rejects when it was dropped. */
  readonly done: Promise<void>
  #bytes = 0
  #resolve: () => void = () => {}
  #reject: (error: Error) => void = () => {}

  constructor() {
    this.done = new Promise<void>((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    // A dropped group that nobody waits for is no unhandled failure.
    this.done.catch(() => {})
  }

  get bytes(): number {
    return this.#bytes
  }

  add(change: Change): void {
    this.changes.push(change)
    this.#bytes += change.value.length
  }

  resolve(): void {
    this.#resolve()
  }

  reject(error: Error): void {
    this.#reject(error)
  }
}
