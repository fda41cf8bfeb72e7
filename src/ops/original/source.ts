// Reads a fleet of the original server (openshift-hyperfleet/hyperfleet-api) page by page through its API. Its generations take
// different parameters for the order of a list: that of March 2026 reads `orderBy`, later ones read `order`.
import type { ResourceKind } from '../../state/records.ts'
import { itemTexts, type JsonObjectBody, readJsonObject, WantedNames } from '../../wire/json.ts'
import { BASE_PATH } from '../../wire/paths.ts'
import { reasonOf } from '../../wire/text.ts'

/** The largest page of later versions of the original. */
const PAGE_SIZE = 100
const TRIES = 6
const FIRST_PAUSE_MS = 500
/** A server may ask for a longer pause than this one; it is not granted. */
const LONGEST_PAUSE_MS = 30_000

const LIST_MEMBERS = new WantedNames(['items', 'total'])
const PROBLEM_MEMBERS = new WantedNames(['code', 'detail'])
/** Levels of a page: a resource, with the depth that the API accepts (contract 4.6), in an array in an object. */
const MAX_DEPTH = 68
/** Bytes of an unexpected answer that a message shows. */
const SHOWN_BYTES = 200

/**
 * Orders of a list by creation. Every server refuses or ignores what it does not know. The order by id makes the order of
 * resources that were created in the same moment the same on every page.
 */
const ORDERS = [
  'orderBy=created_time%20asc%2Cid%20asc&order=created_time%20asc%2Cid%20asc',
  'orderBy=created_time%20asc%2Cid%20asc',
]

/** The answer to a request. */
export interface SourceAnswer {
  readonly status: number
  readonly body: Buffer
  /** Seconds of `Retry-After`, or 0. */
  readonly retryAfterS: number
}

export interface SourceOptions {
  /** Scheme, host and port of the original, for messages. */
  readonly address: string
  readonly hasToken: boolean
  /** Sends a GET. Throws if no complete answer arrives. */
  readonly get: (path: string) => Promise<SourceAnswer>
  /** Rejects if the user stops the command. */
  readonly pause: (ms: number) => Promise<void>
}

/** A page of a list: each item as JSON text, and the number of items on all pages. */
export interface SourcePage {
  readonly items: readonly string[]
  readonly total: number
}

/** The original cannot be read. The message is for the user. */
export class SourceError extends Error {
  override readonly name = 'SourceError'
  readonly reason: 'unreachable' | 'unauthorised' | 'unexpected'

  constructor(reason: SourceError['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

export class OriginalSource {
  readonly #options: SourceOptions
  /** Order parameters that the server takes. */
  #order: string | undefined
  /** True once the server has answered. Only then is a lost connection worth a retry. */
  #hasAnswered = false

  constructor(options: SourceOptions) {
    this.#options = options
  }

  /** Yields the pages of all resources of a kind, oldest first. */
  async *resources(kind: ResourceKind): AsyncGenerator<SourcePage> {
    const path = kind === 'Cluster' ? '/clusters' : '/nodepools'
    this.#order ??= await this.#findOrder(path)
    yield* this.#pages(path, this.#order)
  }

  /** Reads a resource as JSON text. @returns undefined if it has been removed */
  async resource(kind: ResourceKind, id: string, ownerId: string | undefined): Promise<string | undefined> {
    const path = pathOf(kind, id, ownerId)
    const answer = await this.#get(path)
    return answer.status === 404 ? undefined : this.#objectIn(path, answer).text
  }

  /** Reads the statuses of a resource, in no order. @returns undefined if the resource has been removed */
  async statuses(
    kind: ResourceKind,
    id: string,
    ownerId: string | undefined,
  ): Promise<readonly string[] | undefined> {
    const all: string[] = []
    for (let page = 1; ; page++) {
      const found = await this.#page(`${pathOf(kind, id, ownerId)}/statuses`, page, '')
      if (found === undefined) return undefined
      all.push(...found.items)
      if (found.items.length === 0 || all.length >= found.total) return all
    }
  }

  /** Yields the pages of resources of further kinds, which only later versions of the original have. */
  async *others(): AsyncGenerator<SourcePage> {
    const search = encodeURIComponent("kind != 'Cluster' and kind != 'NodePool'")
    const isThere = (await this.#get(`/resources?page=1&size=1&search=${search}`)).status === 200
    if (isThere) yield* this.#pages('/resources', `search=${search}&${this.#order ?? ORDERS[0]}`)
  }

  async #findOrder(path: string): Promise<string> {
    for (const order of ORDERS) {
      const { status } = await this.#get(`${path}?page=1&size=1&${order}`)
      if (status !== 400) return order
    }
    throw this.#unexpected(path, 'refuses an order by created_time')
  }

  async *#pages(path: string, parameters: string): AsyncGenerator<SourcePage> {
    let read = 0
    for (let page = 1; ; page++) {
      const found = await this.#page(path, page, parameters)
      if (found === undefined)
        throw this.#unexpected(path, 'is not found: --from takes the address of the API, without a path')
      yield found
      read += found.items.length
      if (found.items.length === 0 || read >= found.total) return
    }
  }

  async #page(path: string, page: number, parameters: string): Promise<SourcePage | undefined> {
    const more = parameters === '' ? '' : `&${parameters}`
    const answer = await this.#get(`${path}?page=${page}&size=${PAGE_SIZE}${more}`)
    if (answer.status === 404) return undefined
    const { members } = this.#objectIn(path, answer)
    const items = members.get('items')?.text
    const total = Number(members.get('total')?.text)
    if (items === undefined || !Number.isSafeInteger(total) || !/^(\[|null)/.test(items))
      throw this.#unexpected(path, 'answers with JSON that is no list: items and total are missing')
    return { items: items === 'null' ? [] : itemTexts(items, Number.POSITIVE_INFINITY).items, total }
  }

  /** The body of a success, which must be a JSON object. */
  #objectIn(path: string, answer: SourceAnswer): JsonObjectBody {
    if (answer.status !== 200) throw this.#refused(path, answer)
    const { body } = answer
    const read = readJsonObject(body, { maxDepth: MAX_DEPTH, names: LIST_MEMBERS })
    if (read.kind === 'object') return read
    if (/^\s*</.test(body.toString('latin1', 0, SHOWN_BYTES)))
      throw this.#unexpected(
        path,
        'answers with HTML, not JSON: a login page or a proxy is in front of it, or it is no API. ' +
          '--from takes the address of the API',
      )
    throw this.#unexpected(path, `answers with no JSON object: ${read.reason.replace('the body', 'it')}`)
  }

