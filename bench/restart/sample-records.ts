// Records of the data folder for the restart: clusters of the sample fleet, and the reports of two adapters about each.
import type { RecordPut } from '../../src/state/put.ts'
import type { AdapterStatus } from '../../src/state/records.ts'
import { sampleCluster } from '../micro/sample-fleet.ts'

const ADAPTERS = ['dns', 'validation'] as const
const CONDITION_TYPES = ['Applied', 'Available', 'Health']
const SECOND = 1_000_000n
/** Typical spec of an API client. */
const SPEC =
  '{"region":"eu-west-1","version":"4.17.3","network":{"pods":"10.128.0.0/14","services":"172.30.0.0/16"},' +
  '"nodes":{"type":"m6i.xlarge","count":3},"channel":"stable"}'

export const STATUSES_PER_CLUSTER = ADAPTERS.length

/** A cluster and its statuses, in the order of their keys. */
export function samplePuts(slot: number, size: number): readonly RecordPut[] {
  const record = { ...sampleCluster(slot, size), spec: SPEC }
  const statuses = ADAPTERS.map((_, i) => sampleReport(slot, size, i, 0))
  return [{ kind: 'resource', record }, ...statuses]
}

/** Report number `round` of an adapter about a cluster. */
export function sampleReport(slot: number, size: number, adapter: number, round: number): RecordPut {
  const { id, createdTime, generation } = sampleCluster(slot, size)
  const time = createdTime + BigInt(1 + round) * SECOND + BigInt((slot * 7919) % 1_000_000)
  const record: AdapterStatus = {
    resourceKind: 'Cluster',
    resourceId: id,
    adapter: ADAPTERS[adapter % ADAPTERS.length] ?? ADAPTERS[0],
    observedGeneration: generation,
    conditions: CONDITION_TYPES.map(type => ({
      type,
      status: 'True',
      reason: `${type}Succeeded`,
      message: `${type} holds for every part of the cluster`,
      lastTransitionTime: time,
    })),
    metadata: `{"job":"adapter-${slot}","attempt":1}`,
    data: `{"zone":"zone-${slot % 36}","records":[{"name":"api","ttl":300},{"name":"apps","ttl":300}]}`,
    createdTime,
    lastReportTime: time,
  }
  return { kind: 'status', record }
}
