// A watch as a signal: it says that something has changed, and the command looks at the server again.
import type { Api } from '../connection/api.ts'
import type { WatchEvent } from '../connection/event-lines.ts'
import { type WatchRequest, watchEvents } from '../connection/watch-stream.ts'

export class ChangeSignal {
  readonly #end = new AbortController()
  /** True if the events add up to the list, so that each further one is news. */
  #isComplete = false
  /** True if events have come since the last signal. */
  #hasNews = false
  #isDue = false
  #isAway = false
  #hasEnded = false
  #failure: unknown
  #wake = () => {}

  private constructor() {}

  /**
   * Opens a watch on a server that has answered before.
   * @param onNote called as by `watchEvents`
   */
  static open(
    api: Api,
    request: WatchRequest,
    onNote: (note: string) => void = note => console.error(`hyperfleet: ${note}`),
  ): ChangeSignal {
    const changes = new ChangeSignal()
    const options = {
      signal: changes.#end.signal,
      isKnown: true,
      onNote: (note: string) => {
        onNote(note)
        changes.#isAway = true
        changes.#wake()
      },
    }
    void changes.#follow(watchEvents(api, request, options))
    return changes
  }

  /** True while there is no connection: then only a look can say what is there. */
  get isAway(): boolean {
    return this.#isAway
  }

  /**
   * Resolves with true once something has changed since the last call. Resolves with false when the time is over, the watch has
   * ended, or the connection is lost.
   * @throws the failure of the watch
   */
  async changed(withinMs: number): Promise<boolean> {
    if (!this.#isDue && !this.#hasEnded) await this.#awoken(withinMs)
    if (this.#failure !== undefined) throw this.#failure
    const isDue = this.#isDue
    this.#isDue = false
    return isDue
  }

  close(): void {
    this.#end.abort()
  }

  async #follow(batches: AsyncIterable<readonly WatchEvent[]>): Promise<void> {
    try {
      for await (const events of batches)
        for (const { type } of events) {
          this.#isAway = false
          this.#take(type)
        }
    } catch (error) {
      this.#failure = error
    }
    this.#hasEnded = true
    this.#wake()
  }

  /** Everything that matches is one piece of news. */
  #take(type: string): void {
    if (type === 'BOOKMARK') this.#isComplete = true
    else this.#hasNews = true
    if (type === 'RESET') this.#isComplete = false
    if (!this.#hasNews || !this.#isComplete) return
    this.#hasNews = false
    this.#isDue = true
    this.#wake()
  }

  #awoken(withinMs: number): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, withinMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
