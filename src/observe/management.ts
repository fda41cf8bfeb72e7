// The listeners beside the API, for probes and for Prometheus: plain node:http, one port each (contract 1.1).
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
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
  const server = createServer((request, response) => {
    answer(request, routes)
      .catch(error => {
        onError(error)
        return FAILED
      })
      .then(result => send(request, response, result))
  })
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
