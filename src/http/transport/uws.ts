// The engine on uWebSockets.js. A response must not be used after an abort or its end, and a handler that causes
// neither aborts the process. This file guarantees both, so that no caller needs to know.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Answer, copyOf, headerLines, statusLine, writeBody } from './answer.ts'
import { type Length, readLength } from './body.ts'
import { Exchange, type Service } from './exchange.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { checkPort, explainListenFailure } from './listen-error.ts'
import { BufferedBody, Pieces } from './pieces.ts'
import { readSendQueues } from './send-queues.ts'
import { SlowClients } from './slow-clients.ts'
import { Traffic } from './traffic.ts'
import type { Body, Fault, Listener, OpenBody, Transport, TransportOptions } from './transport.ts'
import type { UwsListenSocket, UwsModule, UwsRequest, UwsResponse } from './uws-module.ts'
import { UwsOpenChannel } from './uws-open-body.ts'

/** Most bytes of one answer that are written in a turn of the event loop: a fraction of a millisecond. A client on this machine takes megabytes. */
const MAX_BYTES_PER_TURN = 512 * 1024

/**
 * Up to this size uWebSockets.js takes a whole answer and then closes the connection. A larger one must be followed
 * until the client has taken it, and can only carry `Connection: close`.
 */
const CLOSE_AT_ONCE_BYTES = 16 * 1024
/** Up to this size an answer is sent before the body of its request has arrived: the system takes it at once. */
const EARLY_ANSWER_BYTES = 16 * 1024
const LINE_END = '\r\n'
/** The only spelling of this expectation that uWebSockets.js answers itself, before it passes the request on. */
const ENGINE_CONTINUES = '100-continue'
const NO_BODY: Length = { kind: 'none' }
const CONNECT: Length = { kind: 'malformed', reason: 'CONNECT is not supported' }
/**
 * Padding after the JSON of a refusal. uWebSockets.js keeps up to 16 KiB back until it has parsed everything received,
 * including bytes after the refused request. A larger answer is sent at once, and the connection is closed.
 */
const BLANKS = Buffer.alloc(CLOSE_AT_ONCE_BYTES + 1, ' ')

/** Reason why the other engine serves TLS; used by `chooseTransport`. */
export const NO_TLS =
  'uWebSockets.js cannot renew the certificate for clients without SNI unless it closes its connections'

/**
 * The transport on a loaded uWebSockets.js.
 *
 * @param guardsHeads true if its parser is patched to refuse an empty `Content-Length` and `Transfer-Encoding`;
 *   otherwise every request's headers are scanned
 */
export function uwsTransport(uws: UwsModule, guardsHeads: boolean): Transport {
  return { engine: 'uws', refusals: ['too-many'], listen: options => listen(uws, guardsHeads, options) }
}

async function listen(uws: UwsModule, guardsHeads: boolean, options: TransportOptions): Promise<Listener> {
  const { host, port } = options
  checkPort(host, port)
  if (options.tls !== undefined) throw new Error(NO_TLS)
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
  uws._cfg('silent')
  const app = uws.App()
  const countConnection = (response: UwsResponse, change: number) => {
    if (change < 0) {
      traffic.disconnect()
    } else if (!traffic.connect()) {
      options.onRefused?.('too-many')
      response.close()
    }
  }
  app.filter(countConnection)
  app.any('/*', (response, request) => new UwsExchange(service, response, request).start(guardsHeads))
  const socket = await new Promise<UwsListenSocket | false>(resolve => {
    app.listen(host, port, uws.LIBUS_LISTEN_EXCLUSIVE_PORT, resolve)
  })
  if (socket === false) throw await explainListenFailure(host, port)
  actualPort = uws.us_socket_local_port(socket)
  const close = async () => {
    // Pending connections of the listen queue are accepted in this turn, before the listening socket closes.
    await nextTurn()
    uws.us_listen_socket_close(socket)
    await traffic.drain(limits.lingerMs, limits.closeDeadlineMs)
    app.close()
  }
  return { engine: 'uws', port: actualPort, reload: () => {}, close: once(close) }
}

/** A request on uWebSockets.js. */
class UwsExchange extends Exchange {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly #response: UwsResponse
  /** Undefined once the request callback has returned; until then the response is corked. */
  #request: UwsRequest | undefined
  #headers: (readonly [name: string, value: string])[] | undefined
  #isAbortWatched = false
  #isClosed = false
  /** True if `100 Continue` was written, which uWebSockets.js takes for the status of the answer. */
  #isContinued = false
  /** Runs after the last byte of a body, if the answer is decided earlier. */
  #whenBodyIsOver: (() => void) | undefined
  /** True if the answer is sent and the rest of the body is being dropped. */
  #isLingering = false
  #isRefused = false

