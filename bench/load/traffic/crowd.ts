// Connections of one measurement: opened together, watched for errors, closed together.
import { type Address, type Connection, openConnection } from './connection.ts'

/** Longest wait for the last answers. */
const LAST_ANSWER_MS = 60_000

export class Crowd {
  readonly connections: readonly Connection[]
  readonly #failed: Promise<never>
  readonly #fail: (error: Error) => void
  readonly #status: number
  /** Connections with an unanswered request. */
  readonly #waiting = new Set<Connection>()
  #onResting: () => void = () => {}

  private constructor(connections: readonly Connection[], status: number, failure: Failure) {
    this.connections = connections
    this.#status = status
    this.#failed = failure.failed
    this.#fail = failure.fail
  }

  /** Opens the connections; every answer must have the status. */
  static async open(address: Address, count: number, status: number): Promise<Crowd> {
    const failure = newFailure()
    const opening = Array.from({ length: count }, () => openConnection(address, failure.fail))
    return new Crowd(await Promise.all(opening), status, failure)
  }

  onAnswer(connection: Connection, answered: () => void): void {
    connection.onAnswer = status => {
      if (status === this.#status) answered()
      else this.#fail(new Error(`a request was answered ${status} instead of ${this.#status}`))
    }
  }

  send(connection: Connection, request: Buffer): void {
    this.#waiting.add(connection)
    connection.send(request)
  }

  /** Marks a connection as answered and idle. */
  rest(connection: Connection): void {
    this.#waiting.delete(connection)
    if (this.#waiting.size === 0) this.#onResting()
  }

  /** Waits for `work`; throws as soon as an answer is wrong or a connection lost. */
  during<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.#failed])
  }

  /** Resolves when every connection has its answer. */
  async resting(): Promise<void> {
    if (this.#waiting.size === 0) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      const error = new Error(`${this.#waiting.size} requests are not answered`)
      timer = setTimeout(() => reject(error), LAST_ANSWER_MS)
    })
    const rested = new Promise<void>(resolve => {
      this.#onResting = resolve
    })
    await this.during(Promise.race([rested, late])).finally(() => clearTimeout(timer))
  }

  close(): void {
    for (const connection of this.connections) connection.close()
  }
}

interface Failure {
  readonly failed: Promise<never>
  readonly fail: (error: Error) => void
}

function newFailure(): Failure {
  let fail: (error: Error) => void = () => {}
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => {}) // thrown by the next call of `during`
  return { failed, fail }
}
