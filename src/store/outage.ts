// The time during which storage has no room: it is asked again and again, by itself, until there is some.

/** Time between two questions. */
const PROBE_INTERVAL_MS = 1000

export interface OutageParts {
  readonly hasRoom: () => Promise<boolean>
  readonly onRoom: () => void
  readonly onFatal: (error: unknown) => void
}

export class Outage {
  readonly #parts: OutageParts
  #timer: NodeJS.Timeout | undefined
  #isOver = false

  constructor(parts: OutageParts) {
    this.#parts = parts
    this.#wait()
  }

  /** Asks no more. */
  end(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
  }

  #wait(): void {
    this.#timer = setTimeout(() => void this.#probe(), PROBE_INTERVAL_MS)
  }

  async #probe(): Promise<void> {
    const hasRoom = await this.#parts.hasRoom().catch(error => this.#parts.onFatal(error))
    if (this.#isOver || hasRoom === undefined) return
    if (!hasRoom) {
      this.#wait()
      return
    }
    this.end()
    this.#parts.onRoom()
  }
}
