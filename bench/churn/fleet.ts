// A fleet in which clusters come and go: each removal is followed by the creation of a cluster with the same labels and conditions, so that
// every search finds as much as in a fleet that was never changed.
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { isSearchableLabelKey } from '../../src/search/search.ts'
import { encodePut } from '../../src/state/document.ts'
import type { Put } from '../../src/state/put.ts'
import type { Resource } from '../../src/state/records.ts'
import { State } from '../../src/state/state.ts'
import { KNOWN_SEED } from '../../src/wire/hash.ts'
import { finder, sampleCluster, sampleId } from '../micro/sample-fleet.ts'

/** Changes in one turn of the event loop, as group commits bring them. */
const CHANGES_PER_TURN = 50

/** Reports about each cluster at the beginning. */
const SETTLING_REPORTS = 3

export class ChurnedFleet {
  readonly memory = new LinearMemory()
  readonly index: FleetIndex
  readonly find: ReturnType<typeof finder>
  readonly #state = new State()
  readonly #size: number
  /** The number of the cluster in each place. Clusters are numbered in the order of their creation. */
  readonly #numbers: number[] = []
  #created = 0
  #sequence = 0
  #random = 1

  constructor(size: number) {
    this.#size = size
    const kernels = loadKernels(this.memory)
    this.index = FleetIndex.attach(this.#state, { kernels, seed: KNOWN_SEED, isSearchableLabelKey })
    this.find = finder(this.index)
    for (let place = 0; place < size; place++) this.#create(place)
    this.#report(SETTLING_REPORTS * size)
    this.#checkpoint()
  }

  get slots(): number {
    return this.index.of('Cluster').slotCount
  }

  /** Removes this many random clusters, and creates as many. */
  async churn(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      for (let i = 0; i < CHANGES_PER_TURN && left > 0; i++, left--) this.#replaceOne()
      this.#checkpoint()
      await new Promise(setImmediate)
    }
  }

  /** Churns until the slots are about so many times the clusters. */
  async churnTo(slotsPerCluster: number): Promise<void> {
    const isThere = () => Math.abs(this.slots - slotsPerCluster * this.#size) <= CHANGES_PER_TURN
    while (!isThere()) await this.churn(CHANGES_PER_TURN)
  }

  /** Takes what has changed, as a checkpoint does. */
  #checkpoint(): void {
    for (const gone of this.#state.takeDirty().removed) this.#state.forget(gone)
  }

  #replaceOne(): void {
    const place = this.#next(this.#size)
    this.#apply({
      kind: 'removal',
      resource: { kind: 'Cluster', id: sampleId(this.#numbers[place] ?? 0) },
      time: undefined,
    })
    this.#create(place)
  }

  /** Writes the conditions of random clusters as they are, as a heartbeat would: bodies move in memory under ordinary writes, too. */
  #report(count: number): void {
    for (let i = 0; i < count; i++) {
      const place = this.#next(this.#size)
      const { kind, conditions } = sampleCluster(place, this.#size)
      this.#apply({
        kind: 'conditions',
        resource: { kind, id: sampleId(this.#numbers[place] ?? 0) },
        conditions,
      })
    }
  }

  #create(place: number): void {
    const number = this.#created++
    this.#numbers[place] = number
    const { id, name, createdTime } = sampleCluster(number, this.#size)
    const record: Resource = { ...sampleCluster(place, this.#size), id, name, createdTime }
    this.#apply({ kind: 'resource', record })
  }

  #apply(put: Put): void {
    const puts = [encodePut(put, this.#created - 1)]
    this.#state.apply([{ sequence: ++this.#sequence, latestTime: undefined, puts }])
  }

  /** A number below a bound, by xorshift: the same clusters go in every run. */
  #next(bound: number): number {
    this.#random ^= this.#random << 13
    this.#random ^= this.#random >>> 17
    this.#random ^= this.#random << 5
    return (this.#random >>> 0) % bound
  }
}