  /** Retries what may pass: lost connections, 408, 429 and 5xx. */
  async #get(path: string): Promise<SourceAnswer> {
    const { get, pause } = this.#options
    let fault = ''
    for (let tries = 1; tries <= TRIES; tries++) {
      let pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1)
      try {
        const answer = await get(BASE_PATH + path)
        this.#hasAnswered = true
        if (answer.status < 500 && answer.status !== 408 && answer.status !== 429) return answer
        fault = `it answers ${answer.status}${problemIn(answer)}`
        pauseMs = Math.max(pauseMs, answer.retryAfterS * 1000)
      } catch (error) {
        fault = reasonOf(error)
        if (!this.#hasAnswered) throw this.#unreachable(fault, error)
      }
      if (tries < TRIES) await pause(Math.min(pauseMs, LONGEST_PAUSE_MS))
    }
    const { address } = this.#options
    throw new SourceError(
      'unreachable',
      `${address} cannot be read any more, after ${TRIES} tries (${fault}): import again once it answers`,
    )
  }

  #unreachable(fault: string, cause: unknown): SourceError {
    const message =
      `no server can be reached at ${this.#options.address} (${fault}): ` +
      '--from takes the address of the API of the original, such as http://hyperfleet-api:8000'
    return new SourceError('unreachable', message, { cause })
  }

  #refused(path: string, answer: SourceAnswer): SourceError {
    const { address, hasToken } = this.#options
    const { status } = answer
    const said = `${status}${problemIn(answer)}`
    if (status === 401)
      return new SourceError(
        'unauthorised',
        hasToken
          ? `${address} rejects the token (${said}): give one that is valid there with --token-file`
          : `${address} requires a token (${said}): give one with --token-file`,
      )
    if (status === 403)
      return new SourceError(
        'unauthorised',
        `${address} does not permit reading (${said}): give a token that may read all clusters with --token-file`,
      )
    if (status >= 300 && status < 400)
      return this.#unexpected(
        path,
        `answers ${status}, a redirect: --from takes the address of the API itself`,
      )
    return this.#unexpected(path, `answers ${said}`)
  }

  #unexpected(path: string, what: string): SourceError {
    return new SourceError('unexpected', `${this.#options.address}${BASE_PATH}${path} ${what}`)
  }
}

/** Both generations serve nodepools below their clusters. */
function pathOf(kind: ResourceKind, id: string, ownerId: string | undefined): string {
  return kind === 'Cluster'
    ? `/clusters/${encodeURIComponent(id)}`
    : `/clusters/${encodeURIComponent(ownerId ?? '')}/nodepools/${encodeURIComponent(id)}`
}

/** The code and the detail of a problem document, or the beginning of another text, for a message. */
function problemIn({ body }: SourceAnswer): string {
  const read = readJsonObject(body, { maxDepth: MAX_DEPTH, names: PROBLEM_MEMBERS })
  const text = body.toString('utf8', 0, SHOWN_BYTES).trim()
  if (read.kind === 'malformed') return text === '' || text.startsWith('<') ? '' : `: ${text}`
  const [code, detail] = ['code', 'detail'].map(name => read.members.get(name)?.value)
  return `${typeof code === 'string' ? ` ${code}` : ''}${typeof detail === 'string' ? `: ${detail}` : ''}`
}
