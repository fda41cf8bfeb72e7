// The open parts of a process: each is closed in the opposite order of opening.

export interface Closable {
  close(): Promise<void> | void
}

export class Lifecycle {
  readonly #parts: Closable[] = []

  /** Takes a part that is open, if there is one, and gives it back. */
  open<T extends Closable | undefined>(part: T): T {
    if (part !== undefined) this.#parts.push(part)
    return part
  }

  /** Closes every part. A part that was closed is not closed again. */
  async close(): Promise<void> {
    for (const part of this.#parts.splice(0).reverse()) await part.close()
  }
}
