// The bounds of the transport, each with what happens at it (contract 4.6, 8.1).
import type { Settings } from '../../config/schema.ts'

/** The longest request head that is taken: 16 KiB (contract 8.1). Beyond: 431 or a closed connection. */
export const MAX_HEAD_BYTES = 16 * 1024

export interface TransportLimits {
  /** The most that is kept of one body, whatever the handler asks for; beyond: too large (contract 4.6). */
  readonly bodyBytes: number
  /**
   * How much of a body is received and dropped after its answer, so that a client that sends before it reads can read the
   * answer and use the connection again; beyond: the connection is closed.
   */
  readonly drainBytes: number
  /**
   * How long a body may take to arrive; beyond: `timeout`, and the connection is closed after the answer, or at once when
   * the request has been answered.
   */
  readonly bodyDeadlineMs: number
  /**
   * Memory of all bodies that are being received or decided on; beyond, or beyond the share of its client (`BytePool`):
   * `overloaded` for the one that would pass it.
   */
  readonly bodiesBytes: number
  /** Bodies of answers up to this size are sent as one piece, larger ones streamed under back-pressure. */
  readonly streamingBytes: number
  /**
   * Bytes of answers whose clients have yet to take them; beyond, or beyond the share of its client (`BytePool`): an answer
   * that would be streamed becomes 503, and a client that does not take a smaller one at once is cut off.
   */
  readonly inFlightBytes: number
  /** How long a client may take to read an answer that it does not take at once; beyond: cut off. */
  readonly answerDeadlineMs: number
  /** Connections at the same time; one more is closed at once. */
  readonly connections: number
  /**
   * Requests that are whole and not yet decided; one more is answered 503 before it is decided. Those whose body is still
   * on its way or whose answer is do not count, or slow senders and readers could keep everybody out.
   */
  readonly requestsInFlight: number
  /**
   * How long kept connections stay open for a last request when the listener closes. Its answer ends them, so that a
   * busy client loses none; beyond: they are closed.
   */
  readonly lingerMs: number
  /** How long requests in flight may take to finish when the listener closes; beyond: they are cut off. */
  readonly closeDeadlineMs: number
}

export const DEFAULT_LIMITS: TransportLimits = {
  bodyBytes: 1024 * 1024,
  drainBytes: 8 * 1024 * 1024,
  bodyDeadlineMs: 30_000,
  bodiesBytes: 256 * 1024 * 1024,
  streamingBytes: 256 * 1024,
  inFlightBytes: 256 * 1024 * 1024,
  answerDeadlineMs: 60_000,
  connections: 10_000,
  requestsInFlight: 4096,
  lingerMs: 100,
  closeDeadlineMs: 10_000,
}

/** How long a connection may be idle, send its head, or leave an answer untaken; uWebSockets.js has it built in. */
export const IDLE_MS = 10_000

/**
 * The bounds that the settings choose.
 * @param connections what the system's bound on open files leaves of the setting
 */
export function transportLimits(
  { server, limits }: Pick<Settings, 'server' | 'limits'>,
  connections: number,
): Partial<TransportLimits> {
  return {
    bodyBytes: server.bodyLimitBytes,
    // A body that is refused for a byte too many, or for its token, is read to its end whatever the limit is.
    drainBytes: DEFAULT_LIMITS.drainBytes + server.bodyLimitBytes,
    bodyDeadlineMs: server.bodyDeadlineMs,
    answerDeadlineMs: server.answerDeadlineMs,
    connections,
    requestsInFlight: limits.requestsInFlight,
    // The store takes the other half.
    closeDeadlineMs: server.shutdownDeadlineMs / 2,
  }
}
