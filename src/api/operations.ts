// All operations of the API: route, input and output of each (contract, section 2). The router and the OpenAPI document
// are both made from this table.
import Type, { type TSchema } from 'typebox'
import type { Compatibility } from '../fleet/conditions.ts'
import { API_ROOT, BASE_PATH } from '../wire/paths.ts'
import { ClusterFacets, ClusterHistory, MetricsText, NodePoolFacets, NodePoolHistory } from './facets.ts'
import {
  Cluster,
  ClusterCreateRequest,
  ClusterList,
  ForceDeleteRequest,
  NodePool,
  NodePoolCreateRequest,
  NodePoolList,
  ResourcePatchRequest,
} from './resources.ts'
import { ApiInfo, QueryPlan } from './service.ts'
import { AdapterStatus, AdapterStatusList, type ReportLimits, statusReportSchema } from './statuses.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** The query parameters that an operation reads. */
export type ParameterSet = 'none' | 'resource' | 'list' | 'status-list' | 'explain' | 'facets'

export interface Operation {
  readonly method: Method
  /** The full path, parameters in braces. */
  readonly path: string
  readonly tag: 'Service' | 'Clusters' | 'NodePools' | 'Statuses' | 'Explain' | 'Facets'
  readonly summary: string
  /** Description in whole sentences. */
  readonly description: string
  readonly parameters: ParameterSet
  /** Schema of the body, if there is one. */
  readonly request?: TSchema
  readonly success:
    | { readonly status: 200 | 201 | 202; readonly schema: TSchema; readonly mediaType?: string }
    | { readonly status: 204 }
  /** Answers of the fleet's state have its number (contract 12.3). A read has an entity tag as well (contract 12.10), a count has none. */
  readonly ofState?: 'read' | 'count' | 'write'
  /** True if a valid request may be answered 204 (contract 5.3). */
  readonly mayDiscard?: boolean
  /**
   * Statuses of possible problems, in addition to 400, 429, 500 and 503, to 401 if a token is required, and to 411, 413
   * and 415 if there is a body.
   */
  readonly problems: readonly number[]
}

const cluster = `${BASE_PATH}/clusters/{cluster_id}`
const nodepool = `${cluster}/nodepools/{nodepool_id}`
/** The address of a nodepool without its cluster, which is its `href`. */
const flatNodepool = `${BASE_PATH}/nodepools/{nodepool_id}`

const read = { method: 'GET', parameters: 'resource', ofState: 'read', problems: [400, 404] } as const
const list = { method: 'GET', parameters: 'list', ofState: 'read', problems: [400] } as const
const nestedList = { ...list, problems: [400, 404] } as const
const statusList = { ...nestedList, parameters: 'status-list', tag: 'Statuses' } as const
const create = { method: 'POST', parameters: 'none', ofState: 'write', problems: [400, 403, 409] } as const
const nestedCreate = { ...create, problems: [400, 403, 404, 409] } as const
const change = {
  method: 'PATCH',
  parameters: 'none',
  ofState: 'write',
  problems: [400, 403, 404, 409, 412],
} as const
/** A DELETE ignores its body, but not the length of it (contract 11.1). */
const deletion = {
  method: 'DELETE',
  parameters: 'none',
  ofState: 'write',
  problems: [400, 403, 404, 411, 412, 413],
} as const
const forceDeletion = {
  method: 'POST',
  parameters: 'none',
  ofState: 'write',
  description:
    'Removes it at once, whatever its adapters report. It must be marked for deletion already. The log keeps the reason.',
  request: ForceDeleteRequest,
  success: { status: 204 },
  problems: [400, 403, 404, 409, 412],
} as const
const explain = { method: 'GET', parameters: 'explain', tag: 'Explain', problems: [400] } as const

const facets = {
  method: 'GET',
  parameters: 'facets',
  ofState: 'count',
  tag: 'Facets',
  problems: [400],
} as const

const OpenApi = Type.Object(
  { openapi: Type.String({ description: 'Version of OpenAPI', examples: ['3.1.0'] }) },
  { additionalProperties: true, description: 'An OpenAPI document', examples: [{ openapi: '3.1.0' }] },
)
const Page = Type.String({ description: 'An HTML page', examples: ['<!doctype html>'] })

