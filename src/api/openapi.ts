// The OpenAPI 3.1 document, generated from the table of operations and the validating schemas (contract 1.3).
import type { TSchema } from 'typebox'
import { BASE_PATH } from '../wire/paths.ts'
import { deletingExampleOf, PATH_EXAMPLES, problemExample } from './examples.ts'
import {
  bodyExample,
  type Json,
  namedSchemas,
  type SchemaNames,
  schemaComponents,
  withReferences,
} from './openapi-schemas.ts'
import type { Operation, OperationTable, ParameterSet } from './operations.ts'
import { Problem } from './problems.ts'
import { WatchEvent } from './watch-event.ts'

/** Configured default page size (contract 7.2). */
export interface DocumentedPages {
  readonly pageSizeDefault: number
  /** Accepted form of authors (contract 3.6). */
  readonly identityFormat: 'email' | 'any'
}

const PROBLEM_MEDIA_TYPE = 'application/problem+json'
/** Possible for every operation: 400 for a request that violates HTTP, 429 if a rate is set. */
const COMMON_PROBLEMS = [400, 429, 500, 503]
const SUCCESSES = { 200: 'OK', 201: 'Stored', 202: 'Marked for deletion', 204: 'Removed' }
/** Possible for every operation with a body. */
const BODY_PROBLEMS = [411, 413, 415]
/** Headers of problems, by status. */
const PROBLEM_HEADERS: Readonly<Record<number, readonly string[]>> = {
  401: ['WWW-Authenticate'],
  404: ['X-HyperFleet-Sequence'],
  409: ['X-HyperFleet-Sequence'],
  412: ['X-HyperFleet-Sequence'],
  429: ['Retry-After'],
  503: ['Retry-After'],
}
const TAGS = [
  { name: 'Service', description: 'Name and version of the API' },
  { name: 'Clusters', description: 'The clusters of the fleet' },
  { name: 'NodePools', description: 'The nodepools of the clusters' },
  { name: 'Statuses', description: 'Reports of the adapters about clusters and nodepools' },
  { name: 'Explain', description: 'Query plans of lists' },
  { name: 'Facets', description: 'Counts of clusters and nodepools by the values of fields' },
]
const PROBLEM_DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request is invalid; `errors[]` lists the faults',
  401: 'Authentication is on, and the request has no valid bearer token',
  403: 'The token does not identify an author',
  404: 'No such resource',
  412: '`If-Match` does not name the present version',
  409: 'The name or the condition type is taken, or the resource is being deleted, or would have to be',
  411: 'The native engine does not accept chunked bodies; send `Content-Length`',
  413: 'The body is too large',
  415: 'The body is not JSON; send `Content-Type: application/json`',
  429: 'Too many requests from this client; retry after `Retry-After` seconds',
  500: 'Internal error',
  503: 'The server cannot serve this now; retry after `Retry-After` seconds',
}

/** @param version version of the server, also used as the version of the document */
export function openApiDocument(table: OperationTable, version: string, pages: DocumentedPages): Json {
  const names = namedSchemas(table)
  return {
    openapi: '3.1.0',
    info: {
      title: 'HyperFleet API',
      version,
      description: 'Desired and reported state of a fleet of clusters and their nodepools.',
      contact: { name: 'HyperFleet', url: 'https://api.hyperfleet.io' },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'This server' }],
    tags: TAGS,
    security: [{}, { bearer: [] }],
    paths: pathItems(table, names),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'A token of the configured issuer; required if authentication is on',
        },
      },
      parameters: parameterComponents(pages),
      headers: HEADERS,
      schemas: schemaComponents(names, pages.identityFormat),
    },
  }
}

