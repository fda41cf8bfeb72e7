// One request and its answer, the same on both engines: call the handler, turn its failures into answers, hold the
// answer back until the body is over, and drop it when the client has gone.
import { type Answer, bareAnswer, toAnswer } from './answer.ts'
import { IncomingBody } from './body.ts'
import type { TransportLimits } from './limits.ts'
import type { Traffic } from './traffic.ts'
import type { BodyResult, Fault, FaultHandler, Handler, HttpRequest, HttpResponse } from './transport.ts'

/** What all the exchanges of a listener share. */
export interface Service {
  readonly handler: Handler
  readonly onFault: FaultHandler
  readonly limits: TransportLimits
  readonly traffic: Traffic
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
  #isWhole = false
  #bodyBytes = 0
  #heldBytes = 0
  #answerTimer: NodeJS.Timeout | undefined

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
    return this.#incoming?.read(limitBytes) ?? EMPTY_BODY
  }

  /** Takes from the engine what is valid only during its callback: the answer comes later. May be called again. */
  protected abstract detach(): void
  /** Tells an engine with a deadline of its own for bodies that this one may take longer. */
  protected abstract keepWaiting(): void
  /** Closes the connection at once; the engine calls `abort` then. */
  protected abstract cutOff(): void
  /** Sends the answer and sees to it that `sent` is called once it is out. Never called after `abort`. */
  protected abstract send(answer: Answer): void

  /** Expects a body; `declaredBytes` is undefined for a chunked one. */
  protected expectBody(declaredBytes: number | undefined): void {
    const { limits } = this.service
    this.#incoming = new IncomingBody(limits, declaredBytes)
    this.#watchBody(this.#incoming, limits.bodyDeadlineMs)
  }

  /** A part of the body has arrived; the chunk is copied. */
  protected receive(chunk: Uint8Array, isLast: boolean): void {
    if (isLast) {
      clearTimeout(this.#bodyTimer)
      this.#becomeWhole()
    }
    const incoming = this.#incoming
    if (incoming === undefined || this.#isOver) return
    if (incoming.isKept) {
      this.#bodyBytes += chunk.byteLength
      if (!this.service.traffic.holdBody(chunk.byteLength)) incoming.drop()
    }
    incoming.push(chunk, isLast)
    if (!incoming.isKept && !incoming.isComplete) this.#releaseBody()
  }

  /** Calls the handler; an answer that is no promise goes out before this returns, unless a body is still awaited. */
  protected run(): void {
    if (!this.service.traffic.hasRoomForRequest) {
      this.#incoming?.drop()
      this.fail({ kind: 'overloaded', by: 'requests' })
      return
    }
    if (this.#incoming === undefined) this.#becomeWhole()
    let response: HttpResponse | Promise<HttpResponse>
    try {
      response = this.service.handler(this)
    } catch (error) {
      this.fail({ kind: 'failed', error })
      return
    }
    if (!(response instanceof Promise)) {
      this.#answerAfterBody(response, false)
      return
    }
    this.detach()
    response.then(
      decided => this.#answerAfterBody(decided, false),
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
      this.#answer(bareAnswer(statusOf(fault)))
      return
    }
    this.#answerAfterBody(fault.kind === 'malformed' ? { ...response, close: true } : response, true)
  }

  /** Counts the bytes of an answer that the client takes slowly, until the exchange is over or its deadline has passed. */
  protected hold(bytes: number): void {
    this.#heldBytes += bytes
    const { traffic, limits } = this.service
    traffic.hold(bytes)
    this.#answerTimer = setTimeout(() => this.cutOff(), limits.answerDeadlineMs)
  }

  /** The answer is out. */
  protected sent(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#answerTimer)
    const { traffic } = this.service
    if (this.#isWhole) traffic.finishWhole()
    this.#releaseBody()
    traffic.release(this.#heldBytes)
    traffic.finish()
  }

  /** The client has gone before the answer was out; without effect afterwards. */
  protected abort(): void {
    if (this.#isOver) return
    this.#aborted = true
    clearTimeout(this.#bodyTimer)
    this.#incoming?.abort()
    this.sent()
  }

  #releaseBody(): void {
    this.service.traffic.releaseBody(this.#bodyBytes)
    this.#bodyBytes = 0
  }

  #becomeWhole(): void {
    if (this.#isWhole || this.#isOver) return
    this.#isWhole = true
    this.service.traffic.beginWhole()
  }

  /** The deadline is kept in steps, between which the engine is told to go on waiting. */
  #watchBody(body: IncomingBody, remainingMs: number): void {
    const stepMs = Math.min(remainingMs, BODY_CHECK_MS)
    this.#bodyTimer = setTimeout(() => {
      if (body.isOver) return
      if (remainingMs <= stepMs) {
        body.expire()
        return
      }
      this.keepWaiting()
      this.#watchBody(body, remainingMs - stepMs)
    }, stepMs)
  }

  /** `isLast`: what is wrong with this response is no longer answered by another one of `onFault`. */
  #answerAfterBody(response: HttpResponse, isLast: boolean): void {
    const incoming = this.#incoming
    if (incoming === undefined || incoming.isOver) {
      this.#answerChecked(response, isLast)
      return
    }
    this.detach()
    incoming.whenOver(() => this.#answerChecked(response, isLast))
  }

  #answerChecked(response: HttpResponse, isLast: boolean): void {
    const checked = this.#check(response)
    const isFault = 'kind' in checked
    if (isFault && !isLast && !this.#aborted) {
      this.fail(checked)
      return
    }
    response.onChosen?.()
    this.#answer(isFault ? bareAnswer(statusOf(checked)) : checked)
  }

  /** The response as it would go out, or why it cannot. */
  #check(response: HttpResponse): Answer | Fault {
    const { limits, traffic } = this.service
    const mustClose = traffic.isClosing || this.#incoming?.isComplete === false
    let answer: Answer
    try {
      answer = toAnswer(response, this.method, mustClose)
    } catch (error) {
      return { kind: 'failed', error }
    }
    const hasRoom = answer.bodyBytes <= limits.streamingBytes || traffic.hasRoomFor(answer.bodyBytes)
    return hasRoom ? answer : { kind: 'overloaded', by: 'bytes' }
  }

  #answer(answer: Answer): void {
    if (this.#aborted) return
    clearTimeout(this.#bodyTimer)
    this.send(answer)
  }
}

function statusOf(fault: Fault): number {
  switch (fault.kind) {
    case 'failed':
      return 500
    case 'malformed':
      return 400
    case 'overloaded':
      return 503
  }
}
