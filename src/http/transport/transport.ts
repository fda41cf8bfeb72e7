// What the HTTP layer sees of a transport: requests with raw bytes, answers made of bytes, a listener. Two engines
// promise the same of it: uWebSockets.js and node:http.

import type { CertificateFiles } from './certificate.ts'
import type { TransportLimits } from './limits.ts'

/** One request. It stays usable after asynchronous work and after the client has gone. */
export interface HttpRequest {
  /** As sent; methods are case-sensitive and HEAD is not turned into GET (contract 2.2). */
  readonly method: string
  /** The path undecoded, one character for each byte; see `query` for bytes outside ASCII. */
  readonly path: string
  /**
   * What follows the `?`, undecoded, one character for each byte, so that percent-decoding gives bytes (contract 7.5).
   * What was sent without percent-encoding and is not UTF-8, or is U+FFFD, arrives as 0xFF, which is never valid UTF-8;
   * node:http refuses every request with such bytes outside ASCII itself (400).
   */
  readonly query: string
  /** Whether the client has gone: no answer will reach it. */
  readonly aborted: boolean
  /** The address of the client's end of the connection; empty when it has gone. */
  peer(): string
  /** All values of a header by its name in lower case, in their order. */
  values(name: string): readonly string[]
  /** The value of a header by its name in lower case, the first one of several; undefined when absent or empty. */
  header(name: string): string | undefined
  /** The body, or why there is none; at most `limitBytes`, and never more than the transport's own limit. */
  body(limitBytes: number): Promise<BodyResult>
}

/** How the reading of a body ended. */
export type BodyResult =
  | { readonly kind: 'body'; readonly bytes: Buffer }
  /** Longer than the limit (contract 4.6); the rest is not kept. */
  | { readonly kind: 'too-large' }
  /** The bodies being received, or those of this client, hold as many bytes as they may. */
  | { readonly kind: 'overloaded' }
  /** Did not arrive within the body deadline. */
  | { readonly kind: 'timeout' }
  /** The client left, what it sent broke the framing of the body, or its request has been answered. */
  | { readonly kind: 'aborted' }

/**
 * One answer. The transport adds `Content-Length`, `Connection` and `Date`; `headers` must not hold them. A name or
 * value with anything but visible ASCII, spaces and tabs is refused as a failure of the handler.
 */
export interface HttpResponse {
  readonly status: number
  readonly headers: readonly (readonly [name: string, value: string])[]
  /** The body, also for HEAD: its length is announced and the bytes are left out. Ignored for 204 and 304. */
  readonly body: Buffer | readonly Buffer[]
  /** Closes the connection after this answer. */
  readonly close?: boolean
  /**
   * Called once, unless the answer to a fault takes the place of this one: when the system has all of it, or when its
   * client has gone before.
   */
  readonly onOver?: (end: AnswerEnd) => void
}

/** How the sending of an answer ended: all of it is with the system, or its client has gone before. */
export type AnswerEnd = 'sent' | 'gone'

/** Decides a request. Answering without a promise keeps a read on the fast path: no promise, one write. */
export type Handler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>

/** What the transport cannot let the handler answer. */
export type Fault =
  /** The handler threw or rejected, or its answer cannot be sent. */
  | { readonly kind: 'failed'; readonly error: unknown }
  /** The framing of the request is ambiguous or wrong; the connection is closed after the answer. */
  | { readonly kind: 'malformed'; readonly reason: string }
  /**
   * The engine cannot check how the body of the request is framed, because it has no length (contract 4.10); the
   * connection is closed after the answer, and nothing behind the head is read.
   */
  | { readonly kind: 'length-required' }
  /** As many requests are in flight, or the answers on their way hold as many bytes, as they may. */
  | { readonly kind: 'overloaded'; readonly by: 'requests' | 'bytes' }

/** Makes the answer to a fault: 500, 400, 411 or 503. When it fails as well, the client gets a bare status. */
export type FaultHandler = (fault: Fault, request: HttpRequest) => HttpResponse

export interface TransportOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  readonly handler: Handler
  readonly onFault: FaultHandler
  readonly limits?: Partial<TransportLimits>
  /** Whose share of the memory a request counts in; by default the address of its peer. Never asked for one that has gone. */
  readonly clientOf?: (request: HttpRequest) => string
  /** Told of each connection that is closed before a request on it is handed on, as far as the engine tells. */
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
   * Reads certificate and key anew; new connections get them, those that are open go on.
   * @throws Error when they cannot be used; those of before stay in force then
   */
  reload(): void
  /**
   * Stops accepting, lets the requests in flight finish up to the close deadline, and closes every connection; a kept
   * one stays open for a moment, for the request that may be on its way. Answers sent meanwhile say `Connection: close`.
   */
  close(): Promise<void>
}

export interface Transport {
  readonly engine: Engine
  /** What `onRefused` is told of: uWebSockets.js answers by itself, and says nothing of it, what is no request. */
  readonly refusals: readonly ConnectionRefusal[]
  /** Rejects with a ListenError when the address cannot be had. The port is never shared with another socket. */
  listen(options: TransportOptions): Promise<Listener>
}

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
