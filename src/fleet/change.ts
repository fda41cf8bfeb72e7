// A change of a resource's desired state, as a pure function (contract 3.5, 4.5, 6.8).

import type { AdapterStatus, Resource, ResourceCondition } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import { sameJsonValue } from '../wire/json-compare.ts'
import { type Compatibility, type ConditionSetting, conditionsAfterSpecChange } from './conditions.ts'
import { readingOf } from './report.ts'

/** A requested change. Undefined members stay unchanged. */
export interface Patch {
  /** JSON text of an object; replaces the current one whole. */
  readonly spec: string | undefined
  readonly labels: ReadonlyMap<string, string> | undefined
}

const NO_LABELS: ReadonlyMap<string, string> = new Map()

export interface ChangeContext extends ConditionSetting {
  readonly now: Instant
  readonly by: string
  readonly statuses: readonly AdapterStatus[]
}

/**
 * The parts of a patch that differ from the resource; undefined if none does. Where a change of labels is a change of
 * generation, no labels and `{}` are equal (contract 3.5).
 */
export function effectivePatch(
  resource: Resource,
  patch: Patch,
  compatibility: Compatibility,
): Patch | undefined {
  const present = compatibility === 'documents' ? resource.labels : (resource.labels ?? NO_LABELS)
  const changesSpec = patch.spec !== undefined && !sameJsonValue(resource.spec, patch.spec)
  const changesLabels = patch.labels !== undefined && !sameLabels(present, patch.labels)
  if (!changesSpec && !changesLabels) return undefined
  return { spec: changesSpec ? patch.spec : undefined, labels: changesLabels ? patch.labels : undefined }
}

/** The next version of a resource under an effective patch. */
export function changeResource(resource: Resource, patch: Patch, context: ChangeContext): Resource {
  const { now, by, compatibility } = context
  const isNewGeneration =
    patch.spec !== undefined || (patch.labels !== undefined && compatibility !== 'documents')
  const generation = isNewGeneration ? resource.generation + 1 : resource.generation
  const conditions = isNewGeneration
    ? conditionsOfGeneration(resource, generation, resource.deletedTime !== undefined, context)
    : resource.conditions
  return {
    kind: resource.kind,
    id: resource.id,
    name: resource.name,
    ownerId: resource.ownerId,
    generation,
    spec: patch.spec ?? resource.spec,
    labels: patch.labels ?? resource.labels,
    createdTime: resource.createdTime,
    updatedTime: now,
    createdBy: resource.createdBy,
    updatedBy: by,
    deletedTime: resource.deletedTime,
    deletedBy: resource.deletedBy,
    conditions,
    specChangedTime: isNewGeneration ? now : resource.specChangedTime,
  }
}

/** The conditions of a resource whose new generation begins now. */
export function conditionsOfGeneration(
  resource: Resource,
  generation: number,
  isDeleting: boolean,
  { now, compatibility, required, statuses }: ChangeContext,
): readonly ResourceCondition[] {
  return conditionsAfterSpecChange({
    kind: resource.kind,
    conditions: resource.conditions,
    generation,
    specChangedTime: now,
    isDeleting,
    compatibility,
    required,
    // No report is about the generation that begins now, so no adapter has finished.
    readings: statuses.map(status => readingOf(status, false)),
  })
}

/** True if a patch makes the resource's document longer (contract 9.3). */
export function isGrowing(resource: Resource, patch: Patch): boolean {
  const specGrows = patch.spec !== undefined && patch.spec.length > resource.spec.length
  return (
    specGrows || (patch.labels !== undefined && labelsLength(patch.labels) > labelsLength(resource.labels))
  )
}

function sameLabels(
  present: ReadonlyMap<string, string> | undefined,
  wanted: ReadonlyMap<string, string>,
): boolean {
  if (present === undefined || present.size !== wanted.size) return false
  return [...wanted].every(([key, value]) => present.get(key) === value)
}

function labelsLength(labels: ReadonlyMap<string, string> | undefined): number {
  return [...(labels ?? [])].reduce((length, [key, value]) => length + key.length + value.length, 0)
}
