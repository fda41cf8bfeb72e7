// Random writes to a fleet that the server could have decided on: names are unique, a nodepool has a cluster, what is removed has no
// nodepools.
import type { Put } from '../../../src/state/put.ts'
import type { AdapterStatus, Resource, ResourceCondition, ResourceKind } from '../../../src/state/records.ts'
import type { Random } from '../../harness/random.ts'
import { clusterOf, idOf, statusOf, time } from '../../store/samples.ts'
import type { Write } from './model.ts'
import type { Twin } from './twin.ts'

/** The fleet grows to the first size, shrinks to the second, and so on: slots get many holes. */
const LARGE_FLEET = 1000
const SMALL_FLEET = 150
const NAMES: Readonly<Record<ResourceKind, number>> = { Cluster: 700, NodePool: 200 }
const ADAPTERS = Array.from({ length: 20 }, (_, place) => `adapter-${place}`)
const START = time('2026-01-01T00:00:00.001Z')
/** Clients' text to cut values from: letters, quotes and characters of two and four bytes. */
const LONGEST = 600 * 1024

export class Decisions {
  readonly #random: Random
  readonly #filling: string
  /** The living, in no order. */
  readonly #ids: Readonly<Record<ResourceKind, string[]>> = { Cluster: [], NodePool: [] }
  #isGrowing = true
  #created = 0
  twin: Twin

  constructor(random: Random, twin: Twin) {
    this.#random = random
    this.#filling = fillingOf(random)
    this.twin = twin
  }

