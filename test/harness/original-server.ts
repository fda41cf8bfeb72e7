// Emulates the reads of the original server over HTTP, as each of its generations answers them: `march` is hyperfleet-api a125551
// (2026-03-31), `august` is 541f6b4 (2026-08-21). Parameters, members and their order, statuses and problems follow its code.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const BASE = '/api/hyperfleet/v1'
/** Clusters and nodepools, and the kinds that only later versions have. */
const PLURALS: Readonly<Record<string, string>> = {
  Cluster: 'clusters',
  NodePool: 'nodepools',
  Channel: 'channels',
}

export type Generation = 'march' | 'august'

export interface OriginalCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
  readonly observed_generation: number
  readonly created_time: string
  readonly last_updated_time: string
  readonly last_transition_time: string
}

export interface OriginalStatus {
  readonly adapter: string
  readonly observed_generation: number
  readonly conditions: readonly {
    readonly type: string
    readonly status: string
    readonly reason?: string
    readonly message?: string
    readonly last_transition_time: string
  }[]
  readonly metadata?: object
  readonly data?: object
  readonly created_time: string
  readonly last_report_time: string
}

/** A row of the original's tables. */
export interface Row {
  readonly kind: string
  readonly id: string
  readonly name: string
  readonly ownerId?: string
  generation: number
  spec: object
  labels: Readonly<Record<string, string>>
  readonly created_time: string
  updated_time: string
  readonly created_by: string
  readonly updated_by: string
  deleted_time?: string
  deleted_by?: string
  readonly tenancy?: object
  readonly references?: object
  conditions: OriginalCondition[]
  statuses: OriginalStatus[]
}

/** A request to the original, before it is answered. */
export interface OriginalRequest {
  readonly path: string
  readonly number: number
}

export interface OriginalOptions {
  readonly generation: Generation
  /** The bearer token that it requires; none by default. */
  readonly token?: string
  /** May change the rows, or answer: then it returns true. */
  readonly onRequest?: (request: OriginalRequest, response: ServerResponse) => boolean
}

export class OriginalServer {
  readonly rows: Row[] = []
  /** Paths with queries of all requests. */
  readonly requests: string[] = []
  readonly #options: OriginalOptions
  readonly #server: Server

  private constructor(options: OriginalOptions) {
    this.#options = options
    this.#server = createServer((request, response) => this.#answer(request, response))
  }

  static async start(options: OriginalOptions): Promise<OriginalServer> {
    const original = new OriginalServer(options)
    original.#server.listen(0, '127.0.0.1')
    await once(original.#server, 'listening')
    return original
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? ''
    this.requests.push(path)
    if (this.#options.onRequest?.({ path, number: this.requests.length }, response)) return
    const { status, body } = this.#reply(request)
    const type = status < 400 ? 'application/json' : 'application/problem+json'
    response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body))
  }

  #reply(request: IncomingMessage): Reply {
    const url = new URL(request.url ?? '', this.url)
    const { token } = this.#options
    const given = request.headers.authorization
    if (token !== undefined && given === undefined)
      return problem(401, 'HYPERFLEET-AUT-001', 'Account authentication could not be verified')
    if (token !== undefined && given !== `Bearer ${token}`)
      return problem(401, 'HYPERFLEET-AUT-002', 'Bearer token is invalid')
    if (!url.pathname.startsWith(`${BASE}/`)) return noRoute()
    const parts = url.pathname
      .slice(BASE.length + 1)
      .split('/')
      .map(decodeURIComponent)
    const parameters = url.searchParams
    if (this.#options.generation === 'august' && parts[0] === 'resources') return this.#all(parameters)
    const [first = '', id, second, childId, third] = parts
    if (first === 'clusters' && second === 'nodepools')
      return this.#resource('NodePool', childId, third, parameters, id)
    if (first === 'clusters') return this.#resource('Cluster', id, second, parameters)
    // The older generation has no flat addresses of single nodepools.
    if (first === 'nodepools' && (id === undefined || this.#options.generation === 'august'))
      return this.#resource('NodePool', id, second, parameters)
    return noRoute()
  }

  #resource(
    kind: string,
    id: string | undefined,
    below: string | undefined,
    parameters: URLSearchParams,
    ownerId?: string,
  ): Reply {
    const rows = this.rows.filter(row => row.kind === kind && (ownerId ?? row.ownerId) === row.ownerId)
    if (id === undefined) return this.#list(rows, parameters, `${kind}List`)
    const row = rows.find(each => each.id === id)
    if (row === undefined) return problem(404, 'HYPERFLEET-NTF-001', `${kind} with id='${id}' not found`)
    if (below === undefined) return { status: 200, body: this.#present(row) }
    return below === 'statuses' ? this.#statuses(row, parameters) : noRoute()
  }

  /** `GET /resources`, with the one search that an import sends. */
  #all(parameters: URLSearchParams): Reply {
    const search = parameters.get('search')
    if (search !== null && search !== "kind != 'Cluster' and kind != 'NodePool'")
      return problem(400, 'HYPERFLEET-VAL-005', `failed to parse search query: ${search}`)
    const rows = this.rows.filter(
      ({ kind }) => search === null || (kind !== 'Cluster' && kind !== 'NodePool'),
    )
    return this.#list(rows, parameters, 'ResourceList')
  }

  #list(rows: readonly Row[], parameters: URLSearchParams, kind: string): Reply {
    const page = this.#page(parameters)
    if ('status' in page) return page
    const order = this.#order(parameters)
    if ('status' in order) return order
    const start = (page.number - 1) * page.size
    const shown = [...rows].sort(order.compare).slice(start, start + page.size)
    return this.#envelope(
      kind,
      page.number,
      rows.length,
      shown.map(row => this.#present(row)),
    )
  }

