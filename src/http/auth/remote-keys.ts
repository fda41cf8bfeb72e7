// Keys from an address. Fetched on first use, renewed in the background, and fetched again if a token names an
// unknown key, so a rotation takes effect at once. Invented key ids cannot cause a storm of requests.
import { reasonOf } from '../../wire/text.ts'
import { type KeySet, parseKeySet } from './key-set.ts'
import type { KeyListener, KeySource } from './key-source.ts'

/** Answers a GET: `fetch`, or a replacement in tests. */
export type Fetch = (url: URL, options: { redirect: 'error'; signal: AbortSignal }) => Promise<Response>

/** Age at which keys are renewed; the old ones remain in use meanwhile. */
export const RENEW_AFTER_MS = 5 * 60_000
/** Age at which keys that could not be renewed expire, so a withdrawn key does not remain valid forever. */
export const KEEP_AT_MOST_MS = 60 * 60_000
/** Minimum time between fetches for an unknown key. Invented key ids cost one request in this time. */
export const LOOK_AGAIN_AFTER_MS = 30_000
/** Minimum time between attempts after a failure. */
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

  /** Concurrent calls share one request. */
  reload(): Promise<void> {
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined
    })
    return this.#fetching
  }

  close(): void {
    // Nothing to release: a pending fetch ends at its own deadline.
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

/** Node's error codes for certificate and handshake failures. */
const TLS_CODE = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|EPROTO$)/

/** Reason why a fetch failed. The error of `fetch` itself is generic; its causes carry the reason. */
function whyNoKeys(error: unknown, { hostname }: URL): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no answer within ${ANSWER_WITHIN_MS} ms`
  const cause = firstCause(error)
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `DNS: the name ${hostname} does not resolve (${code})`
  if (code === 'ECONNREFUSED') return `connection refused (${code})`
  if (TLS_CODE.test(code)) return `TLS: ${tlsReason(cause)} (${code})`
  if (reasonOf(cause) === 'unexpected redirect')
    return 'the address redirects, and redirects are not followed'
  return code === '' ? reasonOf(cause) : `connection failed: ${reasonOf(cause)} (${code})`
}

/** OpenSSL's message contains source locations; its `reason` is the plain text. */
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
    throw new Error(`HTTP: status ${response.status} instead of 200`)
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new Error(`the answer has more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

// Address of a key set.

/** Loopback names: nobody can tamper with traffic to them. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/

/** @throws Error saying why keys cannot be fetched from this address */
export function keySetUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new Error('it must be an http or https URL such as https://issuer.example.com/jwks.json')
  // RFC 7517 defines no login, and fetch refuses such URLs (Fetch standard, 5.3).
  if (url.username !== '' || url.password !== '') throw new Error('it must not contain a user or a password')
  return url
}

/** True if someone on the network path could replace the keys. */
export function isKeySetExposed({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !LOOPBACK.test(hostname)
}
