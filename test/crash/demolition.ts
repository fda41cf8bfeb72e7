// A demolition: a client creates a cluster with nodepools, reports about them and deletes them, until the server is gone. It keeps all
// states that are possible by the contract (section 11) and by the answers. An unanswered request leaves both states, with it and
// without it. A restart must show one of them.
import assert from 'node:assert/strict'
import type { Draw } from '../search/random-state.ts'
import { type FleetClient, type ShownResource, Unanswered } from './fleet-client.ts'

const ADAPTERS = ['dns', 'validator'] as const
/** Nodepools of a demolition, unless it is one of a crowd. */
const NODEPOOLS = 2
const MAX_REQUESTS = 16
const REPORTS_FROM_MS = Date.UTC(2026, 0, 1)

interface Part {
  readonly stage: 'none' | 'living' | 'deleting' | 'gone'
  readonly generation: number
  /** True if it was marked together with its cluster, and so has its `deleted_time` (11.4). */
  readonly isMarkedWithCluster: boolean
  /** By adapter, its stored report. */
  readonly reports: Readonly<Record<string, { readonly generation: number; readonly isFinalized: boolean }>>
}

/** The cluster, then its nodepools. */
type State = readonly Part[]

type Request =
  | { readonly kind: 'create' | 'delete' | 'force'; readonly part: number }
  | {
      readonly kind: 'report'
      readonly part: number
      readonly adapter: string
      readonly generation: number
      readonly isFinalized: boolean
    }

interface Outcome {
  readonly state: State
  readonly status: number
}

const NOTHING: Part = { stage: 'none', generation: 1, isMarkedWithCluster: false, reports: {} }

export class Demolition {
  readonly #name: string
  readonly #required: readonly string[]
  readonly #nodepools: number
  readonly #ids: (string | undefined)[] = []
  #possible: readonly State[]
  #reports = 0

  /** @param required the adapters that the server waits for */
  constructor(name: string, required: readonly string[], nodepools = NODEPOOLS) {
    this.#name = name
    this.#required = required
    this.#nodepools = nodepools
    this.#possible = [Array.from({ length: 1 + nodepools }, () => NOTHING)]
  }