  constructor(service: Service, response: UwsResponse, request: UwsRequest) {
    super(service)
    this.#response = response
    this.#request = request
    this.method = request.getCaseSensitiveMethod()
    this.path = bytesOfDecoded(request.getUrl())
    this.query = bytesOfDecoded(request.getQuery() ?? '')
  }

  /** Answers the request, or registers everything that a later answer needs. */
  start(guardsHeads: boolean): void {
    const framing = this.#framing(guardsHeads)
    if (framing.kind === 'malformed' || framing.kind === 'length-required') {
      this.#refuse(framing)
    } else {
      if (framing.kind === 'length') this.#awaitBody(framing.bytes)
      this.run()
    }
    this.#request = undefined
  }

  protected peerPort(): undefined {
    return undefined
  }

  peer(): string {
    return this.aborted ? '' : Buffer.from(this.#response.getRemoteAddressAsText()).toString('latin1')
  }

  values(name: string): readonly string[] {
    this.#captureHeaders()
    return (this.#headers ?? []).filter(header => header[0] === name).map(header => header[1])
  }

  header(name: string): string | undefined {
    const value =
      this.#headers === undefined
        ? this.#request?.getHeader(name)
        : this.#headers.find(header => header[0] === name)?.[1]
    return value === '' ? undefined : value
  }

  protected detach(): void {
    if (this.#isAbortWatched) return
    this.#isAbortWatched = true
    this.#captureHeaders()
    this.#response.onAborted(() => {
      this.#isClosed = true
      this.abort()
    })
  }

  protected cutOff(): void {
    if (!this.aborted) this.#response.close()
  }

  /**
   * uWebSockets.js sends `100 Continue` only if the expectation is in lower case (RFC 9110, 10.1.1: case-insensitive), and
   * has no call for it. So this writes it as the status, with an empty line; `#writeHeadAgain` then writes the actual
   * status line as a header.
   */
  protected sendContinue(): void {
    this.#isContinued = true
    const write = () => this.#response.writeStatus('100 Continue\r\n')
    if (this.#request !== undefined) write()
    else this.#response.cork(write)
  }

  protected get seesRest(): boolean {
    return this.#isLingering
  }

  protected stopDraining(): void {
    if (this.#isLingering && !this.#isClosed) this.#response.close()
  }

  /** uWebSockets.js closes a connection whose body arrives at less than 160 KiB in 10 s. Restarts that timer. */
  protected keepWaiting(): void {
    this.#response.pause()
    this.#response.resume()
  }

  protected send(answer: Answer): void {
    if (this.isBodyUnderWay && !this.#isRefused && !this.#isContinued && !answer.close)
      this.#sendBeforeBody(answer)
    else if (this.#request !== undefined) this.#write(answer)
    else this.#response.cork(() => this.#write(answer))
  }

  /**
   * Sends an answer before the body has arrived. uWebSockets.js disables its idle timeout at the last byte of a body, and
   * only the end of an answer enables it again, so the answer must end after the body. Most bodies arrive within this
   * turn. Otherwise a short answer is sent at once, and the connection is closed after the body. A long one, to a GET with
   * a body, waits.
   */
  #sendBeforeBody(decided: Answer): void {
    this.detach()
    const answer = { ...decided, body: this.#kept(decided) }
    this.#whenBodyIsOver = () => this.#response.cork(() => this.#write(answer))
    setImmediate(() => {
      if (this.aborted || !this.isBodyUnderWay) return
      if (answer.bodyBytes <= EARLY_ANSWER_BYTES) this.#sendAndLinger(answer)
      else if (!this.hold(answer.bodyBytes)) this.cutOff()
    })
  }

  /** Writes a whole answer as if it were a status, so that uWebSockets.js continues to deliver the body. */
  #sendAndLinger({ status, common, headers, body, bodyBytes, length }: Answer): void {
    this.#isLingering = true
    this.#whenBodyIsOver = () => this.stopDraining()
    // The engine terminates the status line; with a body, that line end follows the body.
    const contentLength = bodyBytes > 0 ? bodyBytes + LINE_END.length : length
    const ofLength = contentLength === undefined ? [] : ['Content-Length', `${contentLength}`]
    const lines = headerLines([...common.list, ...headers, ...ofLength, 'Connection', 'close'])
    const head = [statusLine(status), ...lines, ...(bodyBytes > 0 ? ['', ''] : [''])].join(LINE_END)
    const text = Buffer.concat([Buffer.from(head, 'latin1'), inOneTurn(body)])
    this.#response.cork(() => this.#response.writeStatus(text))
    this.sent()
  }

  /**
   * Reads as few headers as possible: scanning all of them takes half as long as everything else. With any transfer
   * encoding, the parser does not check it (contract 4.10).
   */
  #framing(guardsHeads: boolean): Length | { kind: 'length-required' } {
    const request = this.#request
    if (request === undefined) return NO_BODY
    if (this.method === 'CONNECT') return CONNECT
    const isEncoded = guardsHeads
      ? request.getHeader('transfer-encoding') !== ''
      : this.values('transfer-encoding').length > 0
    if (isEncoded) return { kind: 'length-required' }
    if (guardsHeads && request.getHeader('content-length') === '') return NO_BODY
    return readLength(this.values('content-length'))
  }

  /** Answers at once, so that nothing after this request is read. An answer to HEAD has no body to achieve that. */
  #refuse(fault: Fault): void {
    this.#isRefused = true
    if (this.method !== 'HEAD') {
      this.fail(fault)
      return
    }
    // While this request is unanswered, uWebSockets.js does not read another one.
    this.detach()
    setImmediate(() => this.fail(fault))
  }

  #awaitBody(declaredBytes: number): void {
    const expectation = this.#request?.getHeader('expect') ?? ''
    const awaitsContinue = expectation !== ENGINE_CONTINUES && expectation.toLowerCase() === ENGINE_CONTINUES
    this.expectBody(declaredBytes, awaitsContinue)
    this.#response.onData((chunk, isLast) => {
      this.receive(new Uint8Array(chunk), isLast)
      if (isLast) this.#whenBodyIsOver?.()
    })
  }

  #captureHeaders(): void {
    const request = this.#request
    if (request === undefined || this.#headers !== undefined) return
    const headers: [string, string][] = []
    request.forEach((name, value) => {
      headers.push([name, isAscii(value) ? value : request.getHeader(name)])
    })
    this.#headers = headers
  }

  #write(answer: Answer): void {
    const response = this.#response
    if (this.#isContinued) this.#writeHeadAgain(answer)
    else this.#writeHead(answer)
    if (answer.stream !== undefined) {
      response.writeHeader('Connection', 'close')
      this.#open(answer.stream)
    } else if (answer.bodyBytes === 0) {
      this.#endWithoutBody(answer)
    } else if (this.#isRefused) {
      response.end(Buffer.concat([inOneTurn(answer.body), BLANKS]), true)
      this.sent()
    } else if (answer.close && answer.bodyBytes <= CLOSE_AT_ONCE_BYTES) {
      response.end(inOneTurn(answer.body), true)
      this.sent()
    } else {
      if (answer.close) response.writeHeader('Connection', 'close')
      this.#stream(answer)
    }
  }

  /**
   * Without a status, uWebSockets.js writes `200 OK`. It gets all headers as the value of the first: a call for each took a tenth of the
   * processor time of a GET.
   */
  #writeHead({ status, common, headers }: Answer): void {
    const response = this.#response
    if (status !== 200) response.writeStatus(statusLine(status))
    const hasCommon = common.firstName !== ''
    const firstName = hasCommon ? common.firstName : (headers[0] ?? '')
    let text = hasCommon ? common.text : (headers[1] ?? '')
    for (let i = hasCommon ? 0 : 2; i < headers.length; i += 2)
      text += `${LINE_END}${headers[i]}: ${headers[i + 1]}`
    if (firstName !== '') response.writeHeader(firstName, text)
  }

  /** The head after `100 Continue`: its status line is part of the first header's name. */
  #writeHeadAgain({ status, common, headers }: Answer): void {
    const [name = 'Cache-Control', value = 'no-store', ...more] = [...common.list, ...headers]
    this.#response.writeHeader(`HTTP/1.1 ${statusLine(status)}\r\n${name}`, value)
    for (let i = 0; i < more.length; i += 2) this.#response.writeHeader(more[i] ?? '', more[i + 1] ?? '')
  }

  #endWithoutBody({ length, close }: Answer): void {
    const response = this.#response
    if (length !== undefined) {
      response.endWithoutBody(length, close)
    } else {
      // Without a length, uWebSockets.js cannot close the connection. The client does, or the idle timeout.
      if (close) response.writeHeader('Connection', 'close')
      response.endWithoutBody()
    }
    this.sent()
  }

  /**
   * Sends every body, because `end` would buffer whatever the client does not take, for as many requests as it
   * pipelines.
   */
  #stream(answer: Answer): void {
    const { body, bodyBytes } = answer
    if (bodyBytes > this.service.limits.streamingBytes) {
      this.#sendPieces(new Pieces(this.retained(body)), bodyBytes)
      return
    }
    const [, isComplete] = this.#response.tryEnd(inOneTurn(body), bodyBytes)
    if (isComplete) this.sent()
    else this.#follow(new Pieces([copyOf(body)]), bodyBytes)
  }

  /** Begins a body without a length. The response is corked during the call. */
  #open(body: OpenBody): void {
    this.detach()
    const keepWaiting = () => this.keepWaiting()
    const channel = new UwsOpenChannel(this.#response, () => this.sent(), keepWaiting)
    const writer = this.openBody(body, channel)
    this.#response.onWritable(() => {
      channel.flush()
      writer.catchUp()
      return true
    })
    writer.begin()
    channel.uncork()
  }

  /** A body that stays the same after this turn of the event loop. */
  #kept({ body, bodyBytes }: Answer): Body {
    return bodyBytes > this.service.limits.streamingBytes
      ? new BufferedBody(this.retained(body))
      : copyOf(body)
  }

  /** Continues an answer whenever the client has caught up. */
  #follow(pieces: Pieces, bodyBytes: number): void {
    if (!this.#outlastsTurn(bodyBytes)) return
    this.#response.onWritable(offset => {
      pieces.advanceTo(offset)
      const progress = this.#pushPieces(pieces, bodyBytes)
      if (progress === 'paused') this.#continueLater(pieces, bodyBytes)
      return progress === 'complete'
    })
  }

  /** Sends a body over as many turns of the event loop as it takes. */
  #sendPieces(pieces: Pieces, bodyBytes: number): void {
    const progress = this.#pushPieces(pieces, bodyBytes)
    if (progress === 'blocked') this.#follow(pieces, bodyBytes)
    else if (progress === 'paused') this.#continueLater(pieces, bodyBytes)
  }

  #continueLater(pieces: Pieces, bodyBytes: number): void {
    if (!this.#outlastsTurn(bodyBytes)) return
    setImmediate(() => {
      if (!this.aborted) this.#response.cork(() => this.#sendPieces(pieces, bodyBytes))
    })
  }

  /** Counts the bytes of an answer that is not complete at the end of a turn. Returns false if there is no room for them. */
  #outlastsTurn(bodyBytes: number): boolean {
    this.detach()
    const hasRoom = this.hold(bodyBytes)
    if (!hasRoom) this.cutOff()
    return hasRoom
  }

  /** Writes until the answer is complete, the client must catch up, or other requests should have their turn. */
  #pushPieces(pieces: Pieces, totalBytes: number): 'complete' | 'blocked' | 'paused' {
    const end = pieces.position + MAX_BYTES_PER_TURN
    while (pieces.position < end) {
      const piece = pieces.peek(joinedInOneTurn)
      const [isTaken, isComplete] = this.#response.tryEnd(piece, totalBytes)
      if (isComplete) {
        this.sent()
        return 'complete'
      }
      if (!isTaken) return 'blocked'
      pieces.advanceTo(pieces.position + piece.length)
    }
    return 'paused'
  }
}

