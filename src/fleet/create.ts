// A new resource, as a pure function of the request (contract, sections 3 and 4).
import type { Resource, ResourceKind } from '../state/records.ts'
import type { Instant } from '../wire/instant.ts'
import { type ConditionSetting, initialConditions } from './conditions.ts'

/** A validated request to create a resource. */
export interface Creation {
  readonly name: string
  /** JSON text of an object. */
  readonly spec: string
  readonly labels: ReadonlyMap<string, string> | undefined
}

export interface CreationContext extends ConditionSetting {
  readonly kind: ResourceKind
  readonly id: string
  readonly ownerId: string | undefined
  readonly now: Instant
  readonly by: string
}

/** The first generation of a resource. */
export function createResource(creation: Creation, context: CreationContext): Resource {
  const { kind, id, ownerId, now, by, compatibility, required } = context
  return {
    kind,
    id,
    name: creation.name,
    ownerId,
    generation: 1,
    spec: creation.spec,
    labels: creation.labels,
    createdTime: now,
    updatedTime: now,
    createdBy: by,
    updatedBy: by,
    deletedTime: undefined,
    deletedBy: undefined,
    conditions: initialConditions({ kind, createdTime: now, compatibility, required }),
    specChangedTime: now,
  }
}
