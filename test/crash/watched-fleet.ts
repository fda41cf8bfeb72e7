// Writers of a small fleet that remember every version of every cluster with the number of its change. So they know what a search finds in the state
// of any number. A write whose answer was lost with its server came about between two known numbers, or not at all.
import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { WAIT_HANGS_AFTER_MS } from '../harness/patience.ts'
import type { Draw } from '../search/random-state.ts'
import { FleetClient, type Reply, type ShownResource, Unanswered } from './fleet-client.ts'

/** A search with what it means. */
export interface MeantSearch {
  readonly text: string
  readonly matches: (cluster: ShownResource) => boolean
}

/** Pause after a refusal. */
const RETRY_MS = 20

export const SEARCHES: readonly MeantSearch[] = [
  { text: '', matches: () => true },
  { text: "labels.a = 'yes'", matches: ({ labels }) => labels?.a === 'yes' },
  {
    text: "status.conditions.Available = 'True'",
    matches: ({ status }) =>
      status.conditions.some(({ type, status: value }) => type === 'Available' && value === 'True'),
  },
]

/** A version of a cluster; without a document it is gone. Its change has a number in (`after`, `by`]. */
interface Version {
  readonly after: number
  readonly by: number
  readonly document: string | undefined
}

/** A cluster of one writer. Only those without reports are deleted, because these go at once. */
interface OwnCluster {
  readonly id: string
  readonly isReported: boolean
}

export class WatchedFleet {
  readonly #draw: Draw
  readonly #retriesRefusals: boolean
  readonly #versions = new Map<string, Version[]>()
  readonly #writers: OwnCluster[][]
  /** Names of clusters whose creation was not answered, and clusters of which another write was not. */
  readonly #inDoubt: { readonly name?: string; readonly id?: string; readonly after: number }[] = []
  #names = 0
  #minute = 0
  /** The greatest number of an answer. */
  sequence = 0
  writes = 0

  /** @param retriesRefusals true if a 503, of which nothing is stored, may be the answer to a write */
  constructor(draw: Draw, writers: number, retriesRefusals = false) {
    this.#draw = draw
    this.#retriesRefusals = retriesRefusals
    this.#writers = Array.from({ length: writers }, () => [])
  }

  /** Lets all writers make so many writes, or fewer if the server goes. */
  async write(origin: string, count: number): Promise<void> {
    const client = new FleetClient(origin)
    try {
      await Promise.all(this.#writers.map(own => this.#writeAll(client, own, count)))
    } finally {
      client.close()
    }
  }

  /** Finds out from the next server if the writes without an answer came about. */
  async settle(origin: string): Promise<void> {
    const client = new FleetClient(origin)
    for (const { name, id, after } of this.#inDoubt.splice(0)) {
      const search = name === undefined ? `id = '${id}'` : `name = '${name}'`
      const reply = await this.#answer(() =>
        client.send('GET', `/clusters?search=${encodeURIComponent(search)}`),
      )
      assert.equal(reply.status, 200)
      const [found]: readonly ShownResource[] = JSON.parse(reply.body).items
      if (found !== undefined) this.#note(found.id, after, reply.sequence, JSON.stringify(found))
      else if (id !== undefined) this.#note(id, after, reply.sequence, undefined)
      // A writer does not go on with what it does not know.
      for (const own of this.#writers) {
        const at = own.findIndex(each => each.id === id)
        if (at !== -1) own.splice(at, 1)
      }
    }
    client.close()
  }

  /** Compares documents by id with what the search finds in the state of this number. */
  check(known: ReadonlyMap<string, string>, sequence: number, search: MeantSearch): void {
    for (const id of known.keys()) assert.ok(this.#versions.has(id), `nobody has written ${id}`)
    for (const [id, versions] of this.#versions) {
      const text = known.get(id)
      const shown = text === undefined ? undefined : JSON.stringify(JSON.parse(text))
      const possible = possibleAt(versions, sequence).map(document =>
        document !== undefined && search.matches(JSON.parse(document)) ? document : undefined,
      )
      const spans = versions.map(
        ({ after, by, document }) => `(${after}, ${by}] ${document?.length ?? 'gone'}`,
      )
      assert.ok(
        possible.includes(shown),
        `${id} as of ${sequence}: ${shown} in place of ${possible}; versions ${spans.join(', ')}`,
      )
    }
  }

  async #writeAll(client: FleetClient, own: OwnCluster[], count: number): Promise<void> {
    try {
      for (let i = 0; i < count; i++) await this.#writeOne(client, own)
    } catch (error) {
      if (!(error instanceof Unanswered)) throw error
    }
  }

