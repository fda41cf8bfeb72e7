// Problem replies (contract, section 9; RFC 9457), from the catalogue in api/problems.ts.
import {
  PROBLEM_BASE_URI,
  PROBLEMS,
  type ProblemCode,
  type ProblemFault,
  RETRY_AFTER_SECONDS,
  type ServiceRefusal,
} from '../api/problems.ts'
import type { TokenFault } from './auth/token-check.ts'
import type { WriteTarget } from './request-record.ts'
import type { Fault, HeaderList, HttpRequest } from './transport/transport.ts'

/** A refusal: the problem, its detail, faults and extra headers. */
export interface ProblemReply {
  readonly kind: 'problem'
  readonly code: ProblemCode
  readonly detail: string
  readonly errors?: readonly ProblemFault[]
  readonly headers?: HeaderList
  /** Reason of a 503, for the operator; never on the wire. */
  readonly refusal?: ServiceRefusal
  /** Fault of the token, for the operator; never on the wire. */
  readonly tokenFault?: TokenFault
  /** The number of a state that it was decided on; undefined if it was decided without looking. */
  readonly sequence?: number | undefined
  /** As in `Reply`. */
  readonly waitedMs?: number
  /** Target of the refused write. */
  readonly write?: WriteTarget
}

/** @param detail a sentence about this request */
export function problem(
  code: ProblemCode,
  detail: string,
  extra: Pick<ProblemReply, 'errors' | 'headers' | 'refusal' | 'tokenFault' | 'sequence'> = {},
): ProblemReply {
  return { kind: 'problem', code, detail, ...extra }
}

/** A 503: the server cannot serve this now. Adds the reason's `Retry-After`. */
export function unavailable(refusal: ServiceRefusal, detail: string): ProblemReply {
  const headers = ['Retry-After', String(RETRY_AFTER_SECONDS[refusal])]
  return problem('HYPERFLEET-SVC-001', detail, { headers, refusal })
}

/** True for a problem in place of a value that has no `kind`. */
export function isProblem(result: object): result is ProblemReply {
  return 'kind' in result && result.kind === 'problem'
}

/** Members of a problem that depend on its request. */
export interface ProblemContext {
  readonly path: string
  /** Trace id of the request if it has one, otherwise the request id. */
  readonly traceId: string
  /** RFC 3339. */
  readonly timestamp: string
}

/** The body of a problem as `application/problem+json`. */
export function problemDocument(reply: ProblemReply, context: ProblemContext): Buffer {
  const { status, slug, title } = PROBLEMS[reply.code]
  return Buffer.from(
    JSON.stringify({
      type: PROBLEM_BASE_URI + slug,
      title,
      status,
      detail: reply.detail,
      instance: context.path,
      code: reply.code,
      timestamp: context.timestamp,
      trace_id: context.traceId,
      ...(reply.errors === undefined ? {} : { errors: reply.errors }),
    }),
  )
}

/** @param sequence the number of the state that has no such cluster */
export function clusterNotFound(id: string, sequence: number): ProblemReply {
  return problem('HYPERFLEET-NTF-002', `Cluster with id '${id}' not found`, { sequence })
}

export function nodepoolNotFound(id: string, sequence: number): ProblemReply {
  return problem('HYPERFLEET-NTF-003', `NodePool with id '${id}' not found`, { sequence })
}

/** The problem for a fault that no handler can answer. A defect reveals nothing about itself (contract 9.1). */
export function faultReply(fault: Fault): ProblemReply {
  switch (fault.kind) {
    case 'malformed':
      return problem('HYPERFLEET-VAL-006', `The request is malformed: ${fault.reason}`)
    case 'length-required':
      return problem(
        'HYPERFLEET-VAL-011',
        'Send the body with a Content-Length; this server does not accept chunked bodies',
      )
    case 'overloaded':
      return fault.by === 'requests'
        ? unavailable('requests-busy', 'Too many requests are in progress')
        : unavailable('answers-busy', 'Too many bytes of answers are in flight')
    case 'failed':
      return problem('HYPERFLEET-INT-001', 'The server failed to answer this request')
  }
}

export function noRoute(path: string): ProblemReply {
  return problem('HYPERFLEET-NTF-000', `No endpoint at ${path}`)
}

export function otherMethod({ method, path }: HttpRequest, allow: string): ProblemReply {
  return problem('HYPERFLEET-VAL-008', `${path} does not allow ${method}; allowed: ${allow}`, {
    headers: ['Allow', allow],
  })
}
