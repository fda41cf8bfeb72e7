// The fleet, computed slowly and plainly: every request walks over all resources, and conditions are folded from the whole
// history of a resource. The oracle for src/fleet and for the answers of src/http (contract 3-6 and 11).
import type { Compatibility } from '../../src/fleet/conditions.ts'
import type { ReportedCondition } from '../../src/fleet/report.ts'
import type { ResourceKind } from '../../src/state/records.ts'
import { foldHistory, type HistoryEvent } from './conditions-oracle.ts'
import type { Address, Answer, Operation, ReportOperation } from './fleet-operations.ts'

export interface OracleSetting {
  readonly compatibility: Compatibility
  readonly required: Readonly<Record<ResourceKind, readonly string[]>>
}

/** A resource, with all that has happened to it. */
interface Held {
  readonly kind: ResourceKind
  readonly id: string
  readonly name: string
  readonly ownerId: string | undefined
  readonly createdMs: number
  spec: object
  labels: Record<string, string> | undefined
  generation: number
  updatedMs: number
  deletedMs: number | undefined
  readonly history: HistoryEvent[]
  readonly reports: StoredReport[]
}

interface StoredReport {
  readonly adapter: string
  generation: number
  readonly firstMs: number
  lastMs: number
  conditions: { readonly type: string; readonly status: string; readonly sinceMs: number }[]
}

const AUTHOR = 'system@hyperfleet.local'
const BASE = '/api/hyperfleet/v1'

export class FleetOracle {
  setting: OracleSetting
  #held: Held[] = []
  #latestId = ''

  constructor(setting: OracleSetting) {
    this.setting = setting
  }

  /** All resources of a kind, oldest first, for the choice of the next operation. */
  resources(kind: ResourceKind): readonly Pick<Held, 'id' | 'ownerId' | 'generation' | 'deletedMs'>[] {
    return this.#held.filter(each => each.kind === kind)
  }

  /** A copy that goes its own way. */
  copy(): FleetOracle {
    const copy = new FleetOracle(this.setting)
    copy.#held = structuredClone(this.#held)
    copy.#latestId = this.#latestId
    return copy
  }

  /** Goes back to what another oracle holds. */
  become(other: FleetOracle): void {
    const copy = other.copy()
    this.#held = copy.#held
    this.#latestId = copy.#latestId
  }

