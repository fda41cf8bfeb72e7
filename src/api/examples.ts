// Examples of every schema of the OpenAPI document. Members get parts of the example of their schema.
import type Type from 'typebox'
import type { TSchema } from 'typebox'
import {
  ClusterFacets,
  ClusterHistory,
  Facet,
  FacetBucket,
  FacetValue,
  HistoryPoint,
  MetricsText,
  NodePoolFacets,
  NodePoolHistory,
} from './facets.ts'
import { type Problem, ProblemFault } from './problems.ts'
import {
  Cluster,
  ClusterCreateRequest,
  ClusterList,
  ForceDeleteRequest,
  NodePool,
  NodePoolCreateRequest,
  NodePoolList,
  OwnerReference,
  ResourceCondition,
  ResourcePatchRequest,
  ResourceStatus,
} from './resources.ts'
import { ApiInfo, QueryPlan, QueryStep } from './service.ts'
import { AdapterCondition, AdapterStatus, AdapterStatusList, type StatusReport } from './statuses.ts'
import { WatchEvent } from './watch-event.ts'

const CLUSTER_ID = '20mwrb1ka20222qvajmsil7d3jy'
const NODEPOOL_ID = '20mwrb1skb001iskt9cipjinvdm'
const CREATED = '2026-11-22T03:56:20.330Z'
const REPORTED = '2026-11-22T03:56:34Z'
const DELETED = '2026-11-23T09:12:05.118Z'
const AUTHOR = 'system@hyperfleet.local'
const ERRORS = 'https://api.hyperfleet.io/errors/'

/** Examples of path parameters, by name. */
export const PATH_EXAMPLES: Readonly<Record<string, string>> = {
  cluster_id: CLUSTER_ID,
  nodepool_id: NODEPOOL_ID,
}

const condition: Type.Static<typeof ResourceCondition> = {
  type: 'Ready',
  status: 'True',
  reason: 'ResourceReady',
  message: 'All adapters report ready at current generation',
  observed_generation: 2,
  created_time: CREATED,
  last_updated_time: REPORTED,
  last_transition_time: REPORTED,
}
const status: Type.Static<typeof ResourceStatus> = {
  conditions: [
    { ...condition, type: 'Available', reason: 'ResourceAvailable', message: 'Cluster is accessible' },
    condition,
    {
      ...condition,
      type: 'ValidatorSuccessful',
      reason: 'AllValidationsPassed',
      message: 'Quota is available',
    },
  ],
}
const owner: Type.Static<typeof OwnerReference> = {
  kind: 'Cluster',
  id: CLUSTER_ID,
  href: `/api/hyperfleet/v1/clusters/${CLUSTER_ID}`,
}
const times = { created_time: CREATED, updated_time: CREATED, created_by: AUTHOR, updated_by: AUTHOR }
const cluster: Type.Static<typeof Cluster> = {
  ...owner,
  name: 'my-cluster',
  generation: 2,
  spec: { region: 'us-east4' },
  labels: { environment: 'production' },
  ...times,
  status,
}
const nodepool: Type.Static<typeof NodePool> = {
  kind: 'NodePool',
  id: NODEPOOL_ID,
  href: `/api/hyperfleet/v1/nodepools/${NODEPOOL_ID}`,
  name: 'workers',
  owner_references: owner,
  generation: 2,
  spec: { replicas: 3 },
  labels: { role: 'worker' },
  ...times,
  status,
}
const DELETION_EXAMPLES = { deleted_time: DELETED, deleted_by: AUTHOR }
const deletingStatus: Type.Static<typeof ResourceStatus> = {
  conditions: status.conditions.map(shown =>
    shown.type === 'Ready'
      ? {
          ...shown,
          status: 'False',
          reason: 'Deleting',
          message: 'Resource is being deleted',
          last_updated_time: DELETED,
          last_transition_time: DELETED,
        }
      : shown,
  ),
}
const reported = {
  type: 'Available',
  status: 'True',
  reason: 'AllValidationsPassed',
  message: 'Quota is available',
} as const
const adapterCondition: Type.Static<typeof AdapterCondition> = { ...reported, last_transition_time: REPORTED }
const adapterStatus: Type.Static<typeof AdapterStatus> = {
  adapter: 'validator',
  observed_generation: 2,
  conditions: [
    adapterCondition,
    { type: 'Applied', status: 'True', last_transition_time: REPORTED },
    { type: 'Health', status: 'True', last_transition_time: REPORTED },
  ],
  metadata: { job_name: 'validator-20mwrb1ka2' },
  data: { quota: { cpus: 96 } },
  created_time: CREATED,
  last_report_time: REPORTED,
}
const report: StatusReport = {
  adapter: 'validator',
  observed_generation: 2,
  observed_time: REPORTED,
  conditions: [reported, { type: 'Applied', status: 'True' }, { type: 'Health', status: 'True' }],
  metadata: { job_name: 'validator-20mwrb1ka2' },
  data: { quota: { cpus: 96 } },
}
const fault: Type.Static<typeof ProblemFault> = {
  field: 'search',
  constraint: 'syntax',
  message: `expected a value but found '"my-cluster"'; use single quotes`,
  value: 'name="my-cluster"',
  offset: 5,
  found: '"my-cluster"',
  expected: 'a value',
}
const step: QueryStep = {
  operation: 'column-scan',
  index: 'status.conditions.Ready.last_updated_time',
  negated: false,
  estimated_rows: 1,
  rows_in: 1,
  rows_out: 1,
  rows_scanned: 0,
  duration_us: 28,
  steps: [],
}
const plan: Type.Static<typeof QueryPlan> = {
  kind: 'QueryPlan',
  search: 'status.conditions.Ready.last_updated_time < now-30m',
  now: CREATED,
  order: [
    { field: 'created_time', direction: 'desc' },
    { field: 'id', direction: 'desc' },
  ],
  total: 1,
  rows_scanned: 0,
  duration_us: 46,
  plan_cache: 'hit',
  steps: [step],
}

