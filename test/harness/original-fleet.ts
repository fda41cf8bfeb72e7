// Rows of the original server, as its generations write them: a fleet with reports, deletions and everything else that an import keeps.
import type { Generation, OriginalCondition, OriginalStatus, Row } from './original-server.ts'

const AUTHOR = 'ann@example.com'

/** `2026-02-01T00:00:<second>.<microseconds>Z`. PostgreSQL keeps microseconds. */
export function moment(second: number, microseconds = 123_456): string {
  const seconds = String(second % 60).padStart(2, '0')
  const minutes = String(Math.floor(second / 60)).padStart(2, '0')
  return `2026-02-01T00:${minutes}:${seconds}.${String(microseconds).padStart(6, '0')}Z`
}

/** Ids of the older generation are KSUIDs in 32 characters of base 32, later ones are UUIDs. Neither rises with creation here. */
export function originalId(generation: Generation, number: number): string {
  const mixed = (number * 7919) % 10_007
  const digits = String(mixed).padStart(12, '0')
  return generation === 'march' ? `6s2rtvq8d00000000000${digits}` : `01980000-0000-7000-8000-${digits}`
}

export function row(generation: Generation, number: number, changes: Partial<Row> = {}): Row {
  const created = moment(number)
  return {
    kind: 'Cluster',
    id: originalId(generation, number),
    name: `cluster-${number}`,
    generation: 1,
    spec: { region: 'us-east1', nodes: number },
    labels: { environment: number % 2 === 0 ? 'production' : 'dev' },
    created_time: created,
    updated_time: created,
    created_by: AUTHOR,
    updated_by: AUTHOR,
    conditions: summary(generation, 'False', created),
    statuses: [],
    ...changes,
  }
}

export function nodepool(
  generation: Generation,
  number: number,
  owner: Row,
  changes: Partial<Row> = {},
): Row {
  return row(generation, number, { kind: 'NodePool', name: `pool-${number}`, ownerId: owner.id, ...changes })
}

/** Adds a report of an adapter, with the conditions that the original makes of it. */
export function withReport(generation: Generation, base: Row, adapter: string, second: number): Row {
  const time = moment(second, 0).replace('.000000', '')
  const status: OriginalStatus = {
    adapter,
    observed_generation: base.generation,
    conditions: ['Available', 'Applied', 'Health'].map(type => ({
      last_transition_time: time,
      message: `${type} is fine`,
      reason: 'Fine',
      status: 'True',
      type,
    })),
    metadata: { attempt: 1, job_name: `${adapter}-job` },
    data: { namespace: { status: 'Active' } },
    created_time: time,
    last_report_time: time,
  }
  const own: OriginalCondition = {
    // Later versions take the time of the resource.
    created_time: generation === 'march' ? time : base.created_time,
    last_transition_time: time,
    last_updated_time: time,
    message: 'Available is fine',
    observed_generation: base.generation,
    reason: 'Fine',
    status: 'True',
    type: `${adapter.slice(0, 1).toUpperCase()}${adapter.slice(1)}Successful`,
  }
  const others = base.conditions.filter(({ type }) => type.endsWith('Successful'))
  const conditions = [...summary(generation, 'True', base.created_time, time), ...others, own]
  return { ...base, conditions, statuses: [...base.statuses, status] }
}

/** The conditions that the original derives from all reports. The older generation gives them no words. */
function summary(
  generation: Generation,
  status: string,
  created: string,
  time = created,
): OriginalCondition[] {
  const times = { created_time: created, last_transition_time: time, last_updated_time: time }
  if (generation === 'march')
    return ['Available', 'Ready'].map(type => ({
      ...times,
      observed_generation: status === 'True' || type === 'Ready' ? 1 : 0,
      status,
      type,
    }))
  return ['Reconciled', 'LastKnownReconciled'].map(type => ({
    ...times,
    message: `${type} is ${status}`,
    observed_generation: 1,
    reason: `${type}${status}`,
    status,
    type,
  }))
}

/** A resource that is being deleted. Every DELETE moves its `updated_time`. */
export function deleting(base: Row, second: number): Row {
  const generation = base.generation + 1
  return {
    ...base,
    generation,
    conditions: base.conditions.map(each =>
      each.type === 'Reconciled' ? { ...each, status: 'False', observed_generation: generation } : each,
    ),
    deleted_time: moment(second),
    deleted_by: 'ben@example.com',
    updated_time: moment(second + 1),
  }
}

/** Clusters with nodepools and reports, in an order that is not that of their creation. */
export function originalFleet(generation: Generation, clusters: number): Row[] {
  const rows: Row[] = []
  for (let number = 1; number <= clusters; number++) {
    let cluster = row(generation, number)
    if (number % 3 === 0) cluster = withReport(generation, cluster, 'dns', 600 + number)
    if (number % 6 === 0) cluster = withReport(generation, cluster, 'validator', 700 + number)
    rows.push(cluster)
    if (number % 2 === 0) {
      const pool = nodepool(generation, 1000 + number, cluster)
      rows.push(number % 4 === 0 ? withReport(generation, pool, 'dns', 2000 + number) : pool)
    }
  }
  return rows.toReversed()
}
