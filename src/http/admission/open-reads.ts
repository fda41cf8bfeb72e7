// Open reads: watches, and reads that wait for a change. They are no requests in flight, so they have limits of their own (contract 12.8).
import { type ProblemReply, problem, unavailable } from '../problems.ts'

export interface OpenReadLimits {
  /** Open reads of all clients, and of one. */
  readonly openReads: number
  readonly openReadsPerClient: number
  /** Different searches among them, and those with relative times, which are looked at as time goes by. */
  readonly openSearches: number
  readonly openRelativeSearches: number
}

/** The search of an open read. */
export interface OpenSearch {
  /** The same for searches that share their work. */
  readonly key: string
  /** True if it has relative times (contract 13.1). */
  readonly isRelative: boolean
}

/** An open read that has been admitted. */
export interface OpenRead {
  readonly kind: 'open-read'
  /** Gives its place to another. Has no effect when it is called again. */
  leave(): void
}

export interface OpenReadUse {
  readonly reads: number
  readonly searches: number
  readonly relativeSearches: number
}

/** Delay before a client that has too many open reads should retry. */
const RETRY_SECONDS = '10'

export class OpenReads {
  readonly #limits: OpenReadLimits
  readonly #byClient = new Map<string, number>()
  readonly #searches = { absolute: new Map<string, number>(), relative: new Map<string, number>() }
  #reads = 0

  constructor(limits: OpenReadLimits) {
    this.#limits = limits
  }

  get use(): OpenReadUse {
    const { absolute, relative } = this.#searches
    return {
      reads: this.#reads,
      searches: absolute.size + relative.size,
      relativeSearches: relative.size,
    }
  }

  /**
   * Admits an open read, or returns its refusal.
   * @param client the subject of its token, otherwise its network
   * @param search undefined for a read of one resource
   */
  enter(client: string, search: OpenSearch | undefined): OpenRead | ProblemReply {
    const refusal = this.#refusal(client, search)
    if (refusal !== undefined) return refusal
    const sameKind = search && this.#searches[search.isRelative ? 'relative' : 'absolute']
    this.#reads++
    raise(this.#byClient, client)
    if (search !== undefined && sameKind !== undefined) raise(sameKind, search.key)
    let isOpen = true
    const leave = () => {
      if (!isOpen) return
      isOpen = false
      this.#reads--
      lower(this.#byClient, client)
      if (search !== undefined && sameKind !== undefined) lower(sameKind, search.key)
    }
    return { kind: 'open-read', leave }
  }

  #refusal(client: string, search: OpenSearch | undefined): ProblemReply | undefined {
    const { openReads, openReadsPerClient, openSearches, openRelativeSearches } = this.#limits
    if ((this.#byClient.get(client) ?? 0) >= openReadsPerClient)
      return problem(
        'HYPERFLEET-LMT-001',
        `One client may have ${openReadsPerClient} open reads (watches and waiting reads) at the same time`,
        { headers: ['Retry-After', RETRY_SECONDS] },
      )
    if (this.#reads >= openReads)
      return unavailable('open-reads-busy', 'Too many reads are open (watches and waiting reads)')
    if (search === undefined) return undefined
    const { absolute, relative } = this.#searches
    if ((search.isRelative ? relative : absolute).has(search.key)) return undefined
    if (absolute.size + relative.size >= openSearches)
      return unavailable('open-reads-busy', 'Too many different searches have open reads')
    return search.isRelative && relative.size >= openRelativeSearches
      ? unavailable('open-reads-busy', 'Too many different searches with relative times have open reads')
      : undefined
  }
}

function raise(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function lower(counts: Map<string, number>, key: string): void {
  const count = (counts.get(key) ?? 0) - 1
  if (count > 0) counts.set(key, count)
  else counts.delete(key)
}
