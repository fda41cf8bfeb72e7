// A watch that lasts: connects again after every loss, and resumes with the text of the last BOOKMARK (contract 12.4).
import { setTimeout as wait } from 'node:timers/promises'
import { EXIT, FailedError } from '../command.ts'
import type { Api, Parameters } from './api.ts'
import type { WatchEvent } from './event-lines.ts'
import { isProblem, RefusedError } from './refusal.ts'

export interface WatchRequest {
  /** Relative to the base path. */
  readonly path: string
  /** Parameters of contract 12.1 and 12.9 other than `watch` and `since`. */
  readonly parameters: Parameters
  /** The text of a BOOKMARK to begin with. */
  readonly since?: string
}

export interface WatchOptions {
  /** Ends the watch. */
  readonly signal: AbortSignal
  /** Called once when the connection is lost, and once when the watch continues. */
  readonly onNote: (note: string) => void
  /** True if the server has answered before: then it is awaited from the first connection on. */
  readonly isKnown?: boolean
  /** Chance in [0, 1). */
  readonly random?: () => number
}

/** The first pause, which doubles with every failure in a row, up to the last. A random part is added, up to as much again. */
const [FIRST_PAUSE_MS, LAST_PAUSE_MS] = [1000, 8000]

/**
 * The events of a watch in batches, through outages of the server. Until the first answer a failure ends it, unless the server
 * asks to come again. After a RESET all earlier events are void: so they are after an outage that the server cannot bridge.
 * @throws FailedError for what a later attempt would not change: a refused request, a token that has expired, a removed cluster
 */
export async function* watchEvents(
  api: Api,
  { path, parameters, since }: WatchRequest,
  { signal, onNote, isKnown = false, random = Math.random }: WatchOptions,
): AsyncGenerator<readonly WatchEvent[]> {
  const place = new Place(since)
  const outage = new Outage(onNote, isKnown)
  while (!signal.aborted) {
    try {
      for await (const events of await api.watch(path, place.parameters(parameters), signal)) {
        outage.end(events)
        const last = place.follow(events)
        yield events
        if (last !== undefined) throw last
      }
      outage.begin(new FailedError('the server has ended the watch', EXIT.unreachable))
    } catch (error) {
      if (signal.aborted) return
      outage.begin(error)
    }
    await wait(outage.pauseMs(random()), undefined, { signal }).catch(() => undefined)
  }
}

/** The place in the history up to which all events are known. */
class Place {
  #since: string | undefined

  constructor(since: string | undefined) {
    this.#since = since
  }

  parameters(parameters: Parameters): Parameters {
    const own = new Map([...parameters, ['watch', 'true']])
    return this.#since === undefined ? own : own.set('since', this.#since)
  }

  /** Returns the failure of an ERROR, which is the last event. */
  follow(events: readonly WatchEvent[]): FailedError | undefined {
    for (const { type, since, object } of events) {
      if (type === 'RESET') this.#since = undefined
      if (type === 'BOOKMARK') this.#since = since
      if (type === 'ERROR') return endOf(object)
    }
    return undefined
  }
}

/** A token that has expired may have been replaced: the next request reads it again. */
function endOf(problem: unknown): FailedError {
  if (!isProblem(problem)) return new FailedError('the server has ended the watch', EXIT.unreachable)
  if (problem.status === 401) return new FailedError('the token has expired', EXIT.unreachable)
  return new RefusedError(problem, 0)
}

/** An outage: from the loss of the connection to the next BOOKMARK. */
class Outage {
  readonly #onNote: (note: string) => void
  /** True if a failure may be transient. */
  #isKnown: boolean
  #isNoted = false
  #failures = 0
  #retryAfterMs = 0

  constructor(onNote: (note: string) => void, isKnown: boolean) {
    this.#onNote = onNote
    this.#isKnown = isKnown
  }

  /** @throws the error if it is not transient */
  begin(error: unknown): void {
    if (!(error instanceof FailedError) || !this.#isTransient(error)) throw error
    this.#isKnown ||= error instanceof RefusedError
    this.#failures++
    this.#retryAfterMs = error instanceof RefusedError ? error.retryAfterS * 1000 : 0
    if (!this.#isNoted) this.#onNote(`${error.message}; still watching`)
    this.#isNoted = true
  }

  /** Follows the events of an open connection. */
  end(events: readonly WatchEvent[]): void {
    const [first] = events
    if (first === undefined) return
    this.#isKnown = true
    if (this.#isNoted)
      this.#onNote(
        first.type === 'RESET'
          ? 'watching again: everything that matches comes again'
          : 'watching again: what has changed meanwhile follows',
      )
    this.#isNoted = false
    if (events.some(({ type }) => type === 'BOOKMARK')) this.#failures = 0
  }

  /** @param chance in [0, 1) */
  pauseMs(chance: number): number {
    const pauseMs = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, this.#failures - 1))
    return Math.max(this.#retryAfterMs, pauseMs) + chance * pauseMs
  }

  #isTransient(error: FailedError): boolean {
    const mayPass =
      error.exitCode === EXIT.unreachable || (error instanceof RefusedError && error.problem.status >= 500)
    return mayPass && (this.#isKnown || isAskedToReturn(error))
  }
}

/** 429 and 503 (contract 12.8). */
function isAskedToReturn(error: FailedError): boolean {
  return error instanceof RefusedError && error.exitCode === EXIT.unreachable
}
