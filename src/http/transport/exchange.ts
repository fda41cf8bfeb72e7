// One request and its answer, the same on both engines: call the handler, turn its failures into answers, let go of the body
// as soon as there is an answer (contract 4.11), and drop the answer when the client has gone.
import { type Answer, bareAnswer, toAnswer } from './answer.ts'
import { IncomingBody } from './body.ts'
import type { TransportLimits } from './limits.ts'
import { Holding, type Traffic } from './traffic.ts'
import type {
  AnswerEnd,
  BodyResult,
  Fault,
  FaultHandler,
  Handler,
  HttpRequest,
  HttpResponse,
} from './transport.ts'

/** What all the exchanges of a listener share. */
export interface Service {
  readonly handler: Handler
  readonly onFault: FaultHandler
  readonly limits: TransportLimits
  readonly traffic: Traffic
  /** Whose share of the memory a request counts in. */
  readonly clientOf: (request: HttpRequest) => string
}

/** How often an engine with a deadline of its own for bodies is told to go on waiting; see `keepWaiting`. */
const BODY_CHECK_MS = 4000
const EMPTY_BODY: Promise<BodyResult> = Promise.resolve({ kind: 'body', bytes: Buffer.alloc(0) })

/** A request being answered. An engine extends it with how it reads headers and writes answers. */
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
  /** Whether the client sends its body only once it is told to (RFC 9110, 10.1.1). */
  #awaitsContinue = false
  #held: Holding | undefined
  #answerTimer: NodeJS.Timeout | undefined
  #client: string | undefined
  /** The answer on its way out. */
  #response: HttpResponse | undefined

  constructor(service: Service) {
    this.service = service
    service.traffic.begin()
  }

  get aborted(): boolean {
    return this.#aborted
  }

  abstract peer(): string
  abstract values(name: string): readonly string[]
  abstract header(name: string): string | undefined

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

  /** Takes from the engine what is valid only during its callback: the answer comes later. May be called again. */
  protected abstract detach(): void
  /** Tells an engine with a deadline of its own for bodies that this one may take longer. */
  protected abstract keepWaiting(): void
  /** Tells a client that asks whether to send its body to do so. Never called after `abort`. */
  protected abstract sendContinue(): void
  /** Closes the connection at once; the engine calls `abort` then. */
  protected abstract cutOff(): void
  /** Whether what comes of a body after the answer is handed to `receive`; otherwise the engine sees to it. */
  protected abstract get seesRest(): boolean
  /** Closes the connection because too much of a body comes after the answer, or too slowly. */
  protected abstract stopDraining(): void
  /**
   * Sends the answer and sees to it that `sent` is called once it is out. Never called after `abort`. With `close`, the rest
   * of the body that may still come is no request.
   */
  protected abstract send(answer: Answer): void

  /**
   * Expects a body; `declaredBytes` is undefined for a chunked one. A client that `awaitsContinue` is told to go on when the
   * handler asks for the body, and not at all when it does not.
   */
  protected expectBody(declaredBytes: number | undefined, awaitsContinue: boolean): void {
    const { limits, traffic } = this.service
    const held = new Holding(traffic.bodies)
    // A body that is there at once counts in no share: no client keeps another one's out with those.
    const reserve = (bytes: number, isWhole: boolean) => {
      const isFree = bytes === 0 || (isWhole && incoming.isUntouched)
      return held.resize(bytes, isFree ? undefined : this.#clientName())
    }
    const incoming = new IncomingBody(limits, declaredBytes, reserve)
    this.#incoming = incoming
    this.#awaitsContinue = awaitsContinue
    this.#watchBody(incoming, limits.bodyDeadlineMs)
  }

  /** A part of the body has arrived; the chunk is copied. */
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

  /** Whether the client has yet to send a part of the body. */
  protected get isBodyUnderWay(): boolean {
    return this.#incoming?.isComplete === false
  }

  /** Calls the handler; an answer that is no promise goes out before this returns. */
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
   * Answers a fault, and has it told of though the client may have gone; what goes wrong with that answer ends in a bare
   * status.
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
    this.#answerChecked(isLast ? { ...response, close: true } : response, true)
  }

  /**
   * Counts the bytes of an answer that the client takes slowly, until the exchange is over or its deadline has passed; false
   * when there is no room for them: the connection is to be cut off.
   */
  protected hold(bytes: number): boolean {
    const { traffic, limits } = this.service
    this.#held = new Holding(traffic.answers)
    this.#answerTimer = setTimeout(() => this.cutOff(), limits.answerDeadlineMs)
    return this.#held.resize(bytes, this.#clientName())
  }

  /** The answer is out. */
  protected sent(): void {
    this.#end('sent')
  }

  /** The client has gone; without effect once the answer was out. */
  protected abort(): void {
    clearTimeout(this.#bodyTimer)
    if (this.#isOver) return
    this.#aborted = true
    this.#incoming?.abort()
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
    this.service.traffic.finish()
    this.#response?.onOver?.(end)
  }

  #beginDeciding(): void {
    if (this.#isDeciding || this.#isOver) return
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

  /** The deadline is kept in steps, between which the engine is told to go on waiting. */
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

  /** `isLast`: what is wrong with this response is no longer answered by another one of `onFault`. */
  #answerChecked(response: HttpResponse, isLast: boolean): void {
    const checked = this.#check(response)
    const isFault = 'kind' in checked
    if (isFault && !isLast && !this.#aborted) this.fail(checked)
    else this.#answer(isFault ? bareAnswer(statusOf(checked)) : checked, response)
  }

  /** The response as it would go out, or why it cannot. */
  #check(response: HttpResponse): Answer | Fault {
    const { limits, traffic } = this.service
    let answer: Answer
    try {
      answer = toAnswer(response, this.method, traffic.isClosing || this.#mustClose)
    } catch (error) {
      return { kind: 'failed', error }
    }
    const hasRoom =
      answer.bodyBytes <= limits.streamingBytes ||
      this.#aborted ||
      traffic.answers.hasRoom(this.#clientName(), answer.bodyBytes)
    return hasRoom ? answer : { kind: 'overloaded', by: 'bytes' }
  }

  /** Whether what the client may still send of the body is not waited for, or may not come at all. */
  get #mustClose(): boolean {
    const incoming = this.#incoming
    if (incoming === undefined || incoming.isComplete) return false
    return !incoming.isDrainable || (this.#awaitsContinue && incoming.isUntouched)
  }

  /** The body is let go of before the answer is out: how slowly a client reads is no reason to keep it (contract 4.11). */
  #answer(answer: Answer, response: HttpResponse | undefined): void {
    if (this.#aborted) {
      response?.onOver?.('gone')
      return
    }
    this.#isAnswered = true
    this.#response = response
    this.#endDeciding()
    this.#incoming?.letGo()
    this.send(answer)
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
