// A client of a watch that reads at its own pace, is cut off at any byte, and resumes, also from the next server. What it has at each BOOKMARK is kept
// for a comparison.
import assert from 'node:assert/strict'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'
import type { Draw } from '../search/random-state.ts'
import { WatchClient } from '../watch/watch-client.ts'
import type { MeantSearch, WatchedFleet } from './watched-fleet.ts'

const PATH = '/api/hyperfleet/v1/clusters?watch=true'
const RETRY_MS = 20
/** The id that a browser has after a RESET. */
const NO_TEXT = '0'

interface Seen {
  readonly sequence: number
  readonly known: ReadonlyMap<string, string>
}

export class WatchFollower {
  readonly #search: MeantSearch
  readonly #draw: Draw
  readonly #origin: () => string
  #client: WatchClient
  #seen: Seen[] = []
  #request: ClientRequest | undefined
  #seenSequence = 0
  #hasEnded = false
  #isSteady = false
  readonly #done: Promise<void>
  /** Streams that went on where an earlier one had ended. */
  resumptions = 0
  bookmarks = 0

  /** @param origin the address of the present server */
  constructor(search: MeantSearch, draw: Draw, origin: () => string) {
    this.#search = search
    this.#draw = draw
    this.#origin = origin
    this.#client = this.#next(undefined)
    this.#done = this.#follow()
    // Whoever waits for it gets the fault.
    this.#done.catch(() => {})
  }

  /** Takes everything at once from now on, and is not cut off. */
  steady(): void {
    this.#isSteady = true
  }

  /** Loses the connection. */
  cut(): void {
    this.#request?.destroy()
  }

  /** Resolves once it has the state of this number, or a later one. */
  async reached(sequence: number): Promise<void> {
    const deadline = performance.now() + WAIT_HANGS_AFTER_MS
    while (this.#client.bookmark < sequence) {
      assert.ok(performance.now() < deadline, `no BOOKMARK of ${sequence}`)
      await Promise.race([delay(5), this.#done])
    }
  }

  /** Compares all that it has seen. Every write before must be known. */
  check(fleet: WatchedFleet): void {
    for (const { known, sequence } of this.#seen.splice(0)) fleet.check(known, sequence, this.#search)
  }

  async end(): Promise<void> {
    this.#hasEnded = true
    this.cut()
    await this.#done
  }

  #next(earlier: WatchClient | undefined): WatchClient {
    const format = this.#draw(2) === 0 ? 'lines' : 'server-sent'
    const client: WatchClient = new WatchClient(
      format,
      sequence => {
        this.bookmarks++
        this.#seen.push({ sequence, known: new Map(client.known) })
        return undefined
      },
      earlier,
    )
    return client
  }

  async #follow(): Promise<void> {
    while (!this.#hasEnded) {
      this.#client = this.#next(this.#client)
      const { since } = this.#client
      const canResume = since !== undefined && since !== NO_TEXT
      await this.#stream(since)
      const { events, resets } = this.#client
      // The next server may be behind what this client has seen after its last BOOKMARK (contract 14.9).
      for (const { sequence } of events) this.#seenSequence = Math.max(this.#seenSequence, sequence)
      if (events.length === 0) await delay(RETRY_MS)
      else if (canResume) {
        // A server forgets nothing, and little has changed.
        assert.equal(resets, 0, 'a stream with since begins with RESET')
        this.resumptions++
      }
    }
  }

  /** Reads one stream to its end. */
  async #stream(since: string | undefined): Promise<void> {
    const isOfEvents = this.#client.isOfEvents
    const headers: Record<string, string> = isOfEvents
      ? { accept: 'text/event-stream', ...(since === undefined ? {} : { 'last-event-id': since }) }
      : {}
    headers['x-hyperfleet-min-sequence'] = String(this.#seenSequence)
    const { port } = new URL(this.#origin())
    const search = `&search=${encodeURIComponent(this.#search.text)}`
    const query = isOfEvents || since === undefined ? search : `${search}&since=${since}`
    const sent = request({ host: '127.0.0.1', port, path: PATH + query, headers, agent: false })
    this.#request = sent
    const response = await new Promise<IncomingMessage | undefined>(resolve => {
      sent.on('response', resolve)
      sent.on('error', () => resolve(undefined))
      sent.on('close', () => resolve(undefined))
      sent.end()
    })
    if (response === undefined) return
    if (response.statusCode !== 200) {
      response.resume()
      return
    }
    await this.#read(response)
  }

  async #read(response: IncomingMessage): Promise<void> {
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        if (!this.#isSteady && this.#draw(25) === 0) {
          this.#client.receive(chunk.subarray(0, this.#draw(chunk.length)))
          this.cut()
          return
        }
        this.#client.receive(chunk)
        // It stops reading for a while, and what is sent meanwhile waits.
        if (!this.#isSteady && this.#draw(10) === 0) await delay(this.#draw(60))
      }
    } catch (error) {
      // A connection that breaks is as good as one that ends.
      if (error instanceof assert.AssertionError) throw error
    }
  }
}