const facetValue: Type.Static<typeof FacetValue> = { value: 'us-east', count: 3 }
const point: Type.Static<typeof HistoryPoint> = {
  time: CREATED,
  total: 4,
  ready: 3,
  available: 3,
  deleting: 1,
}
const facetBucket: Type.Static<typeof FacetBucket> = { from: CREATED, to: REPORTED, count: 3 }
const facet: Type.Static<typeof Facet> = {
  field: 'labels.region',
  values: [facetValue],
  others: 0,
  missing: 1,
}

const timeFacet: Type.Static<typeof Facet> = { field: 'updated_time', buckets: [facetBucket], missing: 1 }
/** Examples of members that the example of their schema lacks. */
export const OTHER_EXAMPLES: Readonly<Record<string, unknown>> = {
  ...DELETION_EXAMPLES,
  buckets: [facetBucket],
  fields: ['spec.region'],
  since: '1.OIRd8pR5VtHHRm7D.mUIExYVJC2JJybke.184467',
  hint: 'spec.region is not indexed; HYPERFLEET_SEARCH_SPEC_INDEXES=["spec.region"] would index it from the next start on',
}
const event: Type.Static<typeof WatchEvent> = { type: 'MODIFIED', sequence: 184_467, object: { ...cluster } }

const page = { page: 1, size: 1, total: 1 } as const

/** Example of a named schema of the document, except reports and problems. */
const EXAMPLES = new Map<TSchema, unknown>([
  [
    ApiInfo,
    { id: 'hyperfleet', kind: 'API', href: '/api/hyperfleet', version: '0.1.0', build_time: CREATED },
  ],
  [Cluster, cluster],
  [ClusterCreateRequest, { kind: 'Cluster', name: 'my-cluster', spec: cluster.spec, labels: cluster.labels }],
  [ClusterFacets, { kind: 'ClusterFacets', total: 4, facets: [facet, timeFacet] }],
  [ClusterList, { kind: 'ClusterList', ...page, items: [cluster] }],
  [Facet, facet],
  [ClusterHistory, { kind: 'ClusterHistory', interval_seconds: 10, points: [point] }],
  [NodePoolHistory, { kind: 'NodePoolHistory', interval_seconds: 10, points: [point] }],
  [HistoryPoint, point],
  [MetricsText, 'hyperfleet_api_ready 1\n'],
  [FacetBucket, facetBucket],
  [FacetValue, facetValue],
  [ForceDeleteRequest, { reason: 'The project of the cluster was closed; nothing is left to clean up' }],
  [NodePool, nodepool],
  [
    NodePoolCreateRequest,
    { kind: 'NodePool', name: 'workers', spec: nodepool.spec, labels: nodepool.labels },
  ],
  [NodePoolFacets, { kind: 'NodePoolFacets', total: 4, facets: [facet, timeFacet] }],
  [NodePoolList, { kind: 'NodePoolList', ...page, items: [nodepool] }],
  [OwnerReference, owner],
  [ResourceCondition, condition],
  [ResourcePatchRequest, { spec: { region: 'us-east4' }, labels: { environment: 'production' } }],
  [ResourceStatus, status],
  [AdapterCondition, adapterCondition],
  [AdapterStatus, adapterStatus],
  [AdapterStatusList, { kind: 'AdapterStatusList', ...page, items: [adapterStatus] }],
  [ProblemFault, fault],
  [QueryPlan, plan],
  [QueryStep, step],
  [WatchEvent, event],
])

