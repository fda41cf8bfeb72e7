// Clients that recently sent an invalid token. For them the rate limit applies before the signature check, so bad
// signatures cost the server no more than a refusal.

/** Time for which a client is distrusted after an invalid token. */
export const DISTRUST_MS = 60_000
/** Maximum number of clients remembered. At the limit, the one with the oldest invalid token is forgotten. */
export const MAX_DISTRUSTED = 10_000

export class Distrust {
  readonly #nowMs: () => number
  /** Time of the last invalid token by client, oldest first. */
  readonly #clients = new Map<string, number>()

  /** @param nowMs a monotonic clock in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#clients.size
  }

  /** Records an invalid token of a client. */
  add(client: string): void {
    this.#clients.delete(client)
    for (const first of this.#clients.keys()) {
      if (this.#clients.size < MAX_DISTRUSTED) break
      this.#clients.delete(first)
    }
    this.#clients.set(client, this.#nowMs())
  }

  has(client: string): boolean {
    const sinceMs = this.#clients.get(client)
    if (sinceMs === undefined) return false
    if (this.#nowMs() - sinceMs < DISTRUST_MS) return true
    this.#clients.delete(client)
    return false
  }
}
