// Reads a fleet of the original server (openshift-hyperfleet/hyperfleet-api) page by page through its API. Both of its
// generations answer the same requests: the one of March 2026 reads `orderBy`, later ones read `order`.
import type { ResourceKind } from '../../state/records.ts'
import { itemTexts, memberTexts, WantedNames } from '../../wire/json.ts'
import { BASE_PATH } from '../../wire/paths.ts'
import { reasonOf } from '../../wire/text.ts'

/** The most that later versions of the original put on a page. */
const PAGE_SIZE = 100
const TRIES = 6
const FIRST_PAUSE_MS = 500
const REQUEST_DEADLINE_MS = 30_000

const LIST_MEMBERS = new WantedNames(['items', 'total'])

export interface SourceOptions {
  /** Scheme, host and port of the original, with or without the base path. */
  readonly url: string
  /** A bearer token, where the original asks for one. */
  readonly token: string | undefined
  readonly fetch: typeof fetch
  readonly signal: AbortSignal
  /** Pauses before a retry. */
  readonly pause: (ms: number) => Promise<void>
}

/** A page of a list: each item as JSON text, and how many items all pages have. */
export interface SourcePage {
  readonly items: readonly string[]
  readonly total: number
}

/** Says why the original cannot be read. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
}

export class OriginalSource {
  readonly #options: SourceOptions
  readonly #base: string
  /** The parameters for an order by time of creation that the server takes. */
  #order: string | undefined

  /** @throws SourceError when the URL is none of an HTTP server */
  constructor(options: SourceOptions) {
    this.#options = options
    this.#base = baseOf(options.url)
  }

  /** The pages of all resources of a kind, oldest first. */
  async *resources(kind: ResourceKind): AsyncGenerator<SourcePage> {
    const path = kind === 'Cluster' ? '/clusters' : '/nodepools'
    this.#order ??= await this.#findOrder(path)
    yield* this.#pages(path, this.#order)
  }

  /** The statuses of a resource, oldest first. @returns undefined when the resource has been removed meanwhile */
  async statuses(
    kind: ResourceKind,
    id: string,
    ownerId: string | undefined,
  ): Promise<readonly string[] | undefined> {
    const own = kind === 'Cluster' ? `/clusters/${id}` : `/clusters/${ownerId}/nodepools/${id}`
    const all: string[] = []
    for (let page = 1; ; page++) {
      const found = await this.#page(`${own}/statuses`, page, undefined)
      if (found === undefined) return undefined
      all.push(...found.items)
      if (found.items.length === 0 || all.length >= found.total) return all
    }
  }

  /** Later versions and this server refuse what the other does not know. */
  async #findOrder(path: string): Promise<string> {
    const candidates = ['orderBy=created_time%20asc&order=created_time%20asc', 'orderBy=created_time%20asc']
    for (const order of candidates) {
      const response = await this.#get(`${path}?page=1&size=1&${order}`)
      if (response.status !== 400) return order
      await response.body?.cancel()
    }
    throw new SourceError(`${this.#base}${path} takes no order by created_time`)
  }

  async *#pages(path: string, order: string): AsyncGenerator<SourcePage> {
    let read = 0
    for (let page = 1; ; page++) {
      const found = await this.#page(path, page, order)
      if (found === undefined) throw new SourceError(`${this.#base}${path} is not found there`)
      yield found
      read += found.items.length
      if (found.items.length === 0 || read >= found.total) return
    }
  }

  async #page(path: string, page: number, order: string | undefined): Promise<SourcePage | undefined> {
    const query = `page=${page}&size=${PAGE_SIZE}${order === undefined ? '' : `&${order}`}`
    const response = await this.#get(`${path}?${query}`)
    const text = await response.text()
    if (response.status === 404) return undefined
    if (response.status !== 200) throw this.#refused(path, response.status, text)
    try {
      const members = memberTexts(text, LIST_MEMBERS)
      const items = itemTexts(members.get('items') ?? '[]', Number.POSITIVE_INFINITY).items
      const total = Number(members.get('total'))
      if (!Number.isSafeInteger(total)) throw new Error('it has no total')
      return { items, total }
    } catch (error) {
      throw new SourceError(`${this.#base}${path} answers with no list: ${reasonOf(error)}`)
    }
  }

  /** Retries what may pass: network faults, 408, 429 and 5xx. */
  async #get(path: string): Promise<Response> {
    const { token, fetch, signal, pause } = this.#options
    const headers = {
      Accept: 'application/json',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    }
    let fault = ''
    for (let tries = 0; tries < TRIES; tries++) {
      if (tries > 0) await pause(FIRST_PAUSE_MS * 2 ** (tries - 1))
      signal.throwIfAborted()
      try {
        const deadline = AbortSignal.any([signal, AbortSignal.timeout(REQUEST_DEADLINE_MS)])
        const response = await fetch(`${this.#base}${path}`, { headers, signal: deadline })
        if (response.status < 500 && response.status !== 408 && response.status !== 429) return response
        await response.body?.cancel()
        fault = `it answers ${response.status}`
      } catch (error) {
        signal.throwIfAborted()
        fault = faultOf(error)
      }
    }
    throw new SourceError(`${this.#base} cannot be read after ${TRIES} tries: ${fault}`)
  }

  #refused(path: string, status: number, text: string): SourceError {
    if (status === 401 || status === 403)
      return new SourceError(
        `${this.#base} answers ${status}: it needs a bearer token that may read; name its file with --token-file`,
      )
    return new SourceError(`${this.#base}${path} answers ${status}: ${text.slice(0, 200)}`)
  }
}

function baseOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:'))
    throw new SourceError(`${JSON.stringify(url)} is no URL of a server, such as http://hyperfleet-api:8000`)
  const path = parsed.pathname.replace(/\/+$/, '')
  return `${parsed.origin}${path.endsWith(BASE_PATH) ? path : path + BASE_PATH}`
}

/** Node's fetch names the fault of the connection in the cause. */
function faultOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return reasonOf(cause instanceof Error && cause.message !== '' ? cause : error)
}
