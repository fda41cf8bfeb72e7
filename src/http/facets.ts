// Handlers of counts: everything that a search matches, by the values of fields (contract 15).
import type { Bucket, Facets, Facet as ShownFacet } from '../api/facets.ts'
import {
  type Counts,
  type Facet,
  type ResourceSearch,
  type TimeBucket,
  TurnsBusyError,
  UnindexedError,
  unindexedFault,
} from '../search/search.ts'
import type { ResourceKind } from '../state/records.ts'
import { formatInstant } from '../wire/instant.ts'
import type { Call, OperationHandler, Reply } from './call.ts'
import { readFacetRequest } from './facet-request.ts'
import { badRequest } from './list-request.ts'
import { clusterNotFound } from './problems.ts'
import { type ReadContext, searchesBusy, unwanted } from './reads.ts'

/** Handlers of all counts. */
export function createFacets(context: Pick<ReadContext, 'searches' | 'state' | 'held'>) {
  const { searches, state, held } = context
  return {
    getClusterFacets: call => countFacets('Cluster', undefined, call, searches.Cluster),
    getNodePoolFacets: held.ofNodepools(call => countFacets('NodePool', undefined, call, searches.NodePool)),
    getNodePoolFacetsByClusterId: held.ofNodepoolsOfCluster(call => {
      const [id = ''] = call.parameters
      if (state.resource('Cluster', id) === undefined) return clusterNotFound(id, state.sequence)
      return countFacets('NodePool', id, call, searches.NodePool)
    }),
  } as const satisfies Record<string, OperationHandler>
}

/** Counts resources of a kind; with an owner, only the nodepools of one cluster. */
function countFacets(
  kind: ResourceKind,
  ownerId: string | undefined,
  { request }: Call,
  search: ResourceSearch,
): Reply | Promise<Reply> {
  const asked = readFacetRequest(search, request.query)
  if (asked.kind === 'problem') return asked
  const { query, fields, limit, agesMs } = asked
  try {
    const counts = search.count({ query, fields, limit, agesMs, ownerId, reader: request })
    if (counts instanceof Promise) return counts.then(late => facetDocument(kind, late), notCounted)
    return facetDocument(kind, counts)
  } catch (error) {
    return notCounted(error)
  }
}

/** The reply of a count that was refused or abandoned. Any other error is a defect. */
function notCounted(error: unknown): Reply {
  if (error instanceof TurnsBusyError) return searchesBusy()
  if (error instanceof UnindexedError) return badRequest(unindexedFault(error.field))
  return unwanted(error)
}

function facetDocument(kind: ResourceKind, { sequence, total, facets }: Counts): Reply {
  const document: Facets = {
    kind: kind === 'Cluster' ? 'ClusterFacets' : 'NodePoolFacets',
    total,
    facets: facets.map(shownFacet),
  }
  return { kind: 'document', status: 200, body: Buffer.from(JSON.stringify(document)), sequence }
}

function shownFacet(facet: Facet): ShownFacet {
  const { field, missing } = facet
  if (facet.kind === 'values') return { field, values: facet.values, others: facet.others, missing }
  return { field, buckets: facet.buckets.map(shownBucket), missing }
}

function shownBucket({ from, to, count }: TimeBucket): Bucket {
  return {
    ...(from === undefined ? {} : { from: formatInstant(from) }),
    ...(to === undefined ? {} : { to: formatInstant(to) }),
    count,
  }
}
