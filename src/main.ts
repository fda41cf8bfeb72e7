// The composition root, a table of contents: settings → state and store → index and search → fleet → HTTP → listeners.
import { randomBytes } from 'node:crypto'
import type { Settings } from './config/schema.ts'
import { createServerClock } from './fleet/clock.ts'
import { Fleet } from './fleet/fleet.ts'
import { createIdSource } from './fleet/ids.ts'
import { clientNetwork } from './http/admission/client-network.ts'
import { createApi } from './http/api.ts'
import { followCertificate, renewCertificate } from './http/certificates.ts'
import { transportLimits } from './http/transport/limits.ts'
import { FleetIndex } from './index/fleet-index.ts'
import { loadKernels } from './index/kernels/wasm.ts'
import { LinearMemory } from './index/memory.ts'
import { listenForHealth, listenForMetrics } from './observe/health.ts'
import { createClockEventLog, createStoreEventLog } from './observe/log/events.ts'
import { createRequestLog } from './observe/log/requests.ts'
import { createMetrics } from './observe/metrics/metrics.ts'
import { StoreMetrics } from './observe/metrics/store-metrics.ts'
import { connectionBound, createMemoryGuard, usedBytes } from './observe/process-limits.ts'
import { Readiness } from './observe/readiness.ts'
import { createSearches, isSearchableLabelKey, Turns } from './search/search.ts'
import { Lifecycle } from './start/lifecycle.ts'
import { type PreparationOptions, prepare } from './start/preparation.ts'
import { openControl, openStorage, type StorageOptions } from './start/storage.ts'
import type { StoreEvent } from './store/store.ts'

/** A server that serves. */
export interface RunningServer {
  readonly engine: 'uws' | 'node'
  readonly scheme: 'http' | 'https'
  readonly port: number
  /** Undefined when switched off (contract 1.1). */
  readonly healthPort: number | undefined
  readonly metricsPort: number | undefined
  /**
   * Puts in force what may change while it runs: the settings that the schema marks as reloadable, the certificate, and
   * the keys that tokens are checked with.
   * @param changed by default the settings of the start
   */
  reload(changed?: Settings): Promise<void>
  /** Answers /readyz that the server is shutting down; it continues to serve. */
  drain(): void
  /** Finishes the requests in flight, then closes the store. */
  close(): Promise<void>
}

export interface ServerOptions extends PreparationOptions, StorageOptions {
  readonly settings: Settings
  /** Lines that the log has lost. */
  readonly droppedLogLines: () => number
}

/**
 * Starts the server; when it resolves, requests are served.
 * @throws SettingsError that lists all faults of the settings
 * @throws Error whose message tells the user what prevents the start; nothing is left open then
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const life = new Lifecycle()
  try {
    return await compose(options, life)
  } catch (error) {
    await life.close()
    throw error
  }
}

/** Opens the parts in the order in which they depend on each other. */
async function compose(options: ServerOptions, life: Lifecycle): Promise<RunningServer> {
  const { settings, log, nowMs } = options
  const { server } = settings

  const prepared = prepare(options, life)
  const { tls, transport, tracing, policies } = prepared

  // Before the store, so that a probe can see it load.
  const readiness = new Readiness()
  const onRouteFault = (error: unknown) => log.error({ err: error }, 'a management route failed')
  const health = life.open(await listenForHealth(server.host, settings.health.port, readiness, onRouteFault))

  const parts = await openFleet(options, readiness, life)

  const metrics = createMetrics({ ...options, ...prepared, ...parts, readiness })
  const logRequest = createRequestLog(log, settings.logging)
  const { handle, onFault } = createApi({
    ...prepared,
    ...parts,
    settings,
    nowMs,
    tracer: tracing?.tracer,
    onReport: metrics.reports,
    onRequest: record => {
      metrics.request(record)
      logRequest(record)
      record.span?.end(record)
    },
    onError: (error, requestId) => log.error({ err: error, requestId }, 'a request failed'),
  })

  const api = life.open(
    await transport.listen({
      host: server.host,
      port: server.port,
      tls,
      handler: handle,
      onFault,
      onRefused: metrics.refusedConnection,
      clientOf: request => clientNetwork(policies.clientAddress(request)),
      limits: transportLimits(settings, connectionBound(settings)),
    }),
  )
  if (tls !== undefined) life.open({ close: followCertificate(tls, api, log) })
  const ofMetrics = await listenForMetrics(server.host, settings.metrics.port, metrics, onRouteFault)
  life.open(ofMetrics)
  readiness.serve(() => parts.store.health)

  return {
    engine: api.engine,
    port: api.port,
    healthPort: health?.port,
    metricsPort: ofMetrics?.port,
    scheme: tls === undefined ? 'http' : 'https',
    async reload(changed = settings) {
      log.level = changed.logging.level
      if (tls !== undefined) renewCertificate(api, log)
      await prepared.reloadKeys()
    },
    drain: () => readiness.drain(),
    close() {
      readiness.drain()
      return life.close()
    },
  }
}

/** The fleet: its store, the indexes and searches over its state, and the decisions on it. */
async function openFleet(options: ServerOptions, readiness: Readiness, life: Lifecycle) {
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
  const index = await FleetIndex.attachInTurns(store.state, { kernels, isSearchableLabelKey })

  const turns = new Turns({ nowMs, nextTurn: setImmediate })
  const searches = createSearches(index, turns, nowMs)

  const fleet = new Fleet({
    store,
    clock,
    ids: createIdSource(randomBytes, store.latestId),
    limits,
    compatibility: settings.compatibility,
    requiredAdapters: { Cluster: adapters.required.cluster, NodePool: adapters.required.nodepool },
    hasRoom: createMemoryGuard(limits.memoryBytes, () => usedBytes(memory), nowMs),
  })
  return { store, storeMetrics, clock, memory, index, turns, searches, fleet, state: store.state }
}
