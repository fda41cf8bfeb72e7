// One request and its answer, the same on both engines. Calls the handler, turns failures into answers, frees the body
// once it is answered (contract 4.11), and drops the answer if the client has disconnected.
import { type Answer, bareAnswer, piecesOf, toAnswer } from './answer.ts'
import { IncomingBody } from './body.ts'
import type { TransportLimits } from './limits.ts'
import { OpenBodyWriter, type OpenChannel } from './open-body.ts'
import type { SlowClients } from './slow-clients.ts'
import { Holding, type Traffic } from './traffic.ts'
import type {
  AnswerEnd,
  BodyResult,
  Fault,
  FaultHandler,
  Handler,
  HttpRequest,
  HttpResponse,
  OpenBody,
  TransportOptions,
} from './transport.ts'

/** Shared by all exchanges of a listener. */
export interface Service {
  readonly handler: Handler
  readonly onFault: FaultHandler
  readonly limits: TransportLimits
  readonly traffic: Traffic
  readonly slowClients: SlowClients
  /** The client whose memory share a request counts towards. */
  readonly clientOf: (request: HttpRequest) => string
  readonly retain: NonNullable<TransportOptions['retain']>
}

/** Interval of `keepWaiting`, for an engine with a body deadline of its own. */
const BODY_CHECK_MS = 4000
const EMPTY_BODY: Promise<BodyResult> = Promise.resolve({ kind: 'body', bytes: Buffer.alloc(0) })

/** A request being answered. Each engine extends it with its own way to read headers and write answers. */
export abstract class Exchange implements HttpRequest {
  abstract readonly method: string
  abstract readonly path: string
  abstract readonly query: string
  protected readonly service: Service
  #incoming: IncomingBody | undefined
  #bodyTimer: NodeJS.Timeout | undefined
  #aborted = false
  #isOver = false
  #isAnswered = false
  #isDeciding = false
  /** True if the client waits for `100 Continue` before it sends its body (RFC 9110, 10.1.1). */
  #awaitsContinue = false
  #held: Holding | undefined
  #answerTimer: NodeJS.Timeout | undefined
  #client: string | undefined
  /** The answer being sent. */
  #response: HttpResponse | undefined
  /** Lets the memory of the answer be reused. */
  #release: (() => void) | undefined
  #open: OpenBodyWriter | undefined
  /** Called if the client disconnects; undefined unless the request waits. */
  #onGone: (() => void) | undefined

  constructor(service: Service) {
    this.service = service
    service.traffic.begin()
  }

  get aborted(): boolean {
    return this.#aborted
  }

  abstract peer(): string
  /** The port of the other side; undefined if the engine does not know it. */
  protected abstract peerPort(): number | undefined
  abstract values(name: string): readonly string[]
  abstract header(name: string): string | undefined

  wait(onGone: () => void): void {
    this.#endDeciding()
    this.#onGone = onGone
  }

  body(limitBytes: number): Promise<BodyResult> {
    const incoming = this.#incoming
    if (incoming === undefined) return EMPTY_BODY
    const result = incoming.read(limitBytes)
    if (this.#awaitsContinue && incoming.isKept && !this.#aborted) {
      this.#awaitsContinue = false
      this.sendContinue()
    }
    return result
  }

  /** Saves what the engine keeps valid only during its callback, because the answer comes later. May be called again. */
  protected abstract detach(): void
  /** Extends the body deadline of an engine that has its own. */
  protected abstract keepWaiting(): void
  /** Sends `100 Continue`. Never called after `abort`. */
  protected abstract sendContinue(): void
  /** Closes the connection at once. The engine then calls `abort`. */
  protected abstract cutOff(): void
  /** True if body bytes after the answer reach `receive`; otherwise the engine handles them. */
  protected abstract get seesRest(): boolean
  /** Closes the connection because too much body follows the answer, or too slowly. */
  protected abstract stopDraining(): void
  /**
   * Sends the answer and calls `sent` when it is out. Never called after `abort`. With `close`, the remaining bytes of
   * the body are not read as a request.
   */
  protected abstract send(answer: Answer): void

