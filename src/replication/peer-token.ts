// Tokens by which the servers of a cluster know each other. Their key is in the database of the cluster, so whoever makes a token may read
// the journal. A token is for one receiver, and for a minute by the clock of the database: the clocks of the servers do not matter.
import { createHmac, timingSafeEqual } from 'node:crypto'

/** The part of the database that tokens need. */
export interface PeerKeyStore {
  /** The key that all servers share. */
  peerKey(): Promise<Buffer>
  /** Milliseconds since the Unix epoch. */
  now(): Promise<number>
}

export interface PeerTokenOptions {
  readonly store: PeerKeyStore
  /** The id of this server. */
  readonly self: string
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  readonly randomId: () => string
}

/** wrong: it was not made with the key, or for another receiver. old: it was made over a minute ago. */
export type PeerTokenFault = 'wrong' | 'old'

/** Age from which a token is refused. */
const MAX_AGE_MS = 60_000
/** Least time between two reads of the key: wrong tokens cost the database no more. */
const KEY_MS = 10_000
const TOKEN = /^1\.(\d{1,16})\.([\w-]{1,64})\.([0-9a-f]{64})$/

export class PeerTokens {
  readonly #options: PeerTokenOptions
  #key: Buffer | undefined
  #readMs = 0

  constructor(options: PeerTokenOptions) {
    this.#options = options
  }

  /** Makes a token for another server. Rejects when the database does not answer. */
  async make(receiver: string): Promise<string> {
    const { store, self, randomId } = this.#options
    const key = await store.peerKey()
    const made = String(Math.round(await store.now()))
    const nonce = randomId()
    return `1.${made}.${nonce}.${sign(key, [self, receiver, made, nonce]).toString('hex')}`
  }

  /** Checks a token that another server has sent here. Undefined if it is right. Rejects when the database does not answer. */
  async fault(sender: string, token: string): Promise<PeerTokenFault | undefined> {
    const { store, self } = this.#options
    const [, made = '', nonce = '', signature = ''] = TOKEN.exec(token) ?? []
    const sent = Buffer.from(signature, 'hex')
    const isRight = (key: Buffer) => {
      const expected = sign(key, [sender, self, made, nonce])
      return sent.length === expected.length && timingSafeEqual(sent, expected)
    }
    if (signature === '' || !((await this.#keys()).some(isRight) || (await this.#keys(true)).some(isRight)))
      return 'wrong'
    return Math.abs((await store.now()) - Number(made)) > MAX_AGE_MS ? 'old' : undefined
  }

  /** The key, if it is known. A database that was restored has another. */
  async #keys(isNew = false): Promise<readonly Buffer[]> {
    const { store, nowMs } = this.#options
    if (this.#key !== undefined && (!isNew || nowMs() - this.#readMs < KEY_MS)) return [this.#key]
    this.#readMs = nowMs()
    this.#key = await store.peerKey()
    return [this.#key]
  }
}

function sign(key: Buffer, parts: readonly string[]): Buffer {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest()
}
