// The API as the simulation uses it, with one method for each request. Validates responses with the schemas that the API
// publishes. An unexpected response becomes a SimulationError.
import type Type from 'typebox'
import { Compile } from 'typebox/compile'
import { Cluster, ClusterList, NodePool, NodePoolList } from '../../src/api/resources.ts'
import { AdapterStatusList } from '../../src/api/statuses.ts'
import { EXIT } from '../../src/cli/command.ts'
import type { Answer, Client } from '../../src/cli/connection/client.ts'
import { noHyperfleet, unreachable } from '../../src/cli/connection/server-address.ts'
import { quoted } from '../../src/cli/resources/selector.ts'
import { API_ROOT, BASE_PATH } from '../../src/wire/paths.ts'
import { SimulationError } from './failures.ts'
import type { FinalAnswer, PersistentClient } from './persistence.ts'
import { creationBody, type PlannedResource } from './plan.ts'

/** The largest page of a server with default settings (contract 7.2). */
const PAGE_SIZE = 1000

export type ServedCluster = Type.Static<typeof Cluster>
export type ServedNodepool = Type.Static<typeof NodePool>
export type ServedResource = ServedCluster | ServedNodepool
export type ServedStatus = Type.Static<typeof AdapterStatusList>['items'][number]
export type Collection = 'clusters' | 'nodepools'

/**
 * `stored` for a report that the server kept (201), `ignored` for one that it discarded (204, contract 5.3), `gone` for one about a
 * removed resource (404, contract 11.9).
 */
export interface ReportOutcome {
  readonly kind: 'stored' | 'ignored' | 'gone'
  readonly wasRetried: boolean
}

type Parameters = Readonly<Record<string, string | number>>

export class FleetApi {
  readonly #client: PersistentClient
  readonly #cluster = Compile(Cluster)
  readonly #nodepool = Compile(NodePool)
  readonly #statuses = Compile(AdapterStatusList)
  readonly #lists = { clusters: Compile(ClusterList), nodepools: Compile(NodePoolList) }

  constructor(client: PersistentClient) {
    this.#client = client
  }

  createCluster(planned: PlannedResource): Promise<ServedResource> {
    return this.#create('/clusters', 'clusters', planned)
  }

  createNodepool(clusterPath: string, planned: PlannedResource): Promise<ServedResource> {
    return this.#create(`${clusterPath}/nodepools`, 'nodepools', planned)
  }

  /** Replaces the spec of the resource at a path. Resolves with the new generation. */
  async changeSpec(path: string, spec: object): Promise<number> {
    const answer = await this.#client.send('PATCH', BASE_PATH + path, JSON.stringify({ spec }))
    return this.#readResource(answer, 200, `PATCH ${path}`).generation
  }

  async report(path: string, body: string): Promise<ReportOutcome> {
    // Every setting takes PUT (contract 2.1).
    const answer = await this.#client.send('PUT', `${BASE_PATH}${path}/statuses`, body)
    const { wasRetried } = answer
    if (answer.status === 204) return { kind: 'ignored', wasRetried }
    if (answer.status === 201) return { kind: 'stored', wasRetried }
    if (answer.status === 404) return { kind: 'gone', wasRetried }
    throw refused(answer, `PUT ${path}/statuses`)
  }

  /** Deletes the resource at a path. Undefined if a lost request has removed it already. */
  async remove(path: string): Promise<ServedResource | undefined> {
    const answer = await this.#client.send('DELETE', BASE_PATH + path)
    if (answer.status === 404 && answer.wasRetried) return undefined
    return this.#readResource(answer, 202, `DELETE ${path}`)
  }

