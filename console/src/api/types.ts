// Documents of the API as the console reads them. Their types come from the schemas of the server, so that both change together.
import type { Static } from 'typebox'
import type * as problems from '../../../src/api/problems.ts'
import type * as resources from '../../../src/api/resources.ts'
import type * as statuses from '../../../src/api/statuses.ts'

export type { Bucket, Facet, Facets, History } from '../../../src/api/facets.ts'
export type { QueryPlan, QueryStep } from '../../../src/api/service.ts'

type NodePool = Static<typeof resources.NodePool>
export type Kind = Static<typeof resources.Cluster>['kind'] | NodePool['kind']

/** A cluster or nodepool as served (contract 3.1). A cluster has no owner. */
export interface Resource extends Omit<NodePool, 'kind' | 'owner_references'> {
  kind: Kind
  owner_references?: NodePool['owner_references']
}

/** A resource and the tag of this version (contract 12.10). */
export interface Known {
  readonly resource: Resource
  readonly tag: string | undefined
}

/** What a row of a table needs of a resource. */
export type Row = Omit<Resource, 'spec' | 'href'>

/** A condition of a resource. */
export type Condition = Static<typeof resources.ResourceCondition>
export type AdapterStatus = Static<typeof statuses.AdapterStatus>
/** A condition in a report. It may be `Unknown`, and is not said to have been confirmed. */
export type ReportedCondition = Static<typeof statuses.AdapterCondition>

/** The envelope of a list (contract 7.1). */
export type List<T> = Omit<Static<typeof resources.ClusterList>, 'kind' | 'items'> & { items: T[] }

type ServedProblem = Static<typeof problems.Problem>
/** A problem document (contract, section 9). A proxy may answer with less. */
export type Problem = Pick<ServedProblem, 'status' | 'title'> & Partial<ServedProblem>
export type Fault = Static<typeof problems.ProblemFault>
