// The clients that have just sent tokens that are not valid: their rate is asked before the signature of the next one is checked, so
// that bad signatures cost the server no more than a refusal.

/** How long after its last bad token a client is distrusted. */
export const DISTRUST_MS = 60_000
/** Clients that are remembered; beyond, the one whose bad token is the oldest is forgotten. */
export const MAX_DISTRUSTED = 10_000

export class Distrust {
  readonly #nowMs: () => number
  /** When each sent its last bad token; the latest stands last. */
  readonly #clients = new Map<string, number>()

  /** @param nowMs a monotonic clock in milliseconds */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#clients.size
  }

  /** A client has sent a token that is not valid. */
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
