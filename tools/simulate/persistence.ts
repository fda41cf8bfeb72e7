// Requests that survive a restart of the server: transient failures are retried with growing pauses, up to a time limit. All
// requests of the simulation are safe to send twice.
import type { Answer, Client } from '../../src/cli/connection/client.ts'
import { ServerLostError, StoppedError } from './failures.ts'

const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 1000
/** Upper bound of a pause, also of one that the server asks for. */
const LONGEST_ASKED_PAUSE_MS = 5000

/** The simulation's clocks and timer. */
export interface Time {
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  /** Resolves after a time, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Counters of requests sent. */
export interface Traffic {
  requests: number
  retries: number
}

/** A response that is not worth a retry. An earlier attempt may have been executed if `wasRetried`. */
export interface FinalAnswer extends Answer {
  readonly wasRetried: boolean
}

export interface PersistentClient {
  readonly traffic: Readonly<Traffic>
  /**
   * Sends a request until the response is neither 429 nor 5xx.
   * @throws ServerLostError after the time limit
   * @throws StoppedError if the signal aborts first
   */
  send(method: string, path: string, body?: string): Promise<FinalAnswer>
}

export interface PersistenceOptions {
  readonly client: Client
  readonly server: URL
  readonly retryForMs: number
  readonly time: Time
  readonly signal: AbortSignal
}

export function createPersistentClient(options: PersistenceOptions): PersistentClient {
  const { client, server, retryForMs, time, signal } = options
  const traffic: Traffic = { requests: 0, retries: 0 }
  return {
    traffic,
    async send(method, path, body) {
      const startMs = time.nowMs()
      for (let attempt = 0; ; attempt++) {
        if (attempt > 0) traffic.retries += 1
        traffic.requests += 1
        const outcome = await tryOnce(() => client.send(method, path, body))
        if (outcome.kind === 'answer' && !mayPass(outcome.answer.status))
          return { ...outcome.answer, wasRetried: attempt > 0 }
        if (signal.aborted) throw new StoppedError()
        if (time.nowMs() - startMs >= retryForMs)
          throw new ServerLostError(server, `${Math.round(retryForMs / 1000)} s`, describe(outcome))
        await time.sleep(pauseMs(attempt, outcome), signal)
        if (signal.aborted) throw new StoppedError()
      }
    },
  }
}

type Outcome =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'failure'; readonly error: Error }

async function tryOnce(send: () => Promise<Answer>): Promise<Outcome> {
  try {
    return { kind: 'answer', answer: await send() }
  } catch (error) {
    return { kind: 'failure', error: error instanceof Error ? error : new Error(String(error)) }
  }
}

function mayPass(status: number): boolean {
  return status === 429 || status >= 500
}

function pauseMs(attempt: number, outcome: Outcome): number {
  const own = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS)
  const asked = outcome.kind === 'answer' ? outcome.answer.retryAfterS * 1000 : 0
  return Math.max(own, Math.min(asked, LONGEST_ASKED_PAUSE_MS))
}

function describe(outcome: Outcome): string {
  if (outcome.kind === 'failure') return outcome.error.message || outcome.error.name
  return `it answers ${outcome.answer.status}`
}
