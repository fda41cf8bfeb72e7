// The transport as the HTTP layer sees it: requests with raw bytes, answers of bytes, a listener. Two engines implement
// it alike: uWebSockets.js and node:http.

import type { CertificateFiles } from './certificate.ts'
import type { TransportLimits } from './limits.ts'

/** One request. Stays usable after asynchronous work and after the client has disconnected. */
export interface HttpRequest {
  /** As sent: methods are case-sensitive, and HEAD is not turned into GET (contract 2.2). */
  readonly method: string
  /** Undecoded path, one character per byte; see `query` for bytes outside ASCII. */
  readonly path: string
  /**
   * The part after the `?`, undecoded, one character per byte, so that percent-decoding gives bytes (contract 7.5). A raw
   * byte that is not valid UTF-8, or a raw U+FFFD, arrives as 0xFF, which is never valid UTF-8. node:http itself refuses
   * every request with such bytes outside ASCII (400).
   */
  readonly query: string
  /** True if the client has disconnected; no answer will reach it. */
  readonly aborted: boolean
  /** Address of the client's end of the connection; empty once it is closed. */
  peer(): string
  /** All values of a header, in order. The name is in lower case. */
  values(name: string): readonly string[]
  /** First value of a header; undefined if absent or empty. The name is in lower case. */
  header(name: string): string | undefined
  /**
   * The request waits for an event before it is answered. It no longer counts as being decided. `onGone` is called if the client
   * disconnects meanwhile.
   */
  wait(onGone: () => void): void
  /** The body, or the reason why there is none. At most `limitBytes`, and never more than the transport's own limit. */
  body(limitBytes: number): Promise<BodyResult>
}

/** Result of reading a body. */
export type BodyResult =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  /** Longer than the limit (contract 4.6). The rest is not kept. */
  | { readonly kind: 'too-large' }
  /** The memory for bodies, or this client's share of it, is full. */
  | { readonly kind: 'overloaded' }
  /** Did not arrive within the body deadline. */
  | { readonly kind: 'timeout' }
  /** The client disconnected, broke the framing of the body, or its request is already answered. */
  | { readonly kind: 'aborted' }

/** Names and values in turn. An array for each header took 100 bytes of garbage. */
export type HeaderList = readonly string[]

/** Headers that many answers share, checked once; `commonHeaders` makes them. */
export interface CommonHeaders {
  readonly list: HeaderList
  /** Name of the first, and its value with the others behind it as they go on the wire. */
  readonly firstName: string
  readonly text: string
}

/**
 * A body that is written when it is sent. It is read in the turn of the event loop in which the handler answers, so that
 * its memory may be reused afterwards.
 */
export interface WritableBody {
  readonly length: number
  /** Writes the body to `at`, and returns its end. */
  writeTo(target: Buffer, at: number): number
  /** The body as buffers, for an answer that takes many turns. They are valid in this turn unless they are retained. */
  pieces(): readonly Buffer[]
}

/** A buffer, too, may be reused after the turn in which the handler answers. */
export type Body = Buffer | WritableBody

/** A body without a length, for a stream. It is written as long as it lasts: until it ends, or the client has disconnected. */
export interface OpenBody {
  /** Called in the turn in which the head is sent. Not called for HEAD. The writer is good until `over`. */
  begin(writer: BodyWriter): void
  /** The client has taken something, after a `write` that returned false. */
  ready(): void
  /** Called once after `begin`, when the body has ended or can go on no longer. */
  over(end: OpenEnd): void
}

export interface BodyWriter {
  /**
   * Sends bytes, which may be reused after the call. Returns false once the client is behind; the next bytes must then wait for `ready`,
   * because the transport keeps what the client does not take. A client that takes nothing for the answer deadline is cut off.
   */
  write(bytes: Buffer): boolean
  /** Ends the body, and the connection with it, when the client has taken everything. */
  end(): void
  /** Closes the connection at once. */
  cutOff(): void
}

/** End of an open body: it was sent to its end, the client has disconnected, or it took nothing until the answer deadline. */
export type OpenEnd = AnswerEnd | 'stalled'