  async #writeOne(client: FleetClient, own: OwnCluster[]): Promise<void> {
    const cluster = own[this.#draw(own.length + 1)]
    if (cluster === undefined) return this.#create(client, own)
    const { id, isReported } = cluster
    if (isReported) return this.#report(client, id)
    if (this.#draw(3) === 0) {
      const reply = await this.#send(client, 'DELETE', `/clusters/${id}`, undefined, { id })
      own.splice(own.indexOf(cluster), 1)
      this.#note(id, reply.sequence - 1, reply.sequence, undefined)
      return
    }
    const labels = this.#labels()
    const reply = await this.#send(client, 'PATCH', `/clusters/${id}`, { labels }, { id })
    // A change that changes nothing has the number of the state that it was decided on.
    if (JSON.stringify(JSON.parse(reply.body)) !== this.#versions.get(id)?.at(-1)?.document)
      this.#noteReply(reply)
  }

  async #create(client: FleetClient, own: OwnCluster[]): Promise<void> {
    const name = `w-${++this.#names}`
    const content = { kind: 'Cluster', name, spec: { n: 1 }, labels: this.#labels() }
    const reply = await this.#send(client, 'POST', '/clusters', content, { name })
    own.push({ id: this.#noteReply(reply), isReported: this.#draw(3) === 0 })
  }

  async #report(client: FleetClient, id: string): Promise<void> {
    const status = this.#draw(2) === 0 ? 'True' : 'False'
    const observed = new Date(Date.UTC(2026, 0, 1) + ++this.#minute * 1000).toISOString()
    const types = ['Available', 'Applied', 'Health']
    const conditions = types.map(type => ({ type, status, reason: 'Test', message: '' }))
    const content = { adapter: 'dns', observed_generation: 1, observed_time: observed, conditions, data: {} }
    const reply = await this.#send(client, 'PUT', `/clusters/${id}/statuses`, content, { id })
    const shown = await this.#send(client, 'GET', `/clusters/${id}`, undefined, { id })
    const document = JSON.stringify(JSON.parse(shown.body))
    if (document !== this.#versions.get(id)?.at(-1)?.document)
      this.#note(id, reply.sequence - 1, reply.sequence, document)
  }

  /** @param subject the cluster that is in doubt if no answer comes */
  async #send(
    client: FleetClient,
    method: string,
    path: string,
    content: object | undefined,
    subject: { readonly name?: string; readonly id?: string },
  ): Promise<Reply> {
    const after = this.sequence
    this.writes++
    try {
      const reply = await this.#answer(() => client.send(method, path, content))
      assert.ok(reply.status >= 200 && reply.status < 300, `${method} ${path}: ${reply.status} ${reply.body}`)
      this.sequence = Math.max(this.sequence, reply.sequence)
      return reply
    } catch (error) {
      if (error instanceof Unanswered)
        this.#inDoubt.push({ ...subject, after: subject.id === undefined ? after : this.#lastOf(subject.id) })
      throw error
    }
  }

  async #answer(send: () => Promise<Reply>): Promise<Reply> {
    const untilMs = performance.now() + WAIT_HANGS_AFTER_MS
    for (;;) {
      const reply = await send()
      if (reply.status !== 503 || !this.#retriesRefusals || performance.now() > untilMs) return reply
      await delay(RETRY_MS)
    }
  }

  #lastOf(id: string): number {
    return this.#versions.get(id)?.at(-1)?.by ?? 0
  }

  #noteReply({ body, sequence }: Reply): string {
    const document = JSON.parse(body)
    this.#note(document.id, sequence - 1, sequence, JSON.stringify(document))
    return document.id
  }

  #note(id: string, after: number, by: number, document: string | undefined): void {
    this.sequence = Math.max(this.sequence, by)
    const versions = this.#versions.get(id) ?? []
    this.#versions.set(id, versions)
    // A write in doubt may have changed nothing.
    if (versions.length === 0 || versions.at(-1)?.document !== document)
      versions.push({ after, by, document })
  }

  #labels(): Record<string, string> {
    return { a: this.#draw(2) === 0 ? 'yes' : 'no', n: String(this.#draw(1000)) }
  }
}

/** The versions that may be present in the state of a number, one unless the number of a change is not known. */
function possibleAt(versions: readonly Version[], sequence: number): (string | undefined)[] {
  const possible: (string | undefined)[] = []
  for (let at = versions.length - 1; at >= 0; at--) {
    const { after, by, document } = versions[at] as Version
    if (sequence > after) possible.push(document)
    if (sequence >= by) return possible
  }
  return [...possible, undefined]
}