  /** The names of its cluster and its nodepools. */
  get names(): readonly string[] {
    return Array.from({ length: 1 + this.#nodepools }, (_, part) => `${this.#name}-${part}`)
  }

  /** Resolves when all requests are answered; rejects with Unanswered when the server is gone. */
  async run(client: FleetClient, draw: Draw): Promise<void> {
    await this.#build(client)
    for (let i = draw(MAX_REQUESTS); i >= 0; i--) await this.#send(client, this.#next(draw))
  }

  /** Creates everything, and deletes the cluster. Otherwise as `run`. */
  async fell(client: FleetClient): Promise<void> {
    await this.#build(client)
    await this.#send(client, { kind: 'delete', part: 0 })
  }

  /** Compares the resources that a restarted server shows, in the order of `names`, with the possible states. */
  async settle(shown: readonly (ShownResource | undefined)[], client: FleetClient): Promise<void> {
    const agreeing = this.#possible.filter(state => state.every((part, i) => agrees(part, shown[i])))
    const seen = shown.map(resource => resource && [resource.generation, resource.deleted_time])
    assert.ok(
      agreeing.some(state => hasOneMark(state, shown)),
      `${this.#name} is ${JSON.stringify(seen)}, and may be ${JSON.stringify(this.#possible)}`,
    )
    this.#possible = agreeing.filter(state => hasOneMark(state, shown))
    for (const [part, resource] of shown.entries()) {
      this.#ids[part] ??= resource?.id
      const id = this.#ids[part]
      if (id === undefined || resource !== undefined) continue
      const { status } = await client.send('GET', part === 0 ? `/clusters/${id}` : `/nodepools/${id}`)
      assert.equal(status, 404, `${id} is gone (11.9)`)
    }
  }

  async #build(client: FleetClient): Promise<void> {
    for (let part = 0; part <= this.#nodepools; part++) await this.#send(client, { kind: 'create', part })
  }

  #next(draw: Draw): Request {
    const part = draw(1 + this.#nodepools)
    const share = draw(10)
    if (share < 2) return { kind: 'delete', part }
    if (share < 3) return { kind: 'force', part }
    const adapter = ADAPTERS[draw(ADAPTERS.length)] ?? 'dns'
    return { kind: 'report', part, adapter, generation: 1 + draw(2), isFinalized: draw(3) > 0 }
  }

  async #send(client: FleetClient, request: Request): Promise<void> {
    const outcomes = this.#possible.map(state => outcomeOf(state, request, this.#required))
    try {
      const { status, body } = await client.send(...this.#encode(request))
      // The disk is full: nothing was done and nothing will be (9.2).
      if (status === 503) return
      const predicted = outcomes.map(outcome => outcome.status)
      assert.ok(
        predicted.includes(status),
        `${this.#name}: ${JSON.stringify(request)} answered ${status} ${body} instead of ${predicted}, in ${JSON.stringify(this.#possible)}`,
      )
      this.#possible = outcomes.filter(outcome => outcome.status === status).map(({ state }) => state)
      if (request.kind === 'create' && status === 201)
        this.#ids[request.part] = (JSON.parse(body) as ShownResource).id
    } catch (error) {
      if (error instanceof Unanswered)
        this.#possible = [...this.#possible, ...outcomes.map(({ state }) => state)]
      throw error
    }
  }

  #encode(request: Request): readonly [method: string, path: string, body?: object] {
    const { part } = request
    const [clusterId] = this.#ids
    const collection = part === 0 ? '/clusters' : `/clusters/${clusterId}/nodepools`
    const path = `${collection}/${this.#ids[part]}`
    switch (request.kind) {
      case 'create': {
        const kind = part === 0 ? 'Cluster' : 'NodePool'
        return ['POST', collection, { kind, name: this.names[part], spec: { n: part } }]
      }
      case 'delete':
        return ['DELETE', path]
      case 'force':
        return ['POST', `${path}/force-delete`, { reason: 'it is demolished' }]
      case 'report':
        return ['POST', `${path}/statuses`, this.#reportBody(request)]
    }
  }

  #reportBody({ adapter, generation, isFinalized }: Request & { kind: 'report' }): object {
    return {
      adapter,
      observed_generation: generation,
      observed_time: new Date(REPORTS_FROM_MS + this.#reports++ * 1000).toISOString(),
      conditions: [
        ...['Available', 'Applied', 'Health'].map(type => ({ type, status: 'True' })),
        ...(isFinalized ? [{ type: 'Finalized', status: 'True' }] : []),
      ],
    }
  }
}

/** The effect of a request on a state, and its answer. */
function outcomeOf(state: State, request: Request, required: readonly string[]): Outcome {
  const { part } = request
  const { stage } = partOf(state, part)
  if (request.kind === 'create') {
    const hasNoCluster = part !== 0 && partOf(state, 0).stage === 'none'
    if (hasNoCluster) return { state, status: 404 }
    return { state: replace(state, part, { ...NOTHING, stage: 'living' }), status: 201 }
  }
  if (stage === 'none' || stage === 'gone') return { state, status: 404 }
  switch (request.kind) {
    case 'delete': {
      const order = part === 0 ? [...state.keys()].slice(1).concat(0) : [part]
      const after = order.reduce((present, each) => lookedAt(present, each, required), marked(state, part))
      return { state: after, status: 202 }
    }
    case 'force': {
      if (stage === 'living') return { state, status: 409 }
      const gone = state.map((each, i) => (i === part || part === 0 ? withStage(each, 'gone') : each))
      return { state: lookedAt(gone, 0, required), status: 204 }
    }
    case 'report':
      return reported(state, request, required)
  }
}

function reported(state: State, request: Request & { kind: 'report' }, required: readonly string[]): Outcome {
  const { part, adapter, generation, isFinalized } = request
  const subject = partOf(state, part)
  const isDiscarded =
    generation > subject.generation || generation < (subject.reports[adapter]?.generation ?? 0)
  if (isDiscarded) return { state, status: 204 }
  const reports = { ...subject.reports, [adapter]: { generation, isFinalized } }
  return { state: lookedAt(replace(state, part, { ...subject, reports }), part, required), status: 201 }
}

/** Marks a part that is not marked; with the cluster its nodepools, too (11.2, 11.4). */
function marked(state: State, part: number): State {
  return state.map((each, i) => {
    if (each.stage !== 'living' || (i !== part && part !== 0)) return each
    const isMarkedWithCluster = part === 0 && i !== 0
    return { ...each, stage: 'deleting', generation: each.generation + 1, isMarkedWithCluster }
  })
}

/** Looks at a part, and at the cluster when its nodepool is removed (11.8). */
function lookedAt(state: State, part: number, required: readonly string[]): State {
  if (!isFinished(state, part, required)) return state
  const removed = replace(state, part, withStage(partOf(state, part), 'gone'))
  return part === 0 ? removed : lookedAt(removed, 0, required)
}

function isFinished(state: State, part: number, required: readonly string[]): boolean {
  const { stage, generation, reports } = partOf(state, part)
  if (stage !== 'deleting') return false
  const hasChildren =
    part === 0 && state.slice(1).some(each => each.stage === 'living' || each.stage === 'deleting')
  const awaited = required.length > 0 ? required : Object.keys(reports)
  return (
    !hasChildren &&
    awaited.every(
      adapter => reports[adapter]?.isFinalized === true && reports[adapter].generation === generation,
    )
  )
}

function partOf(state: State, part: number): Part {
  return state[part] ?? NOTHING
}

function replace(state: State, part: number, by: Part): State {
  return state.map((each, i) => (i === part ? by : each))
}

function withStage(part: Part, stage: Part['stage']): Part {
  return part.stage === 'none' ? part : { ...part, stage }
}

function agrees({ stage, generation }: Part, shown: ShownResource | undefined): boolean {
  if (shown === undefined) return stage === 'none' || stage === 'gone'
  return (
    shown.generation === generation &&
    (shown.deleted_time === undefined ? stage === 'living' : stage === 'deleting')
  )
}

/** Nodepools that were marked with their cluster have its time of deletion. */
function hasOneMark(state: State, shown: readonly (ShownResource | undefined)[]): boolean {
  const [cluster, ...nodepools] = shown
  return nodepools.every(
    (nodepool, i) =>
      nodepool === undefined ||
      !partOf(state, i + 1).isMarkedWithCluster ||
      nodepool.deleted_time === cluster?.deleted_time,
  )
}
