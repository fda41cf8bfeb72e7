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
  /** The number of the state that it shows, or of its change (contract 12.3). */
  readonly sequence?: number
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

/** A body that goes on until either side ends it, or the answer of a server that refuses. */
export type Opened =
  | { readonly kind: 'answer'; readonly answer: Answer }
  | { readonly kind: 'stream'; readonly mediaType: string; readonly chunks: AsyncIterable<Buffer> }

export interface StreamingClient extends Client {
  /**
   * Sends a GET on a connection of its own. The chunks come as they are read: a reader that waits makes the server wait.
   * @param path as in `send`
   * @param mediaType for `Accept`
   * @throws Error if no head of an answer arrives, or the signal aborts; so do the chunks when the connection is lost
   */
  open(path: string, mediaType: string, signal: AbortSignal): Promise<Opened>
}

/** A stream without a byte for this long is dead: a server sends a BOOKMARK every 15 seconds (contract 12.6). */
const SILENCE_MAX_MS = 60_000

/**
 * Prefixes every path with the path of the server's address. Retries a request once after a 401 if the token has changed
 * meanwhile: a token file may be replaced while a command runs.
 */
export function createClient(target: Target, connections: number): StreamingClient {
  const { exchange, open, close } = createExchange(target, connections)
  let { token } = target
  /** Reads the token again after a 401. True if it is another one than was sent. */
  const hasNewToken = (sent: string | undefined) => {
    // Another request may already have read it.
    if (token === sent) token = target.readTokenAgain?.() ?? sent
    return token !== sent
  }
  return {
    close,
    async send(method, path, body) {
      const sent = token
      const answer = await exchange(sent, method, path, body)
      return answer.status === 401 && hasNewToken(sent) ? exchange(token, method, path, body) : answer
    },
    async open(path, mediaType, signal) {
      const sent = token
      const opened = await open(sent, path, mediaType, signal)
      const isRefused = opened.kind === 'answer' && opened.answer.status === 401
      return isRefused && hasNewToken(sent) ? open(token, path, mediaType, signal) : opened
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
  readonly open: (
    token: string | undefined,
    path: string,
    mediaType: string,
    signal: AbortSignal,
  ) => Promise<Opened>
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
    hostname: bareHost(url.hostname),
    port: url.port,
    timeout: answerDeadlineMs,
  }
  const prefix = url.pathname.replace(/\/+$/, '')
  return {
    exchange: (token, method, path, body) =>
      new Promise((resolve, reject) => {
        const sent = request(
          { ...target, agent, method, path: prefix + path, headers: headersFor(token, body) },
          answer => {
            collect(answer, resolve, reject)
          },
        )
        sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerDeadlineMs / 1000} s`)))
        sent.on('error', reject)
        sent.end(body)
      }),
    open: (token, path, mediaType, signal) =>
      new Promise((resolve, reject) => {
        const headers = { ...headersFor(token, undefined), accept: mediaType }
        const authority = ca === undefined ? {} : { ca }
        const own = { ...target, ...authority, agent: false as const, signal }
        let stream: IncomingMessage | undefined
        const sent = request({ ...own, method: 'GET', path: prefix + path, headers }, answer => {
          if (answer.statusCode !== 200) {
            collect(answer, refusal => resolve({ kind: 'answer', answer: refusal }), reject)
            return
          }
          stream = answer
          sent.setTimeout(SILENCE_MAX_MS)
          resolve({ kind: 'stream', mediaType: answer.headers['content-type'] ?? '', chunks: answer })
        })
        sent.on('timeout', () => {
          if (stream === undefined) sent.destroy(new Error(`no answer within ${answerDeadlineMs / 1000} s`))
          else stream.destroy(new Error(`nothing has come for ${SILENCE_MAX_MS / 1000} s`))
        })
        // An error after the head reaches the reader of the chunks.
        sent.on('error', reject)
        sent.end()
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
    const sequence = Number(answer.headers['x-hyperfleet-sequence'] ?? Number.NaN)
    resolve({
      status: answer.statusCode ?? 0,
      body: Buffer.concat(chunks),
      retryAfterS: Number.isFinite(retryAfterS) ? retryAfterS : 0,
      ...(Number.isFinite(sequence) ? { sequence } : {}),
    })
  })
}

/** Removes the brackets of an IPv6 address: URLs have them, sockets do not. */
function bareHost(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1')
}
