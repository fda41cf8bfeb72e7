// Rate limit: one token bucket per client, filled at a steady rate. Off unless a rate is set.
import { type ProblemReply, problem } from '../problems.ts'

export interface RateSettings {
  /** Tokens added to a bucket per second; 0 means no limit. */
  readonly ratePerSecond: number
  /** Capacity of a bucket: the number of requests that may arrive at once after a pause. */
  readonly rateBurst: number
}

/** Takes a token for one request of a client. Returns undefined on success, otherwise the refusal. */
export type RateLimit = (client: string) => ProblemReply | undefined

/** Maximum number of buckets kept. At the limit, the least recently used is dropped; that client starts with a full one. */
export const MAX_CLIENTS = 100_000

interface Bucket {
  tokens: number
  filledMs: number
}

/** @param nowMs a monotonic clock in milliseconds */
export function createRateLimit(settings: RateSettings, nowMs: () => number): RateLimit | undefined {
  const { ratePerSecond, rateBurst } = settings
  if (ratePerSecond === 0) return undefined
  /** Buckets by client, least recently used first. */
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
  return problem('HYPERFLEET-LMT-001', `Too many requests; retry in ${seconds} s`, {
    headers: ['Retry-After', seconds],
  })
}
