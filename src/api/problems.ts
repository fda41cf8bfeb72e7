// Catalogue of problems (contract, section 9; RFC 9457) and their schema. Codes are never reused. docs/errors.md
// explains each one.
import Type from 'typebox'
import { documented } from './documented.ts'

interface ProblemType {
  readonly status: number
  readonly slug: string
  readonly title: string
}

export const PROBLEM_BASE_URI = 'https://api.hyperfleet.io/errors/'

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
  'HYPERFLEET-CNF-004': { status: 412, slug: 'conflict', title: 'Precondition Failed' },
  'HYPERFLEET-LMT-001': { status: 429, slug: 'rate-limit', title: 'Rate Limit Exceeded' },
  'HYPERFLEET-INT-001': { status: 500, slug: 'internal-error', title: 'Internal Server Error' },
  'HYPERFLEET-SVC-001': { status: 503, slug: 'service-unavailable', title: 'Service Unavailable' },
} as const satisfies Record<string, ProblemType>

export type ProblemCode = keyof typeof PROBLEMS

/** Reasons for a 503 (HYPERFLEET-SVC-001), each with the delay in seconds before a retry (`Retry-After`). */
export const RETRY_AFTER_SECONDS = {
  /** Contract 9.2. */
  'disk-full': 2,
  /** Contract 9.2: the process is shutting down. */
  'storage-failed': 2,
  /** Too many bytes are waiting for one commit. */
  'commits-busy': 2,
  /** Too many writes are waiting for the deletion of a cluster, which takes seconds at most. */
  'cascade-busy': 2,
  /** Contract 9.3. */
  'memory-bound': 2,
  /** Too many long searches are waiting; each takes tenths of a second. */
  'searches-busy': 2,
  /** Too many requests are in progress. */
  'requests-busy': 1,
  /** Too many watches and waiting reads, or too many different searches among them (contract 12.8). */
  'open-reads-busy': 10,
  /** The bodies being received use too much memory. */
  'bodies-busy': 2,
  /** The answers being sent use too much memory. */
  'answers-busy': 1,
  /** No server of a cluster decides at present, or this one no longer does (contract 14.4). */
  'no-writer': 1,
  /** This server of a cluster may be too far behind (contract 14.8). */
  'server-stale': 2,
  /** This server of a cluster has not applied a change that the request demands (contract 14.6). */
  'sequence-ahead': 1,
  /** This server of a cluster cannot send a copy of its data folder at present (contract 14.15). */
  'no-copy': 5,
  /** No keys are available for verifying tokens. */
  'key-set': 5,
} as const

export type ServiceRefusal = keyof typeof RETRY_AFTER_SECONDS

export const SERVICE_REFUSALS = Object.keys(RETRY_AFTER_SECONDS) as readonly ServiceRefusal[] // the keys of a constant table

/** One entry of a problem's `errors[]` (contract 4.7, 8.10). */
export const ProblemFault = Type.Object(
  {
    field: Type.String({ description: 'A path such as `labels.a` or `conditions[1].status`' }),
    constraint: Type.String({ description: 'The violated constraint, as a word for programs' }),
    message: Type.String({ description: 'The requirement, as a sentence for people' }),
    value: Type.Optional(
      documented(Type.Unknown({ description: 'The value sent, if it is short and not an object or array' }), {
        type: ['string', 'number', 'boolean', 'null'],
      }),
    ),
    offset: Type.Optional(
      Type.Integer({
        minimum: 0,
        format: 'int32',
        description: 'Offset into the trimmed search, in Unicode code points',
      }),
    ),
    found: Type.Optional(Type.String({ description: 'The text at the offset' })),
    expected: Type.Optional(Type.String({ description: 'The text expected there' })),
  },
  { description: 'A fault of a request' },
)

/** An error answer, `application/problem+json` (RFC 9457; contract, section 9). */
export const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri', description: 'Identifies the kind of problem' }),
    title: Type.String({ description: 'The same for every problem of one `code`' }),
    status: Type.Integer({
      minimum: 400,
      maximum: 599,
      format: 'int32',
      description: 'The HTTP status',
    }),
    detail: Type.String({ description: 'The fault of this request, as a sentence for people' }),
    // A path sent by a client need not be a URI reference in the sense of RFC 3986.
    instance: Type.String({ description: 'The request path, as sent' }),
    code: Type.String({
      pattern: '^HYPERFLEET-[A-Z]{3}-[0-9]{3}$',
      description: 'Stable, for programs; never reused',
    }),
    timestamp: Type.String({ format: 'date-time', description: 'Time of the answer' }),
    trace_id: Type.String({
      description: 'The trace id of the caller (`traceparent`), otherwise the request id (`X-Request-Id`)',
    }),
    errors: Type.Optional(Type.Array(ProblemFault, { description: 'The faults found' })),
  },
  { description: 'The reason for an error answer (RFC 9457)' },
)

export type Problem = Type.Static<typeof Problem>
export type ProblemFault = Type.Static<typeof ProblemFault>
