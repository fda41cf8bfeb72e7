import type { ServiceRefusal } from '../api/problems.ts'
import type { ResourceKind } from '../state/records.ts'
import type { TraceHeaders } from './tracing/traceparent.ts'
import type { RequestSpan } from './tracing/tracer.ts'
import type { OpenEnd } from './transport/transport.ts'

/** Status of a request whose client disconnected before receiving the whole answer. From nginx; never on the wire. */
export const CLIENT_CLOSED_REQUEST = 499

/** Record of a finished request. */
export interface RequestRecord {
  readonly method: string
  /** Route template such as `/clusters/{cluster_id}`, or `unmatched`. */
  readonly route: string
  readonly status: number
  readonly durationMs: number
  readonly requestId: string
  /** Length of the answer's body; for HEAD of the body that is not sent. */
  readonly bodyBytes: number
  /** The problem, if the request was refused. */
  readonly problem: RefusedWith | undefined
  /** Source of `traceparent`, read only if the request is logged. */
  readonly request: TraceHeaders
  /** Undefined if the request is not traced. */
  readonly span: RequestSpan | undefined
  /** Target of a write; undefined for reads and for writes refused before their handler. */
  readonly write: WriteTarget | undefined
  /** Undefined if the answer was no stream. The duration of the request is then the time until the head. */
  readonly stream?: StreamRecord | undefined
}

/** A stream that has ended. */
export interface StreamRecord {
  /** False for a copy of the data folder. */
  readonly isWatch: boolean
  readonly lastedMs: number
  /** Events about resources that were sent. */
  readonly events: number
  /** Times that it began with everything that matches. More than one mean that the client read too slowly, or was away for too long. */
  readonly resets: number
  readonly bytes: number
  /** `sent` if the server ended it, `gone` if the client did, `stalled` if the client took nothing any more. Undefined if it did not begin. */
  readonly end: OpenEnd | undefined
}

/** Target of a write. */
export interface WriteTarget {
  readonly kind: ResourceKind
  /** Id from the path, or of the new resource; undefined if nothing was created. */
  readonly id: string | undefined
  /** Undefined if the token names nobody. */
  readonly author: string | undefined
}

/** The loggable part of a problem. Its detail may quote the request, except for a refusal of service. */
export interface RefusedWith {
  readonly code: string
  readonly detail: string
  readonly refusal?: ServiceRefusal
  /** Fault of the token, for a 401. */
  readonly tokenFault?: string
  /** Faults of a body or a query string. A field may be the client's own word, a constraint is one of the server's. */
  readonly errors?: readonly { readonly field: string; readonly constraint: string }[]
}
