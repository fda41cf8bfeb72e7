// Listeners for probes and Prometheus: plain node:http, one port each (contract 1.1). They require no token, so each has
// limits of its own, and an attack on one takes nothing from the API.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { hostAndPort } from '../wire/address.ts'

export interface ManagementAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** Routes of a listener, by path. */
export type ManagementRoutes = ReadonlyMap<string, () => ManagementAnswer | Promise<ManagementAnswer>>

export interface ManagementListener {
  readonly port: number
  close(): Promise<void>
}

const NOT_FOUND: ManagementAnswer = { status: 404, contentType: 'text/plain', body: 'not found\n' }
const NOT_ALLOWED: ManagementAnswer = { status: 405, contentType: 'text/plain', body: 'only GET and HEAD\n' }
const FAILED: ManagementAnswer = { status: 500, contentType: 'text/plain', body: 'failed\n' }

/**
 * Maximum number of connections per port. At the limit, a new one replaces the least recently used, so that a probe
 * always gets in.
 */
export const MAX_MANAGEMENT_CONNECTIONS = 64
/** Maximum size of a request head. Beyond: 431. */
const MAX_HEAD_BYTES = 8 * 1024
/** Time that a connection may be idle, send a request, or leave an answer untaken. Beyond: closed. */
const PATIENCE_MS = 10_000
/** Interval of the check for slow connections. */
const CHECK_MS = 2000

/**
 * Starts a listener. Calls `onError` if a route throws.
 * @throws Error with the address if the port cannot be bound
 */
export async function listenForManagement(
  name: string,
  host: string,
  port: number,
  routes: ManagementRoutes,
  onError: (error: unknown) => void,
): Promise<ManagementListener> {
  const options = {
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: PATIENCE_MS,
    requestTimeout: PATIENCE_MS,
    keepAliveTimeout: PATIENCE_MS,
    connectionsCheckingInterval: CHECK_MS,
  }
  const connections = new Connections()
  const server = createServer(options, (request, response) => {
    if (!connections.begin(request.socket)) return
    response.once('finish', () => connections.end(request.socket))
    answer(request, routes)
      .catch(error => {
        onError(error)
        return FAILED
      })
      .then(result => send(request, response, result))
  })
  server.setTimeout(PATIENCE_MS)
  server.on('connection', (socket: Socket) => connections.add(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(new Error(`the ${name} listener cannot use ${hostAndPort(host, port)}: ${error.message}`)),
    )
    server.listen({ host, port }, resolve)
  })
  const address = server.address() as AddressInfo // a listening TCP server has one
  return {
    port: address.port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Open connections of a port, least recently used first. */
class Connections {
  readonly #sockets = new Set<Socket>()
  readonly #answering = new Set<Socket>()
  /** Connections that close after the current answer. */
  readonly #last = new Set<Socket>()

  add(socket: Socket): void {
    const [oldest] = this.#sockets
    if (this.#sockets.size >= MAX_MANAGEMENT_CONNECTIONS && oldest !== undefined) {
      this.#sockets.delete(oldest)
      oldest.destroy()
    }
    this.#sockets.add(socket)
    socket.once('close', () => {
      for (const set of [this.#sockets, this.#answering, this.#last]) set.delete(socket)
    })
  }

  /** Accepts a request. False if the previous one is not answered yet; then this one is dropped. */
  begin(socket: Socket): boolean {
    if (this.#answering.has(socket)) {
      // Probes do not pipeline, and each of many requests in one packet would cost an answer.
      this.#last.add(socket)
      return false
    }
    this.#answering.add(socket)
    if (this.#sockets.delete(socket)) this.#sockets.add(socket)
    return true
  }

  end(socket: Socket): void {
    this.#answering.delete(socket)
    if (this.#last.has(socket)) socket.destroySoon()
  }
}

async function answer(request: IncomingMessage, routes: ManagementRoutes): Promise<ManagementAnswer> {
  const route = routes.get((request.url ?? '').split('?', 1)[0] ?? '')
  if (route === undefined) return NOT_FOUND
  return request.method === 'GET' || request.method === 'HEAD' ? route() : NOT_ALLOWED
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, body }: ManagementAnswer,
): void {
  response.writeHead(status, {
    'Content-Type': contentType,
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(status === 405 ? { Allow: 'GET, HEAD' } : {}),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
