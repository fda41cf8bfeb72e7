// The gate before the handlers of a server that shares a journal with others: has each request answered by a server that may, as of a state that is
// new enough (contract 14.2, 14.6-14.8, 14.10).
import type { Member } from '../../replication/member.ts'
import type { Call, OperationHandler, Reply } from '../call.ts'
import { asksForWatch, asksToWait, MAX_WAIT_MS } from '../list-request.ts'
import { type ProblemReply, problem, unavailable } from '../problems.ts'
import type { BodyResult, HttpRequest } from '../transport/transport.ts'
import { FORWARDED, type Forwarder, NOT_WRITER } from './forwarder.ts'

export interface GateOptions {
  readonly member: Pick<Member, 'isLeading' | 'hasLease' | 'confirm' | 'look' | 'reached' | 'status'>
  readonly forwarder: Pick<Forwarder, 'send'>
  readonly reads: 'writer' | 'any'
  /** 0: no bound. */
  readonly maxStalenessMs: number
  /** Longest wait of a read for a change, and of any request for a server that decides. */
  readonly readWaitMs: number
  /** Time after which a write without an outcome is not answered, and a read is not awaited from another server. */
  readonly commitDeadlineMs: number
  readonly bodyLimitBytes: number
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
}

/** Pause before another try to find a server that decides. */
const RETRY_MS = 100
const NO_BODY = Buffer.alloc(0)
/** The client must look what became of its request. */
const NO_ANSWER: Reply = { kind: 'no-answer' }
const DIGITS = /^\d{1,15}$/

export class Gate {
  readonly #options: GateOptions

  constructor(options: GateOptions) {
    this.#options = options
  }

  /** Wraps the handler of a write, which the writer decides. */
  readonly writes = (handle: OperationHandler): OperationHandler => {
    return call => this.#answered(this.#write(handle, call))
  }

  /** Wraps the handler of a read, which is answered as the settings and the request demand. */
  readonly reads = (handle: OperationHandler): OperationHandler => {
    return call => this.#read(handle, call)
  }

  /** Wraps the handler of a list that can be watched. */
  readonly watchableLists = (handle: OperationHandler): OperationHandler => {
    return call => (asksForWatch(call.request.query) ? this.#watch(handle, call) : this.#read(handle, call))
  }

  #read(handle: OperationHandler, call: Call): Reply | Promise<Reply> {
    const demands = demandsOf(call.request)
    if (demands.kind === 'problem') return demands
    const { member, reads } = this.#options
    const { least, isLatest } = demands
    const ready = least === undefined ? undefined : this.#reached(least)
    // Plain reads go on, because nobody knows yet whose records are right (contract 14.11).
    if (member.status.role === 'lost')
      return isLatest ? disagreeing() : this.#after(ready, () => handle(call))
    if (reads === 'any' && !isLatest) return this.#after(ready, () => this.#stale() ?? handle(call))
    return this.#after(member.isLeading ? ready : undefined, () => this.#byWriter(handle, call, isLatest))
  }

