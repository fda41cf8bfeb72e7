// The `spec` of a cluster: about a kilobyte that looks like the configuration of a managed cluster.
import { RandomStream } from './random.ts'

interface ClusterTraits {
  readonly environment: string
  readonly region: string
  readonly team: string
}

/** The spec at a generation. The lasting part depends on the resource's key, the changing part on the generation, too. */
export function clusterSpec(
  name: string,
  { environment, region, team }: ClusterTraits,
  key: readonly [number, string],
  generation: number,
): Record<string, unknown> {
  const lasting = new RandomStream(...key, 'spec')
  const project = `${team}-${environment}-${lasting.between(1000, 9999)}`
  return {
    provider: 'gcp',
    project_id: project,
    region,
    zones: ['a', 'b', 'c'].map(zone => `${region}-${zone}`),
    network: network(name, region, lasting),
    dns: { base_domain: `${name}.${region}.fleet.example`, zone_id: `Z${lasting.hex(12)}` },
    encryption: {
      kms_key: `projects/${project}/locations/${region}/keyRings/fleet/cryptoKeys/${name}`,
      rotation_days: lasting.pick([30, 90, 180]),
    },
    identity: {
      issuer_url: `https://identity.${region}.fleet.example/${lasting.hex(16)}`,
      workload_pool: `${project}.svc.example`,
    },
    ...revised(environment, new RandomStream(...key, 'spec', generation)),
    revision: generation,
  }
}

function network(name: string, region: string, random: RandomStream): Record<string, unknown> {
  const octet = random.between(0, 254)
  return {
    vpc: `vpc-${name}`,
    subnets: ['a', 'b', 'c'].map((zone, index) => ({
      zone: `${region}-${zone}`,
      cidr: `10.${octet}.${index * 64}.0/18`,
    })),
    pod_cidr: '10.128.0.0/14',
    service_cidr: '172.30.0.0/16',
    host_prefix: 23,
    mtu: 1460,
    private_endpoint: random.chance(0.7),
  }
}

/** The part that changes with the generation: release, size, maintenance, add-ons. */
function revised(environment: string, random: RandomStream): Record<string, unknown> {
  return {
    release: {
      version: `4.${random.between(16, 19)}.${random.between(0, 40)}`,
      channel: environment === 'production' ? 'stable' : 'candidate',
      image_digest: `sha256:${random.hex(64)}`,
    },
    control_plane: {
      replicas: environment === 'dev' ? 1 : 3,
      instance_type: random.pick(['n2-standard-4', 'n2-standard-8', 'n2-standard-16']),
      disk: { type: 'pd-ssd', size_gib: random.pick([100, 120, 200]) },
    },
    maintenance: {
      day: random.pick(['monday', 'tuesday', 'wednesday', 'thursday']),
      start: `${String(random.between(0, 5)).padStart(2, '0')}:00`,
      duration_hours: 4,
    },
    addons: { logging: random.chance(0.8), monitoring: true, service_mesh: random.chance(0.3) },
  }
}
