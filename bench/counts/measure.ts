// The measurements of counts and of scans of the spec: processor time, because other work of the machine may share it.
import { CATALOGUES } from '../../src/search/check/fields.ts'
import { Queries, type ResourceSearch } from '../../src/search/search.ts'
import { NOW } from '../micro/sample-fleet.ts'
import { CONDITIONS, countedCluster, FEW_LABELS, searchOver, specifiedCluster } from './fleets.ts'

export interface CountsRun {
  readonly counted: number
  readonly scanned: number
  /** The length of a spec of the scanned fleet, in bytes. */
  readonly specBytes: number
  readonly counts: readonly Measured[]
  readonly scans: readonly Measured[]
}

export interface Measured {
  readonly name: string
  /** True for labels and conditions of up to 50 values. */
  readonly hasFew: boolean
  /** The median. */
  readonly ms: number
}

export interface CountsOptions {
  /** Clusters to count. */
  readonly counted: number
  /** Clusters with specs to scan. */
  readonly scanned: number
  readonly times: number
  readonly progress: (message: string) => void
}

interface Asked {
  readonly name: string
  readonly hasFew?: true
  readonly by: string
  readonly search?: string
  readonly limit?: number
  readonly agesMs?: readonly number[]
}

const HALF = `labels.half = 'yes'`
const TEN_LABELS = FEW_LABELS.map(key => `labels.${key}`).join(',')
const SIX_CONDITIONS = CONDITIONS.map(type => `status.conditions.${type}`).join(',')
const USUAL_AGES_MS = [60_000, 300_000, 1_800_000, 7_200_000, 86_400_000, 604_800_000]
const MANY_AGES_MS = Array.from({ length: 32 }, (_, i) => (i + 1) * 3_600_000)

/** The counts by name. The bars name some of them. */
export const COUNTS: readonly Asked[] = [
  { name: 'ten labels of 50 values, half of the fleet matches', by: TEN_LABELS, search: HALF, hasFew: true },
  { name: 'ten labels of 50 values, everything matches', by: TEN_LABELS, hasFew: true },
  { name: 'six conditions, half matches', by: SIX_CONDITIONS, search: HALF, hasFew: true },
  {
    name: 'the keys, the types and the deletions, half matches',
    by: 'labels,conditions,deleting',
    search: HALF,
  },
  { name: 'authors and generations, half matches', by: 'created_by,generation', search: HALF },
  { name: 'a label with 10,000 values, half matches', by: 'labels.many', search: HALF },
  { name: 'a label with a value for each cluster, half matches', by: 'labels.single', search: HALF },
  { name: 'a label with a value for each cluster, everything matches', by: 'labels.single' },
  {
    name: 'a label with a value for each cluster, limit=1000, half matches',
    by: 'labels.single',
    search: HALF,
    limit: 1000,
  },
  {
    name: 'a label with a value for each cluster, limit=1000, everything matches',
    by: 'labels.single',
    limit: 1000,
  },
  { name: 'a time in 6 buckets, everything matches', by: 'updated_time' },
  { name: 'a time in 33 buckets, everything matches', by: 'updated_time', agesMs: MANY_AGES_MS },
  {
    name: 'a time of a condition in 33 buckets, half matches',
    by: 'status.conditions.Ready.last_updated_time',
    search: HALF,
    agesMs: MANY_AGES_MS,
  },
]

/** The scan of names comes first: the others are compared with it. */
export const SCANS: readonly { readonly name: string; readonly search: string }[] = [
  { name: 'a part of a name', search: `name like '%77%'` },
  { name: 'a text in the spec', search: `spec.region = 'region-7'` },
  { name: 'a number in the spec', search: 'spec.nodes.compute > 190' },
  { name: 'a part of a text in the spec', search: `spec.version like '%.7.%'` },
  { name: 'two values in the spec', search: `spec.region = 'region-7' and spec.network.mtu >= 1450` },
]

export async function measureCounts({
  counted,
  scanned,
  times,
  progress,
}: CountsOptions): Promise<CountsRun> {
  progress(`${counted} clusters to count`)
  const counts = await measured(COUNTS, searchOver(counted, countedCluster), times, count)
  progress(`${scanned} clusters with specs`)
  const scans = await measured(SCANS, searchOver(scanned, specifiedCluster), times, scan)
  return { counted, scanned, specBytes: specifiedCluster(0).spec.length, counts, scans }
}

async function measured<T extends { readonly name: string; readonly hasFew?: true }>(
  all: readonly T[],
  search: ResourceSearch,
  times: number,
  ask: (search: ResourceSearch, asked: T) => unknown,
): Promise<Measured[]> {
  const rows: Measured[] = []
  for (const asked of all) {
    // The first runs compile.
    for (let i = 0; i < 2; i++) await ask(search, asked)
    const runs: number[] = []
    for (let i = 0; i < times; i++) {
      const before = process.cpuUsage()
      await ask(search, asked)
      const { user, system } = process.cpuUsage(before)
      runs.push((user + system) / 1000)
    }
    rows.push({ name: asked.name, hasFew: asked.hasFew === true, ms: medianOf(runs) })
  }
  return rows
}

function medianOf(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN
}

const queries = new Queries(CATALOGUES.Cluster, () => NOW)
const READER = { aborted: false }

function prepared(search: string | undefined) {
  const query = queries.prepare({ search })
  if (query.kind === 'fault') throw new Error(`${search} is a wrong search`)
  return query
}

function count(search: ResourceSearch, { by, search: text, limit = 20, agesMs = USUAL_AGES_MS }: Asked) {
  const read = search.readFields(by)
  if (read.kind !== 'fields') throw new Error(`${by} cannot be counted`)
  const query = prepared(text)
  return search.count({ query, ownerId: undefined, limit, agesMs, fields: read.fields, reader: READER })
}

function scan(search: ResourceSearch, { search: text }: { readonly search: string }) {
  const positions = { offset: 0, limit: 20 }
  return search.find({ query: prepared(text), positions, ownerId: undefined, reader: READER })
}