/** Memory for the body being sent. uWebSockets.js copies what it keeps before the writing call returns. */
let output = Buffer.alloc(0)

/** The beginning of the output memory. */
function outputOf(bytes: number): Buffer {
  if (output.length < bytes) output = Buffer.allocUnsafeSlow(bytes)
  return output.subarray(0, bytes)
}

/** A body as one buffer, valid only until the next call. */
function inOneTurn(body: Body): Buffer {
  if (Buffer.isBuffer(body)) return body
  const bytes = outputOf(body.length)
  writeBody(body, bytes)
  return bytes
}

/** Buffers as one, valid only until the next call. */
function joinedInOneTurn(buffers: readonly Buffer[], bytes: number): Buffer {
  const joined = outputOf(bytes)
  let position = 0
  for (const buffer of buffers) {
    joined.set(buffer, position)
    position += buffer.length
  }
  return joined
}

/** Makes repeated calls of `close` share one result. */
function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined
  return () => {
    closed ??= close()
    return closed
  }
}

const ASCII = /^[\0-\x7f]*$/

/** True if the text is the same in ASCII, Latin-1 and UTF-8. */
function isAscii(text: string): boolean {
  return ASCII.test(text)
}

/**
 * The bytes of a target decoded from UTF-8, one character per byte. The decoder replaced invalid bytes by U+FFFD. They
 * become 0xFF, so that the text stays invalid (contract 7.5).
 */
function bytesOfDecoded(target: string): string {
  if (isAscii(target)) return target
  return Buffer.from(target, 'utf8').toString('latin1').replaceAll('\xef\xbf\xbd', '\xff')
}
