// One request on its way through the application, as handlers see it, and their reply.
import type { ProblemReply } from './problems.ts'
import type { StreamRecord, WriteTarget } from './request-record.ts'
import type { RequestSpan } from './tracing/tracer.ts'
import type { Body, HeaderList, HttpRequest, OpenBody } from './transport/transport.ts'

/** A request with its route resolved. */
export interface Call {
  readonly request: HttpRequest
  readonly requestId: string
  /** Path parameters, in order. */
  readonly parameters: readonly string[]
  /** Subject of the token; undefined without one. */
  readonly subject: string | undefined
  /** Author: an e-mail address, or undefined if the token names none (contract 3.6, 10.2). */
  readonly caller: string | undefined
  /** The machine's time from which its token is refused, in milliseconds; infinite without a token or without an end. */
  readonly expiresMs: number
  /** Undefined if the request is not traced. */
  readonly span: RequestSpan | undefined
}

/** Reply of a handler: a document, nothing, or a problem. `sequence` is `X-HyperFleet-Sequence` (contract 12.3). */
export type Reply =
  | {
      readonly kind: 'document'
      readonly status: number
      readonly body: Body
      readonly mediaType?: string
      /** True if the document at this path is the same for ever, so that caches may keep it. */
      readonly isImmutable?: boolean
      readonly headers?: HeaderList
      readonly sequence?: number | undefined
      /** Its entity tag (contract 12.10). */
      readonly tag?: string | undefined
      /** Time that the client asked to wait. It does not count as the server's. */
      readonly waitedMs?: number
      readonly write?: WriteTarget
    }
  | {
      readonly kind: 'no-content'
      readonly sequence?: number | undefined
      readonly waitedMs?: undefined
      readonly write?: WriteTarget
    }
  /** The client has the answer with this entity tag (contract 12.10). */
  | {
      readonly kind: 'not-modified'
      readonly tag: string
      readonly sequence: number
      readonly waitedMs?: number
      readonly write?: undefined
    }
  /** No answer: the connection is closed, because nobody knows what became of the request (contract 14.10). */
  | { readonly kind: 'no-answer'; readonly waitedMs?: undefined; readonly write?: WriteTarget }
  /** A stream without an end of its own (contract 12.1). */
  | {
      readonly kind: 'stream'
      readonly mediaType: string
      readonly sequence: number
      /** @param documentOf the document of a problem with this request */
      readonly open: (documentOf: (problem: ProblemReply) => Buffer) => Stream
      readonly waitedMs?: undefined
      readonly write?: undefined
    }
  | ProblemReply

/** The body of a stream, which is also its record. */
export interface Stream extends OpenBody, StreamRecord {}

export type OperationHandler = (call: Call) => Reply | Promise<Reply>
