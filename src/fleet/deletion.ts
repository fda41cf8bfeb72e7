// Deletion, as pure functions of the newest versions (contract, section 11): the mark, and the removals that follow once nothing is awaited.
// What concerns all nodepools of a cluster is decided one nodepool in a step, because there may be thousands.
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
  /** The resource with its mark, also if it is removed. Undefined if it had one before. */
  readonly marked: Resource | undefined
  /** True if any resource becomes marked and stays. */
  readonly hasMarks: boolean
  /** Nodepools, newest first, before their cluster. */
  readonly removals: readonly Removal[]
}

/** A decision in steps. Each yields the number of records that it has read. */
export type Steps<T> = Generator<number, T>

/** Takes all steps at once. */
export function decideAtOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
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

/**
 * Marks a resource with all that it owns, and removes whatever awaits nothing (contract 11.3, 11.4, 11.8).
 *
 * @param put takes each resource that becomes marked and stays, in the step that marks it
 */
export function* planDeletion(
  resource: Resource,
  mark: DeletionMark,
  context: DeletionContext,
  put: (marked: Resource) => void,
): Steps<Deletion> {
  const { kind, id, ownerId } = resource
  const statuses = context.newest.statuses(id)
  const cause = causeOfDeletion(resource, statuses, context)
  const marked = markOf(resource, statuses, mark, context)
  const removals: Removal[] = []
  let isAlone = true
  let hasMarks = false
  for (const nodepool of nodepoolsOf({ kind, id }, context)) {
    const reports = context.newest.statuses(nodepool.id)
    const own = causeOfDeletion(nodepool, reports, context)
    const child = own === undefined ? markOf(nodepool, reports, mark, context) : undefined
    if (own === undefined) isAlone = false
    else removals.push(removalOf(nodepool, own))
    if (child !== undefined) {
      put(child)
      hasMarks = true
    }
    yield 1 + reports.length
  }
  removals.reverse()
  if (isAlone && cause !== undefined)
    removals.push(removalOf({ kind, id }, cause), ...removalOfOwner(ownerId, id, context))
  else if (marked !== undefined) {
    put(marked)
    hasMarks = true
  }
  return { marked, hasMarks, removals }
}

/** The removals that a stored report about a marked resource causes; `statuses` has the report (contract 11.8). */
export function planRemovals(
  resource: Resource,
  statuses: readonly AdapterStatus[],
  context: DeletionContext,
): readonly Removal[] {
  if (context.newest.hasNodepools(resource.id)) return []
  const cause = causeOf(resource, statuses, context)
  return cause === undefined
    ? []
    : [removalOf(resource, cause), ...removalOfOwner(resource.ownerId, resource.id, context)]
}

/** The removals of a force deletion (contract 11.12). */
export function* planForcedRemovals(
  { kind, id, ownerId }: Resource,
  context: DeletionContext,
): Steps<readonly Removal[]> {
  const removals: Removal[] = []
  for (const nodepool of nodepoolsOf({ kind, id }, context)) {
    removals.push(removalOf(nodepool, 'forced'))
    yield 1
  }
  removals.reverse()
  removals.push(removalOf({ kind, id }, 'forced'), ...removalOfOwner(ownerId, id, context))
  return removals
}

/** The nodepools that a deletion takes along. Each must be read in the step that gets it. */
function nodepoolsOf({ kind, id }: ResourceId, { newest }: DeletionContext): Iterable<Resource> {
  return kind === 'Cluster' ? newest.nodepoolsOf(id) : []
}

/** The resource with its mark. Undefined if it has one. */
function markOf(
  resource: Resource,
  statuses: readonly AdapterStatus[],
  mark: DeletionMark,
  { compatibility, requiredAdapters }: DeletionContext,
): Resource | undefined {
  if (resource.deletedTime !== undefined) return undefined
  return markResource(resource, {
    now: mark.now,
    by: mark.by,
    compatibility,
    required: requiredAdapters[resource.kind],
    statuses,
  })
}

/** The cause to remove a resource without children once it has its mark; undefined if something is awaited then. */
function causeOfDeletion(
  resource: Resource,
  statuses: readonly AdapterStatus[],
  context: DeletionContext,
): RemovalCause | undefined {
  if (resource.deletedTime !== undefined) return causeOf(resource, statuses, context)
  // No report is about the generation that begins with the mark.
  return awaitsNobody(context.requiredAdapters[resource.kind], statuses) ? 'at_once' : undefined
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
function removalOfOwner(ownerId: string | undefined, id: string, context: DeletionContext): Removal[] {
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
