// How many requests a client may make: a bucket of tokens for each, filled at a steady rate. Off unless a rate is set.
import { type ProblemReply, problem } from '../problems.ts'

export interface RateSettings {
  /** Tokens that come into a bucket in a second; 0: no limit. */
  readonly ratePerSecond: number
  /** Tokens that a bucket holds: requests that may come at once after a pause. */
  readonly rateBurst: number
}

/** Takes a token for a request of a client; undefined when there was one, otherwise the refusal. */
export type RateLimit = (client: string) => ProblemReply | undefined

/**
 * Clients whose buckets are kept. Beyond, the one that has asked for nothing the longest is forgotten: it begins with a
 * full bucket again.
 */
export const MAX_CLIENTS = 100_000

interface Bucket {
  tokens: number
  filledMs: number
}

/** @param nowMs a monotonic clock in milliseconds */
export function createRateLimit(settings: RateSettings, nowMs: () => number): RateLimit | undefined {
  const { ratePerSecond, rateBurst } = settings
  if (ratePerSecond === 0) return undefined
  /** The client that asked last stands last. */
  const buckets = new Map<string, Bucket>()
  return client => {
    const now = nowMs()
    const bucket = buckets.get(client) ?? { tokens: rateBurst, filledMs: now }
    bucket.tokens = Math.min(rateBurst, bucket.tokens + ((now - bucket.filledMs) * ratePerSecond) / 1000)
    bucket.filledMs = now
    buckets.delete(client)
    if (buckets.size >= MAX_CLIENTS) forgetFirst(buckets)
    buckets.set(client, bucket)
    if (bucket.tokens < 1) return tooMany((1 - bucket.tokens) / ratePerSecond)
    bucket.tokens -= 1
    return undefined
  }
}

function forgetFirst(buckets: Map<string, Bucket>): void {
  for (const client of buckets.keys()) {
    buckets.delete(client)
    return
  }
}

function tooMany(waitSeconds: number): ProblemReply {
  const seconds = String(Math.max(1, Math.ceil(waitSeconds)))
  return problem('HYPERFLEET-LMT-001', `Too many requests; ask again in ${seconds} s`, {
    headers: [['Retry-After', seconds]],
  })
}