/** Descriptions of the API. */
const describing = { method: 'GET', parameters: 'none', problems: [] } as const
const SERVICE = {
  getApi: {
    ...describing,
    path: API_ROOT,
    tag: 'Service',
    summary: 'Name and version of the API',
    description: 'The name of the API and the version of the server. No token required.',
    success: { status: 200, schema: ApiInfo },
  },
  getOpenApi: {
    ...describing,
    path: `${BASE_PATH}/openapi`,
    tag: 'Service',
    summary: 'This document',
    description: 'The OpenAPI document of this server, with its configured limits. No token required.',
    success: { status: 200, schema: OpenApi },
  },
  getOpenApiPage: {
    ...describing,
    path: `${BASE_PATH}/openapi.html`,
    tag: 'Service',
    summary: 'A page that shows this document',
    description: 'The OpenAPI document as a page for people. No token required.',
    success: { status: 200, schema: Page, mediaType: 'text/html' },
  },
} as const

/** Clusters. */
const CLUSTERS = {
  getClusters: {
    ...list,
    path: `${BASE_PATH}/clusters`,
    tag: 'Clusters',
    summary: 'List clusters',
    description: 'A page of the clusters that match `search`, newest first unless `orderBy` says otherwise.',
    success: { status: 200, schema: ClusterList },
  },
  postCluster: {
    ...create,
    path: `${BASE_PATH}/clusters`,
    tag: 'Clusters',
    summary: 'Create a cluster',
    description: 'Stores a cluster under a unique name. It is durable before the answer is sent.',
    request: ClusterCreateRequest,
    success: { status: 201, schema: Cluster },
  },
  getClusterById: {
    ...read,
    path: cluster,
    tag: 'Clusters',
    summary: 'Read a cluster',
    description: 'The cluster with its conditions, after the last write and the last report.',
    success: { status: 200, schema: Cluster },
  },
  patchClusterById: {
    ...change,
    path: cluster,
    tag: 'Clusters',
    summary: 'Replace the spec or the labels of a cluster',
    description:
      'Replaces `spec`, `labels` or both, each whole. A change of `spec` starts a new generation; a request that changes nothing has no effect.',
    request: ResourcePatchRequest,
    success: { status: 200, schema: Cluster },
  },
  deleteClusterById: {
    ...deletion,
    path: cluster,
    tag: 'Clusters',
    summary: 'Delete a cluster',
    description:
      'Marks the cluster and its nodepools for deletion. Each is removed once its adapters have reported `Finalized` and it has no nodepools.',
    success: { status: 202, schema: Cluster },
  },
  forceDeleteClusterById: {
    ...forceDeletion,
    path: `${cluster}/force-delete`,
    tag: 'Clusters',
    summary: 'Remove a cluster and its nodepools by force',
  },
} as const

const patchNodepool = {
  ...change,
  tag: 'NodePools',
  description:
    'Replaces `spec`, `labels` or both, each whole. A change of `spec` starts a new generation; a request that changes nothing has no effect.',
  request: ResourcePatchRequest,
  success: { status: 200, schema: NodePool },
} as const
const deleteNodepool = {
  ...deletion,
  tag: 'NodePools',
  description:
    'Marks the nodepool for deletion. It is removed once its adapters have reported `Finalized`, and its cluster with it if that waits for nothing else.',
  success: { status: 202, schema: NodePool },
} as const
const forceDeleteNodepool = { ...forceDeletion, tag: 'NodePools' } as const

