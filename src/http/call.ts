// One request on its way through the application, as handlers see it, and their reply.
import type { ProblemReply } from './problems.ts'
import type { WriteTarget } from './request-record.ts'
import type { RequestSpan } from './tracing/tracer.ts'
import type { Body, HeaderList, HttpRequest } from './transport/transport.ts'

/** A request with its route resolved. */
export interface Call {
  readonly request: HttpRequest
  /** Path parameters, in order. */
  readonly parameters: readonly string[]
  /** Subject of the token; undefined without one. */
  readonly subject: string | undefined
  /** Author: an e-mail address, or undefined if the token names none (contract 3.6, 10.2). */
  readonly caller: string | undefined
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
  | ProblemReply

export type OperationHandler = (call: Call) => Reply | Promise<Reply>
