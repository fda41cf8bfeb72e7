// Keys from an address: fetched when they are first needed, renewed in the background, and looked for once more when a
// token names a key that is not there, so that a rotation is seen at once and nobody can make this server ask in a storm.
import { reasonOf } from '../../wire/text.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import type { KeyListener, KeySource } from './key-source.ts'

/** Answers a GET: `fetch`, or what stands for it. */
export type Fetch = (url: URL, options: { redirect: 'error'; signal: AbortSignal }) => Promise<Response>

/** After so long keys are renewed while those of before are still used. */
export const RENEW_AFTER_MS = 5 * 60_000
/** Keys that could not be renewed for so long are used no more: a key withdrawn meanwhile must not count for ever. */
export const KEEP_AT_MOST_MS = 60 * 60_000
/** Between two looks for a key that is not there: tokens with invented key ids cost one request in this time. */
export const LOOK_AGAIN_AFTER_MS = 30_000
/** Between two attempts when the last one failed. */
export const RETRY_AFTER_MS = 1000
const ANSWER_WITHIN_MS = 5000
const MAX_BYTES = 1024 * 1024

export interface RemoteOptions {
  readonly url: URL
  readonly fetch: Fetch
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  readonly onEvent: KeyListener
}

export class RemoteKeys implements KeySource {
  readonly #options: RemoteOptions
  #keys: KeySet | undefined
  #fetchedMs = Number.NEGATIVE_INFINITY
  #triedMs = Number.NEGATIVE_INFINITY
  #hasFailed = false
  #fetching: Promise<void> | undefined

  constructor(options: RemoteOptions) {
    this.#options = options
  }

  current(): KeySet | undefined {
    const ageMs = this.#options.nowMs() - this.#fetchedMs
    if (this.#keys !== undefined && ageMs >= RENEW_AFTER_MS && this.#mayTry(LOOK_AGAIN_AFTER_MS))
      void this.reload()
    return ageMs < KEEP_AT_MOST_MS ? this.#keys : undefined
  }

  async lookAgain(): Promise<KeySet | undefined> {
    const waitMs = this.current() === undefined || this.#hasFailed ? RETRY_AFTER_MS : LOOK_AGAIN_AFTER_MS
    if (this.#fetching !== undefined || this.#mayTry(waitMs)) await this.reload()
    return this.current()
  }

  /** However many ask at the same time, one request goes out. */
  reload(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  close(): void {
    // Nothing is held: a fetch that is under way ends by its own deadline.
  }

  #mayTry(waitMs: number): boolean {
    return this.#options.nowMs() - this.#triedMs >= waitMs
  }

  async #fetch(): Promise<void> {
    const { url, fetch, nowMs, onEvent } = this.#options
    this.#triedMs = nowMs()
    try {
      const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
      const keys = parseKeySet(await readText(response))
      this.#keys = keys
      this.#fetchedMs = nowMs()
      this.#hasFailed = false
      onEvent({ kind: 'keys-loaded', keys })
    } catch (error) {
      this.#hasFailed = true
      onEvent({ kind: 'keys-unavailable', reason: whyNoKeys(error, url) })
    }
  }
}

/** The codes of Node's errors that are about the certificate or the handshake. */
const TLS_CODE = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/

/** Why a fetch gave no keys. `fetch` says no more than that it failed; the reason is in the causes of its error. */
function whyNoKeys(error: unknown, { hostname }: URL): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${ANSWER_WITHIN_MS} ms`
  const cause = firstCause(error)
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `DNS: the name ${hostname} does not resolve (${code})`
  if (code === 'ECONNREFUSED') return `no connection: nothing listens there (${code})`
  if (TLS_CODE.test(code)) return `TLS: ${tlsReason(cause)} (${code})`
  if (reasonOf(cause) === 'unexpected redirect')
    return 'the address answers with a redirect, which is not followed'
  return code === '' ? reasonOf(cause) : `no connection: ${reasonOf(cause)} (${code})`
}

/** OpenSSL puts places in its sources into a message, and the words alone into `reason`. */
function tlsReason(error: unknown): string {
  const hasReason = error instanceof Error && 'reason' in error && typeof error.reason === 'string'
  return hasReason ? String(error.reason) : reasonOf(error)
}

function firstCause(error: unknown): unknown {
  let cause = error
  while (cause instanceof Error && cause.cause !== undefined) cause = cause.cause
  return cause
}

async function readText(response: Response): Promise<string> {
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`HTTP: the address answers ${response.status}, not 200`)
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Error(`the address answers more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

// The address that a key set is fetched from.

/** Names of this machine, between which and the server nobody can change an answer. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** @throws Error that says what the text lacks to be an address that keys can be fetched from */
export function keySetUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Error('it must be an http or https URL such as https://issuer.example.com/jwks.json')
  // RFC 7517 knows no login, and fetch refuses such URLs (Fetch standard, 5.3).
  if (url.username !== '' || url.password !== '') throw new Error('it must hold no user and no password')
  return url
}

/** Whether somebody on the way could put keys of his own in the place of the right ones. */
export function isKeySetExposed({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !LOOPBACK.test(hostname)
}