/** Greatest number of 15 digits, which is what a server reads. */
const MAX_DEMANDED = 999_999_999_999_999
const REQUEST_ID = '71831300-3a44-4bb0-8806-f7574779884e'
const HEADERS = {
  'X-Request-Id': {
    description: 'Id of the request: the one sent by the client if it is valid, otherwise a new one',
    schema: { type: 'string', examples: [REQUEST_ID] },
  },
  'X-HyperFleet-Sequence': {
    description:
      "The number of the newest change in the state that is shown, or of the request's own change. It rises with each change, and is the same on all servers of a cluster",
    schema: { type: 'integer', format: 'int64', minimum: 0, examples: [184_467] },
  },
  ETag: {
    description:
      'The entity tag of the answer. It stays until something that the answer is made of is written',
    schema: { type: 'string', examples: ['"qLr0Zt5X.184460.184467"'] },
  },
  'Retry-After': {
    description: 'Seconds to wait before a retry',
    schema: { type: 'integer', format: 'int32', minimum: 0, examples: [1] },
  },
  'WWW-Authenticate': {
    description: 'The required scheme (RFC 6750)',
    schema: { type: 'string', examples: ['Bearer realm="hyperfleet"'] },
  },
}

function pathItems(table: Readonly<Record<string, Operation>>, names: SchemaNames): Json {
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

function operationObject(id: string, operation: Operation, names: SchemaNames): Json {
  const { tag, summary, description, request } = operation
  return {
    operationId: id,
    tags: [tag],
    summary,
    description,
    ...(isOpen(operation) ? { security: [] } : {}),
    ...parametersOf(operation),
    ...(request === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            description: 'A JSON object',
            content: content('application/json', request, names),
          },
        }),
    responses: responses(operation, names),
  }
}

function parametersOf({ parameters, ofState, problems }: Operation): Json {
  const conditions = ofState === 'read' ? ['wait', 'IfNoneMatch'] : problems.includes(412) ? ['IfMatch'] : []
  const isRead = ofState === 'read' || ofState === 'count' || parameters === 'explain'
  const names = [...PARAMETER_NAMES[parameters], ...conditions, ...(isRead ? STATE_DEMANDS : [])]
  if (names.length === 0) return {}
  return { parameters: names.map(name => ({ $ref: `#/components/parameters/${name}` })) }
}

/** True if no token is required (contract 10.1). */
function isOpen({ path }: Operation): boolean {
  return path.startsWith(`${BASE_PATH}/openapi`) || !path.startsWith(BASE_PATH)
}

function responses(operation: Operation, names: SchemaNames): Json {
  const { success, ofState, mayDiscard, request, path, problems } = operation
  const stateHeaders = ofState === undefined ? [] : STATE_HEADERS[ofState]
  const unauthorized = isOpen(operation) ? [] : [401]
  const body = request === undefined ? [] : BODY_PROBLEMS
  const statuses = [...new Set([...problems, ...COMMON_PROBLEMS, ...unauthorized, ...body])].sort()
  return {
    [success.status]: {
      description: SUCCESSES[success.status],
      headers: headers(...stateHeaders),
      ...(success.status === 204
        ? {}
        : { content: successContent(success, names), ...watchEvents(operation, names) }),
    },
    ...(mayDiscard
      ? {
          204: {
            description: 'Valid but not stored: a newer report is known',
            headers: headers(...stateHeaders),
          },
        }
      : {}),
    ...(ofState === 'read'
      ? { 304: { description: 'The client has this answer', headers: headers(...stateHeaders) } }
      : {}),
    ...Object.fromEntries(statuses.map(status => [status, problemResponse(status, path, names)])),
  }
}

const STATE_HEADERS = {
  read: ['X-HyperFleet-Sequence', 'ETag'],
  count: ['X-HyperFleet-Sequence'],
  write: ['X-HyperFleet-Sequence'],
} as const
/** Headers of reads with which a client of several servers says how new the state has to be (contract 14.6, 14.7). */
const STATE_DEMANDS = ['MinSequence', 'Consistency'] as const

