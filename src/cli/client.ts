// An HTTP client for one server: kept-alive connections, a deadline for each answer, nothing else.
import { type Agent, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { Target } from './connection/target.ts'

/** How long an answer may take: longer than the server itself waits for a commit. Beyond: a connection failure. */
const ANSWER_DEADLINE_MS = 40_000

export interface Answer {
  readonly status: number
  readonly body: Buffer
  /** Seconds of `Retry-After`, or 0. */
  readonly retryAfterS: number
}

export interface Client {
  /**
   * Sends a request.
   * @param path with its query, under the address of the server
   * @throws Error when no whole answer arrives
   */
  send(method: string, path: string, body?: string): Promise<Answer>
  close(): void
}

/** A path in the address of the server is put before every path. */
export function createClient({ url, token, ca }: Target, connections: number): Client {
  const isTls = url.protocol === 'https:'
  const request = isTls ? httpsRequest : httpRequest
  const options = { keepAlive: true, maxSockets: connections }
  const agent: Agent = isTls
    ? new HttpsAgent(ca === undefined ? options : { ...options, ca })
    : new HttpAgent(options)
  const target = {
    agent,
    hostname: bareHost(url.hostname),
    port: url.port,
    timeout: ANSWER_DEADLINE_MS,
  }
  const prefix = url.pathname.replace(/\/+$/, '')
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
  return {
    send: (method, path, body) =>
      new Promise((resolve, reject) => {
        const sent = request(
          { ...target, method, path: prefix + path, headers: { ...authorization, ...headersFor(body) } },
          answer => {
            collect(answer, resolve, reject)
          },
        )
        sent.on('timeout', () => sent.destroy(new Error(`no answer within ${ANSWER_DEADLINE_MS / 1000} s`)))
        sent.on('error', reject)
        sent.end(body)
      }),
    close: () => agent.destroy(),
  }
}

function headersFor(body: string | undefined): Record<string, string | number> {
  if (body === undefined) return {}
  return { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
}

function collect(
  answer: IncomingMessage,
  resolve: (answer: Answer) => void,
  reject: (error: Error) => void,
): void {
  const chunks: Buffer[] = []
  answer.on('data', (chunk: Buffer) => chunks.push(chunk))
  answer.on('error', reject)
  answer.on('end', () => {
    const retryAfterS = Number(answer.headers['retry-after'] ?? 0)
    resolve({
      status: answer.statusCode ?? 0,
      body: Buffer.concat(chunks),
      retryAfterS: Number.isFinite(retryAfterS) ? retryAfterS : 0,
    })
  })
}

/** URLs put an IPv6 address in brackets, sockets take it without. */
function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
