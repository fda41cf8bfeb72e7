// The engine on uWebSockets.js. A response may not be touched after an abort or its end, and a handler that leaves one
// without either aborts the process; both are seen to here, so that nobody above has to know.
import { setImmediate as nextTurn } from 'node:timers/promises'
import { type Answer, statusLine } from './answer.ts'
import { type Length, readLength } from './body.ts'
import { Exchange, type Service } from './exchange.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import { checkPort, explainListenFailure } from './listen-error.ts'
import { joined, Pieces } from './pieces.ts'
import { Traffic } from './traffic.ts'
import type { Fault, Listener, Transport, TransportOptions } from './transport.ts'
import type { UwsListenSocket, UwsModule, UwsRequest, UwsResponse } from './uws-module.ts'

/**
 * Up to this size uWebSockets.js takes a whole answer and closes the connection itself; a larger one has to be followed
 * until the client has taken it, and then only says `Connection: close`.
 */
const CLOSE_AT_ONCE_BYTES = 16 * 1024
/** Up to this size an answer goes out before the body of its request: the system takes it at once. */
const EARLY_ANSWER_BYTES = 16 * 1024
const LINE_END = '\r\n'
/** The one spelling of this expectation that uWebSockets.js answers itself, before the request is handed on. */
const ENGINE_CONTINUES = '100-continue'
const NO_BODY: Length = { kind: 'none' }
const CONNECT: Length = { kind: 'malformed', reason: 'CONNECT, which asks for no resource' }
/**
 * Behind the document of a refusal, in whose JSON blanks mean nothing. uWebSockets.js keeps up to 16 KiB until it has read
 * all that has come, what is behind the refused request included; more than that it sends at once, and closes.
 */
const BLANKS = Buffer.alloc(CLOSE_AT_ONCE_BYTES + 1, ' ')

/** Why TLS is left to the other engine: `chooseTransport` sees to it. */
export const NO_TLS =
  'uWebSockets.js cannot renew the certificate of clients that send no server name without closing its connections'

/**
 * The transport on a loaded uWebSockets.js.
 *
 * @param guardsHeads whether its parser is the patched one, which lets no empty `Content-Length` and `Transfer-Encoding`
 *   through; otherwise all fields of every request are walked over
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
  const { handler, onFault, clientOf = request => request.peer() } = options
  const service: Service = { handler, onFault, limits, traffic, clientOf }
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
  const close = async () => {
    // Connections that the system holds ready are taken in this turn, before the listening socket goes.
    await nextTurn()
    uws.us_listen_socket_close(socket)
    await traffic.drain(limits.lingerMs, limits.closeDeadlineMs)
    app.close()
  }
  return { engine: 'uws', port: uws.us_socket_local_port(socket), reload: () => {}, close: once(close) }
}

/** A request on uWebSockets.js. */
class UwsExchange extends Exchange {
  readonly method: string
  readonly path: string
  readonly query: string
  readonly #response: UwsResponse
  /** Undefined once its callback has returned; until then the response is corked. */
  #request: UwsRequest | undefined
  #headers: (readonly [name: string, value: string])[] | undefined
  #isAbortWatched = false
  #isClosed = false
  /** Whether `100 Continue` has been written, which uWebSockets.js takes for the status of the answer. */
  #isContinued = false
  /** What follows the last byte of a body that comes after its answer is decided. */
  #whenBodyIsOver: (() => void) | undefined
  /** Whether the answer is out and the rest of the body is dropped here. */
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

  /** Answers the request, or leaves it with everything registered that an answer later needs. */
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
   * uWebSockets.js tells only those to go on who ask in lower case (RFC 9110, 10.1.1: in any), and has no call for it. The
   * line and an empty one behind it are written as a status; `#writeHeadAgain` writes the other one as a header then.
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

