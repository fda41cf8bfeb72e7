import type { ServiceRefusal } from '../api/problems.ts'
import type { ResourceKind } from '../state/records.ts'
import type { TraceHeaders } from './tracing/traceparent.ts'
import type { RequestSpan } from './tracing/tracer.ts'

/** The status of a request whose client has gone before it had all of the answer: nginx's, and never on the wire. */
export const CLIENT_CLOSED_REQUEST = 499

/** What is recorded of every request when it is over. */
export interface RequestRecord {
  readonly method: string
  /** The route's template such as `/clusters/{cluster_id}`, or `unmatched`. */
  readonly route: string
  readonly status: number
  readonly durationMs: number
  readonly requestId: string
  /** The body of the answer; for HEAD too, which leaves it out. */
  readonly body: Buffer | readonly Buffer[]
  /** What the request was refused with. */
  readonly problem: RefusedWith | undefined
  /** Where `traceparent` is read when the request gets a line in the log. */
  readonly request: TraceHeaders
  /** Undefined when the request is not traced. */
  readonly span: RequestSpan | undefined
  /** What was written or was to be; undefined for reads, and for writes that were refused before their handler. */
  readonly write: WriteTarget | undefined
}

/** The resource that a write is about. */
export interface WriteTarget {
  readonly kind: ResourceKind
  /** As the client wrote it, unless the resource is new; undefined when nothing was created. */
  readonly id: string | undefined
  /** Undefined when the token names nobody. */
  readonly author: string | undefined
}

/** A problem as far as it may be logged: its detail quotes the request, unless it is a refusal of service. */
export interface RefusedWith {
  readonly code: string
  readonly detail: string
  readonly refusal?: ServiceRefusal
  /** What is wrong with the token of a request that was answered 401. */
  readonly tokenFault?: string
}
