// A state of few distinct values under random writes, so that random searches meet it; without a disk.
import fc from 'fast-check'
import type { ResourceEntry } from '../../src/state/entry.ts'
import {
  plainResource,
  type Resource,
  type ResourceCondition,
  type ResourceKind,
} from '../../src/state/records.ts'
import type { State } from '../../src/state/state.ts'
import { compareCodePoints } from '../../src/wire/text.ts'
import { StateBuilder } from '../harness/state.ts'
import { TEXTS, TIMES, TYPES } from './random-search.ts'
import { randomSpec, someScalars } from './random-spec.ts'
import { condition, instant, resource } from './sample.ts'

/** Numbers from 0 to below a bound, one after another. */
export type Draw = (bound: number) => number

const INSTANTS = TIMES.map(instant).sort((a, b) => (a < b ? -1 : 1))
/** Label keys that cannot be searched. */
const UNSEARCHABLE = ['app.kubernetes.io/name', 'Zone', 'é'] as const
export const ADAPTERS = ['dns', 'val.idator', 'a.last_report_time', 'constructor']
const REPORTED = ['True', 'True', 'False', 'Unknown'] as const
const AUTHORS = ['a', 'b', 'ab', 'A', '😀']

/** A small generator: each fleet takes thousands of numbers. */
export function drawFrom(seed: number): Draw {
  let state = seed >>> 0
  return bound => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

export class RandomState {
  readonly #builder: StateBuilder
  readonly state: State
  readonly #draw: Draw
  readonly #ids: Readonly<Record<ResourceKind, readonly string[]>>
  readonly #size: number
  readonly #scalars: readonly string[]
  /** Number of distinct values of some labels and names: few, or about one for each resource. */
  readonly #variety: number
  /** Number of resources that were ever created. */
  readonly #created: Record<ResourceKind, number> = { Cluster: 0, NodePool: 0 }

  constructor(size: number, draw: Draw, retainedRemovals?: number) {
    this.#builder = new StateBuilder(retainedRemovals)
    this.state = this.#builder.state
    this.#draw = draw
    this.#size = size
    this.#scalars = someScalars(draw)
    this.#variety = this.#pick([1, 3, TEXTS.length, TEXTS.length + size])
    const form = this.#pick<(ids: readonly string[]) => readonly string[]>([
      ids => ids,
      ids => ids,
      ids => this.#shuffled(ids),
      ids => this.#risingWithinEras(ids),
    ])
    this.#ids = { Cluster: form(risingIds(size, 'c')), NodePool: form(risingIds(size, 'n')) }
    for (let i = 0; i < size; i++) this.#create('Cluster')
    for (let i = 0; i < size / 2; i++) this.#create('NodePool')
    for (let i = 0; i < size; i++) {
      const entry = this.#any('Cluster')
      if (entry !== undefined) this.report(entry)
    }
  }

  write(): void {
    const kind = this.#pick<ResourceKind>(['Cluster', 'NodePool'])
    const entry = this.#draw(4) === 0 ? undefined : this.#any(kind)
    if (entry === undefined) this.#create(kind)
    else if (this.#draw(4) === 0) this.#remove(entry)
    else if (this.#draw(3) === 0) this.report(entry)
    else if (this.#draw(2) === 0) this.#builder.putConditions(entry.resource, this.#conditions())
    else this.#put(this.#changed(plainResource(entry.resource)))
  }

  /** Puts an adapter's status, its first or a later one. No condition follows from it. */
  report({ kind, id, resource }: ResourceEntry): void {
    const createdTime = this.#pick(INSTANTS)
    this.#builder.put({
      resourceKind: kind,
      resourceId: id,
      adapter: this.#pick(ADAPTERS),
      observedGeneration: resource.generation,
      conditions: [{ type: 'Available', status: this.#pick(REPORTED), lastTransitionTime: createdTime }],
      metadata: undefined,
      data: undefined,
      createdTime,
      lastReportTime: this.#pick(INSTANTS),
    })
  }

  /** Creates and removes resources until a renumbering of their slots is due. */
  churn(kind: ResourceKind): void {
    const { state } = this
    // A nodepool needs a cluster.
    if (state.count('Cluster') === 0) this.#create('Cluster')
    const holes = () => state.resources(kind).length - state.count(kind)
    while (holes() <= Math.max(HOLES, state.count(kind))) {
      for (let i = 0; i < CHURNED; i++) this.#create(kind)
      for (let i = 0; i < CHURNED; i++) {
        const entry =
          this.#draw(3) === 0
            ? this.#any(kind)
            : state.resources(kind).at(state.resources(kind).length - 1 - i)
        if (entry !== undefined) this.#remove(entry)
      }
    }
  }

  /** Some resource; undefined if the chosen slot is a hole. */
  #any(kind: ResourceKind): ResourceEntry | undefined {
    const entries = this.state.resources(kind)
    return entries.at(this.#draw(Math.max(1, entries.length)))
  }

  /** A cluster takes its nodepools along, the newest first. */
  #remove(entry: ResourceEntry): void {
    const children = [...this.state.nodepoolsOf(entry.id)].toReversed()
    this.#builder.apply(
      ...[...children, entry].map(({ kind, id }) => ({
        kind: 'removal' as const,
        resource: { kind, id },
        time: undefined,
      })),
    )
  }

  /** Ids as an import may bring them: in no order at all. */
  #shuffled(ids: readonly string[]): readonly string[] {
    const rest = [...ids]
    return ids.flatMap(() => rest.splice(this.#draw(rest.length), 1))
  }

  /** Ids as an import may bring them: in order among the resources of one time of creation alone. */
  #risingWithinEras(ids: readonly string[]): readonly string[] {
    const eras = new Map<number, string[]>()
    for (const [slot, id] of ids.entries()) {
      const era = eraOf(ids.length - 1 - slot, this.#size)
      eras.set(era, [...(eras.get(era) ?? []), id])
    }
    const ordered = ids.map((_, slot) => eras.get(eraOf(slot, this.#size))?.shift() ?? '')
    return new Set(ordered).size === ids.length ? ordered : ids
  }

  #create(kind: ResourceKind): void {
    const number = this.#created[kind]
    const owners = kind === 'NodePool' ? this.state.living('Cluster') : []
    const ownerId = owners[this.#draw(Math.min(5, Math.max(1, owners.length)))]?.id
    if (kind === 'NodePool' && ownerId === undefined) return
    this.#created[kind]++
    const id = this.#ids[kind][number] ?? `${LAST_CHARACTER}${kind}${String(number).padStart(8, '0')}`
    const createdTime = INSTANTS[eraOf(number, this.#size)] ?? 0n
    const created = resource({ kind, id, ownerId, name: this.#text(), createdTime, updatedTime: createdTime })
    this.#put(this.#changed(created))
  }

  #changed(before: Resource): Resource {
    const labels = this.#draw(6) === 0 ? undefined : new Map<string, string>()
    if (this.#draw(3) > 0) labels?.set('a', this.#text())
    if (this.#draw(5) > 0) labels?.set('in', this.#pick(TEXTS))
    if (this.#draw(4) === 0) labels?.set(this.#pick(UNSEARCHABLE), this.#pick(TEXTS))
    return {
      ...before,
      labels,
      generation: before.generation + this.#draw(2),
      updatedTime: this.#pick(INSTANTS),
      createdBy: before.createdBy.includes('@') ? this.#pick(AUTHORS) : before.createdBy,
      updatedBy: this.#pick(AUTHORS),
      ...this.#deletion(before),
      conditions: this.#draw(5) === 0 ? before.conditions : this.#conditions(),
    }
  }

  /** Some resources are marked, and stay so. */
  #deletion({ deletedTime, deletedBy }: Resource): Pick<Resource, 'deletedTime' | 'deletedBy'> {
    if (deletedTime !== undefined || this.#draw(5) > 0) return { deletedTime, deletedBy }
    return { deletedTime: this.#pick(INSTANTS), deletedBy: this.#pick(AUTHORS) }
  }

  #conditions(): ResourceCondition[] {
    return TYPES.filter(() => this.#draw(4) > 0).map(type =>
      condition({
        type,
        status: this.#pick(['True', 'True', 'True', 'False']),
        observedGeneration: this.#draw(3),
        lastUpdatedTime: this.#pick(INSTANTS),
        lastTransitionTime: this.#pick(INSTANTS),
      }),
    )
  }

  #text(): string {
    const number = this.#draw(this.#variety)
    return TEXTS[number] ?? `a${number}`
  }

  #pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.#draw(choices.length)]
    if (chosen === undefined) throw new Error('nothing to choose from')
    return chosen
  }

  #put(changed: Resource): void {
    this.#builder.put({ ...changed, spec: randomSpec(this.#draw, this.#builder.sequence + 1, this.#scalars) })
  }
}

/** Holes that are never worth a renumbering (see src/state/slots.ts). */
const HOLES = 1024
const CHURNED = 64
/** Ids that begin with it come after all others. */
const LAST_CHARACTER = '\u{10fffd}'

/** Creation times rise with the slots, many resources having the same one. */
function eraOf(slot: number, size: number): number {
  return Math.min(Math.floor((slot * INSTANTS.length) / (size * 2 + 1)), INSTANTS.length - 1)
}

/** Ids that rise as the server's do, those that searches name among them. */
function risingIds(size: number, kind: string): readonly string[] {
  const own = Array.from({ length: size * 2 }, (_, i) => `${'a5é'[i % 3]}${kind}${i}`)
  const some = kind === 'c' ? [...TEXTS, ...own.slice(TEXTS.length)] : own
  return some.sort(compareCodePoints)
}

/** Searches of every kind with a seed. */
export function sampleOf<T>(arbitrary: fc.Arbitrary<T>, seed: number, count: number): T[] {
  return fc.sample(arbitrary, { seed, numRuns: count })
}