  /** A living resource. */
  someId(kind?: ResourceKind): string | undefined {
    const ids = this.#ids[kind ?? (this.#random.chance(0.5) ? 'Cluster' : 'NodePool')]
    return ids[this.#random.below(ids.length)]
  }

  /** The writes of one change, decided on the present state of the twin. Empty if nothing fits. */
  next(): readonly Write[] {
    const random = this.#random
    const size = this.#ids.Cluster.length + this.#ids.NodePool.length
    if (size > LARGE_FLEET) this.#isGrowing = false
    if (size < SMALL_FLEET) this.#isGrowing = true
    const share = random.below(100)
    if (share < (this.#isGrowing ? 42 : 12)) return this.#create()
    const id = this.someId()
    if (id === undefined) return this.#create()
    if (share < 55) return this.#remove(id)
    const record = this.twin.record(id)
    if (share < 61) return [this.#written(this.#changed(record))]
    if (share < 65) return this.#mark(record)
    if (share < 70) return [this.#condensed(record)]
    return this.#report(record)
  }

  #create(): readonly Write[] {
    const owner = this.#ownerOfNext()
    const [kind, ownerId] =
      owner === undefined ? (['Cluster', undefined] as const) : (['NodePool', owner] as const)
    const number = ++this.#created
    // Imported ids do not sort by their creation.
    const id = this.#random.chance(0.2) ? idOf(this.#random.word() * 2 ** 20 + number) : idOf(number)
    this.#ids[kind].push(id)
    const blank = clusterOf(number, { kind, id, ownerId, name: this.#freeName(kind, ownerId, number) })
    const conditions = this.#random.chance(0.8) ? this.#conditions() : []
    return [this.#written({ ...this.#changed(blank), generation: 1, conditions })]
  }

  /** The cluster of the next nodepool, or undefined for a cluster. A few clusters have many nodepools. */
  #ownerOfNext(): string | undefined {
    const { Cluster } = this.#ids
    if (Cluster.length === 0 || this.#random.chance(0.5)) return undefined
    const id = this.#random.chance(0.3)
      ? Cluster[this.#random.below(Math.min(3, Cluster.length))]
      : this.someId('Cluster')
    return id !== undefined && this.twin.record(id).deletedTime === undefined ? id : undefined
  }

  #freeName(kind: ResourceKind, ownerId: string | undefined, number: number): string {
    const name = `${kind.toLowerCase()}-${this.#random.below(NAMES[kind])}`
    return this.twin.idOfName(kind, ownerId, name) === undefined ? name : `${name}-${number}`
  }

  #changed(record: Resource): Resource {
    const random = this.#random
    const author = `user-${random.below(20)}@example.com`
    const [labels, now] = [random.chance(0.7) ? this.#labels() : record.labels, this.#time()]
    const spec = `{"region" : ${this.#json()}, "n":1.0}`
    const generation = record.generation + 1
    return { ...record, generation, spec, labels, updatedTime: now, updatedBy: author, specChangedTime: now }
  }

  /** Marks a resource for deletion, and the nodepools of a cluster with it (contract 11.2, 11.3). */
  #mark(record: Resource): readonly Write[] {
    const now = this.#time()
    const all = [record, ...this.twin.nodepoolsOf(record.id).map(id => this.twin.record(id))]
    return all
      .filter(({ deletedTime }) => deletedTime === undefined)
      .map(each => this.#written({ ...each, deletedTime: now, deletedBy: 'ada@example.com' }))
  }

  #report(record: Resource): readonly Write[] {
    const random = this.#random
    const first = random.below(ADAPTERS.length)
    const many = random.chance(0.02) ? 1 + random.below(ADAPTERS.length) : 1
    const adapters = random.chance(0.02)
      ? [`probe-${random.below(200)}`]
      : Array.from({ length: many }, (_, place) => ADAPTERS[(first + place) % ADAPTERS.length] ?? '')
    const { statuses } = this.#view(record)
    let added = 0
    const writes = adapters.map(adapter => {
      const number = this.twin.statusOf(record.id, adapter)?.number ?? statuses.length + added++
      return { put: { kind: 'status', record: this.#status(record, adapter) } as const, number }
    })
    return random.chance(0.7) ? [...writes, this.#condensed(record)] : writes
  }

  /** A removal, or often only the mark before it. The newest nodepools of a cluster are mostly removed first. */
  #remove(id: string): readonly Write[] {
    const record = this.twin.record(id)
    if (record.deletedTime === undefined && this.#random.chance(0.4)) return this.#mark(record)
    const nodepools = this.twin.nodepoolsOf(id)
    const removed = this.#random.chance(0.8) ? nodepools.toReversed() : nodepools
    return [...removed, id].map(each => {
      const { kind } = this.twin.record(each)
      this.#ids[kind].splice(this.#ids[kind].indexOf(each), 1)
      return { put: { kind: 'removal', resource: { kind, id: each }, time: undefined }, number: 0 }
    })
  }

  #condensed(record: Resource): Write {
    const { kind, id } = record
    const put: Put = { kind: 'conditions', resource: { kind, id }, conditions: this.#conditions() }
    return { put, number: this.#view(record).number }
  }

  #written(record: Resource): Write {
    const present = this.twin.resource(record.kind, record.id)
    const number = present?.number ?? this.twin.nextNumber(record.kind)
    return { put: { kind: 'resource', record }, number }
  }

  #view({ kind, id }: Resource) {
    const view = this.twin.resource(kind, id)
    if (view === undefined) throw new Error(`there is no ${kind} ${id}`)
    return view
  }

  #status(record: Resource, adapter: string): AdapterStatus {
    const random = this.#random
    const conditions = ['Applied', 'Health'].slice(random.below(3)).map(type => ({
      ...{ type, status: random.of(['True', 'False', 'Unknown'] as const), lastTransitionTime: this.#time() },
      ...(random.chance(0.5) ? { reason: 'Because', message: this.#text(random.below(80)) } : {}),
    }))
    const available = { type: 'Available', status: 'True', lastTransitionTime: this.#time() } as const
    return statusOf(record, adapter, {
      conditions: conditions.toSpliced(random.below(conditions.length + 1), 0, available),
      metadata: random.chance(0.3) ? this.#json(random.below(100)) : undefined,
      data: random.chance(0.9) ? this.#json() : undefined,
      createdTime: this.#time(),
      lastReportTime: this.#time(),
    })
  }

  #conditions(): readonly ResourceCondition[] {
    const random = this.#random
    return ['Available', 'Ready', 'Adapter0Successful', 'Adapter1Successful']
      .slice(0, 1 + random.below(4))
      .map(type => ({
        ...{ type, status: random.of(['True', 'False'] as const), observedGeneration: random.below(1000) },
        ...{ createdTime: START, lastUpdatedTime: this.#time(), lastTransitionTime: this.#time() },
        ...(random.chance(0.3) ? { reason: 'Waiting', message: this.#text(random.below(60)) } : {}),
      }))
  }

  #labels(): ReadonlyMap<string, string> {
    const random = this.#random
    const label = () =>
      [random.of(['env', 'team', '10', 'é', 'deleted_time']), this.#text(random.below(12))] as const
    return new Map(Array.from({ length: random.below(4) }, label))
  }

  #json(size = this.#size()): string {
    return JSON.stringify(this.#text(size))
  }

  #text(size: number): string {
    const start = this.#random.below(this.#filling.length - size)
    return this.#filling.slice(start, start + size)
  }

  /** Mostly around 1 KB. */
  #size(): number {
    const share = this.#random.below(10_000)
    if (share < 1500) return this.#random.below(100)
    if (share < 9600) return this.#random.below(1500)
    if (share < 9950) return this.#random.below(30_000)
    if (share < 9995) return this.#random.below(200_000)
    return this.#random.below(LONGEST)
  }

  #time(): bigint {
    return (
      START + BigInt(this.#random.word()) * 1000n + BigInt(this.#random.below(2) * this.#random.below(1000))
    )
  }
}

function fillingOf(random: Random): string {
  const words = ['alpha', 'beta', '"', '\\', 'é', '😀', '},{', ',"deleted_time":', '0123456789', 'conditions']
  let text = ''
  while (text.length <= LONGEST) text += `${random.of(words)}${random.below(1000)}`
  return text
}
