/** Why a connection is closed before a request on it is handed on. Who leaves by himself is not refused. */
export const CONNECTION_REFUSALS = [
  /** As many are open as may be. */
  'too-many',
  /** TLS was not agreed on, or not in time. */
  'tls-handshake',
  /** The head of a request did not come to its end in time, or nothing came at all. */
  'head-timeout',
  /** The head of a request is longer than is taken. */
  'head-too-large',
  /** What came is no HTTP request. */
  'malformed',
] as const

export type ConnectionRefusal = (typeof CONNECTION_REFUSALS)[number]
