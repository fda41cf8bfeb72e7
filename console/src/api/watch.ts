// A watch of the fleet (contract, section 12), read by `fetch`, because `EventSource` sends no token. It resumes where it was cut off, and pauses
// while the page is hidden: a browser allows six connections to a server.
import { goneSince, pathOf, Refusal, send } from './client.ts'
import type { Resource } from './types.ts'

export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'LEFT' | 'DELETED' | 'RESET' | 'BOOKMARK' | 'ERROR'
  readonly sequence: number
  readonly since?: string
  readonly object?: Resource
}

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 10_000

/**
 * Watches a list until the returned function is called.
 *
 * @param onFault called with a refusal, after which the watch has ended
 */
export function watch(
  path: string,
  parameters: Readonly<Record<string, string | undefined>>,
  onEvent: (event: WatchEvent) => void,
  onFault: (error: Refusal) => void = () => {},
): () => void {
  let since: string | undefined
  let connection: AbortController | undefined
  let timer: number | undefined
  let pauseMs = FIRST_PAUSE_MS
  let hasEnded = false

  const connect = async () => {
    const controller = new AbortController()
    connection = controller
    try {
      const response = await send(pathOf(path, { ...parameters, watch: 'true', since }), {
        accept: 'application/x-ndjson',
        signal: controller.signal,
      })
      for await (const event of eventsOf(response)) {
        pauseMs = FIRST_PAUSE_MS
        if (event.type === 'BOOKMARK') since = event.since ?? since
        // What that text counts from is void.
        if (event.type === 'RESET') since = undefined
        if (!hasEnded) onEvent(event)
      }
    } catch (error) {
      if (controller.signal.aborted) return
      if (error instanceof Refusal && error.status < 500 && error.status !== 429) {
        onFault(error)
        return
      }
      if (!(error instanceof Refusal)) goneSince.value ??= new Date()
    }
    if (controller.signal.aborted) return
    timer = window.setTimeout(connect, pauseMs)
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
  }
  const disconnect = () => {
    window.clearTimeout(timer)
    connection?.abort()
    connection = undefined
  }
  const followVisibility = () => {
    disconnect()
    if (!document.hidden) void connect()
  }
  document.addEventListener('visibilitychange', followVisibility)
  followVisibility()
  return () => {
    hasEnded = true
    document.removeEventListener('visibilitychange', followVisibility)
    disconnect()
  }
}

async function* eventsOf(response: Response): AsyncGenerator<WatchEvent> {
  if (response.body === null) return
  const reader = response.body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { value, done } = await reader.read()
    if (done) return
    text += decoder.decode(value, { stream: true })
    let start = 0
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', start)) {
      if (end > start) yield JSON.parse(text.slice(start, end)) as WatchEvent
      start = end + 1
    }
    text = text.slice(start)
  }
}