function successContent(
  { status, schema, mediaType }: Exclude<Operation['success'], { status: 204 }>,
  names: SchemaNames,
): Json {
  const example = status === 202 ? deletingExampleOf(schema) : bodyExample(schema, names)
  return content(mediaType ?? 'application/json', schema, names, example)
}

/**
 * The events of a list that can be watched (contract 12.1). They are an extension, because generated clients would have to tell a list from a
 * stream if both were contents of one answer.
 */
function watchEvents({ parameters }: Operation, names: SchemaNames): Json {
  return parameters === 'list' ? { 'x-watch-event': withReferences(WatchEvent, names) } : {}
}

function problemResponse(status: number, path: string, names: SchemaNames): Json {
  const instance = path.replace(/\{(\w+)\}/g, (_, name) => PATH_EXAMPLES[name] ?? name)
  return {
    description: PROBLEM_DESCRIPTIONS[status],
    headers: headers(...(PROBLEM_HEADERS[status] ?? [])),
    content: {
      [PROBLEM_MEDIA_TYPE]: {
        schema: withReferences(Problem, names),
        example: problemExample(status, instance),
      },
    },
  }
}

function headers(...names: readonly string[]): Json {
  return Object.fromEntries(
    ['X-Request-Id', ...names].map(name => [name, { $ref: `#/components/headers/${name}` }]),
  )
}

function content(
  mediaType: string,
  schema: TSchema,
  names: SchemaNames,
  example = bodyExample(schema, names),
): Json {
  return {
    [mediaType]: { schema: withReferences(schema, names), ...(example === undefined ? {} : { example }) },
  }
}

function pathParameters(path: string): Json {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
  if (names.length === 0) return {}
  return {
    parameters: names.map((name = '') => ({
      name,
      in: 'path',
      required: true,
      description: `Id of the ${name.replace('_id', '')}`,
      schema: { type: 'string', minLength: 1, examples: [PATH_EXAMPLES[name]] },
    })),
  }
}

const PARAMETER_NAMES: Readonly<Record<ParameterSet, readonly string[]>> = {
  none: [],
  resource: ['fields'],
  list: ['search', 'page', 'pageSize', 'size', 'orderBy', 'order', 'fields', 'watch', 'since', 'events'],
  'status-list': ['search', 'page', 'pageSize', 'size', 'orderBy', 'order'],
  explain: ['search', 'orderBy', 'order'],
  facets: ['search', 'by', 'limit', 'buckets'],
}

