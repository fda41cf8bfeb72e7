// The schemas of clusters and nodepools on the wire: what a client sends and what it is served
// (contract, sections 3, 4 and 7).
import Type from 'typebox'
import { boundedText } from './refinements.ts'

const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'
/** Labels of one resource (contract 4.4). */
export const LABELS_MAX = 64

const id = Type.String({
  pattern: '^2[0-9a-z]{26}$',
  description: 'Assigned by the server; ids sort in creation order',
})
const href = Type.String({ description: 'The path under which the resource is served' })
const time = Type.String({ format: 'date-time' })
const email = Type.String({ format: 'email' })
const generation = Type.Integer({
  minimum: 1,
  description: 'Grows by one with every change of `spec`',
})
const spec = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  description: 'Provider-specific configuration, kept as written',
})

/** Labels as a client sends them (contract 4.4). */
const Labels = Type.Unsafe<Record<string, string>>({
  type: 'object',
  description: 'Only keys of ^[a-z0-9_]+$ can be searched',
  maxProperties: LABELS_MAX,
  propertyNames: boundedText({ minBytes: 1, maxBytes: 317 }),
  additionalProperties: boundedText({ maxBytes: 255 }),
})

/** Body of `POST /clusters`. */
export const ClusterCreateRequest = Type.Object({
  kind: Type.Literal('Cluster'),
  name: Type.String({ minLength: 3, maxLength: 53, pattern: NAME_PATTERN }),
  spec,
  labels: Type.Optional(Labels),
})

/** Body of `POST /clusters/{cluster_id}/nodepools`. */
export const NodePoolCreateRequest = Type.Object({
  kind: Type.Literal('NodePool'),
  name: Type.String({ minLength: 3, maxLength: 15, pattern: NAME_PATTERN }),
  spec,
  labels: Type.Optional(Labels),
})

/** Body of `PATCH` on either kind. */
export const ResourcePatchRequest = Type.Object(
  { spec: Type.Optional(spec), labels: Type.Optional(Labels) },
  { additionalProperties: false },
)

export const ResourceCondition = Type.Object({
  type: Type.String({ pattern: '^[A-Z][A-Za-z0-9]*$' }),
  status: Type.Enum(['True', 'False']),
  reason: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  observed_generation: Type.Integer({ minimum: 0 }),
  created_time: time,
  last_updated_time: time,
  last_transition_time: time,
})

export const ResourceStatus = Type.Object({
  conditions: Type.Array(ResourceCondition, {
    description: '`Available`, `Ready`, then one condition for each adapter that has reported',
  }),
})

export const OwnerReference = Type.Object({ kind: Type.Literal('Cluster'), id, href })

const shared = {
  generation,
  spec,
  labels: Type.Optional(Type.Record(Type.String(), Type.String())),
  created_time: time,
  updated_time: time,
  created_by: email,
  updated_by: email,
  status: ResourceStatus,
}

export const Cluster = Type.Object({
  kind: Type.Literal('Cluster'),
  id,
  href,
  name: Type.String(),
  ...shared,
})

export const NodePool = Type.Object({
  kind: Type.Literal('NodePool'),
  id,
  href,
  name: Type.String(),
  owner_references: OwnerReference,
  ...shared,
})

export const ClusterList = listOf('ClusterList', Cluster)
export const NodePoolList = listOf('NodePoolList', NodePool)

/** The envelope of every list (contract 7.1). */
export function listOf<K extends string, T extends Type.TSchema>(kind: K, item: T) {
  return Type.Object({
    kind: Type.Literal(kind),
    page: Type.Integer({ minimum: 1 }),
    size: Type.Integer({ minimum: 0, description: 'Items in this answer' }),
    total: Type.Integer({ minimum: 0, description: 'Items that match' }),
    items: Type.Array(item),
  })
}
