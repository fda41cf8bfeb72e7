// Copies of this server's data folder for other servers of its cluster (contract 14.15), on the port of the API. A copy is sent while the server
// works on, and is never faster than its reader.
import { encodeFrames } from '../../ops/control/frames.ts'
import { COPY_TYPE } from '../../ops/control/listener.ts'
import type { PeerTokens } from '../../replication/peer-token.ts'
import type { CopyPart } from '../../store/copy/copy.ts'
import { reasonOf } from '../../wire/text.ts'
import type { Call, OperationHandler, Reply, Stream } from '../call.ts'
import { problem, unavailable } from '../problems.ts'
import type { BodyWriter, OpenEnd } from '../transport/transport.ts'

/** Beside the API, so that no client finds it there. */
export const COPY_PATH = '/cluster/copy'
/** The id of the server that asks. */
export const PEER = 'X-HyperFleet-Server'
/** The entry of the journal that the copy must have; the one after it is still kept. */
export const LEAST = 'X-HyperFleet-Min-Position'
/** The scheme of `Authorization`. */
export const PEER_SCHEME = 'HyperFleet-Server'

/** Most copies at the same time, because each delays trimming of the folder's journal; one more is answered 503. */
const MAX_COPIES = 2
/** Most tokens that are checked at the same time. */
const MAX_CHECKS = 8

export type CopyOutcome = 'sent' | 'broken' | 'refused'

export interface CopyEvent {
  readonly outcome: CopyOutcome
  /** The server that asked. */
  readonly server: string
  readonly bytes: number
  readonly durationMs: number
  /** Undefined for one that was sent. */
  readonly reason: string | undefined
}

export interface PeerCopiesOptions {
  readonly tokens: Pick<PeerTokens, 'fault'>
  /** Begins a copy of the present state, with the retained removals. */
  readonly copy: () => AsyncGenerator<CopyPart[], void>
  /** The newest entry of the journal that this server shows. */
  readonly position: () => number
  /** The number of the newest change that this server shows. */
  readonly sequence: () => number
  /** The reason why a copy would be of no use to another server; undefined if there is none. */
  readonly fault: () => string | undefined
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  readonly onEvent: (event: CopyEvent) => void
}

export class PeerCopies {
  readonly #options: PeerCopiesOptions
  readonly #open = new Set<CopyBody>()
  #checks = 0
  #isStopped = false

  constructor(options: PeerCopiesOptions) {
    this.#options = options
  }

  /** Answers `GET /cluster/copy`. */
  readonly handle: OperationHandler = call => this.#answer(call)

  /** Breaks copies off. Resolves when they have released the store. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#open].map(body => body.stop()))
  }

  async #answer({ request }: Call): Promise<Reply> {
    const server = request.header(PEER.toLowerCase()) ?? ''
    const [scheme, token = ''] = (request.header('authorization') ?? '').split(' ')
    if (scheme !== PEER_SCHEME || this.#checks >= MAX_CHECKS) return this.#refused(server, 'no token')
    this.#checks++
    try {
      const fault = await this.#options.tokens.fault(server, token)
      if (fault !== undefined) return this.#refused(server, `its token is ${fault}`)
    } catch (error) {
      return this.#busy(server, `the database of the cluster does not answer: ${reasonOf(error)}`)
    } finally {
      this.#checks--
    }
    return this.#admitted(server, Number(request.header(LEAST.toLowerCase()) ?? 0))
  }

  #admitted(server: string, least: number): Reply {
    const { fault, position, sequence } = this.#options
    const reason = fault()
    if (reason !== undefined) return this.#busy(server, reason)
    if (position() < least)
      return this.#busy(
        server,
        `this server has applied entry ${position()} of the journal, and ${least} is needed`,
      )
    if (this.#open.size >= MAX_COPIES || this.#isStopped)
      return this.#busy(server, `this server sends ${MAX_COPIES} copies already, or is about to stop`)
    const open = () => new CopyBody(this.#options, server, this.#open)
    return { kind: 'stream', mediaType: COPY_TYPE, sequence: sequence(), open }
  }

  #refused(server: string, reason: string): Reply {
    this.#note(server, reason)
    return problem('HYPERFLEET-AUT-002', 'Only servers of the cluster may copy this one', {
      headers: ['WWW-Authenticate', PEER_SCHEME],
    })
  }

  #busy(server: string, reason: string): Reply {
    this.#note(server, reason)
    return unavailable('no-copy', `No copy at present: ${reason}`)
  }

  #note(server: string, reason: string): void {
    this.#options.onEvent({ outcome: 'refused', server, bytes: 0, durationMs: 0, reason })
  }
}

/** A copy as a body. */
class CopyBody implements Stream {
  readonly #options: PeerCopiesOptions
  readonly #server: string
  readonly #open: Set<CopyBody>
  #beganMs = 0
  #writer: BodyWriter | undefined
  #sending: Promise<void> | undefined
  #isOver = false
  #proceed: (() => void) | undefined
  readonly isWatch = false
  readonly events = 0
  readonly resets = 0
  lastedMs = 0
  bytes = 0
  end: OpenEnd | undefined

  constructor(options: PeerCopiesOptions, server: string, open: Set<CopyBody>) {
    this.#options = options
    this.#server = server
    this.#open = open
  }

  begin(writer: BodyWriter): void {
    this.#beganMs = this.#options.nowMs()
    this.#writer = writer
    this.#open.add(this)
    this.#sending = this.#send(writer)
  }

  ready(): void {
    this.#proceed?.()
  }

  over(end: OpenEnd): void {
    this.#isOver = true
    this.end = end
    this.lastedMs = this.#options.nowMs() - this.#beganMs
    this.#proceed?.()
  }

  async stop(): Promise<void> {
    this.#writer?.cutOff()
    await this.#sending
  }

  /** Never rejects; once it resolves, the copy has released the store. */
  async #send(writer: BodyWriter): Promise<void> {
    const { copy, nowMs, onEvent } = this.#options
    const parts = copy()
    let reason: string | undefined
    try {
      for await (const some of parts) {
        const bytes = encodeFrames(some)
        this.bytes += bytes.length
        if (!this.#isOver && !writer.write(bytes)) await this.#room()
        if (this.#isOver)
          throw new Error('the other server has closed the connection, or took nothing for too long')
      }
      writer.end()
    } catch (error) {
      reason = reasonOf(error)
      writer.cutOff()
    } finally {
      await parts.return()
      this.#open.delete(this)
    }
    const outcome = reason === undefined ? 'sent' : 'broken'
    const durationMs = nowMs() - this.#beganMs
    onEvent({ outcome, server: this.#server, bytes: this.bytes, durationMs, reason })
  }

  /** Resolves when the reader has room again, or the body is over. */
  #room(): Promise<void> {
    return new Promise(resolve => {
      this.#proceed = resolve
    })
  }
}
