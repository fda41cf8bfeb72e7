// The application between transport and handlers: routes a request, authenticates it, calls the handler of the
// operation and builds the response.
import type { Operation, OperationId, OperationTable } from '../api/operations.ts'
import { PROBLEMS } from '../api/problems.ts'
import type { ServerClock } from '../fleet/clock.ts'
import { formatInstant } from '../wire/instant.ts'
import { BASE_PATH } from '../wire/paths.ts'
import type { ClientAddress } from './admission/client-address.ts'
import { clientName, clientNetwork } from './admission/client-network.ts'
import { type Cors, VARY } from './admission/cors.ts'
import type { Distrust } from './admission/distrust.ts'
import type { RateLimit } from './admission/rate-limit.ts'
import type { Authenticator, Caller } from './auth/authentication.ts'
import type { OperationHandler, Reply, Stream } from './call.ts'
import { faultReply, noRoute, otherMethod, type ProblemReply, problemDocument } from './problems.ts'
import { CLIENT_CLOSED_REQUEST, type RequestRecord, type WriteTarget } from './request-record.ts'
import { Router, type Routing } from './router.ts'
import { traceIdOf, traceparentOf } from './tracing/traceparent.ts'
import type { RequestSpan, Tracer } from './tracing/tracer.ts'
import { commonHeaders, NO_BODY } from './transport/answer.ts'
import type {
  AnswerEnd,
  Body,
  CommonHeaders,
  FaultHandler,
  Handler,
  HeaderList,
  HttpRequest,
  HttpResponse,
} from './transport/transport.ts'

export interface ApplicationOptions {
  readonly operations: OperationTable
  readonly handlers: Readonly<Record<OperationId, OperationHandler>>
  /** Beside the API, by path: the page that shows the OpenAPI document, the console, and copies for servers of a cluster. */
  readonly assets: ReadonlyMap<string, OperationHandler>
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

const UNDER_BASE = `${BASE_PATH}/`
/** Paths under the base path that need no token (contract 10.1). All begin as the first. */
const OPEN_PATHS: ReadonlySet<string> = new Set(
  ['openapi', 'openapi/', 'openapi.html', 'openapi.html/'].map(path => UNDER_BASE + path),
)
const OPEN_PREFIX = `${UNDER_BASE}openapi`

/**
 * Headers of every answer (contract 2.3): a cache between server and client would hide an acknowledged write, and
 * browsers must not guess another content type.
 */
const EVERY_ANSWER: HeaderList = ['Cache-Control', 'no-store', 'X-Content-Type-Options', 'nosniff']
/** Headers of a file whose path has a hash of its bytes, in place of those. */
const IMMUTABLE_FILE: HeaderList = [
  'Cache-Control',
  'public, max-age=31536000, immutable',
  'X-Content-Type-Options',
  'nosniff',
]

/** Headers of every stream (contract 12.1). Nothing between server and client may compress it or keep it back. */
const EVERY_STREAM: HeaderList = [
  'Cache-Control',
  'no-store, no-transform',
  'X-Accel-Buffering',
  'no',
  'X-Content-Type-Options',
  'nosniff',
]

/** Request ids accepted from clients (contract, section 9). */
const SANE = /^[A-Za-z0-9._~:/+=@-]{1,128}$/

/** Caller on paths that need no token. */
const NOBODY: Caller = {
  kind: 'caller',
  author: undefined,
  subject: undefined,
  expiresMs: Number.POSITIVE_INFINITY,
}
const NO_CONTENT: Reply = { kind: 'no-content' }
const JSON_TYPE = 'application/json'
const PROBLEM_TYPE = 'application/problem+json'

/** Entry points for the transport: one for requests, one for faults that no handler can answer. */
export interface Application {
  readonly handle: Handler
  readonly onFault: FaultHandler
}

export function createApplication(options: ApplicationOptions): Application {
  const parts: Parts = { options, router: createRouter(options), headers: new AnswerHeaders(options.cors) }
  return {
    handle(request) {
      const answering = new Answering(parts, request)
      if (answering.isPreflight) return answering.respond(NO_CONTENT, false)
      const reply = afterAdmission(options, answering)
      return reply instanceof Promise
        ? reply.then(decided => answering.respond(decided, false))
        : answering.respond(reply, false)
    },
    onFault(fault, request) {
      const answering = new Answering(parts, request)
      const isDefect = fault.kind === 'failed'
      if (isDefect) options.onError(fault.error, answering.requestId)
      return answering.respond(faultReply(fault), isDefect)
    },
  }
}

/** Headers that answers share, by media type. */
class AnswerHeaders {
  readonly #byType = new Map<string | undefined, CommonHeaders>()
  readonly #vary: HeaderList

