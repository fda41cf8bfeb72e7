// Schemas of clusters and nodepools on the wire, for requests and answers (contract, sections 3, 4 and 7).
import Type from 'typebox'
import { documented, oneOf, orNull } from './documented.ts'
import { boundedText, NOT_BLANK } from './validation.ts'

const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'
/** Maximum number of labels of one resource (contract 4.4). */
export const LABELS_MAX = 64

/** A DNS-1123 label: adapters name Kubernetes namespaces after it (contract 3.2). */
const id = Type.String({
  maxLength: 63,
  pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$',
  description: 'Assigned by the server; ids of one server sort in creation order',
})
const href = Type.String({
  format: 'uri-reference',
  description: 'The path of the resource',
})
const generation = Type.Integer({
  minimum: 1,
  format: 'int32',
  description: 'Increases by one with every change of `spec` and with the deletion',
})
const spec = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
  description: 'Provider-specific configuration, kept as written',
})

/** Labels in a request (contract 4.4). */
const Labels = Type.Unsafe<Record<string, string>>({
  type: 'object',
  description: 'Only keys that match ^[a-z0-9_]+$ can be searched',
  maxProperties: LABELS_MAX,
  propertyNames: boundedText({ minBytes: 1, maxBytes: 317 }, 'Key of a label'),
  additionalProperties: boundedText({ maxBytes: 255 }, 'Value of a label'),
})
const labels = Type.Optional(orNull(Labels))

function time(description: string) {
  return Type.String({ format: 'date-time', description })
}

function author(description: string) {
  return Type.String({ format: 'email', description })
}

const AUTHORS = ['created_by', 'updated_by', 'deleted_by'] as const

/** The schema of a resource whose authors may have any form of contract 3.6. Other schemas are returned unchanged. */
export function withAnyAuthors<T extends Type.TSchema>(schema: T): T {
  if (!Type.IsObject(schema)) return schema
  const authors = AUTHORS.flatMap(name => {
    const member = schema.properties[name]
    if (member === undefined) return []
    const { format, ...rest } = member as Type.TSchema & { readonly format?: string }
    return [[name, { ...rest, minLength: 1, maxLength: 256 }]]
  })
  if (authors.length === 0) return schema
  return { ...schema, properties: { ...schema.properties, ...Object.fromEntries(authors) } }
}

function kindOf<K extends string>(kind: K) {
  return Type.Literal(kind, { description: `Always \`${kind}\`` })
}

/** A name of `minLength` to `maxLength` characters (contract 4.2). */
function nameOf(maxLength: number) {
  return Type.String({
    minLength: 3,
    maxLength,
    pattern: NAME_PATTERN,
    description: 'Unique among clusters, or among the nodepools of a cluster, that are not being deleted',
  })
}

/** Refuses the key `id` in a body, whatever its value (contract 4.1). */
const WITHOUT_ID = { not: { type: 'object', properties: { id: {} }, required: ['id'] } }

/** Body of `POST /clusters`. */
export const ClusterCreateRequest = documented(
  Type.Object(
    { kind: kindOf('Cluster'), name: nameOf(53), spec, labels },
    { description: 'A cluster to create. Unknown members are ignored, except `id`, which is refused' },
  ),
  WITHOUT_ID,
)

/** Body of `POST /clusters/{cluster_id}/nodepools`. */
export const NodePoolCreateRequest = documented(
  Type.Object(
    { kind: kindOf('NodePool'), name: nameOf(15), spec, labels },
    { description: 'A nodepool to create. Unknown members are ignored, except `id`, which is refused' },
  ),
  WITHOUT_ID,
)

/** Body of `PATCH` on either kind. */
export const ResourcePatchRequest = Type.Object(
  { spec: Type.Optional(orNull(spec)), labels },
  {
    additionalProperties: false,
    description: 'Members to replace: `spec` whole, `labels` whole, or both. Any other member is refused',
  },
)

/** Maximum length of the reason of a force deletion, in characters (contract 11.12). */
export const REASON_MAX = 1024

/** Body of `POST …/force-delete`. */
export const ForceDeleteRequest = Type.Object(
  {
    reason: Type.String({
      minLength: 1,
      maxLength: REASON_MAX,
      pattern: NOT_BLANK,
      description: 'Reason of the force deletion, for the log; not blank',
    }),
  },
  { description: 'A force deletion. Unknown members are ignored' },
)

export const ResourceCondition = Type.Object(
  {
    type: Type.String({
      pattern: '^[A-Z][A-Za-z0-9]*$',
      description: '`Available`, `Ready`, or the condition of an adapter',
    }),
    status: oneOf(['True', 'False'], 'Status of the condition'),
    reason: Type.Optional(Type.String({ description: 'Reason, as a word for programs' })),
    message: Type.Optional(Type.String({ description: 'Explanation, as a sentence for people' })),
    observed_generation: Type.Integer({
      minimum: 0,
      format: 'int32',
      description: 'The generation that the status refers to; 0 before any report',
    }),
    created_time: time('Time at which the resource got the condition'),
    last_updated_time: time('Time at which the condition was last confirmed'),
    last_transition_time: time('Time of the last change of `status`'),
  },
  { description: 'A condition that the server derives from the reports of all adapters, or of one' },
)

export const ResourceStatus = Type.Object(
  {
    conditions: Type.Array(ResourceCondition, {
      description: '`Available`, `Ready`, then one condition for each adapter that has reported',
    }),
  },
  { description: 'The reported state of a resource' },
)

export const OwnerReference = Type.Object(
  { kind: kindOf('Cluster'), id, href },
  { description: 'The cluster of a nodepool' },
)

const shared = {
  generation,
  spec,
  labels: Type.Optional(
    Type.Unsafe<Record<string, string>>({
      type: 'object',
      description: 'The labels of the resource; absent if there are none',
      additionalProperties: { type: 'string', description: 'Value of a label' },
    }),
  ),
  created_time: time('Time of creation'),
  updated_time: time('Time of the last change by a client'),
  created_by: author('Author of the creation'),
  updated_by: author('Author of the last change'),
  deleted_time: Type.Optional(time('Time of the deletion; present while the resource is being deleted')),
  deleted_by: Type.Optional(author('Author of the deletion; present while the resource is being deleted')),
  status: ResourceStatus,
}
const name = Type.String({ description: 'Name given by the client' })

export const Cluster = Type.Object(
  { kind: kindOf('Cluster'), id, href, name, ...shared },
  { description: 'A cluster: desired and reported state' },
)

export const NodePool = Type.Object(
  { kind: kindOf('NodePool'), id, href, name, owner_references: OwnerReference, ...shared },
  { description: 'A nodepool of a cluster: desired and reported state' },
)

export const ClusterList = listOf('ClusterList', Cluster, 'A page of clusters')
export const NodePoolList = listOf('NodePoolList', NodePool, 'A page of nodepools')

/** The envelope of every list (contract 7.1). */
export function listOf<K extends string, T extends Type.TSchema>(kind: K, item: T, description: string) {
  return Type.Object(
    {
      kind: kindOf(kind),
      page: Type.Integer({ minimum: 1, format: 'int32', description: 'Page number' }),
      size: Type.Integer({ minimum: 0, format: 'int32', description: 'Number of items in this answer' }),
      total: Type.Integer({ minimum: 0, format: 'int32', description: 'Number of matching items' }),
      items: Type.Array(item, { description: 'Items of this page' }),
    },
    { description },
  )
}
