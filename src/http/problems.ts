// The catalogue of problems (contract, section 9; RFC 9457). Codes are never reused; docs/errors.md explains each.
import type { ProblemFault } from '../api/service.ts'
import type { TokenFault } from './auth/token-check.ts'
import type { ServiceRefusal, WriteTarget } from './request-record.ts'

interface ProblemType {
  readonly status: number
  readonly slug: string
  readonly title: string
}

const BASE_URI = 'https://api.hyperfleet.io/errors/'

export const PROBLEMS = {
  'HYPERFLEET-VAL-000': { status: 400, slug: 'validation-error', title: 'Validation Failed' },
  'HYPERFLEET-VAL-004': { status: 400, slug: 'validation-error', title: 'Value Out of Range' },
  'HYPERFLEET-VAL-005': { status: 400, slug: 'bad-request', title: 'Bad Request' },
  'HYPERFLEET-VAL-006': { status: 400, slug: 'malformed-request', title: 'Malformed Request' },
  'HYPERFLEET-VAL-008': { status: 405, slug: 'bad-request', title: 'Method Not Allowed' },
  'HYPERFLEET-VAL-009': { status: 413, slug: 'bad-request', title: 'Payload Too Large' },
  'HYPERFLEET-VAL-010': { status: 415, slug: 'bad-request', title: 'Unsupported Media Type' },
  'HYPERFLEET-VAL-011': { status: 411, slug: 'bad-request', title: 'Length Required' },
  'HYPERFLEET-AUT-001': { status: 401, slug: 'authentication-error', title: 'Authentication Required' },
  'HYPERFLEET-AUT-002': { status: 401, slug: 'authentication-error', title: 'Invalid Credentials' },
  'HYPERFLEET-AUT-003': { status: 401, slug: 'authentication-error', title: 'Invalid Token' },
  'HYPERFLEET-AUZ-001': { status: 403, slug: 'authorization-error', title: 'Unauthorized' },
  'HYPERFLEET-NTF-000': { status: 404, slug: 'not-found', title: 'No Such Endpoint' },
  'HYPERFLEET-NTF-001': { status: 404, slug: 'not-found', title: 'Resource Not Found' },
  'HYPERFLEET-NTF-002': { status: 404, slug: 'not-found', title: 'Cluster Not Found' },
  'HYPERFLEET-NTF-003': { status: 404, slug: 'not-found', title: 'NodePool Not Found' },
  'HYPERFLEET-CNF-001': { status: 409, slug: 'conflict', title: 'Resource Conflict' },
  'HYPERFLEET-CNF-002': { status: 409, slug: 'conflict', title: 'Version Conflict' },
  'HYPERFLEET-CNF-003': { status: 409, slug: 'conflict', title: 'State Conflict' },
  'HYPERFLEET-LMT-001': { status: 429, slug: 'rate-limit', title: 'Rate Limit Exceeded' },
  'HYPERFLEET-INT-001': { status: 500, slug: 'internal-error', title: 'Internal Server Error' },
  'HYPERFLEET-SVC-001': { status: 503, slug: 'service-unavailable', title: 'Service Unavailable' },
} as const satisfies Record<string, ProblemType>

export type ProblemCode = keyof typeof PROBLEMS

/** A refusal on its way out: which problem, in which words, with which faults and extra headers. */
export interface ProblemAnswer {
  readonly kind: 'problem'
  readonly code: ProblemCode
  readonly detail: string
  readonly errors?: readonly ProblemFault[]
  readonly headers?: readonly (readonly [string, string])[]
  /** Why the server does not serve for the moment, for its operator; nothing of it is on the wire. */
  readonly refusal?: ServiceRefusal
  /** What is wrong with the token, for the operator; nothing of it is on the wire. */
  readonly tokenFault?: TokenFault
  /** What the refused request was to write. */
  readonly write?: WriteTarget
}

/** Puts a problem into words. */
export function problem(
  code: ProblemCode,
  detail: string,
  extra: Pick<ProblemAnswer, 'errors' | 'headers' | 'refusal' | 'tokenFault'> = {},
): ProblemAnswer {
  return { kind: 'problem', code, detail, ...extra }
}

/** Whether a result is a problem instead of what was asked for. */
export function isProblem(result: object): result is ProblemAnswer {
  return 'kind' in result && result.kind === 'problem'
}

/** What a problem needs to know of its request. */
export interface ProblemContext {
  readonly path: string
  /** The id of the trace that the request belongs to, otherwise the request id. */
  readonly traceId: string
  /** RFC 3339. */
  readonly timestamp: string
}

/** The body of a problem as `application/problem+json`. */
export function problemDocument(answer: ProblemAnswer, context: ProblemContext): Buffer {
  const { status, slug, title } = PROBLEMS[answer.code]
  return Buffer.from(
    JSON.stringify({
      type: BASE_URI + slug,
      title,
      status,
      detail: answer.detail,
      instance: context.path,
      code: answer.code,
      timestamp: context.timestamp,
      trace_id: context.traceId,
      ...(answer.errors === undefined ? {} : { errors: answer.errors }),
    }),
  )
}

// The answers for resources that are not there (contract, section 9).

export function clusterNotFound(id: string): ProblemAnswer {
  return problem('HYPERFLEET-NTF-002', `Cluster with id '${id}' not found`)
}

export function nodepoolNotFound(id: string): ProblemAnswer {
  return problem('HYPERFLEET-NTF-003', `NodePool with id '${id}' not found`)
}