  /** uWebSockets.js closes a connection whose body brings less than 160 KiB in 10 s; this starts its clock anew. */
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
   * Sends an answer that does not wait for the body. With the last byte of a body uWebSockets.js forgets its idle timeout, and
   * only the end of an answer brings that back; so that end comes behind the body. Most bodies are over within this turn. For
   * one that is not, a short answer goes out at once, and the connection is closed behind the body; a long one, to a GET with a
   * body, waits.
   */
  #sendBeforeBody(answer: Answer): void {
    this.detach()
    this.#whenBodyIsOver = () => this.#response.cork(() => this.#write(answer))
    setImmediate(() => {
      if (this.aborted || !this.isBodyUnderWay) return
      if (answer.bodyBytes <= EARLY_ANSWER_BYTES) this.#sendAndLinger(answer)
      else if (!this.hold(answer.bodyBytes)) this.cutOff()
    })
  }

  /** Writes a whole answer as if it were a status, behind which uWebSockets.js goes on to hand over the body. */
  #sendAndLinger({ status, headers, body, bodyBytes, length }: Answer): void {
    this.#isLingering = true
    this.#whenBodyIsOver = () => this.stopDraining()
    // The engine ends the line, which is behind the body where there is one.
    const contentLength = bodyBytes > 0 ? bodyBytes + LINE_END.length : length
    const lines = [
      statusLine(status),
      ...headers.map(([name, value]) => `${name}: ${value}`),
      ...(contentLength === undefined ? [] : [`Content-Length: ${contentLength}`]),
      'Connection: close',
      ...(bodyBytes > 0 ? ['', ''] : ['']),
    ]
    const text = Buffer.concat([Buffer.from(lines.join(LINE_END), 'latin1'), ...body])
    this.#response.cork(() => this.#response.writeStatus(text))
    this.sent()
  }

  /**
   * Reads no more than it must: to walk over all headers takes half as long as all the rest. Whatever the transfer encoding,
   * the parser checks nothing of it (contract 4.10).
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

  /** Answers at once, so that nothing behind this request is read. An answer to HEAD has no body that would do that. */
  #refuse(fault: Fault): void {
    this.#isRefused = true
    if (this.method !== 'HEAD') {
      this.fail(fault)
      return
    }
    // While this one is unanswered, uWebSockets.js refuses to read another request behind it.
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
    if (answer.bodyBytes === 0) {
      this.#endWithoutBody(answer)
    } else if (this.#isRefused) {
      response.end(Buffer.concat([...answer.body, BLANKS]), true)
      this.sent()
    } else if (answer.close && answer.bodyBytes <= CLOSE_AT_ONCE_BYTES) {
      response.end(joined(answer.body), true)
      this.sent()
    } else {
      if (answer.close) response.writeHeader('Connection', 'close')
      this.#stream(answer)
    }
  }

  #writeHead({ status, headers }: Answer): void {
    this.#response.writeStatus(statusLine(status))
    for (const [name, value] of headers) this.#response.writeHeader(name, value)
  }

  /** The head behind `100 Continue`: its status line goes before the name of the first header. */
  #writeHeadAgain({ status, headers }: Answer): void {
    const [[name, value] = ['Cache-Control', 'no-store'], ...more] = headers
    this.#response.writeHeader(`HTTP/1.1 ${statusLine(status)}\r\n${name}`, value)
    for (const [nextName, nextValue] of more) this.#response.writeHeader(nextName, nextValue)
  }

  #endWithoutBody({ length, close }: Answer): void {
    const response = this.#response
    if (length !== undefined) {
      response.endWithoutBody(length, close)
    } else {
      // With a length left out it cannot be told to close; the client does, or the idle timeout.
      if (close) response.writeHeader('Connection', 'close')
      response.endWithoutBody()
    }
    this.sent()
  }

  /**
   * Every body goes out this way, because `end` would keep whatever the client does not take, for as many requests as
   * it cares to pipeline.
   */
  #stream({ body, bodyBytes }: Answer): void {
    if (bodyBytes > this.service.limits.streamingBytes) {
      const pieces = new Pieces(body)
      if (!this.#pushPieces(pieces, bodyBytes)) this.#follow(pieces, bodyBytes)
      return
    }
    const whole = inOneTurn(body, bodyBytes)
    const [, isComplete] = this.#response.tryEnd(whole, bodyBytes)
    if (isComplete) this.sent()
    else this.#follow(new Pieces(body.length === 1 ? body : [Buffer.from(whole)]), bodyBytes)
  }

  /** Goes on with an answer whenever the client has caught up. */
  #follow(pieces: Pieces, bodyBytes: number): void {
    this.detach()
    if (!this.hold(bodyBytes)) {
      this.cutOff()
      return
    }
    this.#response.onWritable(offset => {
      pieces.advanceTo(offset)
      return this.#pushPieces(pieces, bodyBytes)
    })
  }

  /** Writes until the answer is complete (true) or the client has to catch up (false). */
  #pushPieces(pieces: Pieces, totalBytes: number): boolean {
    for (;;) {
      const piece = pieces.peek(inOneTurn)
      const [isTaken, isComplete] = this.#response.tryEnd(piece, totalBytes)
      if (isComplete) {
        this.sent()
        return true
      }
      if (!isTaken) return false
      pieces.advanceTo(pieces.position + piece.length)
    }
  }
}

/** Where small answers are put together: uWebSockets.js has copied them when the call that writes them returns. */
let sharedMemory = Buffer.alloc(0)

/** The buffers of a body as one, which holds something else in the next turn. */
function inOneTurn(buffers: readonly Buffer[], bytes: number): Buffer {
  const [first] = buffers
  if (buffers.length === 1 && first !== undefined) return first
  if (sharedMemory.length < bytes) sharedMemory = Buffer.allocUnsafeSlow(bytes)
  let position = 0
  for (const buffer of buffers) {
    sharedMemory.set(buffer, position)
    position += buffer.length
  }
  return sharedMemory.subarray(0, bytes)
}

/** A listener is closed once, however often it is asked to. */
function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined
  return () => {
    closed ??= close()
    return closed
  }
}

const ASCII = /^[\0-\x7f]*$/

/** Whether a text is the same in ASCII, Latin-1 and UTF-8. */
function isAscii(text: string): boolean {
  return ASCII.test(text)
}

/**
 * The bytes of a target that has been decoded from UTF-8, one character for each byte. The decoder has put U+FFFD
 * for every fault, and what it stood for is lost; it becomes 0xFF, so that the text stays invalid (contract 7.5).
 */
function bytesOfDecoded(target: string): string {
  if (isAscii(target)) return target
  return Buffer.from(target, 'utf8').toString('latin1').replaceAll('\xef\xbf\xbd', '\xff')
}
