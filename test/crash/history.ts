// History of all clients' calls and answers, by cluster, on one clock. The deaths of servers divide it.
import assert from 'node:assert/strict'
import { Unanswered } from './fleet-client.ts'
import { checkHistory, type Operation } from './linearizability.ts'
import { type Apply, keyOf, type RegisterState } from './register.ts'

/** Calls under way when the server dies. */
interface Open {
  readonly cluster: string
  readonly calledMs: number
  readonly isRead: boolean
  readonly apply: Apply
  readonly name: string
}

export class History {
  readonly #nowMs: () => number
  /** By cluster: the operations since the last check, and the states that were possible there. */
  readonly #operations = new Map<string, Operation<RegisterState>[]>()
  readonly #states = new Map<string, readonly RegisterState[]>()
  #open: Open[] = []
  #checked = 0

  /** @param nowMs the one monotonic clock */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Operations found to be in order. */
  get checked(): number {
    return this.#checked
  }

  begin(cluster: string, state: RegisterState): void {
    this.#operations.set(cluster, [])
    this.#states.set(cluster, [state])
  }

  /**
   * Does a write to one cluster and notes it; rejects with Unanswered.
   * @param effect what it does, by its answer; by undefined when there was none
   */
  async write<T>(
    cluster: string,
    name: string,
    send: () => Promise<T>,
    effect: (answer: T | undefined) => Apply,
  ): Promise<void> {
    const calledMs = this.#nowMs()
    try {
      const answer = await send()
      this.#note(cluster, { calledMs, isRead: false, apply: effect(answer), name })
    } catch (error) {
      if (error instanceof Unanswered)
        this.#open.push({
          cluster,
          calledMs,
          isRead: false,
          apply: effect(undefined),
          name: `${name}, unanswered`,
        })
      throw error
    }
  }

  /** Does a read and notes what it saw of each cluster; rejects with Unanswered, and then it is none. */
  async read<T>(name: string, send: () => Promise<T>, seen: (answer: T) => Iterable<[string, Apply]>) {
    const calledMs = this.#nowMs()
    const answer = await send()
    for (const [cluster, apply] of seen(answer)) this.#note(cluster, { calledMs, isRead: true, apply, name })
  }

  /** The server is dead: what it did not answer takes no effect from now on. */
  cut(): void {
    for (const { cluster, ...call } of this.#open) this.#note(cluster, call, false)
    this.#open = []
  }

  /** Holds all that was noted since the last check to be linearizable; nothing may be under way. */
  check(): void {
    for (const [cluster, operations] of this.#operations) {
      const verdict = checkHistory(operations, this.#states.get(cluster) ?? [], keyOf)
      if (verdict.kind === 'violation') assert.fail(describe(cluster, operations, verdict))
      this.#states.set(cluster, verdict.finalStates)
      this.#operations.set(cluster, [])
      this.#checked += operations.length
    }
  }

  #note(cluster: string, call: Omit<Open, 'cluster'>, isAnswered = true): void {
    const operations = this.#operations.get(cluster)
    assert.ok(operations, `${cluster} was sent by no one`)
    operations.push({ ...call, endedMs: this.#nowMs(), isAnswered })
  }
}

/** Most operations listed before a violation. */
const TOLD = 20

function describe(
  cluster: string,
  operations: readonly Operation<RegisterState>[],
  { operation, states }: { operation: Operation<RegisterState>; states: readonly RegisterState[] },
): string {
  const before = operations.filter(({ calledMs }) => calledMs <= operation.endedMs)
  const told = before.sort((a, b) => a.endedMs - b.endedMs).slice(-TOLD)
  return [
    `${cluster}: '${operation.name}' cannot have been answered so. Before it: ${states.map(keyOf).join(' or ')}`,
    ...told.map(({ calledMs, endedMs, name }) => `${calledMs.toFixed(2)}-${endedMs.toFixed(2)} ${name}`),
  ].join('\n')
}
