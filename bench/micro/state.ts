// The state alone, with 100,000 clusters of two statuses each: what a load, a lookup, a report and a removal cost without disk and
// indexes. Bodies are encoded before the clock starts.
import type { Bench } from 'tinybench'
import { encodePut, encodeRecords } from '../../src/state/document.ts'
import type { PlacedPut, RecordPut, StoredRecord } from '../../src/state/put.ts'
import type { AdapterStatus, Resource } from '../../src/state/records.ts'
import { State } from '../../src/state/state.ts'
import { sampleCluster, sampleId } from './sample-fleet.ts'

const CLUSTERS = 100_000
const ADAPTERS = ['dns', 'validation']
const LOOKUPS = 100
/** A prime, so that its multiples visit every cluster, each far from the one before. */
const STRIDE = 7919
const DATA = JSON.stringify({ filling: 'x'.repeat(400) })

/** A task whose preparation is not measured. */
interface Task {
  prepare(): void
  run(): void
}

export function stateBenchmarks(bench: Bench): void {
  const fleet = new FilledState()
  addTask(bench, 'load a cluster with two statuses', () => new Load())
  addTask(bench, `look up ${LOOKUPS} of ${CLUSTERS} clusters by id`, () => new Lookups(fleet.filled()))
  addTask(bench, 'apply a status and the conditions', () => new Report(fleet.filled()))
  addTask(bench, 'remove a cluster with two statuses', () => new Removal(fleet.filled()))
}

function addTask(bench: Bench, name: string, start: () => Task): void {
  let task: Task | undefined
  const beforeAll = () => {
    task = start()
  }
  const afterAll = () => {
    task = undefined
  }
  bench.add(name, () => task?.run(), { beforeAll, beforeEach: () => task?.prepare(), afterAll })
}

/** A state of constant size. A removed cluster is replaced by a new one. */
class FilledState {
  readonly state = new State()
  /** The numbers of the present clusters. */
  readonly #numbers: number[] = []
  #created = 0
  #sequence = 0

  filled(): FilledState {
    while (this.#numbers.length < CLUSTERS) this.#numbers.push(this.#create())
    return this
  }

  /** Each of the clusters in turn, in an order that is far from that of their creation. */
  numberOf(round: number): number {
    return this.#numbers[(round * STRIDE) % CLUSTERS] ?? 0
  }

  /** Creates a cluster in place of another one, which the caller removes. Returns the number of that one. */
  replace(round: number): number {
    const number = this.numberOf(round)
    this.#numbers[(round * STRIDE) % CLUSTERS] = this.#create()
    return number
  }

  #create(): number {
    const number = this.#created++
    const cluster = clusterOf(number)
    const statuses = ADAPTERS.map((adapter, place) => encodePut(putOf(statusOf(cluster, adapter, 0)), place))
    this.apply([encodePut(putOf(cluster), this.state.nextNumber('Cluster')), ...statuses])
    return number
  }

  apply(puts: readonly PlacedPut[]): void {
    this.state.apply([{ sequence: ++this.#sequence, latestTime: undefined, puts }])
  }
}

/** Begins with an empty state again when the fleet is loaded. */
class Load implements Task {
  #state = new State()
  #loaded = 0
  #records: readonly StoredRecord[] = []

  prepare(): void {
    if (this.#loaded === CLUSTERS) {
      this.#state = new State()
      this.#loaded = 0
    }
    const cluster = clusterOf(this.#loaded++)
    const own = encodeRecords(putOf(cluster), this.#loaded, 1).records
    const statuses = ADAPTERS.map((adapter, place) =>
      encodeRecords(putOf(statusOf(cluster, adapter, 0)), place, 1),
    )
    this.#records = [...own, ...statuses.flatMap(({ records }) => records)]
  }

  run(): void {
    for (const record of this.#records) this.#state.load(record, 1)
  }
}

class Lookups implements Task {
  readonly #fleet: FilledState
  #round = 0
  #ids: readonly string[] = []
  found = 0

  constructor(fleet: FilledState) {
    this.#fleet = fleet
  }

  /** Strings as a request has them: their hashes are unknown. */
  prepare(): void {
    this.#ids = Array.from({ length: LOOKUPS }, () => {
      const id = sampleId(this.#fleet.numberOf(++this.#round))
      return Buffer.from(id).toString('latin1')
    })
  }

  run(): void {
    for (const id of this.#ids) this.found += this.#fleet.state.resource('Cluster', id)?.slot ?? 0
  }
}

class Report implements Task {
  readonly #fleet: FilledState
  #round = 0
  #puts: readonly PlacedPut[] = []

  constructor(fleet: FilledState) {
    this.#fleet = fleet
  }

  prepare(): void {
    const { state } = this.#fleet
    const cluster = clusterOf(this.#fleet.numberOf(++this.#round))
    if (state.resourceById(cluster.id) === undefined) throw new Error(`the benchmark has lost ${cluster.id}`)
    const place = this.#round % ADAPTERS.length
    const status = putOf(statusOf(cluster, ADAPTERS[place] ?? '', this.#round))
    const conditions = { kind: 'conditions', resource: cluster, conditions: cluster.conditions } as const
    this.#puts = [encodePut(status, place), encodePut(conditions, 0)]
  }

  run(): void {
    this.#fleet.apply(this.#puts)
  }
}

class Removal implements Task {
  readonly #fleet: FilledState
  #round = 0
  #puts: readonly PlacedPut[] = []

  constructor(fleet: FilledState) {
    this.#fleet = fleet
  }

  prepare(): void {
    const resource = { kind: 'Cluster', id: sampleId(this.#fleet.replace(++this.#round)) } as const
    this.#puts = [encodePut({ kind: 'removal', resource, time: undefined }, 0)]
  }

  run(): void {
    this.#fleet.apply(this.#puts)
  }
}

function clusterOf(number: number): Resource {
  return { ...sampleCluster(number, CLUSTERS), name: `cluster-${number}` }
}

function statusOf({ kind, id, createdTime }: Resource, adapter: string, round: number): AdapterStatus {
  return {
    resourceKind: kind,
    resourceId: id,
    adapter,
    observedGeneration: 1,
    conditions: [{ type: 'Available', status: 'True', lastTransitionTime: createdTime }],
    metadata: undefined,
    data: DATA,
    createdTime,
    lastReportTime: createdTime + BigInt(round) * 1000n,
  }
}

function putOf(record: Resource | AdapterStatus): RecordPut {
  return 'adapter' in record ? { kind: 'status', record } : { kind: 'resource', record }
}