/**
 * One answer. The transport adds `Content-Length`, `Connection` and `Date`; the headers must not contain them. Names and
 * values other than visible ASCII, spaces and tabs are refused as a failure of the handler.
 */
export interface HttpResponse {
  readonly status: number
  /** Headers that many answers share. They come first. */
  readonly common?: CommonHeaders | undefined
  readonly headers: HeaderList
  /** The body, also for HEAD: its length is announced, its bytes are not sent. Ignored for 204 and 304. */
  readonly body: Body
  /** A body without a length, in place of `body`. Its connection is closed after it. */
  readonly stream?: OpenBody | undefined
  /** Closes the connection in place of an answer. */
  readonly isWithheld?: boolean
  /** Closes the connection after this answer. */
  readonly close?: boolean
  /**
   * Called once when the system has taken all of it, or when the client has disconnected before that. Not called if the
   * answer to a fault replaces this one.
   */
  onOver?(end: AnswerEnd): void
}

/** End of sending an answer: the system has taken all of it, or the client has disconnected before that. */
export type AnswerEnd = 'sent' | 'gone'

/** Decides a request. Returning no promise keeps a read on the fast path: no promise, one write. */
export type Handler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>

/** Faults that the handler cannot answer. */
export type Fault =
  /** The handler threw or rejected, or its answer cannot be sent. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The framing of the request is ambiguous or wrong. The connection is closed after the answer. */
  | { readonly kind: 'malformed'; readonly reason: string }
  /**
   * The engine cannot check the framing of a body without a length (contract 4.10). The connection is closed after the
   * answer, and nothing after the head is read.
   */
  | { readonly kind: 'length-required' }
  /** The limit on requests in flight, or on bytes of answers in flight, is reached. */
  | { readonly kind: 'overloaded'; readonly by: 'requests' | 'bytes' }

/** Makes the answer to a fault: 500, 400, 411 or 503. If it throws, the client gets a bare status. */
export type FaultHandler = (fault: Fault, request: HttpRequest) => HttpResponse

export interface TransportOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly handler: Handler
  readonly onFault: FaultHandler
  readonly limits?: Partial<TransportLimits>
  /** The client whose memory share a request counts towards; by default its peer address. Not called after a disconnect. */
  readonly clientOf?: (request: HttpRequest) => string
  /**
   * Keeps the memory of a body in place until the returned function is called. Called for an answer that takes more than one turn of the
   * event loop, in its first turn. By default every buffer keeps its content.
   */
  readonly retain?: (pieces: readonly Buffer[]) => () => void
  /** Called for each connection closed before its first request, if the engine reports it. */
  readonly onRefused?: (reason: ConnectionRefusal) => void
  /** Undefined for plain HTTP. */
  readonly tls?: CertificateFiles | undefined
}

export type Engine = 'uws' | 'node'

/** A listening socket and its connections. */
export interface Listener {
  readonly engine: Engine
  readonly port: number
  /**
   * Reads certificate and key again. New connections use them, open ones continue with theirs.
   * @throws Error if they are unusable; the previous ones then stay in force
   */
  reload(): void
  /**
   * Stops accepting, lets requests in flight finish up to the close deadline, then closes every connection. An idle one
   * stays open for a moment, because a request may be in flight. Answers sent meanwhile carry `Connection: close`.
   */
  close(): Promise<void>
}

export interface Transport {
  readonly engine: Engine
  /** Reasons that `onRefused` may receive. uWebSockets.js answers invalid bytes without reporting them. */
  readonly refusals: readonly ConnectionRefusal[]
  /** Rejects with a ListenError if the address is unavailable. The port is never shared with another socket. */
  listen(options: TransportOptions): Promise<Listener>
}

/** Reasons for closing a connection before its first request. A client that hangs up is not counted. */
export const CONNECTION_REFUSALS = [
  /** The maximum number of connections is open. */
  'too-many',
  /** The TLS handshake failed or timed out. */
  'tls-handshake',
  /** The head of a request was not complete in time, or nothing arrived at all. */
  'head-timeout',
  /** The head of a request is too large. */
  'head-too-large',
  /** The bytes received are not an HTTP request. */
  'malformed',
] as const

export type ConnectionRefusal = (typeof CONNECTION_REFUSALS)[number]