/** Nodepools, of one cluster and of all. */
const NODEPOOLS = {
  getNodePools: {
    ...list,
    path: `${BASE_PATH}/nodepools`,
    tag: 'NodePools',
    summary: 'List the nodepools of every cluster',
    description:
      'A page of the nodepools of all clusters that match `search`, newest first unless `orderBy` says otherwise.',
    success: { status: 200, schema: NodePoolList },
  },
  getNodePoolById: {
    ...read,
    path: flatNodepool,
    tag: 'NodePools',
    summary: 'Read a nodepool',
    description: 'The nodepool with its conditions, in any cluster.',
    success: { status: 200, schema: NodePool },
  },
  getNodePoolsByClusterId: {
    ...nestedList,
    path: `${cluster}/nodepools`,
    tag: 'NodePools',
    summary: 'List the nodepools of a cluster',
    description:
      "A page of the cluster's nodepools that match `search`, newest first unless `orderBy` says otherwise.",
    success: { status: 200, schema: NodePoolList },
  },
  createNodePool: {
    ...nestedCreate,
    path: `${cluster}/nodepools`,
    tag: 'NodePools',
    summary: 'Create a nodepool',
    description:
      'Stores a nodepool under a name unique in its cluster. It is durable before the answer is sent.',
    request: NodePoolCreateRequest,
    success: { status: 201, schema: NodePool },
  },
  getClusterNodePoolById: {
    ...read,
    path: nodepool,
    tag: 'NodePools',
    summary: 'Read a nodepool of a cluster',
    description: 'The nodepool with its conditions; not found if it belongs to another cluster.',
    success: { status: 200, schema: NodePool },
  },
  patchNodePoolById: {
    ...patchNodepool,
    path: nodepool,
    summary: 'Replace the spec or the labels of a nodepool of a cluster',
  },
  deleteNodePoolById: { ...deleteNodepool, path: nodepool, summary: 'Delete a nodepool of a cluster' },
  forceDeleteNodePoolById: {
    ...forceDeleteNodepool,
    path: `${nodepool}/force-delete`,
    summary: 'Remove a nodepool of a cluster by force',
  },
  patchFlatNodePoolById: {
    ...patchNodepool,
    path: flatNodepool,
    summary: 'Replace the spec or the labels of a nodepool',
  },
  deleteFlatNodePoolById: { ...deleteNodepool, path: flatNodepool, summary: 'Delete a nodepool' },
  forceDeleteFlatNodePoolById: {
    ...forceDeleteNodepool,
    path: `${flatNodepool}/force-delete`,
    summary: 'Remove a nodepool by force',
  },
} as const

/** Query plans. */
const EXPLAIN = {
  explainClusters: {
    ...explain,
    path: `${BASE_PATH}/explain/clusters`,
    summary: 'Query plan of a list of clusters',
    description: 'Runs the search and shows the indexes used, the rows expected and found, and the cost.',
    success: { status: 200, schema: QueryPlan },
  },
  explainNodePools: {
    ...explain,
    path: `${BASE_PATH}/explain/nodepools`,
    summary: 'Query plan of a list of nodepools',
    description: 'Runs the search and shows the indexes used, the rows expected and found, and the cost.',
    success: { status: 200, schema: QueryPlan },
  },
} as const

/** Counts by the values of fields. */
const FACETS = {
  getClusterFacets: {
    ...facets,
    path: `${BASE_PATH}/facets/clusters`,
    summary: 'Count clusters by the values of fields',
    description: 'How often each value of the fields in `by` occurs among the clusters that match `search`.',
    success: { status: 200, schema: ClusterFacets },
  },
  getNodePoolFacets: {
    ...facets,
    path: `${BASE_PATH}/facets/nodepools`,
    summary: 'Count nodepools by the values of fields',
    description: 'How often each value of the fields in `by` occurs among the nodepools that match `search`.',
    success: { status: 200, schema: NodePoolFacets },
  },
  getNodePoolFacetsByClusterId: {
    ...facets,
    path: `${cluster}/facets/nodepools`,
    summary: 'Count the nodepools of a cluster by the values of fields',
    description:
      "How often each value of the fields in `by` occurs among the cluster's nodepools that match `search`.",
    success: { status: 200, schema: NodePoolFacets },
    problems: [400, 404],
  },
} as const

/** The history of the fleet, and the metrics of the server. */
const OBSERVED = {
  getClusterHistory: {
    ...describing,
    path: `${BASE_PATH}/history/clusters`,
    tag: 'Service',
    summary: 'The clusters of the last hour',
    description:
      'A point for each ten seconds of the last hour since the start of the server, the oldest first.',
    success: { status: 200, schema: ClusterHistory },
  },
  getNodePoolHistory: {
    ...describing,
    path: `${BASE_PATH}/history/nodepools`,
    tag: 'Service',
    summary: 'The nodepools of the last hour',
    description:
      'A point for each ten seconds of the last hour since the start of the server, the oldest first.',
    success: { status: 200, schema: NodePoolHistory },
  },
  getMetrics: {
    ...describing,
    path: `${BASE_PATH}/metrics`,
    tag: 'Service',
    summary: 'Metrics of the server',
    description: 'The text of the metrics port.',
    success: { status: 200, schema: MetricsText, mediaType: 'text/plain' },
  },
} as const