function parameterComponents({ pageSizeDefault }: DocumentedPages): Json {
  const int32 = { type: 'integer', format: 'int32' }
  const parameter = (name: string, description: string, schema: Json, example: unknown) => [
    name,
    { name, in: 'query', description, schema: { ...schema, examples: [example] } },
  ]
  return Object.fromEntries([
    parameter(
      'search',
      'A TSL expression of at most 4096 bytes; empty means no filter. A time is RFC 3339 in quotes, or relative: `now-30m`, `now+1h30m`. `spec.` and a path is a value in the spec',
      { type: 'string' },
      "labels.region = 'us-east' and status.conditions.Ready = 'False'",
    ),
    parameter('page', 'Page number', { ...int32, minimum: 1, default: 1 }, 2),
    parameter(
      'pageSize',
      'Items per page, capped at the maximum; 0 returns only the total',
      { ...int32, minimum: 0, default: pageSizeDefault },
      20,
    ),
    parameter('size', 'Alias of `pageSize`, which takes precedence', { ...int32, minimum: 0 }, 20),
    parameter(
      'orderBy',
      'Fields, each optionally followed by `asc` or `desc`, separated by commas',
      { type: 'string' },
      'name asc, created_time desc',
    ),
    parameter(
      'fields',
      'At most 64 members to answer, separated by commas: `generation`, `labels.<key>`, `spec.<key>.<key>`, `status.conditions.<Type>`, `status.conditions.<member>`. `id` is always there; all others are left out, also those that the schema requires. Absent: all',
      { type: 'string' },
      'id,generation,status.conditions.Ready',
    ),
    parameter(
      'by',
      'At most 16 fields to count by, separated by commas: `labels.<key>`, `status.conditions.<Type>`, `generation`, `created_by`, `updated_by`, `owner_id` of nodepools, indexed `spec.…`, `adapters.<adapter>`, `deleting`, `labels`, `conditions` and `adapters` for the keys, types and adapters in use; and times, in buckets: `created_time`, `updated_time`, `deleted_time`, `status.conditions.<Type>.last_updated_time` and `.last_transition_time`, `adapters.<adapter>.last_report_time`',
      { type: 'string' },
      'labels.region,status.conditions.Ready',
    ),
    parameter('limit', 'Most values of a field, lowered to 1000', { ...int32, minimum: 1, default: 20 }, 20),
    parameter(
      'buckets',
      'Bounds of the buckets of times: at most 32 durations before now, each longer than the one before',
      { type: 'string', default: '1m,5m,30m,2h,1d,7d' },
      '5m,1h30m,7d',
    ),
    parameter(
      'order',
      'Direction, `asc` or `desc`, of fields without one; if `orderBy` is absent, also fields with directions',
      { type: 'string' },
      'desc',
    ),
    parameter(
      'wait',
      'If the answer has a tag of `If-None-Match`, the server waits so long, at most `5m`, for an answer with another one',
      { type: 'string' },
      '30s',
    ),
    [
      'IfMatch',
      {
        name: 'If-Match',
        in: 'header',
        description:
          'Entity tags of versions of the resource, or `*`. If its newest version has none of them, nothing changes. Reports in between are no conflict',
        schema: { type: 'string', examples: ['"qLr0Zt5X.184460.184467"'] },
      },
    ],
    parameter(
      'watch',
      'With `true`, the answer is a stream of what matches and of its changes: lines of JSON, or server-sent events where `Accept` names them. It takes neither pages nor orders',
      { type: 'boolean', default: false },
      true,
    ),
    parameter(
      'since',
      'For a watch: the `since` of a BOOKMARK, to go on from there; `Last-Event-ID` counts more',
      { type: 'string' },
      '1.OIRd8pR5VtHHRm7D.mUIExYVJC2JJybke.184467',
    ),
    parameter(
      'events',
      'For a watch: the wanted types of events among ADDED, MODIFIED, LEFT and DELETED, separated by commas; empty means all',
      { type: 'string' },
      'ADDED,LEFT,DELETED',
    ),
    [
      'MinSequence',
      {
        name: 'X-HyperFleet-Min-Sequence',
        in: 'header',
        description:
          'Among several servers: an `X-HyperFleet-Sequence` that the answer must not be older than. A server that has not applied this change waits up to two seconds, configurable, and then answers 503. Anything but a number is answered with 400. A server that is alone has applied every change, and ignores the header',
        schema: { type: 'integer', format: 'int64', minimum: 0, maximum: MAX_DEMANDED, examples: [184_467] },
      },
    ],
    [
      'Consistency',
      {
        name: 'X-HyperFleet-Consistency',
        in: 'header',
        description:
          'Among several servers: `latest` demands a state that was the newest at some moment after the request came, confirmed with the database; 503 if that is not possible within two seconds, configurable. Anything else is answered with 400. The state of a server that is alone always is the newest, and it ignores the header',
        schema: { type: 'string', enum: ['latest'], examples: ['latest'] },
      },
    ],
    [
      'IfNoneMatch',
      {
        name: 'If-None-Match',
        in: 'header',
        description:
          'Entity tags of answers that the client has, or `*`. If the answer has one of them, it is 304 without a body',
        schema: { type: 'string', examples: ['"qLr0Zt5X.184460.184467"'] },
      },
    ],
  ])
}