  /** The documents of all resources, clusters first, each followed by its statuses, all in the order of their creation. */
  documents(): string[] {
    return (['Cluster', 'NodePool'] as const).flatMap(kind =>
      this.#held
        .filter(each => each.kind === kind)
        .flatMap(each => [this.#document(each), ...each.reports.map(statusDocument)])
        .map(document => JSON.stringify(document)),
    )
  }

  /**
   * Carries out an operation.
   * @param newId the id of the resource that a creation makes
   */
  answer(operation: Operation, nowMs: number, newId: () => string): Answer {
    switch (operation.kind) {
      case 'create':
        return this.#create(operation, nowMs, newId)
      case 'patch':
        return this.#patch(operation, nowMs)
      case 'report':
        return this.#report(operation)
      case 'delete':
        return this.#delete(operation.address, nowMs)
      case 'force-delete':
        return this.#forceDelete(operation.address, operation.reason)
      case 'read': {
        const found = this.#find(operation.address)
        return 'code' in found ? found : { status: 200, json: this.#document(found) }
      }
      case 'statuses':
        return this.#statuses(operation.address)
      case 'list':
        return this.#list(operation)
    }
  }

  #create(
    { clusterId, name, spec, labels }: Extract<Operation, { kind: 'create' }>,
    nowMs: number,
    newId: () => string,
  ): Answer {
    const kind = clusterId === undefined ? 'Cluster' : 'NodePool'
    if (clusterId !== undefined) {
      const cluster = this.#find({ kind: 'Cluster', id: clusterId })
      if ('code' in cluster) return cluster
      if (cluster.deletedMs !== undefined) return { status: 409, code: 'HYPERFLEET-CNF-003' }
    }
    const isTaken = this.#held.some(
      each =>
        each.kind === kind &&
        each.ownerId === clusterId &&
        each.name === name &&
        each.deletedMs === undefined,
    )
    if (isTaken) return { status: 409, code: 'HYPERFLEET-CNF-001' }
    const id = newId()
    if (id <= this.#latestId) throw new Error(`the id ${id} does not rise`)
    this.#latestId = id
    const created: Held = {
      kind,
      id,
      name,
      ownerId: clusterId,
      createdMs: nowMs,
      spec,
      labels,
      generation: 1,
      updatedMs: nowMs,
      deletedMs: undefined,
      history: [{ kind: 'created', time: instant(nowMs), ...this.#settingOf(kind) }],
      reports: [],
    }
    this.#held.push(created)
    return { status: 201, json: this.#document(created) }
  }

  #patch({ address, spec, labels }: Extract<Operation, { kind: 'patch' }>, nowMs: number): Answer {
    const found = this.#find(address)
    if ('code' in found) return found
    if (found.deletedMs !== undefined) return { status: 409, code: 'HYPERFLEET-CNF-003' }
    const isOfDocuments = this.setting.compatibility === 'documents'
    const present = isOfDocuments ? found.labels : (found.labels ?? {})
    const newSpec = spec !== undefined && !isSame(spec, found.spec)
    const newLabels = labels !== undefined && !isSame(labels, present)
    if (newSpec) found.spec = spec
    if (newLabels) found.labels = labels
    if (newSpec || newLabels) found.updatedMs = nowMs
    if (newSpec || (newLabels && !isOfDocuments)) {
      found.generation++
      found.history.push({
        kind: 'spec-changed',
        time: instant(nowMs),
        ...this.#settingOf(found.kind),
      })
    }
    return { status: 200, json: this.#document(found) }
  }

  #report(operation: ReportOperation): Answer {
    const found = this.#find(operation.address)
    if ('code' in found) return found
    const { adapter, generation, observedMs, available, finalized } = operation
    const event: HistoryEvent = {
      kind: 'report',
      adapter,
      observedGeneration: generation,
      observedTime: instant(observedMs),
      available,
      isFinalized: finalized === 'True',
      ...this.#settingOf(found.kind),
    }
    const { verdicts } = foldHistory(found.kind, [...found.history, event])
    if (verdicts.at(-1) !== 'stored') return { status: 204 }
    found.history.push(event)
    const stored = store(found, operation)
    if (this.#isFinished(found) && this.#childrenOf(found).length === 0) this.#remove(found)
    return { status: 201, json: statusDocument(stored) }
  }

  #delete(address: Address, nowMs: number): Answer {
    const found = this.#find(address)
    if ('code' in found) return found
    for (const each of [found, ...this.#childrenOf(found)]) {
      if (each.deletedMs !== undefined) continue
      each.deletedMs = nowMs
      each.updatedMs = nowMs
      each.generation++
      each.history.push({ kind: 'deleted', time: instant(nowMs), ...this.#settingOf(each.kind) })
    }
    const json = this.#document(found)
    for (const child of this.#childrenOf(found)) if (this.#isFinished(child)) this.#remove(child)
    if (this.#held.includes(found) && this.#isFinished(found) && this.#childrenOf(found).length === 0)
      this.#remove(found)
    return { status: 202, json }
  }

  #forceDelete(address: Address, reason: string): Answer {
    if (reason.trim() === '') return { status: 400, code: 'HYPERFLEET-VAL-000' }
    const found = this.#find(address)
    if ('code' in found) return found
    if (found.deletedMs === undefined) return { status: 409, code: 'HYPERFLEET-CNF-003' }
    for (const child of this.#childrenOf(found)) this.#remove(child)
    if (this.#held.includes(found)) this.#remove(found)
    return { status: 204 }
  }

  #statuses(address: Address): Answer {
    const found = this.#find(address)
    if ('code' in found) return found
    const reports = [...found.reports].sort(
      (a, b) => a.firstMs - b.firstMs || (a.adapter < b.adapter ? -1 : 1),
    )
    return { status: 200, json: listOf('AdapterStatus', 1, reports.length, reports.map(statusDocument)) }
  }

  #list({ of, page, pageSize, name }: Extract<Operation, { kind: 'list' }>): Answer {
    const kind = of === 'clusters' ? 'Cluster' : 'NodePool'
    if (typeof of === 'object') {
      const cluster = this.#find({ kind: 'Cluster', id: of.clusterId })
      if ('code' in cluster) return cluster
    }
    const found = this.#held.filter(
      each =>
        each.kind === kind &&
        (typeof of === 'string' || each.ownerId === of.clusterId) &&
        (name === undefined || each.name === name),
    )
    const items = found.reverse().slice((page - 1) * pageSize, page * pageSize)
    return {
      status: 200,
      json: listOf(
        kind,
        page,
        found.length,
        items.map(each => this.#document(each)),
      ),
    }
  }

  #find(address: Address): Held | { readonly status: 404; readonly code: string } {
    const noCluster = { status: 404, code: 'HYPERFLEET-NTF-002' } as const
    const found = this.#held.find(each => each.id === address.id && each.kind === address.kind)
    if (address.kind === 'Cluster') return found ?? noCluster
    const { clusterId } = address
    if (clusterId !== undefined && !this.#held.some(each => each.id === clusterId && each.kind === 'Cluster'))
      return noCluster
    if (found === undefined || (clusterId !== undefined && found.ownerId !== clusterId))
      return { status: 404, code: 'HYPERFLEET-NTF-003' }
    return found
  }

  #childrenOf({ id }: Held): Held[] {
    return this.#held.filter(each => each.ownerId === id)
  }

  /** Contract 11.7: it is being deleted, and every awaited adapter has finished. */
  #isFinished({ kind, reports, generation, deletedMs }: Held): boolean {
    if (deletedMs === undefined) return false
    const required = this.setting.required[kind]
    const awaited = required.length > 0 ? required : reports.map(({ adapter }) => adapter)
    return awaited.every(adapter =>
      reports.some(
        report =>
          report.adapter === adapter &&
          report.generation === generation &&
          report.conditions.some(({ type, status }) => type === 'Finalized' && status === 'True'),
      ),
    )
  }

  /** Removes a resource without children, and its cluster if that waited for it alone (contract 11.8). */
  #remove(gone: Held): void {
    this.#held = this.#held.filter(each => each !== gone)
    const owner = this.#held.find(each => each.id === gone.ownerId)
    if (owner !== undefined && this.#isFinished(owner) && this.#childrenOf(owner).length === 0)
      this.#remove(owner)
  }

  #settingOf(kind: ResourceKind) {
    return { compatibility: this.setting.compatibility, required: this.setting.required[kind] }
  }

  #document(held: Held): object {
    const { kind, id, name, ownerId, generation, spec, labels, createdMs, updatedMs, deletedMs } = held
    const { conditions } = foldHistory(kind, held.history)
    return {
      kind,
      id,
      href: hrefOf(kind, id),
      name,
      ...(ownerId === undefined
        ? {}
        : { owner_references: { kind: 'Cluster', id: ownerId, href: hrefOf('Cluster', ownerId) } }),
      generation,
      spec,
      ...(labels === undefined ? {} : { labels }),
      created_time: timeText(createdMs),
      updated_time: timeText(updatedMs),
      created_by: AUTHOR,
      updated_by: AUTHOR,
      ...(deletedMs === undefined ? {} : { deleted_time: timeText(deletedMs), deleted_by: AUTHOR }),
      status: {
        conditions: conditions.map(condition => ({
          type: condition.type,
          status: condition.status,
          ...(condition.reason === undefined ? {} : { reason: condition.reason }),
          ...(condition.message === undefined ? {} : { message: condition.message }),
          observed_generation: condition.observedGeneration,
          created_time: timeText(milliseconds(condition.createdTime)),
          last_updated_time: timeText(milliseconds(condition.lastUpdatedTime)),
          last_transition_time: timeText(milliseconds(condition.lastTransitionTime)),
        })),
      },
    }
  }
}

/** Contract 5.4, 5.5. */
function store(held: Held, operation: ReportOperation): StoredReport {
  const { adapter, generation, observedMs } = operation
  const previous = held.reports.find(report => report.adapter === adapter)
  const conditions = conditionsOf(operation).map(({ type, status }) => {
    const before = previous?.conditions.find(condition => condition.type === type)
    return { type, status, sinceMs: before?.status === status ? before.sinceMs : observedMs }
  })
  if (previous === undefined) {
    const first = { adapter, generation, firstMs: observedMs, lastMs: observedMs, conditions }
    held.reports.push(first)
    return first
  }
  previous.generation = generation
  previous.lastMs = observedMs
  previous.conditions = conditions
  return previous
}

/** The conditions that a report is sent with. */
export function conditionsOf({ available, finalized }: ReportOperation): ReportedCondition[] {
  return [
    { type: 'Available', status: available },
    { type: 'Applied', status: 'True' },
    { type: 'Health', status: 'True' },
    ...(finalized === undefined ? [] : [{ type: 'Finalized', status: finalized }]),
  ]
}

function statusDocument({ adapter, generation, firstMs, lastMs, conditions }: StoredReport): object {
  return {
    adapter,
    observed_generation: generation,
    conditions: conditions.map(({ type, status, sinceMs }) => ({
      type,
      status,
      last_transition_time: timeText(sinceMs),
    })),
    created_time: timeText(firstMs),
    last_report_time: timeText(lastMs),
  }
}

function listOf(kind: string, page: number, total: number, items: readonly object[]): object {
  return { kind: `${kind}List`, page, size: items.length, total, items }
}

function hrefOf(kind: ResourceKind, id: string): string {
  return `${BASE}/${kind === 'Cluster' ? 'clusters' : 'nodepools'}/${id}`
}

function isSame(a: object, b: object | undefined): boolean {
  const sorted = (value: object | undefined) => JSON.stringify(Object.entries(value ?? { '': 0 }).sort())
  return sorted(a) === sorted(b)
}

function instant(ms: number): bigint {
  return BigInt(ms) * 1000n
}

function milliseconds(time: bigint): number {
  return Number(time / 1000n)
}

/** Contract 3.4. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString().replace('.000Z', 'Z')
}
