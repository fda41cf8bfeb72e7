// Schemas of counts: everything that a search matches, by the values of fields (contract, section 15).
import Type, { type Static } from 'typebox'

const count = (description: string) => Type.Integer({ minimum: 0, format: 'int32', description })

export const FacetValue = Type.Object(
  {
    value: Type.String({ description: 'The value, as a search has it' }),
    count: count('Number of matches with this value'),
  },
  { description: 'A value of a field, and its frequency' },
)

const time = (description: string) => Type.Optional(Type.String({ format: 'date-time', description }))

export const FacetBucket = Type.Object(
  {
    from: time('The times of the bucket are later; absent for the oldest bucket'),
    to: time('The latest time of the bucket; absent for the one ahead of now'),
    count: count('Number of matches with such a time'),
  },
  { description: 'An interval of a time, and its frequency' },
)

export const Facet = Type.Object(
  {
    field: Type.String({ description: 'The field, as in `by`' }),
    values: Type.Optional(
      Type.Array(FacetValue, {
        description:
          'The most frequent values first, at most `limit` of them; equally frequent ones by code point. Absent for a time',
      }),
    ),
    others: Type.Optional(count('Sum of the counts of the other values. Absent for a time')),
    buckets: Type.Optional(
      Type.Array(FacetBucket, { description: 'Only for a time: the newest bucket first' }),
    ),
    missing: count('Number of matches without a value'),
  },
  { description: 'The values of a field, or the intervals of a time, over everything that matches' },
)

export type Facet = Static<typeof Facet>
export type Bucket = Static<typeof FacetBucket>

const total = count('Number of matches')
const facets = Type.Array(Facet, { description: 'One for each field of `by`, in its order' })

export const ClusterFacets = Type.Object(
  { kind: Type.Literal('ClusterFacets', { description: 'Always `ClusterFacets`' }), total, facets },
  { description: 'Clusters that match, counted by the values of fields' },
)

export const NodePoolFacets = Type.Object(
  { kind: Type.Literal('NodePoolFacets', { description: 'Always `NodePoolFacets`' }), total, facets },
  { description: 'Nodepools that match, counted by the values of fields' },
)

export type Facets = Static<typeof ClusterFacets> | Static<typeof NodePoolFacets>

export const HistoryPoint = Type.Object(
  {
    time: Type.String({ format: 'date-time', description: 'The time of the point' }),
    total: count('Number of resources'),
    ready: count("Number of ready ones: `Ready`, or `Reconciled` for today's clients alone"),
    available: count(
      "Number of available ones: `Available`, or `LastKnownReconciled` for today's clients alone",
    ),
    deleting: count('Number of those that are being deleted'),
  },
  { description: 'The fleet at one time' },
)

const interval_seconds = Type.Integer({ format: 'int32', description: 'Time between two points' })
const points = Type.Array(HistoryPoint, { description: 'At most an hour, the oldest first' })

export const ClusterHistory = Type.Object(
  {
    kind: Type.Literal('ClusterHistory', { description: 'Always `ClusterHistory`' }),
    interval_seconds,
    points,
  },
  { description: 'The clusters of the last hour' },
)

export const NodePoolHistory = Type.Object(
  {
    kind: Type.Literal('NodePoolHistory', { description: 'Always `NodePoolHistory`' }),
    interval_seconds,
    points,
  },
  { description: 'The nodepools of the last hour' },
)

export type History = Static<typeof ClusterHistory> | Static<typeof NodePoolHistory>

export const MetricsText = Type.String({ description: "Metrics in Prometheus' text format" })
