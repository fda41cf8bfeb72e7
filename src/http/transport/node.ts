// The engine on node:http, for platforms on which uWebSockets.js does not load, and on node:https for TLS. Input that
// its parser refuses is answered by `refusal.ts`.
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Answer, copyOf } from './answer.ts'
import { type Framing, readFraming } from './body.ts'
import { type CertificateFiles, readCertificate } from './certificate.ts'
import { Exchange, type Service } from './exchange.ts'
import { DEFAULT_LIMITS, IDLE_MS, MAX_HEAD_BYTES } from './limits.ts'
import { checkPort, toListenError } from './listen-error.ts'
import { Pieces } from './pieces.ts'
import { Pipeline, type Pipelined } from './pipeline.ts'
import { refusal } from './refusal.ts'
import { readSendQueues } from './send-queues.ts'
import { SlowClients } from './slow-clients.ts'
import { Traffic } from './traffic.ts'
import {
  CONNECTION_REFUSALS,
  type ConnectionRefusal,
  type Listener,
  type OpenBody,
  type Transport,
  type TransportOptions,
} from './transport.ts'

/** The transport on node:http. */
export const nodeTransport: Transport = { engine: 'node', refusals: CONNECTION_REFUSALS, listen }

/** Interval of the check for heads that take too long. */
const HEAD_CHECK_MS = 2000
const NOTHING = new Uint8Array(0)

async function listen(options: TransportOptions): Promise<Listener> {
  const { host, port } = options
  checkPort(host, port)
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const traffic = new Traffic(limits)
  const { handler, onFault, clientOf = request => request.peer(), retain = () => () => {} } = options
  let actualPort = port
  const slowClients = new SlowClients({
    deadlineMs: limits.answerDeadlineMs,
    readQueues: addresses => readSendQueues(actualPort, addresses),
    nowMs: () => performance.now(),
  })
  const service: Service = { handler, onFault, limits, traffic, slowClients, clientOf, retain }
  const { server, sockets, reload } = toServer(service, options)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toListenError(host, port, error.code)))
    server.listen({ host, port, exclusive: true }, resolve)
  })
  // An address over TCP is always an AddressInfo.
  actualPort = (server.address() as AddressInfo).port
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= closeServer(server, sockets, service)
    return closed
  }
  return { engine: 'node', port: actualPort, reload, close }
}

interface NodeServer {
  readonly server: Server | TlsServer
  /** All open connections, including those still in the TLS handshake. */
  readonly sockets: ReadonlySet<Socket>
  reload(): void
}

function toServer(service: Service, { tls, onRefused = () => {} }: TransportOptions): NodeServer {
  const pipelines = new WeakMap<Socket, Pipeline>()
  const take = (request: IncomingMessage, response: ServerResponse, awaitsContinue: boolean) => {
    const pipeline = pipelines.get(request.socket)
    if (pipeline === undefined || pipeline.isEnding) {
      request.resume()
      return
    }
    const exchange = new NodeExchange(service, request, response, pipeline)
    pipeline.add(exchange)
    response.once('finish', () => {
      exchange.finish()
      pipeline.remove(exchange)
    })
    if (!exchange.start(awaitsContinue)) pipeline.stopReading()
  }
  const onRequest: RequestListener = (request, response) => take(request, response, false)
  const { server, reload } = createEngine(tls, onRequest)
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    take(request, response, true),
  )
  // Unknown expectations are ignored, as on the other engine (RFC 9110, 10.1.1).
  server.on('checkExpectation', onRequest)
  // By default node:http silently drops headers beyond 2000. The size of the head limits them anyway.
  server.maxHeadersCount = 0
  server.maxConnections = service.limits.connections
  server.on('drop', () => onRefused('too-many'))
  const sockets = countSockets(server, service)
  const ready = tls === undefined ? 'connection' : 'secureConnection'
  server.on(ready, (socket: Socket) => {
    if (!pipelines.has(socket)) pipelines.set(socket, new Pipeline(socket))
  })
  const refuse = (reason: ConnectionRefusal, socket: Duplex) => {
    const pipeline = pipelines.get(socket as Socket) // node:http hands out the socket that it was given.
    const answer = reason === 'head-too-large' || reason === 'malformed' ? refusal(reason) : undefined
    if (pipeline === undefined) socket.destroy()
    if (pipeline?.refuse(answer) ?? true) onRefused(reason)
  }
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const reason = refusalOf(error.code)
    if (error.code === BEHIND_THE_LAST) pipelines.get(socket as Socket)?.stopReading()
    else if (reason !== undefined) refuse(reason, socket)
    else socket.destroy()
  })
  server.on('connect', (_request, socket) => refuse('malformed', socket))
  server.on('upgrade', (request, socket, behind) => {
    pipelines.get(socket as Socket)?.whenAnswered(() => {
      socket.unshift(Buffer.concat([headWithoutUpgrade(request), behind]))
      server.emit(ready, socket)
    })
  })
  return { server, sockets, reload }
}

