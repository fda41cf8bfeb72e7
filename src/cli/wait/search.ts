// Waits for everything that a search matches, by the account of its watch. Only a BOOKMARK makes the account that of a list (contract 12.5).
import { EXIT, FailedError } from '../command.ts'
import type { Api } from '../connection/api.ts'
import type { WatchEvent } from '../connection/event-lines.ts'
import { watchEvents } from '../connection/watch-stream.ts'
import type { ResourceList } from '../resources/kind.ts'
import { findCluster, resourcePath } from '../resources/lookup.ts'
import type { Patience } from '../resources/removal.ts'
import { count } from '../terminal/text.ts'
import { type Goal, type SeenCondition, unmet } from './goal.ts'
import { timedOut } from './named.ts'

export interface SearchTask extends Patience {
  readonly list: ResourceList
  readonly search: string
  readonly cluster: string | undefined
  readonly goal: Goal
}

/**
 * Resolves with a sentence once the goal is reached: every match has the condition, there is a match, or there is none.
 * @throws FailedError with the last observation after the timeout, or if nothing matches whose condition could be awaited
 */
export async function waitForSearch(api: Api, task: SearchTask): Promise<string> {
  const { list, search, cluster, goal, endMs } = task
  const owner = cluster === undefined ? '' : resourcePath((await findCluster(api, cluster)).value)
  const fields = goal.kind === 'condition' ? 'id,name,status' : 'id,name'
  const parameters = new Map([
    ['search', search],
    ['fields', fields],
  ])
  const account = new Account(task)
  const stop = new AbortController()
  const isLate = () => performance.now() >= endMs
  const onNote = (note: string) => {
    if (isLate()) stop.abort()
    else console.error(`hyperfleet: ${note}`)
  }
  // The first account is awaited in any case.
  const timer = setTimeout(() => account.isKnown && stop.abort(), Math.max(0, endMs - performance.now()))
  try {
    for await (const events of watchEvents(
      api,
      { path: `${owner}/${list}`, parameters },
      { signal: stop.signal, onNote },
    )) {
      const sentence = account.reached(events)
      if (sentence !== undefined) return sentence
      if (account.isKnown && isLate()) break
    }
  } finally {
    clearTimeout(timer)
    stop.abort()
  }
  throw timedOut(task, account.observation)
}

/** A match, and its observation while it has not the condition. */
interface Match {
  readonly name: string
  readonly observation: string | undefined
}

class Account {
  readonly #task: SearchTask
  readonly #matches = new Map<string, Match>()
  #isKnown = false

  constructor(task: SearchTask) {
    this.#task = task
  }

  /** True once there was a BOOKMARK. */
  get isKnown(): boolean {
    return this.#isKnown
  }

  /** Takes events. Returns a sentence if the goal is reached at a BOOKMARK among them. */
  reached(events: readonly WatchEvent[]): string | undefined {
    for (const event of events) {
      this.#take(event)
      if (event.type !== 'BOOKMARK') continue
      if (this.#isReached()) return this.observation
      if (!this.#isKnown && this.#task.goal.kind === 'condition' && this.#matches.size === 0)
        throw new FailedError(this.observation, EXIT.notFound)
      this.#isKnown = true
    }
    return undefined
  }

  /** A sentence about what has been seen. */
  get observation(): string {
    const { list, goal } = this.#task
    const all = [...this.#matches.values()]
    if (all.length === 0) return `no ${list} match`
    const kind = list === 'clusters' ? 'cluster' : 'nodepool'
    if (goal.kind !== 'condition')
      return `${count(all.length)} ${list} match, such as ${kind}/${all[0]?.name}`
    const waiting = all.filter(({ observation }) => observation !== undefined)
    const [first] = waiting
    if (first === undefined) return `${count(all.length)} ${list} condition met`
    return `${count(waiting.length)} of ${count(all.length)} ${list} not yet, such as ${kind}/${first.name}, which ${first.observation}`
  }

  #isReached(): boolean {
    const { goal } = this.#task
    if (goal.kind === 'delete') return this.#matches.size === 0
    if (this.#matches.size === 0) return false
    return goal.kind === 'create' || [...this.#matches.values()].every(one => one.observation === undefined)
  }

  #take({ type, object }: WatchEvent): void {
    if (type === 'RESET') this.#matches.clear()
    if (!isSeen(object)) return
    const { id, name, status } = object
    if (type === 'LEFT' || type === 'DELETED') this.#matches.delete(id)
    if (type !== 'ADDED' && type !== 'MODIFIED') return
    const { goal } = this.#task
    const observation = goal.kind === 'condition' ? unmet(status?.conditions ?? [], goal) : undefined
    this.#matches.set(id, { name, observation })
  }
}

interface Seen {
  readonly id: string
  readonly name: string
  readonly status?: { readonly conditions: readonly SeenCondition[] }
}

/** Checks what identifies an object. Its conditions are read with care. */
function isSeen(object: unknown): object is Seen {
  if (typeof object !== 'object' || object === null || !('id' in object) || !('name' in object)) return false
  if (typeof object.id !== 'string' || typeof object.name !== 'string') return false
  if (!('status' in object)) return true
  const { status } = object
  return (
    typeof status === 'object' &&
    status !== null &&
    'conditions' in status &&
    Array.isArray(status.conditions)
  )
}
