// The application between transport and handlers: routes a request, authenticates it, calls the handler of the
// operation and builds the response.
import type { Operation, OperationId, OperationTable } from '../api/operations.ts'
import { PROBLEMS } from '../api/problems.ts'
import type { ServerClock } from '../fleet/clock.ts'
import { formatInstant } from '../wire/instant.ts'
import { BASE_PATH } from '../wire/paths.ts'
import type { ClientAddress } from './admission/client-address.ts'
import { clientNetwork } from './admission/client-network.ts'
import { type Cors, VARY } from './admission/cors.ts'
import type { Distrust } from './admission/distrust.ts'
import type { RateLimit } from './admission/rate-limit.ts'
import type { Authenticator, Caller } from './auth/authentication.ts'
import type { OperationHandler, Reply } from './call.ts'
import { type ProblemReply, problem, problemDocument, unavailable } from './problems.ts'
import { CLIENT_CLOSED_REQUEST, type RequestRecord } from './request-record.ts'
import { Router, type Routing } from './router.ts'
import { traceIdOf, traceparentOf } from './tracing/traceparent.ts'
import type { Tracer } from './tracing/tracer.ts'
import type {
  AnswerEnd,
  Fault,
  FaultHandler,
  Handler,
  HttpRequest,
  HttpResponse,
} from './transport/transport.ts'

export interface ApplicationOptions {
  readonly operations: OperationTable
  readonly handlers: Readonly<Record<OperationId, OperationHandler>>
  /** Static files beside the API, by path: the page that shows the OpenAPI document. */
  readonly assets: ReadonlyMap<string, Reply>
  readonly authenticate: Authenticator
  /** Undefined if no other origin is allowed. */
  readonly cors: Cors | undefined
  /** Undefined if no rate is set. */
  readonly rateLimit: RateLimit | undefined
  /** Clients that recently sent invalid tokens. */
  readonly distrust: Distrust
  readonly clientAddress: ClientAddress
  readonly clock: ServerClock
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  readonly randomId: () => string
  readonly onRequest: (record: RequestRecord) => void
  /** Undefined if tracing is off. */
  readonly tracer: Tracer | undefined
  /** Reports a defect of the server. The client gets a 500 without details (contract 9.1). */
  readonly onError: (error: unknown, requestId: string) => void
}

interface Target {
  readonly route: string
  readonly handle: OperationHandler
}

/** Other methods share one label, because clients can invent any number of them. */
const COUNTED_METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
])

/** Paths under the base path that need no token (contract 10.1). */
const OPEN_PATHS: ReadonlySet<string> = new Set(
  ['/openapi', '/openapi/', '/openapi.html', '/openapi.html/'].map(path => BASE_PATH + path),
)

/**
 * Headers of every answer (contract 2.3): a cache between server and client would hide an acknowledged write, and
 * browsers must not guess another content type.
 */
const EVERY_ANSWER = [
  ['Cache-Control', 'no-store'],
  ['X-Content-Type-Options', 'nosniff'],
] as const

/** Request ids accepted from clients (contract, section 9). */
const SANE = /^[A-Za-z0-9._~:/+=@-]{1,128}$/

/** Caller on paths that need no token. */
const NOBODY: Caller = { kind: 'caller', author: undefined, subject: undefined }

/** Entry points for the transport: one for requests, one for faults that no handler can answer. */
export interface Application {
  readonly handle: Handler
  readonly onFault: FaultHandler
}

export function createApplication(options: ApplicationOptions): Application {
  const router = createRouter(options)
  const responder = createResponder(options)
  return {
    handle(request) {
      const routing = router.find(request.method, request.path)
      const { span, isPreflight, respond } = responder(request, routing)
      if (isPreflight) return respond({ kind: 'no-content' })
      const reply = afterAdmission(options, request, caller => {
        if (routing.kind === 'no-route') return noRoute(request.path)
        if (routing.kind === 'other-method') return otherMethod(request, routing.allow)
        const parameters = routing.parameters.map(decodeParameter)
        return routing.target.handle({ request, parameters, caller: caller.author, span })
      })
      return reply instanceof Promise ? reply.then(decided => respond(decided)) : respond(reply)
    },
    onFault(fault, request) {
      const { requestId, respond } = responder(request, router.find(request.method, request.path))
      const isDefect = fault.kind === 'failed'
      if (isDefect) options.onError(fault.error, requestId)
      return respond(faultReply(fault), isDefect)
    },
  }
}

/** Builds the response. Logs and counts the request only if this response is the one sent. */
function createResponder(options: ApplicationOptions) {
  return (request: HttpRequest, routing: Routing<Target>) => {
    const route = routing.kind === 'route' ? routing.target.route : 'unmatched'
    const startedMs = options.nowMs()
    const requestId = requestIdOf(request.header('x-request-id'), options.randomId)
    const preflight = options.cors?.preflight(request)
    const span = options.tracer?.begin(traceparentOf(request))
    /** A defect is recorded as one even if the client has disconnected. */
    const respond = (reply: Reply, isDefect = false): HttpResponse => {
      const own = [
        ...EVERY_ANSWER,
        ...(preflight ?? options.cors?.headers(request) ?? VARY),
        ['X-Request-Id', requestId],
      ] as const
      const context = { request, requestId, headers: own, clock: options.clock }
      const { status, headers, body } = toResponse(reply, context)
      const durationMs = options.nowMs() - startedMs
      const method = COUNTED_METHODS.has(request.method) ? request.method : 'other'
      const problem = reply.kind === 'problem' ? reply : undefined
      const { write } = reply
      const record = { method, route, status, durationMs, requestId, body, problem, request, span, write }
      const onOver = (end: AnswerEnd) =>
        options.onRequest(
          end === 'gone' && !isDefect ? abandoned(record, options.nowMs() - startedMs) : record,
        )
      return { status, headers, body, onOver }
    }
    return { requestId, span, isPreflight: preflight !== undefined, respond }
  }
}

