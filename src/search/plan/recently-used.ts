// What was asked for last, by a text, within a bound.

/** A map of at most `limit` values: beyond, the one that was not asked for the longest goes. */
export class RecentlyUsed<V> {
  readonly #limit: number
  /** In the order in which they were asked for last. */
  readonly #values = new Map<string, V>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#values.size
  }

  get(key: string): V | undefined {
    const value = this.#values.get(key)
    if (value === undefined) return undefined
    this.#values.delete(key)
    this.#values.set(key, value)
    return value
  }

  /** Returns whether another one had to go. */
  set(key: string, value: V): boolean {
    this.#values.delete(key)
    this.#values.set(key, value)
    const [oldest] = this.#values.keys()
    return this.#values.size > this.#limit && oldest !== undefined && this.#values.delete(oldest)
  }
}
