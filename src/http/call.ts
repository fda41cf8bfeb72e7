// One request on its way through the application: what the handlers see of it, and what they answer.
import type { ProblemReply } from './problems.ts'
import type { WriteTarget } from './request-record.ts'
import type { RequestSpan } from './tracing/tracer.ts'
import type { HttpRequest } from './transport/transport.ts'

/** A request with its route resolved. */
export interface Call {
  readonly request: HttpRequest
  /** The path's parameters in their order. */
  readonly parameters: readonly string[]
  /** Who asks: an e-mail address, or undefined when the token names none (contract 3.6, 10.2). */
  readonly caller: string | undefined
  /** Undefined when the request is not traced. */
  readonly span: RequestSpan | undefined
}

/** What a handler answers: a document, nothing, or a problem. */
export type Reply =
  | {
      readonly kind: 'document'
      readonly status: number
      readonly body: Buffer | readonly Buffer[]
      readonly mediaType?: string
      readonly headers?: readonly (readonly [string, string])[]
      readonly write?: WriteTarget
    }
  | { readonly kind: 'no-content'; readonly write?: WriteTarget }
  | ProblemReply

export type OperationHandler = (call: Call) => Reply | Promise<Reply>
