// Sends a request on to the server that decides, and brings its answer back (contract 14.2, 14.8).
import {
  type ClientRequest,
  Agent as HttpAgent,
  type IncomingMessage,
  request as requestHttp,
} from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { TLSSocket } from 'node:tls'
import type { Call, Reply } from '../call.ts'

/** Marks a request that another server has sent on. One that does not decide refuses it, so that no request goes round. */
export const FORWARDED = 'X-HyperFleet-Forwarded'
/** Marks the answer of a server that does not decide. */
export const NOT_WRITER = 'X-HyperFleet-Not-Writer'

/** Headers of a request that go on with it, in lower case. Its token is checked again where it is decided. */
const SENT = [
  'accept',
  'authorization',
  'content-type',
  'traceparent',
  'tracestate',
  'x-hyperfleet-consistency',
  'x-hyperfleet-min-sequence',
]
/** Lists of tags that go on with all their lines. An empty `If-Match` is a condition that nothing fits. */
const CONDITIONS = ['if-match', 'if-none-match']
/** Headers of an answer that come back, in lower case, besides those with a place of their own in a reply. */
const RETURNED = ['allow', 'location', 'retry-after', 'www-authenticate']

/** Time for a connection to the other server to be made. */
const CONNECT_MS = 1000
/** Time after which an idle connection is closed: before the other server closes it. */
const IDLE_MS = 2000

export type Forwarded =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly sequence: number | undefined }
  /** The other server has not begun to decide: it cannot be reached, or does not decide. */
  | { readonly kind: 'not-taken' }
  /** The connection broke. The request may have been decided, or may yet be. */
  | { readonly kind: 'broken' }

export class Forwarder {
  readonly #http = new HttpAgent({ keepAlive: true, timeout: IDLE_MS })
  readonly #https = new HttpsAgent({ keepAlive: true, timeout: IDLE_MS })
  readonly #name: string
  /** The authorities of the other servers' certificates; undefined for those that Node knows. Connections are kept by them. */
  authorities: Buffer | undefined

  /** @param name the name of this server, for the log of the other */
  constructor(name: string) {
    this.#name = name
  }

  /** Resolves when the other server has answered. It waits for that as long as the client does, and no longer than `withinMs`. */
  async send(call: Call, body: Buffer, address: string, withinMs: number): Promise<Forwarded> {
    const { request } = call
    let outgoing: ClientRequest | undefined
    const timer = setTimeout(() => outgoing?.destroy(new Error('no answer in time')), withinMs)
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        outgoing = this.#begin(call, body, address)
        request.wait(() => outgoing?.destroy())
        outgoing.once('response', resolve).once('error', reject)
        outgoing.end(body)
      })
      const bytes = await buffer(response)
      if (response.headers[NOT_WRITER.toLowerCase()] !== undefined) return { kind: 'not-taken' }
      return { kind: 'reply', reply: replyOf(response, bytes), sequence: sequenceIn(response.headers) }
    } catch {
      return { kind: isConnected(outgoing) ? 'broken' : 'not-taken' }
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  #begin({ request, requestId }: Call, body: Buffer, address: string): ClientRequest {
    const isTls = address.startsWith('https:')
    const { hostname, port } = new URL(address)
    const headers: Record<string, string | number> = { [FORWARDED]: this.#name, 'X-Request-Id': requestId }
    for (const name of SENT) {
      const value = request.header(name)
      if (value !== undefined) headers[name] = value
    }
    for (const name of CONDITIONS) {
      const values = request.values(name)
      if (values.length > 0) headers[name] = values.join(', ')
    }
    if (body.length > 0) headers['content-length'] = body.length
    const options = {
      hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
      port,
      // The body of a HEAD has a length to be announced.
      method: request.method === 'HEAD' ? 'GET' : request.method,
      path: request.query === '' ? request.path : `${request.path}?${request.query}`,
      headers,
    }
    const outgoing = isTls
      ? requestHttps({ ...options, ca: this.authorities, agent: this.#https })
      : requestHttp({ ...options, agent: this.#http })
    // The time of the agent is that of an idle connection.
    outgoing.once('socket', socket => {
      socket.setTimeout(0)
      if (!socket.connecting) return
      const timer = setTimeout(() => outgoing.destroy(new Error('no connection in time')), CONNECT_MS)
      socket.once(isTls ? 'secureConnect' : 'connect', () => clearTimeout(timer))
      outgoing.once('close', () => clearTimeout(timer))
    })
    return outgoing
  }
}

/** True if bytes of the request may have reached the other server. None has before that has proved by TLS who it is. */
function isConnected(outgoing: ClientRequest | undefined): boolean {
  const { socket } = outgoing ?? {}
  if (socket === undefined || socket === null || socket.connecting) return false
  if (socket instanceof TLSSocket && !socket.authorized) return false
  return socket.bytesWritten > 0
}

function replyOf({ statusCode = 502, headers }: IncomingMessage, body: Buffer): Reply {
  const sequence = sequenceIn(headers)
  const { etag: tag } = headers
  if (statusCode === 204) return { kind: 'no-content', sequence }
  if (statusCode === 304 && tag !== undefined) return { kind: 'not-modified', tag, sequence: sequence ?? 0 }
  const own = RETURNED.flatMap(name => {
    const value = headers[name]
    return typeof value === 'string' ? [name, value] : []
  })
  return {
    kind: 'document',
    status: statusCode,
    body,
    mediaType: headers['content-type'] ?? 'application/json',
    headers: own,
    sequence,
    tag,
  }
}

function sequenceIn(headers: IncomingMessage['headers']): number | undefined {
  const text = headers['x-hyperfleet-sequence']
  return typeof text === 'string' ? Number(text) : undefined
}
