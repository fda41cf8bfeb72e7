// Opens the fleet: its store, the indexes and searches over its state, and the decisions on it.
import { randomBytes } from 'node:crypto'
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
import { createSearches, isSearchableLabelKey, Turns } from '../search/search.ts'
import type { StoreEvent } from '../store/store.ts'
import { processTiming } from '../watch/schedule.ts'
import { Watches } from '../watch/watches.ts'
import { hashSeedOf } from '../wire/hash.ts'
import type { Lifecycle } from './lifecycle.ts'
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
  const store = life.open(await openStorage(options, onStoreEvent))
  life.open(await openControl(store, options))
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

  const fleet = life.open(
    new Fleet({
      store,
      clock,
      ids: createIdSource(randomBytes, store.latestId),
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
    history: store.history,
    timing: processTiming(nowMs),
    machineMs,
    clock: clock.now,
    bookmarkIntervalMs: settings.watches.bookmarkIntervalMs,
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
    history: store.history,
  }
}
