// Registers this server with the database, and as the writer removes entries that no server needs any more (contract 14.15).
import { type Clock, Pause } from './clock.ts'
import type { Engine, Registered, Registration } from './engine.ts'
import type { Timing } from './timing.ts'

export interface RetentionParts {
  readonly engine: Engine
  readonly clock: Clock
  readonly timing: Timing
  readonly registration: () => Registration
  readonly isLeading: () => boolean
  /** The database did not answer; it is tried again later. */
  readonly onError: (error: unknown) => void
}

export class Retention {
  readonly #parts: RetentionParts
  readonly #pause: Pause
  #isClosed = false

  constructor(parts: RetentionParts) {
    this.#parts = parts
    this.#pause = new Pause(parts.clock)
  }

  start(): void {
    void this.#run()
  }

  /** Registers soon, because the role has changed. */
  wake(): void {
    this.#pause.end()
  }

  close(): void {
    this.#isClosed = true
    this.#pause.end()
  }

  async #run(): Promise<void> {
    const { clock, timing } = this.#parts
    let trimmedMs = clock.now()
    while (!this.#isClosed) {
      const isTrimDue = clock.now() - trimmedMs >= timing.trimMs
      if (isTrimDue) trimmedMs = clock.now()
      await this.#step(isTrimDue)
      await this.#pause.of(timing.registerMs)
    }
  }

  async #step(isTrimDue: boolean): Promise<void> {
    const { engine, timing, registration, isLeading, onError } = this.#parts
    try {
      await engine.register(registration())
      if (!isTrimDue || !isLeading()) return
      const through = trimEnd(await engine.registrations(), timing.keepForServerMs)
      if (through > 0) await engine.trim(through, timing.keepMs)
    } catch (error) {
      if (!this.#isClosed) onError(error)
    }
  }
}

/** The newest entry that every server has which registered lately. A server that is behind already has to copy what it lacks. */
export function trimEnd(servers: readonly Registered[], keepForServerMs: number): number {
  const positions = servers
    .filter(({ heardMsAgo, role }) => heardMsAgo <= keepForServerMs && role !== 'behind')
    .map(({ position }) => position)
  return positions.length === 0 ? 0 : Math.min(...positions)
}
