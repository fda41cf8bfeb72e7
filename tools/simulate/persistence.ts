// Requests that outlive a restart of the server: what fails in a way that may pass is sent again, with growing
// pauses, until it has failed for too long. Every request of the simulation may be sent twice without harm.
import type { Answer, Client } from '../../src/cli/connection/client.ts'
import { ServerLostError, StoppedError } from './failures.ts'

const FIRST_PAUSE_MS = 25
const LONGEST_PAUSE_MS = 1000
/** A server may ask for longer pauses than these; never for longer than this. */
const LONGEST_ASKED_PAUSE_MS = 5000

/** The clocks and the wait that the simulation runs on. */
export interface Time {
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  /** Resolves after a while, or at once when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Counts of requests on the wire. */
export interface Traffic {
  requests: number
  retries: number
}

/** An answer that will not change by asking again, and whether an earlier attempt may have been carried out. */
export interface FinalAnswer extends Answer {
  readonly wasRetried: boolean
}

export interface PersistentClient {
  readonly traffic: Readonly<Traffic>
  /**
   * Sends until there is an answer other than 429 and 5xx.
   * @throws ServerLostError when that takes longer than the bound
   * @throws StoppedError when the signal aborts first
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