/** Statuses. The bounds of a report are configurable (contract 5.1). */
function statusOperations(limits: ReportLimits) {
  const report = {
    tag: 'Statuses',
    parameters: 'none',
    ofState: 'write',
    request: statusReportSchema(limits),
    success: { status: 201, schema: AdapterStatus },
    mayDiscard: true,
    problems: [400, 403, 404, 409],
  } as const
  const nodepoolStatuses = {
    ...statusList,
    description:
      "A page of the adapters' last reports about the nodepool, in the order of their first reports.",
    success: { status: 200, schema: AdapterStatusList },
  } as const
  const nodepoolReport = {
    ...report,
    description:
      "Replaces the adapter's previous report about the nodepool and updates the nodepool's conditions. A report older than the known one is valid but not stored (204).",
  } as const
  return {
    getClusterStatuses: {
      ...statusList,
      path: `${cluster}/statuses`,
      summary: "List the adapters' statuses of a cluster",
      description:
        "A page of the adapters' last reports about the cluster, in the order of their first reports.",
      success: { status: 200, schema: AdapterStatusList },
    },
    postClusterStatuses: {
      ...report,
      method: 'POST',
      path: `${cluster}/statuses`,
      summary: "Report an adapter's status of a cluster",
      description:
        "Replaces the adapter's previous report about the cluster and updates the cluster's conditions. A report older than the known one is valid but not stored (204).",
    },
    putClusterStatuses: {
      ...report,
      method: 'PUT',
      path: `${cluster}/statuses`,
      summary: "Report an adapter's status of a cluster; the same as POST",
      description:
        "Same as POST: replaces the adapter's previous report about the cluster and updates the cluster's conditions.",
    },
    getNodePoolStatuses: {
      ...nodepoolStatuses,
      path: `${nodepool}/statuses`,
      summary: "List the adapters' statuses of a nodepool of a cluster",
    },
    postNodePoolStatuses: {
      ...nodepoolReport,
      method: 'POST',
      path: `${nodepool}/statuses`,
      summary: "Report an adapter's status of a nodepool of a cluster",
    },
    putNodePoolStatuses: {
      ...nodepoolReport,
      method: 'PUT',
      path: `${nodepool}/statuses`,
      summary: "Report an adapter's status of a nodepool of a cluster; the same as POST",
    },
    getFlatNodePoolStatuses: {
      ...nodepoolStatuses,
      path: `${flatNodepool}/statuses`,
      summary: "List the adapters' statuses of a nodepool",
    },
    postFlatNodePoolStatuses: {
      ...nodepoolReport,
      method: 'POST',
      path: `${flatNodepool}/statuses`,
      summary: "Report an adapter's status of a nodepool",
    },
    putFlatNodePoolStatuses: {
      ...nodepoolReport,
      method: 'PUT',
      path: `${flatNodepool}/statuses`,
      summary: "Report an adapter's status of a nodepool; the same as POST",
    },
  } as const
}

export type OperationId = keyof ReturnType<typeof allOperations>

/** Reports by POST. Today's clients do not use it (contract 2.1). */
const OF_DOCUMENTS: readonly OperationId[] = [
  'postClusterStatuses',
  'postNodePoolStatuses',
  'postFlatNodePoolStatuses',
]

export type OperationTable = Readonly<Partial<Record<OperationId, Operation>>>

/** The table, by operation id. For today's clients alone, the operations of the documents' clients are left out. */
export function operations(limits: ReportLimits, compatibility: Compatibility): OperationTable {
  const all: OperationTable = allOperations(limits)
  if (compatibility !== 'current') return all
  return Object.fromEntries(
    Object.entries(all).filter(([id]) => !OF_DOCUMENTS.some(lacking => lacking === id)),
  )
}

function allOperations(limits: ReportLimits) {
  return {
    ...SERVICE,
    ...CLUSTERS,
    ...NODEPOOLS,
    ...statusOperations(limits),
    ...EXPLAIN,
    ...FACETS,
    ...OBSERVED,
  } as const satisfies Record<string, Operation>
}
