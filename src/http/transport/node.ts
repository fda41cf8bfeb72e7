// The engine on node:http, for platforms where uWebSockets.js does not load, and on node:https for TLS. What its parser
// refuses is answered by `refusal.ts`.
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
import { setImmediate as nextTurn } from 'node:timers/promises'
import { CONNECTION_REFUSALS, type ConnectionRefusal } from '../../observe/connection-refusal.ts'
import type { Answer } from './answer.ts'
import { type CertificateFiles, readCertificate } from './certificate.ts'
import { Exchange, type Service } from './exchange.ts'
import { type Framing, readFraming } from './framing.ts'
import { DEFAULT_LIMITS, IDLE_MS, MAX_HEAD_BYTES } from './limits.ts'
import { checkPort, toListenError } from './listen-error.ts'
import { joined, Pieces } from './pieces.ts'
import { refusal } from './refusal.ts'
import { Traffic } from './traffic.ts'
import type { Listener, Transport, TransportOptions } from './transport.ts'

/** The transport on node:http. */
export const nodeTransport: Transport = { engine: 'node', refusals: CONNECTION_REFUSALS, listen }

/** How often heads that take too long are looked for. */
const HEAD_CHECK_MS = 2000
const NOTHING = new Uint8Array(0)

async function listen(options: TransportOptions): Promise<Listener> {
  const { host, port } = options
  checkPort(host, port)
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const traffic = new Traffic(limits)
  const service: Service = { handler: options.handler, onFault: options.onFault, limits, traffic }
  const { server, sockets, reload } = toServer(service, options)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(toListenError(host, port, error.code)))
    server.listen({ host, port, exclusive: true }, resolve)
  })
  // An address over TCP is always an AddressInfo.
  const { port: actualPort } = server.address() as AddressInfo
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= closeServer(server, sockets, service)
    return closed
  }
  return { engine: 'node', port: actualPort, reload, close }
}

interface NodeServer {
  readonly server: Server | TlsServer
  /** All open connections, those that have not shaken hands included. */
  readonly sockets: ReadonlySet<Socket>
  reload(): void
}

function toServer(service: Service, { tls, onRefused = () => {} }: TransportOptions): NodeServer {
  const exchanges = new WeakMap<Socket, Set<NodeExchange>>()
  const { server, reload } = createEngine(tls, (request, response) => {
    const exchange = new NodeExchange(service, request, response)
    const ofSocket = exchanges.get(request.socket)
    ofSocket?.add(exchange)
    response.once('finish', () => {
      ofSocket?.delete(exchange)
      exchange.finish()
    })
    exchange.start()
  })
  // By default headers beyond the two thousandth are dropped without a word; the size of the head bounds them.
  server.maxHeadersCount = 0
  server.maxConnections = service.limits.connections
  server.on('drop', () => onRefused('too-many'))
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    service.traffic.connect() // `maxConnections` has left out those that there is no room for.
    socket.once('close', () => {
      sockets.delete(socket)
      service.traffic.disconnect()
    })
  })
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    const ofSocket = new Set<NodeExchange>()
    exchanges.set(socket, ofSocket)
    socket.once('close', () => {
      for (const exchange of ofSocket) exchange.disconnect()
    })
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    const ofSocket = [...(exchanges.get(socket) ?? [])]
    const isAnswering = ofSocket.some(exchange => exchange.isAnswering)
    const reason = refusalOf(error.code)
    if (reason !== undefined) onRefused(reason)
    if (socket.writable && !isAnswering && (reason === 'head-too-large' || reason === 'malformed'))
      socket.write(refusal(reason))
    socket.destroy()
  })
  return { server, sockets, reload }
}

/** Why a connection is ended, by the code of Node's error; undefined when its client has gone. */
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
  if (tls === undefined) return { server: createServer(options, onRequest), reload: () => {} }
  const server = createTlsServer(
    { ...options, ...readCertificate(tls), handshakeTimeout: IDLE_MS },
    onRequest,
  )
  return { server, reload: () => server.setSecureContext(readCertificate(tls)) }
}

async function closeServer(
  server: Server,
  sockets: ReadonlySet<Socket>,
  { traffic, limits }: Service,
): Promise<void> {
  // Connections that the system holds ready are taken in this turn, before the listening socket goes.
  await nextTurn()
  // `close` of node:http would at once cut off connections that it holds for idle, some with an answer still going out.
  const closed = new Promise<void>(resolve => NetServer.prototype.close.call(server, () => resolve()))
  await traffic.drain(limits.lingerMs, limits.closeDeadlineMs)
  server.close()
  for (const socket of sockets) socket.destroy()
  await closed
}

/** A request on node:http. */
class NodeExchange extends Exchange {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly #request: IncomingMessage
  readonly #response: ServerResponse

  constructor(service: Service, request: IncomingMessage, response: ServerResponse) {
    super(service)
    this.#request = request
    this.#response = response
    this.method = request.method ?? ''
    const target = request.url ?? ''
    const mark = target.indexOf('?')
    this.path = mark === -1 ? target : target.slice(0, mark)
    this.query = mark === -1 ? '' : target.slice(mark + 1)
  }

  start(): void {
    const framing = this.#framing()
    if (framing.kind === 'malformed') {
      this.fail(framing)
      return
    }
    if (framing.kind !== 'none') this.#awaitBody(framing.kind === 'length' ? framing.bytes : undefined)
    this.run()
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

  /** Whether a part of the answer may be out already. */
  get isAnswering(): boolean {
    return this.#response.headersSent
  }

  /** Everything has been handed to the system. */
  finish(): void {
    this.sent()
  }

  /** The connection is gone. */
  disconnect(): void {
    this.abort()
  }

  protected detach(): void {
    // Requests and responses of node:http stay valid.
  }

  protected cutOff(): void {
    this.#request.socket.destroy()
  }

  protected keepWaiting(): void {
    // Without a request timeout node:http waits as long as it is let.
  }

  protected send(answer: Answer): void {
    const response = this.#response
    // A client that takes nothing for this long is cut off; node:http goes back to its own timeouts afterwards.
    this.#request.socket.setTimeout(IDLE_MS)
    const headers = answer.headers.flat()
    if (answer.length !== undefined) headers.push('Content-Length', String(answer.length))
    if (answer.close) headers.push('Connection', 'close')
    response.writeHead(answer.status, headers)
    const isSmall = answer.bodyBytes <= this.service.limits.streamingBytes
    if (isSmall) response.end(joined(answer.body))
    if (answer.bodyBytes > 0 && (!isSmall || this.#request.socket.writableLength > 0))
      this.hold(answer.bodyBytes)
    if (!isSmall) this.#pushPieces(new Pieces(answer.body))
  }

  /** Its parser has refused what is ambiguous; what is left are forms that the other engine does not take either. */
  #framing(): Framing {
    if (!this.path.startsWith('/')) return { kind: 'malformed', reason: 'a target that is not a path' }
    const { httpVersion, headers } = this.#request
    if (httpVersion === '1.1' && headers.host === undefined)
      return { kind: 'malformed', reason: 'no Host header' }
    const { 'content-length': length, 'transfer-encoding': encoding } = headers
    return readFraming(length === undefined ? [] : [length], encoding === undefined ? [] : [encoding])
  }

  #awaitBody(declaredBytes: number | undefined): void {
    this.expectBody(declaredBytes)
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
        this.#response.once('drain', () => this.#pushPieces(pieces))
        return
      }
    }
  }
}
