// The schemas of clusters and nodepools on the wire: what a client sends and what it is served
// (contract, sections 3, 4 and 7).
import Type from 'typebox'
import { documented, oneOf, orNull } from './documented.ts'
import { boundedText } from './validation.ts'

const NAME_PATTERN = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'
/** Labels of one resource (contract 4.4). */
export const LABELS_MAX = 64

const id = Type.String({
  pattern: '^2[0-9a-z]{26}$',
  description: 'Assigned by the server; ids sort in creation order',
})
const href = Type.String({
  format: 'uri-reference',
  description: 'The path under which the resource is served',
})
const generation = Type.Integer({
  minimum: 1,
  format: 'int32',
  description: 'Grows by one with every change of `spec`',
})
const spec = Type.Unsafe<Record<string, unknown>>({
  type: 'object',
  additionalProperties: true,
  description: 'Provider-specific configuration, kept as written',
})

/** Labels as a client sends them (contract 4.4). */
const Labels = Type.Unsafe<Record<string, string>>({
  type: 'object',
  description: 'Only keys of ^[a-z0-9_]+$ can be searched',
  maxProperties: LABELS_MAX,
  propertyNames: boundedText({ minBytes: 1, maxBytes: 317 }, 'The key of a label'),
  additionalProperties: boundedText({ maxBytes: 255 }, 'The value of a label'),
})
const labels = Type.Optional(orNull(Labels))

function time(description: string) {
  return Type.String({ format: 'date-time', description })
}

function author(description: string) {
  return Type.String({ format: 'email', description })
}

const AUTHORS = ['created_by', 'updated_by'] as const

/** The schema of a resource whose authors may have any form of contract 3.6; any other schema as it is. */
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
    description: "Unique among its kind; a nodepool's among those of its cluster",
  })
}

/** A body in which the key `id` is refused, whatever its value (contract 4.1). */
const WITHOUT_ID = { not: { type: 'object', properties: { id: {} }, required: ['id'] } }

/** Body of `POST /clusters`. */
export const ClusterCreateRequest = documented(
  Type.Object(
    { kind: kindOf('Cluster'), name: nameOf(53), spec, labels },
    { description: 'A cluster to create. Unknown members are ignored, but for `id`, which is refused' },
  ),
  WITHOUT_ID,
)

/** Body of `POST /clusters/{cluster_id}/nodepools`. */
export const NodePoolCreateRequest = documented(
  Type.Object(
    { kind: kindOf('NodePool'), name: nameOf(15), spec, labels },
    { description: 'A nodepool to create. Unknown members are ignored, but for `id`, which is refused' },
  ),
  WITHOUT_ID,
)

/** Body of `PATCH` on either kind. */
export const ResourcePatchRequest = Type.Object(
  { spec: Type.Optional(orNull(spec)), labels },
  {
    additionalProperties: false,
    description: 'What to replace: `spec` whole, `labels` whole, or both. Any other member is refused',
  },
)

export const ResourceCondition = Type.Object(
  {
    type: Type.String({
      pattern: '^[A-Z][A-Za-z0-9]*$',
      description: '`Available`, `Ready`, or one that stands for an adapter',
    }),
    status: oneOf(['True', 'False'], 'Whether the condition holds'),
    reason: Type.Optional(Type.String({ description: 'Why, in one word for programs' })),
    message: Type.Optional(Type.String({ description: 'Why, in a sentence for people' })),
    observed_generation: Type.Integer({
      minimum: 0,
      format: 'int32',
      description: 'The generation that the status is about; 0 before any report',
    }),
    created_time: time('When the resource got the condition'),
    last_updated_time: time('When the condition was last confirmed'),
    last_transition_time: time('When `status` last changed'),
  },
  { description: 'What the server makes of the reports of all adapters, or of one' },
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
  { description: 'The cluster that a nodepool belongs to' },
)

const shared = {
  generation,
  spec,
  labels: Type.Optional(
    Type.Unsafe<Record<string, string>>({
      type: 'object',
      description: 'The labels of the resource; absent when there are none',
      additionalProperties: { type: 'string', description: 'The value of a label' },
    }),
  ),
  created_time: time('When the resource was created'),
  updated_time: time('When a client last changed it'),
  created_by: author('Who created it'),
  updated_by: author('Who last changed it'),
  status: ResourceStatus,
}
const name = Type.String({ description: 'As the client has named it' })

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
      page: Type.Integer({ minimum: 1, format: 'int32', description: 'The number of this page' }),
      size: Type.Integer({ minimum: 0, format: 'int32', description: 'Items in this answer' }),
      total: Type.Integer({ minimum: 0, format: 'int32', description: 'Items that match' }),
      items: Type.Array(item, { description: 'The items of this page' }),
    },
    { description },
  )
}
