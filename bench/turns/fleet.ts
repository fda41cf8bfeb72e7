// The fleet that is measured: the store, the indexes, the watches and the decisions of a server, without HTTP.
import { randomBytes, randomUUID } from 'node:crypto'
import { createServerClock } from '../../src/fleet/clock.ts'
import { Fleet } from '../../src/fleet/fleet.ts'
import { createIdSource } from '../../src/fleet/ids.ts'
import type { Outcome } from '../../src/fleet/outcome.ts'
import { FleetIndex } from '../../src/index/fleet-index.ts'
import { loadKernels } from '../../src/index/kernels/wasm.ts'
import { LinearMemory } from '../../src/index/memory.ts'
import { Deletions } from '../../src/observe/metrics/deletions.ts'
import { createSearches, isSearchableLabelKey, Turns } from '../../src/search/search.ts'
import { openStore, type StoreEvent } from '../../src/store/store.ts'
import { processTiming } from '../../src/watch/schedule.ts'
import type { Watch } from '../../src/watch/watches.ts'
import { hashSeedOf } from '../../src/wire/hash.ts'
import type { Instant } from '../../src/wire/instant.ts'
import { createWatches, wholeWatch } from '../../test/harness/watch.ts'

const BY = 'bench@example.com'
const ADAPTER = 'dns'
/** Writes that are sent before the first of them is answered. */
const AT_ONCE = 250
/** Most journal entries before a checkpoint: more than a run writes. */
const NO_CHECKPOINT = 1e9

export type MeasuredFleet = Awaited<ReturnType<typeof openMeasured>>

export async function openMeasured(path: string) {
  const nowMs = () => performance.now()
  const limits = { maxJournalEntries: NO_CHECKPOINT, maxJournalBytes: 2 ** 40, maxJournalAgeMs: 2 ** 30 }
  let onCheckpoint = () => {}
  const store = await openStore({
    path,
    commitDeadlineMs: 600_000,
    checkpoint: limits,
    monotonicMs: nowMs,
    randomId: randomUUID,
    onFatal: error => {
      throw error
    },
    onEvent: ({ kind }: StoreEvent) => {
      if (kind === 'checkpoint-finished') onCheckpoint()
    },
  })
  const { state } = store
  const clock = createServerClock(Date.now, undefined)
  const index = await FleetIndex.attachInTurns(state, {
    kernels: loadKernels(new LinearMemory()),
    seed: hashSeedOf(randomBytes(8)),
    isSearchableLabelKey,
  })
  await Deletions.follow(state, 'Ready')
  const turns = new Turns({ nowMs, nextTurn: setImmediate })
  const searches = createSearches(index, { turns, clock: clock.now, nowMs })
  let passed: Instant = 0n
  const watches = createWatches({
    state,
    searches,
    history: store.history,
    timing: processTiming(nowMs),
    machineMs: Date.now,
    clock: () => clock.now() + passed,
  })
  const fleet = new Fleet({
    store,
    clock,
    ids: createIdSource(randomBytes, undefined),
    limits: { adaptersPerResource: 64, adaptersPerKind: 256, reportAheadMs: 600_000 },
    compatibility: 'both',
    requiredAdapters: { Cluster: [ADAPTER], NodePool: [ADAPTER] },
    hasRoom: () => true,
    onEvent: () => {},
  })
  const labels = (i: number) => new Map([['env', `env-${i % 5}`]])
  const spec = (i: number) =>
    JSON.stringify({ region: `region-${i % 20}`, size: i % 7, zones: ['a', 'b', 'c'] })
  const create = async (name: string, i: number, clusterId?: string) =>
    idOf(await fleet.create({ name, spec: spec(i), labels: labels(i) }, clusterId, BY))
  const report = (kind: 'Cluster' | 'NodePool', id: string) => {
    const address = kind === 'Cluster' ? { kind, id } : { kind, clusterId: undefined, id }
    const conditions = ['Available', 'Applied', 'Health'].map(type => ({ type, status: 'True' as const }))
    const observedTime = clock.now()
    return fleet.report(address, {
      adapter: ADAPTER,
      observedGeneration: 1,
      observedTime,
      conditions,
      metadata: undefined,
      data: undefined,
    })
  }
  return {
    store,
    searches,
    index,
    report,
    /** Creates clusters with a report each. */
    async clusters(count: number): Promise<string[]> {
      const ids = await inGroups(count, i => create(`cluster-${i}`, i))
      await inGroups(count, i => report('Cluster', ids[i] ?? ''))
      return ids
    },
    /** Creates a cluster with nodepools, each with a report. */
    async family(name: string, nodepools: number): Promise<string> {
      const clusterId = await create(name, 0)
      const ids = await inGroups(nodepools, i => create(`${name}-${i}`, i, clusterId))
      await inGroups(nodepools, i => report('NodePool', ids[i] ?? ''))
      return clusterId
    },
    /** Opens a watch whose client takes everything. */
    watch(search: string): Watch {
      const query = searches.Cluster.prepare({ search })
      if (query.kind === 'fault') throw new Error(query.fault.detail)
      const output = { write: () => true, end: () => {}, cutOff: () => {} }
      return watches.open(
        wholeWatch({ subject: { kind: 'Cluster', ownerId: undefined, search }, query, output }),
      )
    },
    /** Lets time pass for the watches. */
    pass(time: Instant): void {
      passed += time
    },
    delete: (id: string) => fleet.delete({ kind: 'Cluster', id }, BY),
    forceDelete: (id: string) => fleet.forceDelete({ kind: 'Cluster', id }, 'it is measured', BY),
    /** Begins a checkpoint with the next write, and resolves with its end. */
    checkpoint: () =>
      new Promise<void>(resolve => {
        onCheckpoint = resolve
        limits.maxJournalEntries = 1
        void create('the-last', 0)
      }),
  }
}

function idOf(outcome: Outcome): string {
  if (outcome.kind !== 'stored') throw new Error(`a write was answered ${outcome.kind}`)
  return outcome.resourceId
}

async function inGroups<T>(count: number, write: (i: number) => Promise<T>): Promise<T[]> {
  const done: T[] = []
  while (done.length < count) {
    const length = Math.min(AT_ONCE, count - done.length)
    done.push(...(await Promise.all(Array.from({ length }, (_, i) => write(done.length + i)))))
  }
  return done
}