  /** @param cors with it, `Vary` depends on the request */
  constructor(cors: Cors | undefined) {
    this.#vary = cors === undefined ? VARY : []
  }

  /** The headers of a file whose path has a hash of its bytes. */
  ofFile(mediaType: string): CommonHeaders {
    return commonHeaders(['Content-Type', mediaType, ...IMMUTABLE_FILE, ...this.#vary])
  }

  /** @param mediaType undefined for an answer without a body */
  of(mediaType: string | undefined): CommonHeaders {
    return this.#byType.get(mediaType) ?? this.#make(mediaType, EVERY_ANSWER)
  }

  /** No answer of another kind has this media type. */
  ofStream(mediaType: string): CommonHeaders {
    return this.#byType.get(mediaType) ?? this.#make(mediaType, EVERY_STREAM)
  }

  #make(mediaType: string | undefined, list: HeaderList): CommonHeaders {
    const ofType = mediaType === undefined ? [] : ['Content-Type', mediaType]
    const headers = commonHeaders([...ofType, ...list, ...this.#vary])
    this.#byType.set(mediaType, headers)
    return headers
  }
}

/** Parts shared by all requests. */
interface Parts {
  readonly options: ApplicationOptions
  readonly router: Router<Target>
  readonly headers: AnswerHeaders
}

/**
 * One request: finds its reply, builds the response from it, and is then its record. The request is logged and counted only
 * if its response is the one sent. (One object for all three, because each request would leave five.)
 */
class Answering implements HttpResponse, RequestRecord {
  readonly request: HttpRequest
  readonly requestId: string
  readonly span: RequestSpan | undefined
  readonly #parts: Parts
  readonly #routing: Routing<Target>
  readonly #startedMs: number
  readonly #preflight: HeaderList | undefined
  status = 0
  common: CommonHeaders | undefined
  headers: HeaderList = []
  body: Body = NO_BODY
  stream: Stream | undefined
  isWithheld = false
  durationMs = 0
  problem: ProblemReply | undefined
  write: WriteTarget | undefined
  #isDefect = false

  constructor(parts: Parts, request: HttpRequest) {
    const { options, router } = parts
    this.request = request
    this.#parts = parts
    this.#routing = router.find(request.method, request.path)
    this.#startedMs = options.nowMs()
    this.requestId = requestIdOf(request.header('x-request-id'), options.randomId)
    this.#preflight = options.cors?.preflight(request)
    this.span = options.tracer?.begin(traceparentOf(request))
  }

  get isPreflight(): boolean {
    return this.#preflight !== undefined
  }

  get method(): string {
    const { method } = this.request
    return COUNTED_METHODS.has(method) ? method : 'other'
  }

  get route(): string {
    return this.#routing.kind === 'route' ? this.#routing.target.route : 'unmatched'
  }

  get bodyBytes(): number {
    return this.stream?.bytes ?? this.body.length
  }

  /** Calls the handler for an admitted caller. */
  admit(outcome: Caller | ProblemReply): Reply | Promise<Reply> {
    if (outcome.kind === 'problem') return outcome
    const { request, requestId, span } = this
    const routing = this.#routing
    if (routing.kind === 'no-route') return noRoute(request.path)
    if (routing.kind === 'other-method') return otherMethod(request, routing.allow)
    const isPlain = !request.path.includes('%')
    const parameters = isPlain ? routing.parameters : routing.parameters.map(decodeParameter)
    const { author: caller, subject, expiresMs } = outcome
    return routing.target.handle({ request, requestId, parameters, caller, subject, expiresMs, span })
  }

  /** A defect is recorded as one even if the client has disconnected. */
  respond(reply: Reply, isDefect: boolean): HttpResponse {
    const { options, headers } = this.#parts
    this.#isDefect = isDefect
    this.write = reply.write
    switch (reply.kind) {
      case 'no-content':
        this.status = 204
        this.common = headers.of(undefined)
        this.headers = this.#ownHeaders(reply.sequence)
        break
      case 'not-modified':
        this.status = 304
        this.common = headers.of(undefined)
        this.headers = this.#ownHeaders(reply.sequence, reply.tag)
        break
      case 'document':
        this.status = reply.status
        this.common = reply.isImmutable
          ? headers.ofFile(reply.mediaType ?? JSON_TYPE)
          : headers.of(reply.mediaType ?? JSON_TYPE)
        this.headers = this.#ownHeaders(reply.sequence, reply.tag, reply.headers)
        this.body = reply.body
        break
      case 'stream':
        this.status = 200
        this.common = headers.ofStream(reply.mediaType)
        this.headers = this.#ownHeaders(reply.sequence)
        this.stream = reply.open(problem => this.#problemDocument(problem))
        break
      case 'no-answer':
        this.common = headers.of(undefined)
        this.isWithheld = true
        break
      case 'problem':
        this.status = PROBLEMS[reply.code].status
        this.common = headers.of(PROBLEM_TYPE)
        this.headers = this.#ownHeaders(reply.sequence, undefined, reply.headers)
        this.body = this.#problemDocument(reply)
        this.problem = reply
    }
    this.durationMs = options.nowMs() - this.#startedMs - (reply.waitedMs ?? 0)
    return this
  }

  onOver(end: AnswerEnd): void {
    const { onRequest } = this.#parts.options
    const isAbandoned = end === 'gone' && !this.#isDefect && this.stream === undefined
    onRequest(isAbandoned ? this.#abandoned() : this)
  }

  /** The headers after the common ones. */
  #ownHeaders(sequence?: number, tag?: string, ofReply?: HeaderList): HeaderList {
    const { cors } = this.#parts.options
    const own = ['X-Request-Id', this.requestId]
    if (sequence !== undefined) own.push('X-HyperFleet-Sequence', String(sequence))
    if (tag !== undefined) own.push('ETag', tag)
    if (ofReply !== undefined) own.push(...ofReply)
    return cors === undefined ? own : [...(this.#preflight ?? cors.headers(this.request)), ...own]
  }

  #problemDocument(reply: ProblemReply): Buffer {
    const { request, requestId } = this
    const timestamp = formatInstant(this.#parts.options.clock.now())
    return problemDocument(reply, {
      path: request.path,
      traceId: traceIdOf(request) ?? requestId,
      timestamp,
    })
  }

  /** The record of a request whose client disconnected before receiving the whole answer. */
  #abandoned(): RequestRecord {
    const { method, route, requestId, request, span, write } = this
    const durationMs = this.#parts.options.nowMs() - this.#startedMs
    const status = CLIENT_CLOSED_REQUEST
    return {
      method,
      route,
      status,
      durationMs,
      requestId,
      bodyBytes: 0,
      problem: undefined,
      request,
      span,
      write,
    }
  }
}

function createRouter({ operations, handlers, assets }: ApplicationOptions): Router<Target> {
  // The table has exactly these keys, each with a value.
  const entries = Object.entries(operations) as [OperationId, Operation][]
  const routes = entries.map(([id, { method, path }]) => {
    const route = path.startsWith(BASE_PATH) ? path.slice(BASE_PATH.length) : path
    return { method, path, target: { route, handle: handlers[id] } }
  })
  const files = [...assets].map(([path, handle]) => ({
    method: 'GET',
    path,
    target: { route: path, handle },
  }))
  return new Router<Target>([...routes, ...files])
}

/**
 * The reply to an authenticated request within its rate limit. A request counts towards the subject of its token, otherwise
 * towards its client address or IPv6 network. Returns no promise unless one is needed, so a read completes in one turn of
 * the event loop.
 */
function afterAdmission(options: ApplicationOptions, answering: Answering): Reply | Promise<Reply> {
  const { authenticate, rateLimit } = options
  if (rateLimit !== undefined) return afterRate(options, rateLimit, answering)
  const { request } = answering
  const outcome = isOpen(request) ? NOBODY : authenticate(request.header('authorization'))
  return outcome instanceof Promise
    ? outcome.then(decided => answering.admit(decided))
    : answering.admit(outcome)
}

/** The same with a rate limit. A client that recently sent invalid tokens pays before the signature check. */
function afterRate(
  { authenticate, distrust, clientAddress }: ApplicationOptions,
  rateLimit: RateLimit,
  answering: Answering,
): Reply | Promise<Reply> {
  const { request } = answering
  // Read before the first await: the address is gone once the client disconnects.
  const network = clientNetwork(clientAddress(request))
  const address = clientName(undefined, network)
  let hasPaid = false
  const beforeCheck = () => {
    if (!distrust.has(network)) return undefined
    hasPaid = true
    return rateLimit(address)
  }
  const admit = (outcome: Caller | ProblemReply) => {
    if (outcome.kind === 'caller') {
      const { subject } = outcome
      return (
        rateLimit(subject === undefined ? address : clientName(subject, network)) ?? answering.admit(outcome)
      )
    }
    if (outcome.tokenFault !== undefined) distrust.add(network)
    return (hasPaid ? undefined : rateLimit(address)) ?? outcome
  }
  const outcome = isOpen(request) ? NOBODY : authenticate(request.header('authorization'), beforeCheck)
  return outcome instanceof Promise ? outcome.then(admit) : admit(outcome)
}

/** True if the path needs no token (contract 10.1). */
function isOpen({ path }: HttpRequest): boolean {
  if (!path.startsWith(UNDER_BASE)) return path !== BASE_PATH
  return path.startsWith(OPEN_PREFIX) && OPEN_PATHS.has(path)
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

/** Ids made at once. Each then costs 0.3 microseconds less than with `randomUUID`, and 70 bytes in place of 600. */
const IDS_AT_ONCE = 128
const ID_BYTES = 16
const ID_LENGTH = 36
const DIGITS = Buffer.from('0123456789abcdef')
const HYPHEN = 0x2d

/**
 * Returns a source of random ids: UUIDs of version 4 (RFC 9562, section 5.4).
 * @param fillRandom fills a buffer with random bytes
 */
export function createRequestIds(fillRandom: (bytes: Buffer) => void): () => string {
  const random = Buffer.alloc(IDS_AT_ONCE * ID_BYTES)
  const text = Buffer.alloc(IDS_AT_ONCE * ID_LENGTH)
  let ids = ''
  let next = 0
  return () => {
    if (next === ids.length) {
      fillRandom(random)
      writeIds(random, text)
      ids = text.toString('latin1')
      next = 0
    }
    next += ID_LENGTH
    return ids.slice(next - ID_LENGTH, next)
  }
}

/** Writes ids from random bytes, one behind the other. */
function writeIds(random: Buffer, text: Buffer): void {
  let end = 0
  for (let i = 0; i < random.length; i++) {
    const place = i % ID_BYTES
    let byte = random[i] ?? 0
    if (place === 4 || place === 6 || place === 8 || place === 10) text[end++] = HYPHEN
    if (place === 6) byte = (byte & 0x0f) | 0x40
    if (place === 8) byte = (byte & 0x3f) | 0x80
    text[end++] = DIGITS[byte >> 4] ?? 0
    text[end++] = DIGITS[byte & 0x0f] ?? 0
  }
}

/** `X-Request-Id` of the answer: the client's if it is acceptable, otherwise a new one. */
function requestIdOf(sent: string | undefined, randomId: () => string): string {
  return sent !== undefined && SANE.test(sent) ? sent : randomId()
}
