// Clients that are behind: finds those that take nothing for the answer deadline (contract 12.5). An engine reports progress only once the kernel has much
// room again, a third of a send queue of up to 4 MiB. A client that reads slowly may take longer than the deadline for that. So the send queues
// themselves are looked at from time to time: while one shrinks, its client takes something. Without them the reports of the engine count alone.
import { kernelAddress, type SendQueues } from './send-queues.ts'

/** A connection whose client has to take something. */
export interface SlowClient {
  /** The peer's address. */
  readonly address: string
  /** The peer's port. Undefined if the engine does not know it. */
  readonly port: number | undefined
  /** The client has taken nothing for the deadline. */
  stalled(): void
}

export interface SlowClientsOptions {
  /** Time after which a client that takes nothing is stalled, at least; an eighth more at most. */
  readonly deadlineMs: number
  /** Reads the send queues of the connections to some addresses. Undefined where the system does not list them. */
  readonly readQueues: (addresses: ReadonlySet<string>) => Promise<SendQueues | undefined>
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
}

/** Looks in the time of a deadline. */
const LOOKS_PER_DEADLINE = 8
const MIN_INTERVAL_MS = 10

/** A client that is behind. */
interface Behind {
  readonly client: SlowClient
  readonly address: string
  readonly sinceMs: number
}

/** A send queue that was seen. */
interface Seen {
  readonly bytes: number
  /** The time at which it was first seen with this many bytes. */
  readonly sinceMs: number
}

export class SlowClients {
  readonly #options: SlowClientsOptions
  readonly #behind = new Map<SlowClient, Behind>()
  /** By address and port, for the addresses of those who are behind. */
  #seen = new Map<string, Map<number, Seen>>()
  #isLooking = false

  constructor(options: SlowClientsOptions) {
    this.#options = options
  }

  /** The client has to take something. */
  add(client: SlowClient): void {
    const address = kernelAddress(client.address)
    this.#behind.set(client, { client, address, sinceMs: this.#options.nowMs() })
    if (this.#isLooking) return
    this.#isLooking = true
    this.#lookLater()
  }

  /** The client has taken something, or is gone. */
  remove(client: SlowClient): void {
    this.#behind.delete(client)
  }

  /** One timer serves all clients. */
  #lookLater(): void {
    const intervalMs = Math.max(MIN_INTERVAL_MS, this.#options.deadlineMs / LOOKS_PER_DEADLINE)
    setTimeout(() => void this.#look(), intervalMs)
  }

  async #look(): Promise<void> {
    const addresses = new Set([...this.#behind.values()].map(({ address }) => address))
    const queues = addresses.size === 0 ? undefined : await this.#options.readQueues(addresses)
    const nowMs = this.#options.nowMs()
    this.#see(queues, nowMs)
    const late = [...this.#behind.values()].filter(
      ({ sinceMs }) => nowMs - sinceMs >= this.#options.deadlineMs,
    )
    for (const { client } of this.#stalledOf(late, nowMs)) {
      this.#behind.delete(client)
      client.stalled()
    }
    this.#isLooking = this.#behind.size > 0
    if (this.#isLooking) this.#lookLater()
  }

  #see(queues: SendQueues | undefined, nowMs: number): void {
    const seen = new Map<string, Map<number, Seen>>()
    for (const [address, ports] of queues ?? []) {
      const before = this.#seen.get(address)
      const now = new Map<number, Seen>()
      for (const [port, bytes] of ports) {
        const known = before?.get(port)
        now.set(port, known?.bytes === bytes ? known : { bytes, sinceMs: nowMs })
      }
      seen.set(address, now)
    }
    this.#seen = seen
  }

  /** The late clients that have taken nothing. */
  #stalledOf(late: readonly Behind[], nowMs: number): Behind[] {
    const isStuck = ({ bytes, sinceMs }: Seen) => bytes > 0 && nowMs - sinceMs >= this.#options.deadlineMs
    return late.filter(({ client: { port }, address }) => {
      const ofAddress = this.#seen.get(address)
      if (ofAddress === undefined) return true
      if (port !== undefined) {
        const seen = ofAddress.get(port)
        return seen === undefined || isStuck(seen)
      }
      // The connection is one of this address. If fewer queues are stuck than clients are late, some of these take something, and nobody knows which.
      const stuck = [...ofAddress.values()].filter(isStuck).length
      const unnamed = late.filter(other => other.address === address && other.client.port === undefined)
      return stuck >= unnamed.length
    })
  }
}
