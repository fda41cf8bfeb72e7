// The work whose turns are measured.
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { QueryTexts } from '../../src/search/search.ts'
import { type MeasuredFleet, openMeasured } from './fleet.ts'
import { measureTurns, type TurnTimes } from './meter.ts'
import { openShared } from './shared.ts'

export interface RunOptions {
  readonly clusters: number
  /** Nodepools of the cluster that is deleted. Twice as many of others remain. */
  readonly nodepools: number
  readonly rounds: number
  /** Existing folder, on the disk to be measured. */
  readonly parent: string
  readonly progress: (message: string) => void
}

export interface TurnsRun {
  readonly options: RunOptions
  /** By the name of the work, one for each round. */
  readonly work: ReadonlyMap<string, readonly TurnTimes[]>
}

/** Changes in one commit, at most. */
const COMMIT = 500
/** In microseconds. */
const HOUR = 3_600_000_000n
/** The beginning of the names of one cluster in a hundred. */
const SOME = 'cluster-12'

export async function measureWork(options: RunOptions): Promise<TurnsRun> {
  const path = await mkdtemp(join(options.parent, 'hyperfleet-turns-'))
  const work = new Map<string, TurnTimes[]>()
  try {
    const fleet = await openMeasured(join(path, 'data'))
    const measure = async (name: string, some: () => Promise<unknown>) => {
      options.progress(name)
      work.set(name, [...(work.get(name) ?? []), await measureTurns(some)])
    }
    await runAll(fleet, options, measure)
    await fleet.store.close()
    await runShared(path, options, measure)
  } finally {
    await rm(path, { recursive: true, force: true })
  }
  return { options, work }
}

type Measure = (name: string, work: () => Promise<unknown>) => Promise<void>

async function runAll(fleet: MeasuredFleet, options: RunOptions, measure: Measure): Promise<void> {
  const { clusters, nodepools, rounds, progress } = options
  progress('creating the fleet')
  const ids = await fleet.clusters(clusters)
  for (let i = 0; i < 2; i++) await fleet.family(`other-${i}`, nodepools)
  for (let round = 0; round < rounds; round++) {
    progress(`round ${round + 1}`)
    const family = await fleet.family(`family-${round}`, nodepools)
    await measure('`DELETE` of the cluster', () => fleet.delete(family))
    await measure('a second `DELETE` of it', () => fleet.delete(family))
    await measure('force deletion of it', () => fleet.forceDelete(family))
    await measure('the renumbering after it', () => noHoles(fleet))
    const reports = ids.slice(0, COMMIT).map(id => fleet.report('Cluster', id))
    await measure(`the commit of ${reports.length} reports`, () => Promise.all(reports))
    for (const orderBy of ['created_time desc', 'name asc'])
      await measure(`the search of a page of 1,000 clusters by \`${orderBy}\``, () =>
        page(fleet, { orderBy }),
      )
    await measure('a search that no index answers', () => page(fleet, { search: "spec.size = '3'" }))
    await measure('a look at passing time that is about all clusters', () => passHour(fleet, clusters))
  }
  await measure('a checkpoint', () => fleet.checkpoint())
}

/** The same deletions in a cluster. The follower hears of them when the writer is done, so that each has its own turns. */
async function runShared(path: string, options: RunOptions, measure: Measure): Promise<void> {
  const { nodepools, rounds, progress } = options
  progress('creating the fleet of a cluster')
  const servers = await openShared(path)
  const { writer } = servers
  await writer.family('other', nodepools)
  for (let round = 0; round < rounds; round++) {
    const family = await writer.family(`family-${round}`, nodepools)
    await servers.followed()
    for (const [name, work] of [
      ['`DELETE` of the cluster', () => writer.delete(family)],
      ['force deletion of it', () => writer.forceDelete(family)],
    ] as const) {
      servers.hold(true)
      await measure(`${name}, by the writer of several servers`, work)
      servers.hold(false)
      await measure(`${name}, applied by a server that follows`, servers.followed)
    }
  }
  await servers.close()
}

/** Waits for the end of the renumbering. */
async function noHoles({ index }: MeasuredFleet): Promise<void> {
  while (index.of('NodePool').slotCount > index.of('NodePool').count * 2) await new Promise(setImmediate)
}

/** Opens a watch for which an hour passes. A look asks about all clusters, and some match. */
async function passHour(fleet: MeasuredFleet, clusters: number): Promise<void> {
  const some = Array.from({ length: clusters }, (_, i) => `cluster-${i}`).filter(name =>
    name.startsWith(SOME),
  )
  const watch = fleet.watch(`created_time < now-1h and name like '${SOME}%'`)
  fleet.pass(HOUR)
  while (watch.events < some.length) await new Promise(setImmediate)
  watch.over()
  fleet.pass(-HOUR)
}

/** Finds a page. The transport copies its documents in turns of its own. */
async function page({ searches }: MeasuredFleet, texts: QueryTexts): Promise<void> {
  const query = searches.Cluster.prepare(texts)
  if (query.kind === 'fault') throw new Error(query.fault.detail)
  const positions = { offset: 0, limit: 1000 }
  const reader = { aborted: false }
  await searches.Cluster.find({ query, positions, ownerId: undefined, reader })
}
