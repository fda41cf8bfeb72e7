// The `spec` of a nodepool, and the roles of nodepools.
import { RandomStream } from './random.ts'

interface PoolRole {
  /** Value of the label `role` and prefix of the nodepool's name: at most 13 characters (contract 4.2). */
  readonly name: string
  readonly instanceTypes: readonly [string, ...string[]]
  readonly taints: readonly { readonly key: string; readonly value: string; readonly effect: string }[]
}

export const POOL_ROLES: readonly [PoolRole, ...PoolRole[]] = [
  { name: 'worker', instanceTypes: ['n2-standard-4', 'n2-standard-8', 'e2-standard-8'], taints: [] },
  {
    name: 'infra',
    instanceTypes: ['e2-standard-4', 'e2-standard-8'],
    taints: [{ key: 'node-role/infra', value: 'true', effect: 'NoSchedule' }],
  },
  {
    name: 'highmem',
    instanceTypes: ['n2-highmem-8', 'n2-highmem-16'],
    taints: [{ key: 'workload', value: 'memory', effect: 'PreferNoSchedule' }],
  },
  {
    name: 'gpu',
    instanceTypes: ['g2-standard-8', 'a2-highgpu-1g'],
    taints: [{ key: 'accelerator', value: 'present', effect: 'NoSchedule' }],
  },
]

interface NodepoolTraits {
  readonly cluster: string
  readonly name: string
  readonly region: string
  readonly role: PoolRole
  readonly instanceType: string
}

/** The spec at a generation, as for clusters. */
export function nodepoolSpec(
  { cluster, name, region, role, instanceType }: NodepoolTraits,
  key: readonly [number, string],
  generation: number,
): Record<string, unknown> {
  const lasting = new RandomStream(...key, 'spec')
  const revised = new RandomStream(...key, 'spec', generation)
  const least = revised.between(1, 6)
  return {
    provider: 'gcp',
    instance_type: instanceType,
    zones: ['a', 'b', 'c'].slice(0, lasting.between(1, 3)).map(zone => `${region}-${zone}`),
    subnet: `subnet-${cluster}-${lasting.hex(6)}`,
    autoscaling: {
      enabled: revised.chance(0.6),
      min_nodes: least,
      max_nodes: least + revised.between(0, 24),
    },
    disk: {
      type: lasting.pick(['pd-balanced', 'pd-ssd']),
      size_gib: lasting.pick([100, 200, 500]),
      encrypted: true,
    },
    node_labels: { 'node.fleet.example/pool': name, 'node.fleet.example/role': role.name },
    taints: role.taints,
    image: { family: 'fleet-os', version: `4.${revised.between(16, 19)}.${revised.between(0, 40)}` },
    upgrade: { strategy: 'surge', max_surge: revised.between(1, 3), max_unavailable: 0 },
    auto_repair: true,
    spot: role.name === 'worker' && lasting.chance(0.2),
    revision: generation,
  }
}
