// The adapters that the simulation plays, with their reasons and messages. reports.ts builds the reports.
import type { PlannedResource } from './plan.ts'

/** Reason and message of a condition. */
export interface Words {
  readonly reason: string
  readonly message: string
}

/** A way in which an adapter's work fails. */
export interface Failure extends Words {
  /** The mandatory condition that is `False` besides `Available`, if any. */
  readonly breaks?: 'Applied' | 'Health'
}

export interface AdapterProfile {
  /** The name in its reports. Two adapters of a kind must not produce the same condition type (contract 6.10). */
  readonly name: string
  readonly version: string
  readonly available: Words
  readonly applied: Words
  readonly failures: readonly [Failure, ...Failure[]]
  /** Kinds of objects that it manages. */
  readonly manages: readonly string[]
}

const CLUSTER_ADAPTERS: readonly AdapterProfile[] = [
  {
    name: 'validator',
    version: '1.8.2',
    available: { reason: 'AllValidationsPassed', message: 'All validations passed' },
    applied: { reason: 'ValidationJobApplied', message: 'Validation job applied successfully' },
    failures: [
      { reason: 'QuotaExceeded', message: 'CPU quota of the project is too small for the control plane' },
      {
        reason: 'ServiceAccountMissing',
        message: 'A required service account does not exist in the project',
      },
    ],
    manages: ['Job', 'ConfigMap'],
  },
  {
    name: 'dns',
    version: '2.3.0',
    available: { reason: 'AllRecordsResolve', message: 'All records of the base domain resolve' },
    applied: { reason: 'ZoneApplied', message: 'Zone and records applied successfully' },
    failures: [
      {
        reason: 'DelegationMissing',
        message: 'The parent zone does not delegate to the name servers of the zone',
      },
      {
        reason: 'ZoneUpdateRefused',
        message: 'The provider refused the update of the zone',
        breaks: 'Applied',
      },
    ],
    manages: ['ManagedZone', 'RecordSet'],
  },
  {
    name: 'placement',
    version: '0.9.4',
    available: { reason: 'PlacementDecided', message: 'A management cluster with enough room was chosen' },
    applied: { reason: 'PlacementApplied', message: 'Placement decision applied successfully' },
    failures: [{ reason: 'NoCapacity', message: 'No management cluster of the region has room' }],
    manages: ['PlacementDecision'],
  },
  {
    name: 'gcp-provisioner',
    version: '3.1.7',
    available: {
      reason: 'ControlPlaneReachable',
      message: 'The control plane answers on its private endpoint',
    },
    applied: {
      reason: 'ManifestsApplied',
      message: 'Hosted cluster and network manifests applied successfully',
    },
    failures: [
      { reason: 'ControlPlaneUnreachable', message: 'The control plane has not answered for five minutes' },
      { reason: 'SubnetExhausted', message: 'A subnet has no free addresses left', breaks: 'Applied' },
      {
        reason: 'ProviderThrottled',
        message: 'The provider throttles requests of the project',
        breaks: 'Health',
      },
    ],
    manages: ['HostedCluster', 'Network', 'Router'],
  },
]

const NODEPOOL_ADAPTERS: readonly AdapterProfile[] = [
  {
    name: 'validator',
    version: '1.8.2',
    available: { reason: 'AllValidationsPassed', message: 'All validations passed' },
    applied: { reason: 'ValidationJobApplied', message: 'Validation job applied successfully' },
    failures: [{ reason: 'InstanceTypeUnavailable', message: 'The zone does not offer the instance type' }],
    manages: ['Job'],
  },
  {
    name: 'machine-provisioner',
    version: '3.1.7',
    available: { reason: 'AllMachinesReady', message: 'All machines of the pool have joined the cluster' },
    applied: { reason: 'MachineSetApplied', message: 'Machine set applied successfully' },
    failures: [
      { reason: 'MachinesNotReady', message: 'Some machines of the pool have not joined the cluster' },
      { reason: 'StockOut', message: 'The zone is out of machines of the type', breaks: 'Applied' },
    ],
    manages: ['MachineSet', 'InstanceTemplate'],
  },
  {
    name: 'autoscaler',
    version: '1.2.5',
    available: { reason: 'ScalingActive', message: 'The pool follows its load within its bounds' },
    applied: { reason: 'PolicyApplied', message: 'Scaling policy applied successfully' },
    failures: [{ reason: 'MetricsMissing', message: 'The pool reports no load', breaks: 'Health' }],
    manages: ['ScalingPolicy'],
  },
]

/** The adapters of a kind of resource, in the order of their first reports. */
export function adaptersOf(kind: PlannedResource['kind']): readonly AdapterProfile[] {
  return kind === 'Cluster' ? CLUSTER_ADAPTERS : NODEPOOL_ADAPTERS
}