/** Example of a report. Its schema depends on the configuration. */
export const REPORT_EXAMPLE = report

/** Example of a resource that is being deleted: its members in the order of contract 3.1. */
export function deletingExampleOf(schema: TSchema): unknown {
  const { status: _, ...resource } = schema === Cluster ? cluster : nodepool
  return { ...resource, generation: 3, updated_time: DELETED, ...DELETION_EXAMPLES, status: deletingStatus }
}

/** Example of a schema of the document. */
export function exampleOf(schema: TSchema): unknown {
  return EXAMPLES.get(schema)
}

/** Code, slug, title and detail of an example problem, by status. */
const PROBLEM_EXAMPLES: Readonly<Record<number, readonly [string, string, string, string]>> = {
  400: ['HYPERFLEET-VAL-000', 'validation-error', 'Validation Failed', 'spec is required'],
  401: [
    'HYPERFLEET-AUT-001',
    'authentication-error',
    'Authentication Required',
    'a bearer token is required',
  ],
  403: ['HYPERFLEET-AUZ-001', 'authorization-error', 'Unauthorized', 'the token does not identify an author'],
  404: ['HYPERFLEET-NTF-002', 'not-found', 'Cluster Not Found', `no cluster with id '${CLUSTER_ID}'`],
  412: [
    'HYPERFLEET-CNF-004',
    'conflict',
    'Precondition Failed',
    "Cluster '20mwrb1ka20222qvajmsil7d3jy' has been changed: If-Match does not name its present version",
  ],
  409: ['HYPERFLEET-CNF-001', 'conflict', 'Resource Conflict', 'the name my-cluster is taken'],
  411: ['HYPERFLEET-VAL-011', 'bad-request', 'Length Required', 'a body requires a Content-Length'],
  413: ['HYPERFLEET-VAL-009', 'bad-request', 'Payload Too Large', 'the body is larger than 1048576 bytes'],
  415: [
    'HYPERFLEET-VAL-010',
    'bad-request',
    'Unsupported Media Type',
    'Content-Type must be application/json',
  ],
  429: ['HYPERFLEET-LMT-001', 'rate-limit', 'Rate Limit Exceeded', 'too many requests; retry in 1 s'],
  500: ['HYPERFLEET-INT-001', 'internal-error', 'Internal Server Error', 'the request cannot be answered'],
  503: [
    'HYPERFLEET-SVC-001',
    'service-unavailable',
    'Service Unavailable',
    'the server cannot serve this now',
  ],
}

/** Example of a problem with this status, for an operation under `instance`. */
export function problemExample(statusCode: number, instance: string): Problem {
  const [code, slug, title, detail] = PROBLEM_EXAMPLES[statusCode] ?? []
  if (code === undefined || title === undefined || detail === undefined)
    throw new Error(`a problem of status ${statusCode} has no example`)
  return {
    type: `${ERRORS}${slug}`,
    title,
    status: statusCode,
    detail,
    instance,
    code,
    timestamp: CREATED,
    trace_id: '71831300-3a44-4bb0-8806-f7574779884e',
    ...(statusCode === 400
      ? { errors: [{ field: 'spec', constraint: 'required', message: 'is required' }] }
      : {}),
  }
}
