// Limits of the transport, each with the behaviour at the limit (contract 4.6, 8.1).
import type { Settings } from '../../config/schema.ts'

/** Maximum size of a request head: 16 KiB (contract 8.1). Beyond: 431 or a closed connection. */
export const MAX_HEAD_BYTES = 16 * 1024

export interface TransportLimits {
  /** Maximum size of a kept body, whatever the handler asks for. Beyond: `too-large` (contract 4.6). */
  readonly bodyBytes: number
  /**
   * Bytes of a body that are received and dropped after its answer, so that a client that sends before it reads can read
   * the answer and reuse the connection. Beyond: the connection is closed.
   */
  readonly drainBytes: number
  /**
   * Time for a body to arrive. Beyond: `timeout`, and the connection is closed after the answer, or at once if the
   * request is already answered.
   */
  readonly bodyDeadlineMs: number
  /**
   * Memory of all bodies being received or decided on. At this limit, or at the share of a client (`BytePool`), the next
   * body is `overloaded`.
   */
  readonly bodiesBytes: number
  /** Answers up to this size are sent in one piece; larger ones are streamed under back-pressure. */
  readonly streamingBytes: number
  /**
   * Bytes of answers that clients have not taken yet. At this limit, or at the share of a client (`BytePool`), a streamed
   * answer becomes 503, and a client that does not take a smaller one at once is disconnected.
   */
  readonly inFlightBytes: number
  /** Time for a client to read an answer that it does not take at once. Beyond: disconnected. */
  readonly answerDeadlineMs: number
  /** Concurrent connections. Beyond: closed at once. */
  readonly connections: number
  /**
   * Requests that have arrived whole and are not decided yet. Beyond: 503. Bodies and answers in flight do not count;
   * otherwise slow senders and readers could lock out everybody.
   */
  readonly requestsInFlight: number
  /**
   * Time that idle connections stay open for a last request when the listener closes, so that a busy client loses none.
   * The answer closes the connection. Beyond: closed.
   */
  readonly lingerMs: number
  /** Time for requests in flight to finish when the listener closes. Beyond: cut off. */
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
  connections: 20_000,
  requestsInFlight: 4096,
  lingerMs: 100,
  closeDeadlineMs: 10_000,
}

/** Time that a connection may be idle, send its head, or leave an answer untaken. Built into uWebSockets.js. */
export const IDLE_MS = 10_000

/**
 * The limits given by the settings.
 * @param connections the configured number, lowered to what the limit on open files permits
 */
export function transportLimits(
  { server, limits }: Pick<Settings, 'server' | 'limits'>,
  connections: number,
): Partial<TransportLimits> {
  return {
    bodyBytes: server.bodyLimitBytes,
    // A body refused for its size or its token is still read to its end, whatever its limit.
    drainBytes: DEFAULT_LIMITS.drainBytes + server.bodyLimitBytes,
    bodyDeadlineMs: server.bodyDeadlineMs,
    answerDeadlineMs: server.answerDeadlineMs,
    connections,
    requestsInFlight: limits.requestsInFlight,
    // The store gets the other half.
    closeDeadlineMs: server.shutdownDeadlineMs / 2,
  }
}