  /**
   * Expects a body; `declaredBytes` is undefined for a chunked one. With `awaitsContinue`, the client gets
   * `100 Continue` when the handler reads the body, and never if it does not.
   */
  protected expectBody(declaredBytes: number | undefined, awaitsContinue: boolean): void {
    const { limits, traffic } = this.service
    const held = new Holding(traffic.bodies)
    // A body that arrives whole counts in no share, so one client cannot block such bodies of others.
    const reserve = (bytes: number, isWhole: boolean) => {
      const isFree = bytes === 0 || (isWhole && incoming.isUntouched)
      return held.resize(bytes, isFree ? undefined : this.#clientName())
    }
    const incoming = new IncomingBody(limits, declaredBytes, reserve)
    this.#incoming = incoming
    this.#awaitsContinue = awaitsContinue
    this.#watchBody(incoming, limits.bodyDeadlineMs)
  }

  /** Takes a part of the body. The chunk is copied. */
  protected receive(chunk: Uint8Array, isLast: boolean): void {
    const incoming = this.#incoming
    if (incoming === undefined) return
    incoming.push(chunk, isLast)
    if (isLast) {
      clearTimeout(this.#bodyTimer)
      if (!this.#isAnswered) this.#beginDeciding()
    } else if (this.#isOver && !incoming.isDrainable) {
      this.stopDraining()
    }
  }

  /** True while the client has not sent all of the body. */
  protected get isBodyUnderWay(): boolean {
    return this.#incoming?.isComplete === false
  }

  /** Calls the handler. An answer that is not a promise is sent before this returns. */
  protected run(): void {
    if (!this.service.traffic.hasRoomForRequest) {
      this.fail({ kind: 'overloaded', by: 'requests' })
      return
    }
    if (this.#incoming === undefined) this.#beginDeciding()
    let response: HttpResponse | Promise<HttpResponse>
    try {
      response = this.service.handler(this)
    } catch (error) {
      this.fail({ kind: 'failed', error })
      return
    }
    if (!(response instanceof Promise)) {
      this.#answerChecked(response, false)
      return
    }
    this.detach()
    response.then(
      decided => this.#answerChecked(decided, false),
      (error: unknown) => this.fail({ kind: 'failed', error }),
    )
  }

  /**
   * Answers a fault. Calls `onFault` even if the client has disconnected. If that answer fails too, sends a bare status.
   */
  protected fail(fault: Fault): void {
    let response: HttpResponse
    try {
      response = this.service.onFault(fault, this)
    } catch {
      this.#answer(bareAnswer(statusOf(fault)), undefined)
      return
    }
    const isLast = fault.kind === 'malformed' || fault.kind === 'length-required'
    this.#answerChecked(response, true, isLast)
  }

  /**
   * Counts the bytes of an answer that the client takes slowly, until the exchange ends or its deadline passes. False if
   * there is no room; the connection must then be closed.
   */
  protected hold(bytes: number): boolean {
    if (this.#held !== undefined) return true
    const { traffic, limits } = this.service
    this.#held = new Holding(traffic.answers)
    this.#answerTimer = setTimeout(() => this.cutOff(), limits.answerDeadlineMs)
    return this.#held.resize(bytes, this.#clientName())
  }

  /** The buffers of a body, which stay valid until the exchange ends. */
  protected retained(body: Answer['body']): readonly Buffer[] {
    const pieces = piecesOf(body)
    this.#release ??= this.service.retain(pieces)
    return pieces
  }

  /** The writer of a body without a length. The engine begins it, and reports when the client has caught up. */
  protected openBody(body: OpenBody, channel: OpenChannel): OpenBodyWriter {
    const peer = { address: this.peer(), port: this.peerPort() }
    this.#open = new OpenBodyWriter(body, channel, peer, this.service.slowClients)
    return this.#open
  }

  /** The answer has been sent. */
  protected sent(): void {
    this.#end('sent')
  }

  /** The client has disconnected. No effect after the answer was sent. */
  protected abort(): void {
    clearTimeout(this.#bodyTimer)
    if (this.#isOver) return
    this.#aborted = true
    this.#incoming?.abort()
    this.#onGone?.()
    this.#end('gone')
  }

  #end(end: AnswerEnd): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#answerTimer)
    if (!this.seesRest) clearTimeout(this.#bodyTimer)
    this.#endDeciding()
    this.#incoming?.letGo()
    this.#held?.release()
    this.#release?.()
    this.service.traffic.finish()
    this.#open?.over(end)
    this.#response?.onOver?.(end)
  }

  #beginDeciding(): void {
    if (this.#isDeciding || this.#isOver || this.#onGone !== undefined) return
    this.#isDeciding = true
    this.service.traffic.beginWhole()
  }

  #endDeciding(): void {
    if (!this.#isDeciding) return
    this.#isDeciding = false
    this.service.traffic.finishWhole()
  }

  #clientName(): string {
    this.#client ??= this.service.clientOf(this)
    return this.#client
  }

  /** Waits in steps, and calls `keepWaiting` between them. */
  #watchBody(body: IncomingBody, remainingMs: number): void {
    const stepMs = Math.min(remainingMs, BODY_CHECK_MS)
    this.#bodyTimer = setTimeout(() => {
      if (remainingMs <= stepMs) {
        body.expire()
        if (this.#isOver) this.stopDraining()
        return
      }
      this.keepWaiting()
      this.#watchBody(body, remainingMs - stepMs)
    }, stepMs)
  }

  /**
   * With `isLast`, a fault in this response is not answered by another call of `onFault`. With `mustClose`, the connection is
   * closed after it.
   */
  #answerChecked(response: HttpResponse, isLast: boolean, mustClose = false): void {
    const checked = this.#check(response, mustClose)
    const isFault = 'kind' in checked
    if (isFault && !isLast && !this.#aborted) this.fail(checked)
    else this.#answer(isFault ? bareAnswer(statusOf(checked)) : checked, response)
  }

  /** The response in its wire form, or the reason why it cannot be sent. */
  #check(response: HttpResponse, mustClose: boolean): Answer | Fault {
    const { limits, traffic } = this.service
    let answer: Answer
    try {
      answer = toAnswer(response, this.method, mustClose || traffic.isClosing || this.#mustClose)
    } catch (error) {
      return { kind: 'failed', error }
    }
    const hasRoom =
      answer.bodyBytes <= limits.streamingBytes ||
      this.#aborted ||
      traffic.answers.hasRoom(this.#clientName(), answer.bodyBytes)
    return hasRoom ? answer : { kind: 'overloaded', by: 'bytes' }
  }

  /** True if the rest of the body will not be read, or may never arrive. */
  get #mustClose(): boolean {
    const incoming = this.#incoming
    if (incoming === undefined || incoming.isComplete) return false
    return !incoming.isDrainable || (this.#awaitsContinue && incoming.isUntouched)
  }

  /** Frees the body before sending the answer, so a slow reader does not keep it in memory (contract 4.11). */
  #answer(answer: Answer, response: HttpResponse | undefined): void {
    if (this.#aborted) {
      response?.onOver?.('gone')
      return
    }
    this.#isAnswered = true
    this.#response = response
    this.#endDeciding()
    this.#incoming?.letGo()
    if (response?.isWithheld) this.cutOff()
    else this.send(answer)
  }
}

function statusOf(fault: Fault): number {
  switch (fault.kind) {
    case 'failed':
      return 500
    case 'malformed':
      return 400
    case 'length-required':
      return 411
    case 'overloaded':
      return 503
  }
}