  /** Serves a watch, which each server does alone: it shows a change once this server has it (contract 14.9). */
  #watch(handle: OperationHandler, call: Call): Reply | Promise<Reply> {
    const demands = demandsOf(call.request)
    if (demands.kind === 'problem') return demands
    const { member } = this.#options
    // It would show nothing new for as long as the fault lasts (contract 14.11).
    if (member.status.fault !== undefined) return disagreeing()
    const { least, isLatest } = demands
    const ready = least === undefined ? undefined : this.#reached(least)
    const begin = () => this.#stale() ?? handle(call)
    return this.#after(ready, () => (isLatest ? this.#after(this.#isCurrent(), begin) : begin()))
  }

  /** Waits until this server has a state that was the newest after the call (contract 14.7). */
  async #isCurrent(): Promise<ProblemReply | undefined> {
    const { member, readWaitMs, nowMs } = this.#options
    const untilMs = nowMs() + readWaitMs
    do {
      const result = await within(member.look(), untilMs - nowMs())
      if (result === 'current') return undefined
      if (result === 'fault') return disagreeing()
      if (result === 'unreachable') await pause()
    } while (nowMs() < untilMs)
    return unavailable('server-stale', 'The database of the cluster does not confirm the newest state; retry')
  }

  #after(
    ready: Promise<ProblemReply | undefined> | undefined,
    answer: () => Reply | Promise<Reply>,
  ): Reply | Promise<Reply> {
    return ready === undefined ? answer() : ready.then(refusal => refusal ?? answer())
  }

  /** Waits for a change (contract 14.6). */
  async #reached(sequence: number): Promise<ProblemReply | undefined> {
    const { member, readWaitMs } = this.#options
    if (await member.reached(sequence, readWaitMs)) return undefined
    return unavailable('sequence-ahead', `This server has not applied change ${sequence} yet; retry`)
  }

  /** The refusal of a server that may be too far behind (contract 14.8). */
  #stale(): ProblemReply | undefined {
    const { member, reads, maxStalenessMs } = this.#options
    if (reads === 'writer' || maxStalenessMs === 0 || member.isLeading) return undefined
    const { staleMs } = member.status
    if (staleMs !== undefined && staleMs <= maxStalenessMs) return undefined
    return unavailable(
      'server-stale',
      'This server has not heard from the database of the cluster for too long',
    )
  }

  /** A read that the writer answers, while no other server can have stored a write. */
  #byWriter(handle: OperationHandler, call: Call, isLatest: boolean): Reply | Promise<Reply> {
    const { member } = this.#options
    if (!isLatest && member.hasLease) return handle(call)
    return this.#confirmed(handle, call)
  }

  async #confirmed(handle: OperationHandler, call: Call): Promise<Reply> {
    const { member, readWaitMs, nowMs } = this.#options
    const untilMs = nowMs() + readWaitMs
    do {
      if (member.isLeading) {
        const outcome = await within(member.confirm(), untilMs - nowMs())
        if (outcome === 'stored') return handle(call)
        if (outcome === undefined) break
      } else {
        const forwarded = await this.#forward(call, NO_BODY, this.#patienceMs(call))
        if (forwarded !== undefined && forwarded.kind !== 'no-answer') return forwarded
      }
      if (isForwarded(call)) return notWriter()
      await pause()
    } while (nowMs() < untilMs)
    return noWriter()
  }

  /** Longest wait for the answer of another server, which may stand still. A read that waits for an event has the time that it asks for. */
  #patienceMs({ request }: Call): number {
    const waitMs = asksToWait(request.query) ? MAX_WAIT_MS : 0
    return this.#options.commitDeadlineMs + waitMs
  }

  async #write(handle: OperationHandler, call: Call): Promise<Reply> {
    const { member, readWaitMs, commitDeadlineMs, bodyLimitBytes, nowMs } = this.#options
    const kept = new KeptBody(call.request)
    const own = { ...call, request: kept }
    const untilMs = nowMs() + readWaitMs
    do {
      if (member.isLeading) {
        const reply = await handle(own)
        if (!isFenced(reply)) return reply
      }
      if (isForwarded(call)) return notWriter()
      const body = await kept.body(bodyLimitBytes)
      // The handler says what is wrong with the body, without a decision.
      if (body.kind !== 'body') return handle(own)
      const forwarded = await this.#forward(call, body.bytes, commitDeadlineMs)
      if (forwarded !== undefined) return forwarded
      await pause()
    } while (nowMs() < untilMs)
    return noWriter()
  }

  /** The answer of the writer, once this server has applied what it is as of. Undefined if no other server has taken the request. */
  async #forward(call: Call, body: Buffer, withinMs: number): Promise<Reply | undefined> {
    const { member, forwarder, commitDeadlineMs } = this.#options
    const { leader, fault, role } = member.status
    const isOurs = role === 'leading' || role === 'resolving'
    if (leader === undefined || isOurs || fault !== undefined || isForwarded(call)) return undefined
    const forwarded = await forwarder.send(call, body, leader.address, withinMs)
    if (forwarded.kind === 'not-taken') return undefined
    if (forwarded.kind === 'broken') return NO_ANSWER
    const { reply, sequence } = forwarded
    if (sequence === undefined || (await member.reached(sequence, commitDeadlineMs))) return reply
    return NO_ANSWER
  }

  /** The answer, or none when its outcome is unknown for too long (contract 14.10). */
  async #answered(reply: Promise<Reply>): Promise<Reply> {
    return (await within(reply, this.#options.commitDeadlineMs)) ?? NO_ANSWER
  }
}

/** A request whose body can be read again. */
class KeptBody implements HttpRequest {
  readonly #request: HttpRequest
  #body: Promise<BodyResult> | undefined

  constructor(request: HttpRequest) {
    this.#request = request
  }

  get method(): string {
    return this.#request.method
  }

  get path(): string {
    return this.#request.path
  }

  get query(): string {
    return this.#request.query
  }

  get aborted(): boolean {
    return this.#request.aborted
  }

  peer(): string {
    return this.#request.peer()
  }

  values(name: string): readonly string[] {
    return this.#request.values(name)
  }

  header(name: string): string | undefined {
    return this.#request.header(name)
  }

  wait(onGone: () => void): void {
    this.#request.wait(onGone)
  }

  body(limitBytes: number): Promise<BodyResult> {
    this.#body ??= this.#request.body(limitBytes)
    return this.#body
  }
}

/** The demands of a read on its answer (contract 14.6, 14.7). */
interface Demands {
  readonly kind: 'demands'
  /** The change that it must not be older than. */
  readonly least: number | undefined
  readonly isLatest: boolean
}

function demandsOf(request: HttpRequest): Demands | ProblemReply {
  const least = request.header('x-hyperfleet-min-sequence')
  const consistency = request.header('x-hyperfleet-consistency')
  if (least !== undefined && !DIGITS.test(least))
    return problem('HYPERFLEET-VAL-004', 'X-HyperFleet-Min-Sequence must be the number of a change')
  if (consistency !== undefined && consistency !== 'latest')
    return problem('HYPERFLEET-VAL-004', 'X-HyperFleet-Consistency must be latest')
  return {
    kind: 'demands',
    least: least === undefined ? undefined : Number(least),
    isLatest: consistency !== undefined,
  }
}

function disagreeing(): ProblemReply {
  return unavailable(
    'server-stale',
    'This server and the journal of the cluster disagree; ask another server',
  )
}

function isFenced(reply: Reply): boolean {
  return reply.kind === 'problem' && reply.refusal === 'no-writer'
}

/** Another server has sent this request on. */
function isForwarded({ request }: Call): boolean {
  return request.header(FORWARDED.toLowerCase()) !== undefined
}

function noWriter(): ProblemReply {
  return unavailable('no-writer', 'No server of the cluster decides at present; retry')
}

function notWriter(): ProblemReply {
  const { headers = [], ...refusal } = noWriter()
  return { ...refusal, headers: [...headers, NOT_WRITER, 'true'] }
}

function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, RETRY_MS))
}

/** The value, or undefined if it does not come in time. */
function within<T>(value: Promise<T>, ms: number): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), Math.max(0, ms))
    value.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
