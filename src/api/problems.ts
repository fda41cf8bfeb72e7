// The catalogue of problems (contract, section 9; RFC 9457) and their schema. Codes are never reused; docs/errors.md explains
// each.
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
  'HYPERFLEET-LMT-001': { status: 429, slug: 'rate-limit', title: 'Rate Limit Exceeded' },
  'HYPERFLEET-INT-001': { status: 500, slug: 'internal-error', title: 'Internal Server Error' },
  'HYPERFLEET-SVC-001': { status: 503, slug: 'service-unavailable', title: 'Service Unavailable' },
} as const satisfies Record<string, ProblemType>

export type ProblemCode = keyof typeof PROBLEMS

/** Reasons for a 503 (HYPERFLEET-SVC-001), each with the seconds after which a retry may succeed (`Retry-After`). */
export const RETRY_AFTER_SECONDS = {
  /** Contract 9.2. */
  'disk-full': 2,
  /** Contract 9.2: the process is about to end. */
  'storage-failed': 2,
  /** Too many bytes wait for one commit. */
  'commits-busy': 2,
  /** Contract 9.3. */
  'memory-bound': 2,
  /** Too many long searches wait; each takes tenths of a second. */
  'searches-busy': 2,
  /** Too many requests are being decided. */
  'requests-busy': 1,
  /** The bodies being received hold too many bytes. */
  'bodies-busy': 2,
  /** The answers being sent hold too many bytes. */
  'answers-busy': 1,
  /** No keys to check tokens with. */
  'key-set': 5,
} as const

export type ServiceRefusal = keyof typeof RETRY_AFTER_SECONDS

export const SERVICE_REFUSALS = Object.keys(RETRY_AFTER_SECONDS) as readonly ServiceRefusal[] // the keys of a constant table

/** One entry of a problem's `errors[]` (contract 4.7, 8.10). */
export const ProblemFault = Type.Object(
  {
    field: Type.String({ description: 'A path such as `labels.a` or `conditions[1].status`' }),
    constraint: Type.String({ description: 'What is not met, in one word for programs' }),
    message: Type.String({ description: 'What would be right, in a sentence for people' }),
    value: Type.Optional(
      documented(Type.Unknown({ description: 'What was sent, when it is short and no object or array' }), {
        type: ['string', 'number', 'boolean', 'null'],
      }),
    ),
    offset: Type.Optional(
      Type.Integer({
        minimum: 0,
        format: 'int32',
        description: 'In Unicode code points into the trimmed search',
      }),
    ),
    found: Type.Optional(Type.String({ description: 'What stands at the offset' })),
    expected: Type.Optional(Type.String({ description: 'What may stand there' })),
  },
  { description: 'One fault of a request' },
)

/** An error answer, `application/problem+json` (RFC 9457; contract, section 9). */
export const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri', description: 'Names the kind of problem' }),
    title: Type.String({ description: 'The same for every problem of one `code`' }),
    status: Type.Integer({
      minimum: 400,
      maximum: 599,
      format: 'int32',
      description: 'The status of the answer',
    }),
    detail: Type.String({ description: 'What is wrong with this request' }),
    // A path that a client has sent need not be a reference in the sense of RFC 3986.
    instance: Type.String({ description: 'The request path, as it was sent' }),
    code: Type.String({
      pattern: '^HYPERFLEET-[A-Z]{3}-[0-9]{3}$',
      description: 'Stable, for programs; never used for anything else',
    }),
    timestamp: Type.String({ format: 'date-time', description: 'When the request was answered' }),
    trace_id: Type.String({
      description:
        'The id of the trace of the caller (`traceparent`), otherwise the request id, `X-Request-Id`',
    }),
    errors: Type.Optional(Type.Array(ProblemFault, { description: 'Every fault that was found' })),
  },
  { description: 'Why a request was not answered (RFC 9457)' },
)

export type Problem = Type.Static<typeof Problem>
export type ProblemFault = Type.Static<typeof ProblemFault>
