// The open parts of a process, which are closed in reverse order.

export interface Closable {
  close(): Promise<void> | void
}

export class Lifecycle {
  readonly #parts: Closable[] = []

  /** Registers an open part, if there is one, and returns it. */
  open<T extends Closable | undefined>(part: T): T {
    if (part !== undefined) this.#parts.push(part)
    return part
  }

  /** Closes every part once. */
  async close(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.close()
  }
}