  async removeByForce(path: string, reason: string): Promise<void> {
    const answer = await this.#client.send(
      'POST',
      `${BASE_PATH}${path}/force-delete`,
      JSON.stringify({ reason }),
    )
    if (answer.status !== 204 && !(answer.status === 404 && answer.wasRetried))
      throw refused(answer, `POST ${path}/force-delete`)
  }

  /** True if a change of the spec is refused because the resource is being deleted (contract 11.6). */
  async refusesChange(path: string, spec: object): Promise<boolean> {
    const answer = await this.#client.send('PATCH', BASE_PATH + path, JSON.stringify({ spec }))
    return answer.status === 409
  }

  /** False if the path answers 404. */
  async exists(path: string): Promise<boolean> {
    const answer = await this.#client.send('GET', BASE_PATH + path)
    if (answer.status === 404) return false
    this.#readResource(answer, 200, `GET ${path}`)
    return true
  }

  async statuses(path: string): Promise<readonly ServedStatus[]> {
    const request = `GET ${path}/statuses`
    const answer = await this.#client.send('GET', `${BASE_PATH}${path}/statuses?pageSize=${PAGE_SIZE}`)
    const body = readJson(answer, 200, request)
    if (this.#statuses.Check(body)) return body.items
    throw misshapen(request)
  }

  /** The number of resources that match a search. */
  async count(collection: Collection, search: string): Promise<number> {
    return (await this.#list(`/${collection}`, collection, { search, pageSize: 0 })).total
  }

  /** The number of the present state (contract 12.3). */
  async sequence(): Promise<number> {
    const request = 'GET /clusters?pageSize=0'
    const answer = await this.#client.send('GET', `${BASE_PATH}/clusters?pageSize=0`)
    readJson(answer, 200, request)
    if (answer.sequence === undefined) throw misshapen(request)
    return answer.sequence
  }

  /** All matches of a search, oldest first, page by page. */
  async *pages(collection: Collection, search: string): AsyncGenerator<readonly ServedResource[]> {
    const fixed = { search, pageSize: PAGE_SIZE, orderBy: 'created_time', order: 'asc' }
    for (let page = 1, seen = 0, total = 1; seen < total; page++) {
      const answer = await this.#list(`/${collection}`, collection, { ...fixed, page })
      if (answer.items.length === 0) return
      yield answer.items
      seen += answer.items.length
      total = answer.total
    }
  }

  async #list(path: string, collection: Collection, parameters: Parameters) {
    const request = `GET ${path}`
    const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    const answer = await this.#client.send('GET', `${BASE_PATH}${path}?${query.join('&')}`)
    const body = readJson(answer, 200, request)
    if (this.#lists[collection].Check(body)) return body
    throw misshapen(request)
  }

  /** Creates a resource. If the response was lost, the retry conflicts with the resource created, which is then used. */
  async #create(path: string, collection: Collection, planned: PlannedResource): Promise<ServedResource> {
    const answer = await this.#client.send('POST', BASE_PATH + path, creationBody(planned))
    if (answer.status !== 409) return this.#readResource(answer, 201, `POST ${path}`)
    const { items } = await this.#list(path, collection, { search: `name=${quoted(planned.name)}` })
    // The name of a resource that is being deleted is free (contract 4.3).
    const found = items.find(({ deleted_time }) => deleted_time === undefined)
    const isOurs = found?.labels?.simulation === planned.labels.simulation
    if (answer.wasRetried && found !== undefined && isOurs) return found
    throw new SimulationError(
      `a ${planned.kind} named '${planned.name}' exists that this simulation did not create: ` +
        'choose another --name-prefix',
    )
  }

  #readResource(answer: FinalAnswer, expectedStatus: number, request: string): ServedResource {
    const body = readJson(answer, expectedStatus, request)
    if (this.#cluster.Check(body) || this.#nodepool.Check(body)) return body
    throw misshapen(request)
  }
}

function readJson(answer: FinalAnswer, expectedStatus: number, request: string): unknown {
  if (answer.status !== expectedStatus) throw refused(answer, request)
  try {
    return JSON.parse(answer.body.toString('utf8'))
  } catch {
    throw misshapen(request)
  }
}

function refused({ status, body }: FinalAnswer, request: string): SimulationError {
  if (status === 401 || status === 403)
    return new SimulationError(
      'the server requires a token, or rejects the one given: use --token-file',
      EXIT.unauthorised,
    )
  return new SimulationError(`${request} was refused with ${status}: ${body.toString('utf8').slice(0, 600)}`)
}

function misshapen(request: string): SimulationError {
  return new SimulationError(`${request} got a response that does not match its schema`)
}

/**
 * Checks that a HyperFleet server answers. Does not retry, so that a wrong address fails at once.
 * @throws SimulationError that says what to do
 */
export async function greet(client: Client, server: URL): Promise<void> {
  const answer = await ask(client, server)
  if (answer.status === 200 && saysHyperfleet(answer.body)) return
  throw new SimulationError(noHyperfleet(server, API_ROOT, answer.status))
}

async function ask(client: Client, server: URL): Promise<Answer> {
  try {
    return await client.send('GET', API_ROOT)
  } catch (error) {
    throw new SimulationError(unreachable(server, error), EXIT.unreachable)
  }
}

/** True for the description of a HyperFleet API (contract 1.2). */
function saysHyperfleet(body: Buffer): boolean {
  try {
    const said: unknown = JSON.parse(body.toString('utf8'))
    if (typeof said !== 'object' || said === null || !('id' in said) || !('kind' in said)) return false
    return said.id === 'hyperfleet' && said.kind === 'API'
  } catch {
    return false
  }
}
