// The plan of a fleet: its clusters and nodepools with their properties. Pure: the seed determines it. Every resource has its own
// random stream, so a plan can be read in any order and repeatedly.
import { clusterSpec } from './cluster-spec.ts'
import { nodepoolSpec, POOL_ROLES } from './nodepool-spec.ts'
import { RandomStream } from './random.ts'

export interface FleetShape {
  readonly seed: number
  readonly clusters: number
  /** Prefix of the clusters' names, and value of the label `simulation`. */
  readonly namePrefix: string
}

/** A planned resource. */
export interface PlannedResource {
  readonly kind: 'Cluster' | 'NodePool'
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Key of the resource's random streams. */
  readonly key: readonly [seed: number, name: string]
  /** The spec at a generation. Specs of two generations always differ. */
  readonly spec: (generation: number) => Readonly<Record<string, unknown>>
}

export interface PlannedCluster extends PlannedResource {
  readonly nodepools: readonly PlannedResource[]
}

export const ENVIRONMENTS = ['production', 'staging', 'dev'] as const
export const REGIONS = [
  'us-east1',
  'us-east4',
  'us-central1',
  'us-west1',
  'northamerica-northeast1',
  'southamerica-east1',
  'europe-west1',
  'europe-west4',
  'europe-north1',
  'asia-east1',
  'asia-southeast1',
  'australia-southeast1',
] as const
const TEAMS = [
  'payments',
  'search',
  'platform',
  'media',
  'ledger',
  'identity',
  'logistics',
  'insights',
] as const
const POOLS_MAX = 4

/** The clusters, ordered by number. */
export function* plannedClusters(shape: FleetShape): Generator<PlannedCluster> {
  for (let number = 0; number < shape.clusters; number++) yield plannedCluster(shape, number)
}

/** One cluster with its nodepools. Numbers start at 0. */
export function plannedCluster({ seed, namePrefix }: FleetShape, number: number): PlannedCluster {
  const name = `${namePrefix}-${String(number).padStart(6, '0')}`
  const random = new RandomStream(seed, number, 'cluster')
  const environment = weightedEnvironment(random)
  const labels = {
    simulation: namePrefix,
    environment,
    region: random.pick(REGIONS),
    team: random.pick(TEAMS),
    tier: environment === 'production' ? random.pick(['gold', 'silver']) : 'bronze',
  }
  const key = [seed, name] as const
  const poolCount = random.between(1, POOLS_MAX)
  return {
    kind: 'Cluster',
    name,
    labels,
    key,
    spec: generation => clusterSpec(name, labels, key, generation),
    nodepools: Array.from({ length: poolCount }, (_, index) => plannedNodepool(name, labels, seed, index)),
  }
}

/** Body of the request that creates the resource (contract 4.1). */
export function creationBody({ kind, name, labels, spec }: PlannedResource): string {
  return JSON.stringify({ kind, name, spec: spec(1), labels })
}

function weightedEnvironment(random: RandomStream): (typeof ENVIRONMENTS)[number] {
  const draw = random.fraction()
  return draw < 0.5 ? 'production' : draw < 0.75 ? 'staging' : 'dev'
}

function plannedNodepool(
  cluster: string,
  { simulation, environment, region }: { simulation: string; environment: string; region: string },
  seed: number,
  index: number,
): PlannedResource {
  const key = [seed, `${cluster}/${index}`] as const
  const random = new RandomStream(...key, 'nodepool')
  const role = index === 0 ? POOL_ROLES[0] : random.pick(POOL_ROLES)
  const instanceType = random.pick(role.instanceTypes)
  const name = `${role.name}-${index + 1}`
  return {
    kind: 'NodePool',
    name,
    labels: { simulation, environment, region, role: role.name, instance_type: instanceType },
    key,
    spec: generation => nodepoolSpec({ cluster, name, region, role, instanceType }, key, generation),
  }
}
