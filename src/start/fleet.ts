// Opens the fleet: its store, the indexes and searches over its state, and the decisions on it.
import { randomBytes } from 'node:crypto'
import { readBuildInfo } from '../binary/build-info.ts'
import type { Settings } from '../config/schema.ts'
import { createServerClock } from '../fleet/clock.ts'
import { Fleet } from '../fleet/fleet.ts'
import { createIdSource } from '../fleet/ids.ts'
import { FleetIndex } from '../index/fleet-index.ts'
import { loadKernels } from '../index/kernels/wasm.ts'
import { LinearMemory } from '../index/memory.ts'
import { createClockEventLog, createFleetEventLog, createStoreEventLog } from '../observe/log/events.ts'
import { RemovalMetrics } from '../observe/metrics/deletion-metrics.ts'
import { Deletions } from '../observe/metrics/deletions.ts'
import { readinessUnder } from '../observe/metrics/progress-metrics.ts'
import { StoreMetrics } from '../observe/metrics/store-metrics.ts'
import { createMemoryGuard, usedBytes } from '../observe/process-limits.ts'
import type { Readiness } from '../observe/readiness.ts'
import type { Member } from '../replication/member.ts'
import { createSearches, isSearchableLabelKey, Turns } from '../search/search.ts'
import type { Store, StoreEvent } from '../store/store.ts'
import { processTiming } from '../watch/schedule.ts'
import { Watches } from '../watch/watches.ts'
import { hashSeedOf } from '../wire/hash.ts'
import type { MemberEvents, OpenedCluster } from './cluster.ts'
import { Lifecycle } from './lifecycle.ts'
import { openControl, openStorage, type StorageOptions } from './storage.ts'

export interface FleetOptions extends StorageOptions {
  readonly settings: Settings
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
}

/** Opens the fleet. Everything that it opens is in the lifecycle, also if it throws. */
export async function openFleet(options: FleetOptions, readiness: Readiness, life: Lifecycle) {
  const { settings, log, machineMs, nowMs } = options
  const { limits, adapters } = settings

  const storeMetrics = new StoreMetrics(nowMs)
  const logStoreEvent = createStoreEventLog(log, nowMs)
  const onStoreEvent = (event: StoreEvent) => {
    storeMetrics.note(event)
    readiness.onStoreEvent(event)
    logStoreEvent(event)
  }
  const { store, cluster } = await openStoreOf(options, onStoreEvent, readiness, life)
  const history = cluster?.history ?? store.history
  const clock = createServerClock(machineMs, store.latestTime, createClockEventLog(log))

  const memory = new LinearMemory()
  const kernels = loadKernels(memory)
  if (kernels.kind === 'plain') log.warn({ reason: kernels.whyPlain }, 'searches run without WebAssembly')
  const index = await FleetIndex.attachInTurns(store.state, {
    kernels,
    seed: hashSeedOf(randomBytes(8)),
    isSearchableLabelKey,
    specPaths: settings.search.specIndexes,
  })
  const deletions = await Deletions.follow(store.state, readinessUnder(settings.compatibility))
  const removals = new RemovalMetrics()
  const logFleetEvent = createFleetEventLog(log)

  const turns = new Turns({ nowMs, nextTurn: setImmediate })
  const searches = createSearches(index, { turns, clock: clock.now, nowMs })

  let member: Member | undefined
  // Closed after the fleet, which may still be deciding.
  if (cluster !== undefined) life.open({ close: () => member?.close() })
  const ids = createIdSource(randomBytes, store.latestId)
  const fleet = life.open(
    new Fleet({
      store,
      clock,
      ids,
      limits,
      compatibility: settings.compatibility,
      requiredAdapters: { Cluster: adapters.required.cluster, NodePool: adapters.required.nodepool },
      hasRoom: createMemoryGuard(limits.memoryBytes, () => usedBytes(memory), nowMs),
      onEvent: event => {
        removals.note(event)
        logFleetEvent(event)
      },
    }),
  )
  const watches = new Watches({
    state: store.state,
    searches,
    history,
    timing: processTiming(nowMs),
    machineMs,
    clock: clock.now,
    bookmarkIntervalMs: settings.watches.bookmarkIntervalMs,
    aheadWaitMs: cluster === undefined ? undefined : settings.cluster.readWaitMs,
    onError: error => log.error({ err: error }, 'a watched search failed'),
  })
  const metrics = { storeMetrics, deletions, removals }
  return {
    store,
    watches,
    ...metrics,
    clock,
    memory,
    index,
    turns,
    searches,
    fleet,
    state: store.state,
    history,
    joinCluster:
      cluster &&
      (async () => {
        member = await joinClusterOf(cluster, options, store, {
          onFollowed: () => {
            clock.raise(store.latestTime)
            ids.raise(store.latestId)
          },
          onFault: () => watches.interrupt(),
        })
        return { member, engine: cluster.opened.engine }
      }),
  }
}

/**
 * Opens the store and its cluster. A data folder that is behind is replaced by a copy of another server's, and opened again (contract 14.15).
 */
async function openStoreOf(
  options: FleetOptions,
  onStoreEvent: (event: StoreEvent) => void,
  readiness: Readiness,
  life: Lifecycle,
): Promise<{ readonly store: Store; readonly cluster: OpenedCluster | undefined }> {
  for (;;) {
    const parts = new Lifecycle()
    try {
      const store = parts.open(await openStorage(options, onStoreEvent))
      parts.open(await openControl(store, options))
      const cluster = await openClusterOf(store, options, readiness)
      parts.open(cluster?.opened.engine)
      if (cluster?.isBehind !== true) {
        life.open(parts)
        return { store, cluster }
      }
      const { journal } = cluster.place
      const isEmpty = store.cursor === undefined
      await parts.close()
      const { replaceBehind } = await import('./peer-copy.ts')
      await replaceBehind({ journal, isEmpty }, options, readiness)
    } catch (error) {
      await parts.close()
      throw error
    }
  }
}

/** Undefined for a server that is alone. */
async function openClusterOf(
  store: Store,
  options: FleetOptions,
  readiness: Readiness,
): Promise<OpenedCluster | undefined> {
  const isClustered = options.settings.cluster.engine !== 'none'
  if (!isClustered && store.cursor === undefined) return undefined
  // Loaded only here: a server that is alone does not need it.
  const { openCluster, refuseFollower } = await import('./cluster.ts')
  if (!isClustered) {
    refuseFollower(store)
    return undefined
  }
  return openCluster(store, options, readiness)
}

async function joinClusterOf(
  cluster: OpenedCluster,
  options: FleetOptions,
  store: Store,
  events: MemberEvents,
): Promise<Member> {
  const { joinCluster } = await import('./cluster.ts')
  const { version } = readBuildInfo()
  return joinCluster(store, cluster, { ...options, version }, events)
}
