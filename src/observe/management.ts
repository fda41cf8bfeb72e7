// The listeners beside the API, for probes and for Prometheus: plain node:http, one port each (contract 1.1). They ask for no
// token, so that each has bounds of its own: whatever is done to one takes nothing from the API.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { hostAndPort } from '../wire/address.ts'

export interface ManagementAnswer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

/** What a listener serves, by path. */
export type ManagementRoutes = ReadonlyMap<string, () => ManagementAnswer | Promise<ManagementAnswer>>

export interface ManagementListener {
  readonly port: number
  close(): Promise<void>
}

const NOT_FOUND: ManagementAnswer = { status: 404, contentType: 'text/plain', body: 'not found\n' }
const NOT_ALLOWED: ManagementAnswer = { status: 405, contentType: 'text/plain', body: 'only GET and HEAD\n' }
const FAILED: ManagementAnswer = { status: 500, contentType: 'text/plain', body: 'failed\n' }

/**
 * Connections of one port at the same time; one more takes the place of the one whose last request is the longest ago, so
 * that a probe always gets in.
 */
export const MAX_MANAGEMENT_CONNECTIONS = 64
/** The longest head of a request; beyond: 431. */
const MAX_HEAD_BYTES = 8 * 1024
/** How long a connection may be idle, send a request, or leave an answer untaken; beyond: it is closed. */
const PATIENCE_MS = 10_000
/** How often connections that take too long are looked for. */
const CHECK_MS = 2000

/**
 * Starts a listener; `onError` is told of a route that throws.
 * @throws Error with the address when the port cannot be bound
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

/** The open connections of a port, the one whose last request is the longest ago first. */
class Connections {
  readonly #sockets = new Set<Socket>()
  readonly #answering = new Set<Socket>()
  /** Those that close after the answer under way. */
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

  /** A request has come; false when it comes before the answer to an earlier one, and is not taken. */
  begin(socket: Socket): boolean {
    if (this.#answering.has(socket)) {
      // No probe does that, and every request of many in one packet would cost an answer.
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
