// Audit of a fleet at rest: each document, and the rules between documents. It keeps ids and names, not documents, so
// its memory is a small part of the fleet's.

import { documentOf } from '../../state/document.ts'
import { type Body, NO_BODY, numberIn } from '../../state/layout.ts'
import type { WholeRecord } from '../../state/put.ts'
import { isMarked } from '../../state/reader.ts'
import type { Resource, ResourceKind } from '../../state/records.ts'
import { nameKey } from '../../store/staged.ts'
import { conditionFaults } from './conditions.ts'
import { createDocumentChecks } from './documents.ts'
import type { Fault, Group, Placed } from './group.ts'

export class FleetAudit {
  readonly #documents = createDocumentChecks()
  readonly #kinds = new Map<string, ResourceKind>()
  /** The resource with each name that is not being deleted, within the scope where names are unique (contract 4.3). */
  readonly #names: Record<ResourceKind, Map<string, string>> = { Cluster: new Map(), NodePool: new Map() }
  /** The resource taken last. */
  readonly #latest: Record<ResourceKind, Resource | undefined> = { Cluster: undefined, NodePool: undefined }
  readonly #nextNumbers: Record<ResourceKind, number> = { Cluster: 0, NodePool: 0 }

  /** The least creation number that the next resource of a kind may have. */
  nextNumber(kind: ResourceKind): number {
    return this.#nextNumbers[kind]
  }

  /**
   * Lists the faults of a group, given the groups taken before it. Clusters come before nodepools, each kind in
   * creation order.
   */
  check(group: Group): Fault[] {
    const { resource, statuses } = group
    const faults = statuses.flatMap(status => this.#statusFaults(status, resource))
    if (resource === undefined) return faults
    const own = [
      ...this.#documents.resource(resource.record, documentOf(resource.whole)),
      ...this.#placeFaults(resource),
    ]
    const numbers = statuses.flatMap(({ whole, where }, i) =>
      numberOf(whole) === i
        ? []
        : [{ where, what: `it is number ${numberOf(whole) + 1} among the statuses, but ${i + 1} is next` }],
    )
    // Conditions are compared only with sound statuses.
    if (own.length + faults.length === 0)
      own.push(
        ...conditionFaults(
          resource.record,
          statuses.map(({ record }) => record),
        ),
      )
    return [...own.map(what => ({ where: resource.where, what })), ...faults, ...numbers]
  }

  /** Adds a group to what later groups are checked against. */
  take({ resource }: Group): void {
    if (resource === undefined) return
    const { kind, id, ownerId, name } = resource.record
    this.#kinds.set(id, kind)
    const key = nameKey(ownerId, name)
    if (!isMarked(firstBody(resource.whole)) && !this.#names[kind].has(key)) this.#names[kind].set(key, id)
    this.#latest[kind] = resource.record
    this.#nextNumbers[kind] = numberOf(resource.whole) + 1
  }

  #placeFaults({ record, whole }: Placed<Resource>): string[] {
    const { kind, id, ownerId, name, createdTime } = record
    const number = numberOf(whole)
    const faults: string[] = []
    if (this.#kinds.has(id)) faults.push('its id is taken by another resource')
    const latest = this.#latest[kind]
    if (latest !== undefined && createdTime < latest.createdTime)
      faults.push(`its created_time is before that of ${kind}/${latest.id}, which precedes it`)
    const namesake = this.#names[kind].get(nameKey(ownerId, name))
    if (namesake !== undefined && !isMarked(firstBody(whole)))
      faults.push(`its name ${JSON.stringify(name)} is also the name of ${kind}/${namesake}`)
    if ((kind === 'NodePool') !== (ownerId !== undefined))
      faults.push('it has no owner, or an owner that it must not have')
    else if (ownerId !== undefined && this.#kinds.get(ownerId) !== 'Cluster')
      faults.push(`its cluster ${ownerId} is missing`)
    const next = this.#nextNumbers[kind]
    if (number < next)
      faults.push(`it is number ${number + 1} in creation order, but the one before it is number ${next}`)
    return faults
  }

  #statusFaults(status: Group['statuses'][number], resource: Group['resource']): Fault[] {
    const { record, whole, where } = status
    const faults = this.#documents.status(record, documentOf(whole))
    if (resource === undefined)
      faults.push(`its resource ${record.resourceKind}/${record.resourceId} is missing`)
    else if (record.observedGeneration > resource.record.generation)
      faults.push(
        `it observes generation ${record.observedGeneration}, but its resource has only ${resource.record.generation}`,
      )
    return faults.map(what => ({ where, what }))
  }
}

/** The body of a head or of a status, which has the number in the order of creation. */
function firstBody({ records }: WholeRecord): Body {
  return records[0]?.body ?? NO_BODY
}

function numberOf(whole: WholeRecord): number {
  return numberIn(firstBody(whole))
}
