// The OpenAPI 3.1 document, made from the table of operations and the schemas that validate (contract 1.3).
import type { TSchema } from 'typebox'
import { BASE_PATH, type Operation, type operations, type ParameterSet } from './operations.ts'
import {
  Cluster,
  ClusterCreateRequest,
  ClusterList,
  NodePool,
  NodePoolCreateRequest,
  NodePoolList,
  OwnerReference,
  ResourceCondition,
  ResourcePatchRequest,
  ResourceStatus,
} from './resources.ts'
import { ApiInfo, Problem, ProblemFault, QueryPlan, QueryStep } from './service.ts'
import { AdapterCondition, AdapterStatus, AdapterStatusList } from './statuses.ts'

/** A value of JSON, as far as a document is built of it. */
type Json = { [name: string]: unknown }

const PROBLEM_MEDIA_TYPE = 'application/problem+json'
/** Any operation may answer these; 400 where the request breaks the rules of HTTP, 429 where a rate is set. */
const COMMON_PROBLEMS = [400, 429, 500, 503]
const TAGS = [
  { name: 'Service', description: 'What this API is' },
  { name: 'Clusters', description: 'The clusters of the fleet' },
  { name: 'NodePools', description: 'The nodepools of the clusters' },
  { name: 'Statuses', description: 'What the adapters report about clusters and nodepools' },
  { name: 'Explain', description: 'How lists are answered' },
]
const PROBLEM_DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is wrong; `errors[]` says where',
  401: 'Authentication is on, and the request has no valid bearer token',
  403: 'The token names no e-mail address to record as the author',
  404: 'There is no such resource',
  409: 'The name or the condition type is taken',
  413: 'The body is too large',
  415: 'The body is not JSON',
  429: 'This client asks too often; try again after `Retry-After` seconds',
  500: 'The server failed',
  503: 'The server cannot take this now; try again after `Retry-After` seconds',
}

/** @param version of the server, as the document's own */
export function openApiDocument(table: ReturnType<typeof operations>, version: string): Json {
  const components = namedSchemas(table)
  return {
    openapi: '3.1.0',
    info: {
      title: 'HyperFleet API',
      version,
      description: 'Desired and reported state of a fleet of clusters and their nodepools.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: TAGS,
    security: [{}, { bearer: [] }],
    paths: pathItems(table, components),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
      parameters: parameterComponents(),
      schemas: Object.fromEntries(
        [...components].map(([schema, name]) => [name, withReferences(schema, components, schema)]),
      ),
    },
  }
}

function namedSchemas(table: ReturnType<typeof operations>): ReadonlyMap<TSchema, string> {
  const schemas: Record<string, TSchema> = {
    ApiInfo,
    Cluster,
    ClusterCreateRequest,
    ClusterList,
    NodePool,
    NodePoolCreateRequest,
    NodePoolList,
    OwnerReference,
    ResourceCondition,
    ResourcePatchRequest,
    ResourceStatus,
    AdapterCondition,
    AdapterStatus,
    AdapterStatusList,
    AdapterStatusReport: table.postClusterStatuses.request,
    Problem,
    ProblemFault,
    QueryPlan,
    QueryStep,
  }
  return new Map(Object.entries(schemas).map(([name, schema]) => [schema, name]))
}

/** A copy of a schema in which every named schema below `root` is a reference. */
function withReferences(schema: unknown, names: ReadonlyMap<unknown, string>, root?: unknown): unknown {
  if (schema !== root && names.has(schema)) return { $ref: `#/components/schemas/${names.get(schema)}` }
  if (Array.isArray(schema)) return schema.map(item => withReferences(item, names))
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => !name.startsWith('~'))
      .map(([name, member]) => [name, withReferences(member, names)]),
  )
}

function pathItems(table: Readonly<Record<string, Operation>>, names: ReadonlyMap<TSchema, string>): Json {
  const items: Record<string, Json> = {}
  for (const [id, operation] of Object.entries(table)) {
    const item = items[operation.path] ?? pathParameters(operation.path)
    items[operation.path] = {
      ...item,
      [operation.method.toLowerCase()]: operationObject(id, operation, names),
    }
  }
  return items
}

function operationObject(id: string, operation: Operation, names: ReadonlyMap<TSchema, string>): Json {
  const { tag, summary, parameters, request } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(isOpen(operation) ? { security: [] } : {}),
    ...(parameters === 'none' ? {} : { parameters: parameterReferences(parameters) }),
    ...(request === undefined
      ? {}
      : { requestBody: { required: true, content: content('application/json', request, names) } }),
    responses: responses(operation, names),
  }
}

/** Whether no token is asked for (contract 10.1). */
function isOpen({ path }: Operation): boolean {
  return path.startsWith(`${BASE_PATH}/openapi`) || !path.startsWith(BASE_PATH)
}

function responses(operation: Operation, names: ReadonlyMap<TSchema, string>): Json {
  const { success, mayDiscard, problems } = operation
  const mediaType = success.mediaType ?? 'application/json'
  const unauthorized = isOpen(operation) ? [] : [401]
  const statuses = [...new Set([...problems, ...COMMON_PROBLEMS, ...unauthorized])].sort()
  return {
    [success.status]: {
      description: success.status === 201 ? 'Stored' : 'OK',
      content: content(mediaType, success.schema, names),
    },
    ...(mayDiscard ? { 204: { description: 'Valid, and not stored: older than what is known' } } : {}),
    ...Object.fromEntries(
      statuses.map(status => [
        status,
        {
          description: PROBLEM_DESCRIPTIONS[status],
          content: content(PROBLEM_MEDIA_TYPE, Problem, names),
        },
      ]),
    ),
  }
}

function content(mediaType: string, schema: TSchema | undefined, names: ReadonlyMap<TSchema, string>): Json {
  return { [mediaType]: { schema: schema === undefined ? {} : withReferences(schema, names) } }
}

function pathParameters(path: string): Json {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  if (names.length === 0) return {}
  return {
    parameters: names.map(name => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
  }
}

const PARAMETER_NAMES: Readonly<Record<ParameterSet, readonly string[]>> = {
  none: [],
  list: ['search', 'page', 'pageSize', 'size', 'orderBy', 'order'],
  'status-list': ['search', 'page', 'pageSize', 'size', 'orderBy', 'order'],
  explain: ['search', 'orderBy', 'order'],
}

function parameterReferences(set: ParameterSet): Json[] {
  return PARAMETER_NAMES[set].map(name => ({ $ref: `#/components/parameters/${name}` }))
}

function parameterComponents(): Json {
  const int32 = { type: 'integer', format: 'int32' }
  const parameter = (name: string, description: string, schema: Json) => [
    name,
    { name, in: 'query', description, schema },
  ]
  return Object.fromEntries([
    parameter('search', "A TSL expression such as `labels.region = 'us-east'`", { type: 'string' }),
    parameter('page', 'Page number', { ...int32, minimum: 1, default: 1 }),
    parameter('pageSize', 'Items per page; above the maximum it is lowered to it', {
      ...int32,
      minimum: 0,
      default: 100,
    }),
    parameter('size', 'Alias of `pageSize`, which wins', { ...int32, minimum: 0 }),
    parameter('orderBy', 'Fields, each optionally followed by `asc` or `desc`, separated by commas', {
      type: 'string',
    }),
    parameter('order', 'Direction of the fields that name none', { type: 'string' }),
  ])
}
