// Deeds: writes to a resource by its owner, as they are sent and as its past records them.
import type { ReportedStatus, ResourceKind } from '../../src/state/records.ts'
import { formatInstant, type Instant } from '../../src/wire/instant.ts'
import type { ShownResource } from './fleet-client.ts'

export type Labels = Readonly<Record<string, string>>

/** A write under way or done. `required` are the adapters that the server waits for while it is sent (contract 6.13). */
export type Deed =
  | { readonly kind: 'create'; readonly n: number; readonly labels: Labels }
  | { readonly kind: 'spec'; readonly n: number; readonly required: readonly string[] }
  | { readonly kind: 'labels'; readonly labels: Labels }
  | ReportDeed

export interface ReportDeed {
  readonly kind: 'report'
  readonly adapter: string
  readonly observedGeneration: number
  readonly observedTime: Instant
  readonly available: ReportedStatus
  readonly reason: string
  readonly required: readonly string[]
}

/** A deed that was done. */
export interface Done {
  readonly deed: Deed
  /** The server's `updated_time` after it; for a report, which has none, that of the deed before. */
  readonly time: string
  /** The status of the answer; undefined when there was none, and a restart showed that it was done. */
  readonly answer: number | undefined
}

/** A resource that is being created: the deed is its first. */
export interface Identity {
  readonly kind: ResourceKind
  readonly name: string
  /** A nodepool's cluster. */
  readonly ownerId: string | undefined
}

const FILLER = 'x'.repeat(3000)

/** Every ninth spec is larger than a page of the disk. */
export function specOf(n: number): object {
  return n % 9 === 0 ? { n, filler: FILLER } : { n }
}

/** Request that does a deed. */
export function requestOf(
  { kind, name, ownerId }: Identity,
  id: string | undefined,
  deed: Deed,
): readonly [method: string, path: string, body: object] {
  const collection = kind === 'Cluster' ? '/clusters' : `/clusters/${ownerId}/nodepools`
  switch (deed.kind) {
    case 'create':
      return ['POST', collection, { kind, name, spec: specOf(deed.n), labels: deed.labels }]
    case 'spec':
      return ['PATCH', `${collection}/${id}`, { spec: specOf(deed.n) }]
    case 'labels':
      return ['PATCH', `${collection}/${id}`, { labels: deed.labels }]
    case 'report':
      return ['POST', `${collection}/${id}/statuses`, reportBody(deed)]
  }
}

function reportBody({ adapter, observedGeneration, observedTime, available, reason }: ReportDeed): object {
  return {
    adapter,
    observed_generation: observedGeneration,
    observed_time: formatInstant(observedTime),
    conditions: [
      { type: 'Available', status: available, reason },
      { type: 'Applied', status: 'True' },
      { type: 'Health', status: 'True' },
    ],
  }
}

/** Reports whether a resource as shown may be the result of the deed. The rest of it is compared later. */
export function shows(deed: Deed, { spec, labels }: ShownResource): boolean {
  if (deed.kind === 'spec' || deed.kind === 'create') return spec.n === deed.n
  return deed.kind === 'report' || JSON.stringify(labels) === JSON.stringify(deed.labels)
}
