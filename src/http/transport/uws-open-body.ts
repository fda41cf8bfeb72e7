// Writes a body without a length on uWebSockets.js, which keeps what the client does not take, and closes a connection that takes nothing for
// 10 to 12 seconds. It does not say how much it keeps. Only a later write that is taken at once shows that it keeps nothing.
import { NO_BODY } from './answer.ts'
import type { OpenChannel } from './open-body.ts'
import type { UwsResponse } from './uws-module.ts'

/** Interval in which the idle timeout of the engine is restarted. */
const KEEP_WAITING_MS = 4000

export class UwsOpenChannel implements OpenChannel {
  readonly #response: UwsResponse
  readonly #onEnd: () => void
  readonly #keepWaiting: () => void
  /** Undefined while the engine certainly keeps nothing. */
  #waiting: NodeJS.Timeout | undefined
  /** True during the callback of the request and within `cork`. */
  #isCorked = true

  /**
   * Made while the response is corked.
   * @param onEnd called after the end
   * @param keepWaiting restarts the idle timeout of the engine
   */
  constructor(response: UwsResponse, onEnd: () => void, keepWaiting: () => void) {
    this.#response = response
    this.#onEnd = onEnd
    this.#keepWaiting = keepWaiting
  }

  /** The response is no longer corked. */
  uncork(): void {
    this.#isCorked = false
  }

  write(bytes: Buffer): boolean {
    let isTaken = false
    this.#corked(() => {
      isTaken = this.#response.write(bytes)
    })
    if (!isTaken) this.#waiting ??= setInterval(this.#keepWaiting, KEEP_WAITING_MS)
    else if (this.#waiting !== undefined) this.free()
    return isTaken
  }

  /** Sends what the engine keeps. It does not do that before it calls `onWritable`. */
  flush(): void {
    this.#response.cork(() => {})
  }

  end(): void {
    this.free()
    this.#corked(() => this.#response.end(NO_BODY, true))
    this.#onEnd()
  }

  cutOff(): void {
    this.#response.close()
  }

  free(): void {
    clearInterval(this.#waiting)
    this.#waiting = undefined
  }

  #corked(write: () => void): void {
    if (this.#isCorked) write()
    else this.#response.cork(write)
  }
}
