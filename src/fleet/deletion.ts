// Deletion, as pure functions of the newest versions (contract, section 11): the mark, and the removals that follow once
// nothing is awaited.
import type { ResourceId } from '../state/put.ts'
import type { AdapterStatus, Resource, ResourceKind } from '../state/records.ts'
import type { Newest } from '../store/staged.ts'
import type { Instant } from '../wire/instant.ts'
import { unfinishedAdapters } from './assessment.ts'
import { type ChangeContext, conditionsOfGeneration } from './change.ts'
import type { Compatibility } from './conditions.ts'
import type { RemovalCause } from './events.ts'
import { readingOf } from './report.ts'

/** A removal that is about to be staged. */
export interface Removal {
  readonly resource: ResourceId
  readonly cause: RemovalCause
}

/** The effect of a DELETE. */
export interface Deletion {
  /** The resource with its mark, also if it is removed. The same object if it had one. */
  readonly after: Resource
  /** The resources that become marked and stay. */
  readonly marked: readonly Resource[]
  /** Nodepools, newest first, before their cluster. */
  readonly removals: readonly Removal[]
}

/** The fleet that a deletion is decided in. */
export interface DeletionContext {
  readonly newest: Pick<Newest, 'resource' | 'statuses' | 'nodepoolsOf' | 'hasNodepools'>
  readonly compatibility: Compatibility
  readonly requiredAdapters: Readonly<Record<ResourceKind, readonly string[]>>
}

/** The time and the author of a deletion. */
export interface DeletionMark {
  readonly now: Instant
  readonly by: string
}

/** The first deletion of a resource: a new generation of the same spec and labels (contract 11.2). */
export function markResource(resource: Resource, context: ChangeContext): Resource {
  const { now, by } = context
  const generation = resource.generation + 1
  return {
    kind: resource.kind,
    id: resource.id,
    name: resource.name,
    ownerId: resource.ownerId,
    generation,
    spec: resource.spec,
    labels: resource.labels,
    createdTime: resource.createdTime,
    updatedTime: now,
    createdBy: resource.createdBy,
    updatedBy: resource.updatedBy,
    deletedTime: now,
    deletedBy: by,
    conditions: conditionsOfGeneration(resource, generation, true, context),
    specChangedTime: now,
  }
}

/** Marks a resource with all that it owns, and removes whatever awaits nothing (contract 11.3, 11.4, 11.8). */
export function planDeletion(resource: Resource, mark: DeletionMark, context: DeletionContext): Deletion {
  const children = childrenOf(resource, context).map(child => planMark(child, mark, context))
  const planned = planMark(resource, mark, context)
  const isAlone = children.every(({ cause }) => cause !== undefined)
  const own = isAlone ? planned : { ...planned, cause: undefined }
  const family = [own, ...children]
  const removals = family
    .toReversed()
    .flatMap(({ after, cause }) => (cause === undefined ? [] : removalOf(after, cause)))
  return {
    after: own.after,
    marked: family.flatMap(({ after, isNew, cause }) => (isNew && cause === undefined ? after : [])),
    removals: own.cause === undefined ? removals : [...removals, ...removalOfOwner(resource, context)],
  }
}

/** The removals that a stored report about a marked resource causes; `statuses` has the report (contract 11.8). */
export function planRemovals(
  resource: Resource,
  statuses: readonly AdapterStatus[],
  context: DeletionContext,
): readonly Removal[] {
  if (context.newest.hasNodepools(resource.id)) return []
  const cause = causeOf(resource, statuses, context)
  return cause === undefined ? [] : [removalOf(resource, cause), ...removalOfOwner(resource, context)]
}

/** The removals of a force deletion (contract 11.12). */
export function planForcedRemovals(resource: Resource, context: DeletionContext): readonly Removal[] {
  const family = [resource, ...childrenOf(resource, context)]
  const forced = family.toReversed().map(gone => removalOf(gone, 'forced'))
  return [...forced, ...removalOfOwner(resource, context)]
}

function childrenOf({ kind, id }: Resource, { newest }: DeletionContext): readonly Resource[] {
  return kind === 'Cluster' ? newest.nodepoolsOf(id) : []
}

interface PlannedMark {
  /** The resource with its mark. */
  readonly after: Resource
  readonly isNew: boolean
  /** The cause to remove it; undefined while something is awaited. */
  readonly cause: RemovalCause | undefined
}

function planMark(resource: Resource, mark: DeletionMark, context: DeletionContext): PlannedMark {
  const { newest, compatibility, requiredAdapters } = context
  const statuses = newest.statuses(resource.id)
  if (resource.deletedTime !== undefined)
    return { after: resource, isNew: false, cause: causeOf(resource, statuses, context) }
  const required = requiredAdapters[resource.kind]
  const after = markResource(resource, { ...mark, compatibility, required, statuses })
  // No report is about the generation that begins now.
  return { after, isNew: true, cause: awaitsNobody(required, statuses) ? 'at_once' : undefined }
}

/** The cause to remove a resource without children; undefined while an adapter is awaited (contract 11.7). */
function causeOf(
  { kind, generation }: Resource,
  statuses: readonly AdapterStatus[],
  { requiredAdapters }: DeletionContext,
): RemovalCause | undefined {
  const required = requiredAdapters[kind]
  if (awaitsNobody(required, statuses)) return 'at_once'
  const readings = statuses.map(status => readingOf(status, true))
  return unfinishedAdapters({ required, readings, generation }).length === 0 ? 'finalized' : undefined
}

function awaitsNobody(required: readonly string[], statuses: readonly AdapterStatus[]): boolean {
  return required.length === 0 && statuses.length === 0
}

/** The removal of a cluster that loses its last nodepool (contract 11.8). */
function removalOfOwner({ ownerId, id }: Resource, context: DeletionContext): Removal[] {
  if (ownerId === undefined) return []
  const { newest } = context
  const cluster = newest.resource('Cluster', ownerId)
  if (cluster?.deletedTime === undefined || newest.hasNodepools(ownerId, id)) return []
  const cause = causeOf(cluster, newest.statuses(ownerId), context)
  return cause === undefined ? [] : [removalOf(cluster, cause)]
}

/** Copies the id, because a record must not be read after its turn. */
function removalOf({ kind, id }: ResourceId, cause: RemovalCause): Removal {
  return { resource: { kind, id }, cause }
}
