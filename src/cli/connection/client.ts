// An HTTP client for one server, with kept-alive connections and a deadline for each answer.
import { type Agent, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { ANSWER_DEADLINE_S } from './server-address.ts'
import type { Target } from './target.ts'

export interface Answer {
  readonly status: number
  readonly body: Buffer
  /** Seconds of `Retry-After`, or 0. */
  readonly retryAfterS: number
}

export interface Client {
  /**
   * Sends a request.
   * @param path with its query, relative to the address of the server
   * @throws Error if no complete answer arrives
   */
  send(method: string, path: string, body?: string): Promise<Answer>
  close(): void
}

/**
 * Prefixes every path with the path of the server's address. Retries a request once after a 401 if the token has changed
 * meanwhile: a token file may be replaced while a command runs.
 */
export function createClient(target: Target, connections: number): Client {
  const { exchange, close } = createExchange(target, connections)
  let { token } = target
  return {
    close,
    async send(method, path, body) {
      const sent = token
      const answer = await exchange(sent, method, path, body)
      if (answer.status !== 401) return answer
      // Another request may already have read it.
      if (token === sent) token = target.readTokenAgain?.() ?? sent
      return token === sent ? answer : exchange(token, method, path, body)
    },
  }
}

interface Exchange {
  readonly exchange: (
    token: string | undefined,
    method: string,
    path: string,
    body: string | undefined,
  ) => Promise<Answer>
  readonly close: () => void
}

function createExchange(
  { url, ca, answerDeadlineMs = ANSWER_DEADLINE_S * 1000 }: Target,
  connections: number,
): Exchange {
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
    timeout: answerDeadlineMs,
  }
  const prefix = url.pathname.replace(/\/+$/, '')
  return {
    exchange: (token, method, path, body) =>
      new Promise((resolve, reject) => {
        const sent = request(
          { ...target, method, path: prefix + path, headers: headersFor(token, body) },
          answer => {
            collect(answer, resolve, reject)
          },
        )
        sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerDeadlineMs / 1000} s`)))
        sent.on('error', reject)
        sent.end(body)
      }),
    close: () => agent.destroy(),
  }
}

function headersFor(token: string | undefined, body: string | undefined): Record<string, string | number> {
  return {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined
      ? {}
      : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
  }
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

/** Removes the brackets of an IPv6 address: URLs have them, sockets do not. */
function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
