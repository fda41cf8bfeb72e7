// A fleet under random writes: the server's rules decide them and its state applies them, without a disk.

import { changeResource, effectivePatch } from '../../src/fleet/change.ts'
import { createResource } from '../../src/fleet/create.ts'
import { conditionsUnder, statusFromReport } from '../../src/fleet/report.ts'
import type { StoredResource } from '../../src/state/entry.ts'
import type { ResourceId } from '../../src/state/put.ts'
import {
  plainResource,
  type ReportedStatus,
  type Resource,
  type ResourceKind,
} from '../../src/state/records.ts'
import type { RandomStream } from '../../tools/simulate/random.ts'
import { StateBuilder } from '../harness/state.ts'
import { randomSpec } from '../search/random-spec.ts'

const START = 1_800_000_000_000_000n
/** Keys with few values and with many, names of inherited object members, and a key that cannot be searched. */
const LABEL_KEYS = [
  'env',
  'tier',
  'zone',
  'serial',
  '__proto__',
  'constructor',
  'app.kubernetes.io/name',
] as const
const ADAPTERS = ['dns', 'validator', 'constructor'] as const
const VALUES: readonly [ReportedStatus, ...ReportedStatus[]] = ['True', 'True', 'True', 'False', 'Unknown']
const SETTING = { compatibility: 'documents', required: ['dns', 'validator'] } as const
const AUTHORS = [
  'ada@example.com',
  'grace@example.com',
  '__proto__@example.com',
  'system@hyperfleet.local',
] as const

type Write = 'create' | 'label' | 'respecify' | 'report' | 'rewrite' | 'mark' | 'remove'
const WRITES: readonly [Write, ...Write[]] = [
  'create',
  'create',
  'create',
  'label',
  'label',
  'respecify',
  'report',
  'report',
  'report',
  'rewrite',
  'mark',
  'remove',
]

export class RandomFleet {
  readonly #builder = new StateBuilder()
  readonly state = this.#builder.state
  readonly #random: RandomStream
  #now = START
  /** Number of resources that were ever created. */
  #created = 0

  constructor(random: RandomStream) {
    this.#random = random
  }

  /** Applies one write of some kind. */
  write(): void {
    this.#now += BigInt(this.#random.between(0, 3000)) * 1000n
    const entry = this.#any(this.#random.chance(0.3) ? 'NodePool' : 'Cluster')
    const write = entry === undefined ? 'create' : this.#random.pick(WRITES)
    if (entry === undefined || write === 'create') this.#create()
    else if (write === 'report') this.#report(entry)
    else if (write === 'remove') this.remove(entry)
    else if (write === 'mark') this.#put(this.#marked(entry))
    else if (write === 'rewrite') this.#put(this.#rewritten(this.state.recordOf(entry)))
    else this.#put(this.#changed(entry, write))
  }

  /** Removes a resource. A cluster takes its nodepools along, the newest first. */
  remove(entry: ResourceId): void {
    for (const { kind, id } of [...this.state.nodepoolsOf(entry.id)].toReversed())
      this.#builder.remove({ kind, id })
    this.#builder.remove(entry)
  }

  #create(): void {
    const owner = this.#any('Cluster')
    const kind = owner !== undefined && this.#random.chance(0.4) ? 'NodePool' : 'Cluster'
    const number = this.#created++
    const ownerId = kind === 'NodePool' ? owner?.resource.id : undefined
    const name =
      kind === 'NodePool' && this.#random.chance(0.5) ? 'workers' : `${kind.toLowerCase()}-${number}`
    const id = `2${kind === 'Cluster' ? 'c' : 'n'}${number.toString(36).padStart(25, '0')}`
    const creation = {
      name,
      spec: this.#spec(),
      labels: this.#random.chance(0.1) ? undefined : this.#labels(),
    }
    this.#put(
      createResource(creation, {
        kind,
        id,
        ownerId,
        now: this.#now,
        by: this.#random.pick(AUTHORS),
        ...SETTING,
      }),
    )
  }

  #spec(): string {
    return randomSpec(bound => this.#random.between(0, bound - 1), this.#random.between(1, 3))
  }

  #marked(entry: StoredResource): Resource {
    const resource = plainResource(this.state.recordOf(entry))
    return { ...resource, deletedTime: this.#now, deletedBy: this.#random.pick(AUTHORS) }
  }

  #changed(entry: StoredResource, write: 'label' | 'respecify'): Resource | undefined {
    const resource = this.state.recordOf(entry)
    const labels = write === 'label' ? this.#labels() : undefined
    const spec = write === 'respecify' ? this.#spec() : undefined
    const patch = effectivePatch(resource, { spec, labels }, SETTING.compatibility)
    if (patch === undefined) return undefined
    return changeResource(resource, patch, {
      now: this.#now,
      by: this.#random.pick(AUTHORS),
      ...SETTING,
      statuses: entry.statuses.map(({ status }) => status),
    })
  }

  #report(entry: StoredResource): void {
    const resource = this.state.recordOf(entry)
    const adapter = this.#random.chance(0.005) ? 'rare' : this.#random.pick(ADAPTERS)
    const available = this.#random.pick(VALUES)
    const report = {
      adapter,
      observedGeneration: this.#random.chance(0.7) ? resource.generation : 1,
      observedTime: this.#now,
      conditions: [{ type: 'Available', status: available }],
      metadata: undefined,
      data: undefined,
    }
    const status = statusFromReport(report, resource, entry.statusOf(adapter)?.status)
    const others = entry.statuses.map(({ status }) => status)
    this.#builder.put(status)
    const conditions = conditionsUnder(status, resource, others, SETTING)
    if (conditions !== undefined) this.#builder.putConditions(resource, conditions)
  }

  /** A version that the present rules do not produce, as a journal of another version of the program may have. */
  #rewritten(resource: Resource): Resource {
    const [available, ready, ...others] = resource.conditions
    if (available === undefined || ready === undefined) return resource
    const kept = others.filter(() => this.#random.chance(0.8)).toReversed()
    return { ...plainResource(resource), labels: undefined, conditions: [available, ready, ...kept] }
  }

  #labels(): ReadonlyMap<string, string> {
    const labels = new Map<string, string>()
    for (const key of LABEL_KEYS) if (this.#random.chance(0.6)) labels.set(key, this.#labelValue(key))
    if (this.#random.chance(0.1)) labels.set(`passing_${this.#random.between(0, 20)}`, 'yes')
    return labels
  }

  #labelValue(key: (typeof LABEL_KEYS)[number]): string {
    if (key === 'env') return this.#random.pick(['prod', 'dev', ''])
    if (key === 'serial') return String(this.#random.uint32())
    if (key === 'zone') return `z${this.#random.between(0, 200)}`
    return this.#random.pick(['__proto__', 'constructor', 'a', '😀'])
  }

  /** Some resource; undefined if the chosen slot is a hole. */
  #any(kind: ResourceKind): StoredResource | undefined {
    const entries = this.state.resources(kind)
    return entries.at(this.#random.between(0, Math.max(0, entries.length - 1)))
  }

  #put(record: Resource | undefined): void {
    if (record !== undefined) this.#builder.put(record)
  }
}
