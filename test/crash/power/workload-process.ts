// A process that works with a store while the recorder watches it, and says into its trace what it sent and what was answered.
// Arguments: the watched folder, a seed, how many times it opens the store, and how many changes it makes each time.
import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { encodeDocument, keyOf, keyOfResource } from '../../../src/state/document.ts'
import { type Put, unhandled } from '../../../src/state/put.ts'
import { plainResource, type Resource } from '../../../src/state/records.ts'
import { openStore, type Store } from '../../../src/store/store.ts'
import { Random } from '../../harness/random.ts'

import { clusterOf, idOf, nodepoolOf, optionsFor, put, statusOf } from '../../store/samples.ts'
import { type Line, linesOf, type Mark } from './history.ts'

const [root = '', seed = '0', openings = '0', changes = '0'] = process.argv.slice(2)
const ADAPTERS = ['dns', 'validator', 'placement']
const random = new Random(Number(seed))
const marks = openSync(join(root, 'marks'), 'a')

function mark(said: Mark): void {
  writeSync(marks, `${JSON.stringify(said)}\n`)
}

/** Most are small; some fill pages of their own. */
function spec(): string {
  const length = random.chance(0.1) ? random.below(12_000) : random.below(300)
  return `{"n":${random.word()},"fill":"${'x'.repeat(length)}"}`
}

class Workload {
  readonly #store: Store
  /** Numbers of records. New ones that are not visible yet are counted here. */
  readonly #numbers = new Map<string, number>()
  readonly #places = new Map<string, number>()
  #resources: Resource[] = []
  /** The last number that was part of an id. Ids are never used again. */
  #created: number

  constructor(store: Store) {
    this.#store = store
    this.#created = Number.parseInt(store.latestId?.slice(1) ?? '0', 36)
    mark({ kind: 'opened', lines: linesOf(store.state) })
    for (const [key, number] of linesOf(store.state)) this.#place(key, number)
    for (const kind of ['Cluster', 'NodePool'] as const) {
      // Numbers of retained removals are not given again.
      const removed = store.state.removals.after({ kind, ownerId: undefined }, 0)
      removed.step(Number.POSITIVE_INFINITY, number =>
        this.#places.set(kind, Math.max(this.#places.get(kind) ?? 0, number + 1)),
      )
      for (const { resource } of store.state.living(kind)) this.#resources.push(plainResource(resource))
    }
  }

  /** Stages changes in bursts, each as large as what clients send while a commit is under way. */
  async run(count: number): Promise<void> {
    let sent = 0
    let answered = 0
    while (sent < count) {
      const burst = Math.min(count - sent, random.of([1, 1, 2, 5, 20]))
      for (let i = 0; i < burst; i++) {
        const number = ++sent
        // All of a group are answered together, and groups one after the other.
        void this.#change().then(() => {
          answered = Math.max(answered, number)
        })
      }
      const wanted = random.chance(0.5) ? sent : sent - burst
      while (answered < wanted) await new Promise(setImmediate)
      mark({ kind: 'answered', count: answered })
    }
    await this.#store.settled()
    mark({ kind: 'answered', count: sent })
  }

  #change(): Promise<unknown> {
    const puts = this.#puts()
    const durable = this.#store.stage(puts)
    mark({ kind: 'sent', lines: puts.flatMap(each => this.#linesOf(each)) })
    return durable
  }

  #linesOf(each: Put): Line[] {
    switch (each.kind) {
      case 'resource':
      case 'status': {
        const key = keyOf(each)
        return [[key, this.#numbers.get(key) ?? this.#place(key), encodeDocument(each).toString()]]
      }
      case 'removal': {
        const key = keyOfResource(each.resource)
        const keys = [...this.#numbers.keys()].filter(other => other === key || other.startsWith(`${key}/`))
        for (const gone of keys) this.#numbers.delete(gone)
        return keys.map((gone): Line => [gone, 0, ''])
      }
      case 'conditions':
        throw new Error('a workload puts whole records')
      default:
        return unhandled(each)
    }
  }

  /** A create, a change, a mark, a removal with all nodepools, or a report with the resource that it concerns. */
  #puts(): Put[] {
    const known = this.#resources.length
    if (known < 3 || (known < 150 && random.chance(0.25))) return [put(this.#create())]
    const at = random.below(known)
    const old = this.#resources[at]
    if (old === undefined) throw new Error('no such resource')
    if (random.chance(0.08)) return this.#remove(old)
    if (random.chance(0.05)) return [put(this.#replace(at, { ...old, deletedTime: 5n, deletedBy: 'ada' }))]
    const isReport = random.chance(0.5)
    const resource = this.#replace(at, { ...old, spec: spec(), generation: old.generation + 1 })
    return isReport
      ? [put(statusOf(resource, random.of(ADAPTERS), { data: spec() })), put(resource)]
      : [put(resource)]
  }

  #replace(at: number, resource: Resource): Resource {
    this.#resources[at] = resource
    return resource
  }

  #remove({ id }: Resource): Put[] {
    const going = this.#resources.filter(each => each.id === id || each.ownerId === id)
    this.#resources = this.#resources.filter(each => !going.includes(each))
    // Creation order puts a cluster before its nodepools, and a removal goes the other way.
    return going.reverse().map(({ kind, id }) => ({ kind: 'removal', resource: { kind, id }, time: 6n }))
  }

  #create(): Resource {
    const number = ++this.#created
    const owners = this.#resources.filter(({ kind }) => kind === 'Cluster')
    const owner = owners.length > 0 && random.chance(0.4) ? random.of(owners) : undefined
    const base =
      owner === undefined ? clusterOf(number, { spec: spec() }) : nodepoolOf(number, 1, { spec: spec() })
    const resource = owner === undefined ? base : { ...base, ownerId: owner.id }
    if (resource.id !== idOf(number)) throw new Error('ids are numbered')
    this.#resources.push(resource)
    return resource
  }

  /** Notes the number of a record: the next one among its like, when it is new. */
  #place(key: string, number?: number): number {
    const [kind = '', id = '', adapter] = key.split('/')
    const like = adapter === undefined ? kind : `${kind}/${id}`
    const place = number ?? this.#places.get(like) ?? 0
    this.#numbers.set(key, place)
    this.#places.set(like, Math.max(this.#places.get(like) ?? 0, place + 1))
    return place
  }
}

for (let opening = 0; opening < Number(openings); opening++) {
  const options = optionsFor(join(root, 'data'))
  // So that checkpoints, and the trimming after them, come often.
  const maxJournalEntries = random.of([10, 25, 60])
  const store = await openStore({ ...options, checkpoint: { ...options.checkpoint, maxJournalEntries } })
  await new Workload(store).run(Number(changes))
  await store.close()
}