/** Counts the connections of a server. Returns the set of open ones. */
function countSockets(server: Server | TlsServer, { traffic }: Service): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    if (sockets.has(socket)) return
    sockets.add(socket)
    traffic.connect() // `maxConnections` has left out those that there is no room for.
    socket.once('close', () => {
      sockets.delete(socket)
      traffic.disconnect()
    })
  })
  return sockets
}

/**
 * The head of a request with an unsupported `Upgrade`, without that header, to be parsed again: node:http would drop
 * everything after it, the body included. Never longer than the original.
 */
function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`]
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() !== 'upgrade') lines.push(`${rawHeaders[i]}:${rawHeaders[i + 1]}`)
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
}

/** Node's error code for bytes after the last request of a connection. */
const BEHIND_THE_LAST = 'HPE_CLOSED_CONNECTION'

/** The refusal for a Node error code; undefined if the client has disconnected. */
function refusalOf(code: string | undefined): ConnectionRefusal | undefined {
  if (code === 'HPE_HEADER_OVERFLOW') return 'head-too-large'
  if (code?.startsWith('HPE_')) return 'malformed'
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return 'head-timeout'
  return code === 'ERR_TLS_HANDSHAKE_TIMEOUT' || code?.startsWith('ERR_SSL_') ? 'tls-handshake' : undefined
}

function createEngine(
  tls: CertificateFiles | undefined,
  onRequest: RequestListener,
): Pick<NodeServer, 'server' | 'reload'> {
  const options: ServerOptions = {
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: IDLE_MS,
    keepAliveTimeout: IDLE_MS,
    requestTimeout: 0, // The body deadline of the transport takes its place.
    connectionsCheckingInterval: HEAD_CHECK_MS,
    requireHostHeader: false, // It would be answered with an empty body.
  }
  if (tls === undefined) {
    const server = createServer(options, onRequest)
    return { server: withHalfOpen(server), reload: () => {} }
  }
  const server = createTlsServer(
    { ...options, ...readCertificate(tls), handshakeTimeout: IDLE_MS, allowHalfOpen: true },
    onRequest,
  )
  return { server: withHalfOpen(server), reload: () => server.setSecureContext(readCertificate(tls)) }
}

/** Lets a half-closed client receive its answer. The property of node:http is missing in its types. */
function withHalfOpen<S extends Server | TlsServer>(server: S): S {
  return Object.assign(server, { httpAllowHalfOpen: true })
}

async function closeServer(
  server: Server,
  sockets: ReadonlySet<Socket>,
  { traffic, limits }: Service,
): Promise<void> {
  // Pending connections of the listen queue are accepted in this turn, before the listening socket closes.
  await nextTurn()
  // `close` of node:http would cut off connections that it considers idle, even while an answer is being sent.
  const closed = new Promise<void>(resolve => NetServer.prototype.close.call(server, () => resolve()))
  await traffic.drain(limits.lingerMs, limits.closeDeadlineMs)
  server.close()
  for (const socket of sockets) socket.destroy()
  await closed
}

/** A request on node:http. */
class NodeExchange extends Exchange implements Pipelined {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #pipeline: Pipeline
  readonly #isTarget: boolean
  #isOpenEnded = false

  constructor(service: Service, request: IncomingMessage, response: ServerResponse, pipeline: Pipeline) {
    super(service)
    this.#request = request
    this.#response = response
    this.#pipeline = pipeline
    this.method = request.method ?? ''
    const target = readTarget(request.url ?? '')
    this.#isTarget = target !== undefined
    this.path = target?.path ?? request.url ?? ''
    this.query = target?.query ?? ''
  }

  /** Starts answering the request. False if it is refused and nothing after it may be read. */
  start(awaitsContinue: boolean): boolean {
    const framing = this.#framing()
    if (framing.kind === 'malformed') {
      this.fail(framing)
      return false
    }
    if (framing.kind !== 'none')
      this.#awaitBody(framing.kind === 'length' ? framing.bytes : undefined, awaitsContinue)
    this.run()
    return true
  }

  protected peerPort(): number | undefined {
    return this.#request.socket.remotePort
  }

  peer(): string {
    return this.#request.socket.remoteAddress ?? ''
  }

  values(name: string): readonly string[] {
    return this.#request.headersDistinct[name] ?? []
  }

  header(name: string): string | undefined {
    const value = this.#request.headersDistinct[name]?.[0]
    return value === '' ? undefined : value
  }

  /** True if a part of the answer may have been sent. */
  get isAnswering(): boolean {
    return this.#response.headersSent
  }

  get awaitsBody(): boolean {
    return !this.#request.complete
  }

  get isOpenEnded(): boolean {
    return this.#isOpenEnded
  }

  /** All of the answer has been handed to the system. */
  finish(): void {
    this.sent()
  }

  /** The connection has closed. */
  disconnect(): void {
    this.abort()
  }

  protected detach(): void {
    // Requests and responses of node:http stay valid.
  }

  protected cutOff(): void {
    this.#request.socket.destroy()
  }

  protected sendContinue(): void {
    this.#response.writeContinue()
  }

  protected get seesRest(): boolean {
    return true
  }

  protected stopDraining(): void {
    this.#request.socket.destroy()
  }

  protected keepWaiting(): void {
    // Without a request timeout node:http waits indefinitely.
  }

  protected send(answer: Answer): void {
    const response = this.#response
    // Disconnects a client that takes nothing for this long. node:http restores its own timeouts afterwards.
    this.#request.socket.setTimeout(IDLE_MS)
    const headers = [...answer.common.list, ...answer.headers]
    if (answer.length !== undefined) headers.push('Content-Length', String(answer.length))
    if (answer.close) headers.push('Connection', 'close')
    if (answer.close && this.isBodyUnderWay) this.#pipeline.endInSteps()
    response.writeHead(answer.status, headers)
    if (answer.stream !== undefined) {
      this.#open(answer.stream)
      return
    }
    const isSmall = answer.bodyBytes <= this.service.limits.streamingBytes
    if (isSmall) response.end(Buffer.isBuffer(answer.body) ? answer.body : copyOf(answer.body))
    // Without a socket, it waits behind the answers to earlier requests. node:http keeps the buffer that it got.
    const isWaiting = response.socket === null || response.socket.writableLength > 0
    if (isSmall && isWaiting && Buffer.isBuffer(answer.body)) this.retained(answer.body)
    const hasRoom = answer.bodyBytes === 0 || (isSmall && !isWaiting) || this.hold(answer.bodyBytes)
    if (!hasRoom) this.cutOff()
    else if (!isSmall) this.#pushPieces(new Pieces(this.retained(answer.body)))
  }

  /** Applies the strictness of the other engine to what the parser accepts. */
  #framing(): Framing {
    if (!this.#isTarget) return { kind: 'malformed', reason: 'the target is not a path' }
    const { httpVersion } = this.#request
    if (httpVersion !== '1.1' && httpVersion !== '1.0')
      return { kind: 'malformed', reason: 'HTTP version other than 1.0 and 1.1' }
    const hosts = this.values('host').length
    if (hosts > 1) return { kind: 'malformed', reason: 'more than one Host header' }
    if (hosts === 0 && httpVersion === '1.1') return { kind: 'malformed', reason: 'no Host header' }
    const encodings = this.values('transfer-encoding')
    if (encodings.length > 0 && httpVersion === '1.0')
      return { kind: 'malformed', reason: 'Transfer-Encoding in HTTP/1.0' }
    return readFraming(this.values('content-length'), encodings)
  }

  /** Begins a body without a length. Nothing after its request is read. */
  #open(body: OpenBody): void {
    const response = this.#response
    const { socket } = this.#request
    this.#isOpenEnded = true
    socket.setTimeout(0)
    this.#pipeline.stopReading()
    const writer = this.openBody(body, {
      // node:http keeps the buffer until the system has taken it.
      write: bytes => response.write(Buffer.from(bytes)),
      end: () => {
        socket.setTimeout(IDLE_MS)
        response.end()
      },
      cutOff: () => socket.destroy(),
      free: () => {},
    })
    response.on('drain', () => writer.catchUp())
    writer.begin()
  }

  #awaitBody(declaredBytes: number | undefined, awaitsContinue: boolean): void {
    this.expectBody(declaredBytes, awaitsContinue)
    this.#request.on('data', (chunk: Buffer) => this.receive(chunk, false))
    this.#request.once('end', () => this.receive(NOTHING, true))
  }

  #pushPieces(pieces: Pieces): void {
    while (!this.aborted) {
      const piece = pieces.peek()
      if (piece.length === 0) {
        this.#response.end()
        return
      }
      pieces.advanceTo(pieces.position + piece.length)
      if (!this.#response.write(piece)) {
        // A reader that keeps up drains in the same turn, and other requests should have theirs.
        this.#response.once('drain', () => setImmediate(() => this.#pushPieces(pieces)))
        return
      }
    }
  }
}

/** An absolute HTTP URI without user information and fragment (RFC 9110, 4.2). */
const ABSOLUTE = /^https?:\/\/[^/?#@\s]+((?:[/?][^#]*)?)$/i

/** Target of a request; both parts undecoded. */
interface Target {
  readonly path: string
  /** The part after the first `?`; empty if there is none. */
  readonly query: string
}

/**
 * Splits a target in origin form or absolute form. The authority of the absolute form overrides `Host` (RFC 9112,
 * 3.2.2). It is ignored, because this server answers the same for every host.
 * @returns undefined for every other form, such as `*`
 */
function readTarget(target: string): Target | undefined {
  const origin = target.startsWith('/') ? target : originOf(target)
  if (origin === undefined) return undefined
  const mark = origin.indexOf('?')
  if (mark === -1) return { path: origin, query: '' }
  return { path: origin.slice(0, mark), query: origin.slice(mark + 1) }
}

function originOf(target: string): string | undefined {
  const behind = ABSOLUTE.exec(target)?.[1]
  return behind === undefined || behind.startsWith('/') ? behind : `/${behind}`
}
