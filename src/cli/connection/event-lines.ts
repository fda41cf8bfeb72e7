// The lines of a watch (contract 12.1, 12.2) as events. At most one line is kept that is not complete.

/** The media type of a watch as lines of JSON. */
export const LINES_TYPE = 'application/x-ndjson'

/** The longest line. A resource is much smaller. */
const LINE_MAX_BYTES = 256 * 1024 * 1024
const LINE_FEED = 0x0a

export interface WatchEvent {
  /** One of the types of contract 12.2, or one of a newer server. */
  readonly type: string
  readonly sequence: number
  /** The text to resume with, of a BOOKMARK. */
  readonly since?: string
  readonly object?: unknown
  /** The event as the server wrote it, without the line end. */
  readonly line: string
}

/** A stream that is no watch. */
export class MisshapenEventError extends Error {
  override readonly name = 'MisshapenEventError'
}

/**
 * The events of each chunk. Omits a last line without its end: the connection was lost within it.
 * @throws MisshapenEventError for a line that is no event
 */
export async function* eventsOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<WatchEvent[]> {
  let [rest, restBytes]: [Buffer[], number] = [[], 0]
  for await (const chunk of chunks) {
    const end = chunk.lastIndexOf(LINE_FEED)
    if (end === -1) {
      rest.push(chunk)
      restBytes += chunk.length
      if (restBytes > LINE_MAX_BYTES) throw new MisshapenEventError(`a line is over ${LINE_MAX_BYTES} bytes`)
      continue
    }
    const whole = Buffer.concat([...rest, chunk.subarray(0, end)]).toString('utf8')
    rest = [chunk.subarray(end + 1)]
    restBytes = chunk.length - end - 1
    yield whole
      .split('\n')
      .filter(line => line !== '')
      .map(readEvent)
  }
}

function readEvent(line: string): WatchEvent {
  const event = parsed(line)
  if (typeof event !== 'object' || event === null || !('type' in event) || !('sequence' in event))
    throw new MisshapenEventError('a line is no event')
  const { type, sequence } = event
  if (typeof type !== 'string' || typeof sequence !== 'number')
    throw new MisshapenEventError('an event has no type or no sequence')
  const since = 'since' in event && typeof event.since === 'string' ? event.since : undefined
  const object = 'object' in event ? event.object : undefined
  return { type, sequence, line, ...(since === undefined ? {} : { since }), object }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new MisshapenEventError('a line is no JSON')
  }
}
