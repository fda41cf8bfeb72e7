// Everything that has to hold of a fleet at rest: each document by itself, and how they fit together. It keeps ids and names,
// never documents, so that its memory is a small part of the fleet's.

import { nameKey } from '../../state/fleet-state.ts'
import { documentIn, slotIn } from '../../state/layout.ts'
import type { Resource, ResourceKind } from '../../state/records.ts'
import { conditionFaults } from './conditions.ts'
import { createDocumentChecks } from './documents.ts'
import type { Fault, Group, Placed } from './group.ts'

export class FleetAudit {
  readonly #documents = createDocumentChecks()
  readonly #kinds = new Map<string, ResourceKind>()
  /** The first resource with each name, by what is unique about it (contract 4.3). */
  readonly #names: Record<ResourceKind, Map<string, string>> = { Cluster: new Map(), NodePool: new Map() }
  readonly #latestIds: Record<ResourceKind, string> = { Cluster: '', NodePool: '' }
  readonly #nextSlots: Record<ResourceKind, number> = { Cluster: 0, NodePool: 0 }

  /** The slot that the next resource of a kind has to have. */
  nextSlot(kind: ResourceKind): number {
    return this.#nextSlots[kind]
  }

  /**
   * What is wrong with a group, given those that were taken in before it: clusters come before nodepools, each in the order of
   * their creation.
   */
  check(group: Group): Fault[] {
    const { resource, statuses } = group
    const faults = statuses.flatMap(status => this.#statusFaults(status, resource))
    if (resource === undefined) return faults
    const own = [
      ...this.#documents.resource(resource.record, documentIn(resource.body)),
      ...this.#placeFaults(resource),
    ]
    const slots = statuses.flatMap(({ body, where }, i) =>
      slotIn(body) === i
        ? []
        : [{ where, what: `it has place ${slotIn(body) + 1} among the statuses, where ${i + 1} is next` }],
    )
    // Conditions can be held against sound statuses only.
    if (own.length + faults.length === 0)
      own.push(
        ...conditionFaults(
          resource.record,
          statuses.map(({ record }) => record),
        ),
      )
    return [...own.map(what => ({ where: resource.where, what })), ...faults, ...slots]
  }

  /** Takes a group in, as what those to come are held against. */
  take({ resource }: Group): void {
    if (resource === undefined) return
    const { kind, id, ownerId, name } = resource.record
    this.#kinds.set(id, kind)
    const key = nameKey(ownerId, name)
    if (!this.#names[kind].has(key)) this.#names[kind].set(key, id)
    if (id > this.#latestIds[kind]) this.#latestIds[kind] = id
    this.#nextSlots[kind] = slotIn(resource.body) + 1
  }

  #placeFaults({ record, body }: Placed<Resource>): string[] {
    const { kind, id, ownerId, name } = record
    const slot = slotIn(body)
    const faults: string[] = []
    if (this.#kinds.has(id)) faults.push('its id is taken by another resource')
    else if (id <= this.#latestIds[kind])
      faults.push(`its id is not after ${this.#latestIds[kind]}, which was created before it`)
    const namesake = this.#names[kind].get(nameKey(ownerId, name))
    if (namesake !== undefined)
      faults.push(`its name ${JSON.stringify(name)} is that of ${kind}/${namesake} too`)
    if ((kind === 'NodePool') !== (ownerId !== undefined)) faults.push('it has no owner, or one too many')
    else if (ownerId !== undefined && this.#kinds.get(ownerId) !== 'Cluster')
      faults.push(`the cluster that it belongs to, ${ownerId}, is not there`)
    const next = this.#nextSlots[kind]
    if (slot > next)
      faults.push(`${kind}s number ${next + 1} to ${slot} in creation order are missing before it`)
    if (slot < next) faults.push(`it is number ${slot + 1} in creation order, where ${next + 1} is next`)
    return faults
  }

  #statusFaults(status: Group['statuses'][number], resource: Group['resource']): Fault[] {
    const { record, body, where } = status
    const faults = this.#documents.status(record, documentIn(body))
    if (resource === undefined)
      faults.push(`the resource that it is about, ${record.resourceKind}/${record.resourceId}, is not there`)
    else if (record.observedGeneration > resource.record.generation)
      faults.push(
        `it observes generation ${record.observedGeneration}, and its resource has only ${resource.record.generation}`,
      )
    return faults.map(what => ({ where, what }))
  }
}