  /** SQL without ORDER BY returns rows in any order: here the adapter that reported last comes first. */
  #statuses({ statuses }: Row, parameters: URLSearchParams): Reply {
    const page = this.#page(parameters)
    if ('status' in page) return page
    const start = (page.number - 1) * page.size
    const shown = statuses.toReversed().slice(start, start + page.size)
    return this.#envelope('AdapterStatusList', page.number, statuses.length, shown.map(presentStatus))
  }

  #envelope(kind: string, page: number, total: number, items: readonly object[]): Reply {
    const size = items.length
    if (this.#options.generation === 'march') return { status: 200, body: { items, kind, page, size, total } }
    return { status: 200, body: { items, page, size, total } }
  }

  #page(parameters: URLSearchParams): { readonly number: number; readonly size: number } | Reply {
    if (this.#options.generation === 'march') {
      // Invalid numbers are ignored.
      const number = Number.parseInt(parameters.get('page') ?? '1', 10) || 1
      const size = Number.parseInt(parameters.get('pageSize') ?? parameters.get('size') ?? '100', 10)
      return { number, size: size > 65_500 || size < 0 ? 65_500 : size }
    }
    const number = Number(parameters.get('page') ?? 1)
    const size = Number(parameters.get('size') ?? 20)
    if (!Number.isInteger(size) || size < 1 || size > 100)
      return problem(400, 'HYPERFLEET-VAL-000', 'Invalid query parameters')
    return { number, size }
  }

  #order(parameters: URLSearchParams): { readonly compare: (a: Row, b: Row) => number } | Reply {
    const given = parameters.get(this.#options.generation === 'march' ? 'orderBy' : 'order')
    const keys: { readonly field: keyof Row; readonly sign: number }[] = []
    for (const item of (given ?? 'created_time desc').split(',')) {
      const [, field, direction = 'asc'] = /^ *([a-z_]+)(?: (asc|desc))? *$/.exec(item) ?? []
      if (field !== 'id' && field !== 'name' && field !== 'created_time')
        return problem(400, 'HYPERFLEET-VAL-005', `bad order value '${item}'`)
      keys.push({ field, sign: direction === 'desc' ? -1 : 1 })
    }
    return {
      compare: (a, b) => {
        for (const { field, sign } of keys) {
          if (String(a[field]) !== String(b[field])) return String(a[field]) < String(b[field]) ? -sign : sign
        }
        return 0
      },
    }
  }

  #present(row: Row): object {
    const { kind, id, name, ownerId, generation, spec, labels, conditions } = row
    const { created_time, updated_time, created_by, updated_by, deleted_time, deleted_by } = row
    const plural = PLURALS[kind]
    const ownerHref = `${BASE}/clusters/${ownerId}`
    const href = ownerId === undefined ? `${BASE}/${plural}/${id}` : `${ownerHref}/${plural}/${id}`
    const owner = { href: ownerHref, id: ownerId, kind: 'Cluster' }
    if (this.#options.generation === 'march') {
      const status = { conditions }
      const tail = { name, ...(ownerId === undefined ? {} : { owner_references: owner }), spec, status }
      return {
        created_by,
        created_time,
        generation,
        href,
        id,
        kind,
        labels,
        ...tail,
        updated_by,
        updated_time,
      }
    }
    const byType = [...conditions].sort((a, b) => (a.type < b.type ? -1 : 1))
    return {
      created_by,
      created_time,
      ...(deleted_by === undefined ? {} : { deleted_by }),
      ...(deleted_time === undefined ? {} : { deleted_time }),
      generation,
      href,
      id,
      kind,
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
      name,
      ...(ownerId === undefined ? {} : { owner_references: owner }),
      ...(row.references === undefined ? {} : { references: row.references }),
      spec,
      status: { conditions: byType },
      tenancy: row.tenancy ?? {},
      updated_by,
      updated_time,
    }
  }
}

/** The original always has `data`. */
function presentStatus(status: OriginalStatus): object {
  const {
    adapter,
    conditions,
    created_time,
    last_report_time,
    metadata,
    observed_generation,
    data = {},
  } = status
  const shown = metadata === undefined ? {} : { metadata }
  return { adapter, conditions, created_time, data, last_report_time, ...shown, observed_generation }
}

interface Reply {
  readonly status: number
  readonly body: object
}

function noRoute(): Reply {
  return problem(404, 'HYPERFLEET-NTF-000', "The requested resource doesn't exist")
}

function problem(status: number, code: string, detail: string): Reply {
  const type = 'https://api.hyperfleet.io/errors/x'
  return { status, body: { code, detail, status, timestamp: '2026-03-01T00:00:00Z', title: 'Problem', type } }
}