/** The record of a request whose client disconnected before receiving the whole answer. */
function abandoned(record: RequestRecord, durationMs: number): RequestRecord {
  return { ...record, status: CLIENT_CLOSED_REQUEST, durationMs, body: [], problem: undefined }
}

function createRouter({ operations, handlers, assets }: ApplicationOptions): Router<Target> {
  // The table has exactly these keys, each with a value.
  const entries = Object.entries(operations) as [OperationId, Operation][]
  const routes = entries.map(([id, { method, path }]) => {
    const route = path.startsWith(BASE_PATH) ? path.slice(BASE_PATH.length) : path
    return { method, path, target: { route, handle: handlers[id] } }
  })
  const files = [...assets].map(([path, reply]) => ({
    method: 'GET',
    path,
    target: { route: path, handle: () => reply },
  }))
  return new Router<Target>([...routes, ...files])
}

type Proceed = (caller: Caller) => Reply | Promise<Reply>

/**
 * Calls `proceed` for an authenticated request within its rate limit. A request counts towards the subject of its
 * token, otherwise towards its client address or IPv6 network. Returns no promise unless one is needed, so a read
 * completes in one turn of the event loop.
 */
function afterAdmission(
  options: ApplicationOptions,
  request: HttpRequest,
  proceed: Proceed,
): Reply | Promise<Reply> {
  const { authenticate, rateLimit } = options
  if (rateLimit !== undefined) return afterRate(options, rateLimit, request, proceed)
  const admit = (outcome: Caller | ProblemReply) => (outcome.kind === 'problem' ? outcome : proceed(outcome))
  const outcome = isOpen(request) ? NOBODY : authenticate(request.header('authorization'))
  return outcome instanceof Promise ? outcome.then(admit) : admit(outcome)
}

/** The same with a rate limit. A client that recently sent invalid tokens pays before the signature check. */
function afterRate(
  { authenticate, distrust, clientAddress }: ApplicationOptions,
  rateLimit: RateLimit,
  request: HttpRequest,
  proceed: Proceed,
): Reply | Promise<Reply> {
  // Read before the first await: the address is gone once the client disconnects.
  const network = clientNetwork(clientAddress(request))
  const address = `address ${network}`
  let hasPaid = false
  const beforeCheck = () => {
    if (!distrust.has(network)) return undefined
    hasPaid = true
    return rateLimit(address)
  }
  const admit = (outcome: Caller | ProblemReply) => {
    if (outcome.kind === 'caller') {
      const { subject } = outcome
      return rateLimit(subject === undefined ? address : `subject ${subject}`) ?? proceed(outcome)
    }
    if (outcome.tokenFault !== undefined) distrust.add(network)
    return (hasPaid ? undefined : rateLimit(address)) ?? outcome
  }
  const outcome = isOpen(request) ? NOBODY : authenticate(request.header('authorization'), beforeCheck)
  return outcome instanceof Promise ? outcome.then(admit) : admit(outcome)
}

/** True if the path needs no token (contract 10.1). */
function isOpen({ path }: HttpRequest): boolean {
  return OPEN_PATHS.has(path) || !(path === BASE_PATH || path.startsWith(`${BASE_PATH}/`))
}

interface ResponseContext {
  readonly request: HttpRequest
  readonly requestId: string
  /** Headers common to every answer. */
  readonly headers: HttpResponse['headers']
  readonly clock: ServerClock
}

function toResponse(reply: Reply, { request, requestId, headers, clock }: ResponseContext): HttpResponse {
  switch (reply.kind) {
    case 'no-content':
      return { status: 204, headers, body: [] }
    case 'document':
      return {
        status: reply.status,
        headers: [
          ['Content-Type', reply.mediaType ?? 'application/json'],
          ...headers,
          ...(reply.headers ?? []),
        ],
        body: reply.body,
      }
    case 'problem': {
      const timestamp = formatInstant(clock.now())
      return {
        status: PROBLEMS[reply.code].status,
        headers: [['Content-Type', 'application/problem+json'], ...headers, ...(reply.headers ?? [])],
        body: problemDocument(reply, {
          path: request.path,
          traceId: traceIdOf(request) ?? requestId,
          timestamp,
        }),
      }
    }
  }
}

/** The problem for a fault that no handler can answer. A defect reveals nothing about itself (contract 9.1). */
function faultReply(fault: Fault): ProblemReply {
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

function noRoute(path: string): ProblemReply {
  return problem('HYPERFLEET-NTF-000', `No endpoint at ${path}`)
}

function otherMethod({ method, path }: HttpRequest, allow: string): ProblemReply {
  return problem('HYPERFLEET-VAL-008', `${path} does not allow ${method}; allowed: ${allow}`, {
    headers: [['Allow', allow]],
  })
}

/** Returns an undecodable parameter unchanged; it matches no resource. */
function decodeParameter(segment: string): string {
  if (!segment.includes('%')) return segment
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** `X-Request-Id` of the answer: the client's if it is acceptable, otherwise a new one. */
function requestIdOf(sent: string | undefined, randomId: () => string): string {
  return sent !== undefined && SANE.test(sent) ? sent : randomId()
}
