// The composition root, a table of contents: configuration → store → index → fleet → HTTP → listeners.
import { randomBytes, randomUUID } from 'node:crypto'
import { openApiDocument } from './api/openapi.ts'
import { operations } from './api/operations.ts'
import { createRequestParser } from './api/requests.ts'
import type { OriginalVariable } from './config/original.ts'
import type { Settings } from './config/schema.ts'
import { createServerClock } from './fleet/clock.ts'
import { Fleet } from './fleet/fleet.ts'
import { createIdSource } from './fleet/ids.ts'
import { clientNetwork } from './http/admission/client-network.ts'
import { type Application, createApplication } from './http/application.ts'
import { followCertificate, renewCertificate } from './http/certificates.ts'
import { apiPageAssets, createDescriptions } from './http/pages.ts'
import { createReads } from './http/reads.ts'
import type { RequestRecord } from './http/request-record.ts'
import { DEFAULT_LIMITS } from './http/transport/limits.ts'
import type { HttpRequest, Listener, TransportOptions } from './http/transport/transport.ts'
import { createWrites } from './http/writes.ts'
import { FleetIndex } from './index/fleet-index.ts'
import { loadKernels } from './index/kernels/wasm.ts'
import { LinearMemory } from './index/memory.ts'
import { createClockEventLog } from './observe/clock-events.ts'
import { listenForHealth, listenForMetrics } from './observe/health.ts'
import { createStoreEventLog } from './observe/log/events.ts'
import type { Logger } from './observe/log/log.ts'
import { createRequestLog } from './observe/log/requests.ts'
import type { ManagementListener } from './observe/management.ts'
import { createMetrics, type Metrics } from './observe/metrics/metrics.ts'
import type { Searches } from './observe/metrics/search-metrics.ts'
import { StoreMetrics } from './observe/metrics/store-metrics.ts'
import { connectionBound } from './observe/open-files.ts'
import { createMemoryGuard, usedBytes } from './observe/process-limits.ts'
import { Readiness } from './observe/readiness.ts'
import { listenForControl } from './ops/control/listener.ts'
import { type Closers, closeAll, closing, prepare } from './preparation.ts'
import { isSearchableLabelKey } from './search/check/fields.ts'
import { ResourceSearch } from './search/resource-search.ts'
import { Turns } from './search/run/turns.ts'
import type { Reached } from './store/crash-point.ts'
import { hadFirstStart, noteFirstStart } from './store/first-start.ts'
import { openStore, type Store } from './store/store.ts'

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
  /** Says on /readyz that it is shutting down, and goes on serving. */
  drain(): void
  /** Finishes what is in flight, then closes the store. */
  close(): Promise<void>
}

export interface ServerOptions {
  readonly settings: Settings
  readonly log: Logger
  /** Variables of the original server, which may ask for what has to be on (contract 1.6). */
  readonly original?: readonly OriginalVariable[]
  /** Lines that the log has lost. */
  readonly droppedLogLines: () => number
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
  /** Ends the process after a storage fault that leaves open what is on disk (contract 9.2). */
  readonly onFatal: (error: Error) => void
  /** Lets a test end the process at a named moment. */
  readonly reached?: Reached
}

/**
 * Starts the server; when it resolves, requests are served.
 * @throws SettingsError that lists all that is wrong with the settings
 * @throws Error whose message tells the user what stands in the way; nothing is left open then
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const closers: Closers = []
  try {
    return await compose(options, closers)
  } catch (error) {
    await closeAll(closers)
    throw error
  }
}

/** The order of construction; what is opened is closed in the opposite order. */
async function compose(options: ServerOptions, closers: Closers): Promise<RunningServer> {
  const base = createBase(options, closers)
  const health = await openHealth(base, options, closers)
  const storage = await openStorage(base, options, closers)
  const finding = await createFinding(storage, options)
  const metrics = composeMetrics({ ...base, ...storage, ...finding }, options)
  const application = composeApplication({ ...base, ...storage, ...finding, metrics }, options)
  const api = await openApi({ ...base, application, metrics }, options, closers)
  const metricsListener = await openMetrics(metrics, options, closers)
  base.readiness.serve(() => storage.store.health)
  return running({ ...base, api, health, metricsListener }, options, closers)
}

/** What rests on the settings alone: what is wrong with those is told before anything is opened. */
function createBase(options: ServerOptions, closers: Closers) {
  return { ...prepare(options, closers), readiness: new Readiness() }
}

type Base = ReturnType<typeof createBase>

/** Before the store, so that a probe can see it load. */
async function openHealth({ readiness }: Base, { settings, log }: ServerOptions, closers: Closers) {
  const { host } = settings.server
  return closing(await listenForHealth(host, settings.health.port, readiness, failedRoute(log)), closers)
}

async function openMetrics(metrics: Metrics, { settings, log }: ServerOptions, closers: Closers) {
  const { host } = settings.server
  return closing(await listenForMetrics(host, settings.metrics.port, metrics, failedRoute(log)), closers)
}

function failedRoute(log: Logger): (error: unknown) => void {
  return error => log.error({ err: error }, 'a management route failed')
}

/** The store, the time that goes on from its last one, and the socket that copies of it are asked for on. */
async function openStorage({ readiness }: Base, options: ServerOptions, closers: Closers) {
  const storeMetrics = new StoreMetrics(options.nowMs)
  const store = closing(await openData(options, storeMetrics, readiness), closers)
  closing(await openControl(store, options), closers)
  const clock = createServerClock(options.machineMs, store.latestTime, createClockEventLog(options.log))
  return { store, storeMetrics, clock }
}

type Storage = Awaited<ReturnType<typeof openStorage>>

/** What finds resources: the indexes and the searches over them. */
async function createFinding({ store }: Storage, options: ServerOptions) {
  const memory = new LinearMemory()
  const index = await createIndex(store, memory, options)
  const turns = new Turns({ nowMs: options.nowMs, nextTurn: setImmediate })
  return { memory, index, turns, searches: createSearches(index, turns, options) }
}

type Finding = Awaited<ReturnType<typeof createFinding>>

function composeMetrics(parts: Base & Storage & Finding, options: ServerOptions): Metrics {
  const { store, storeMetrics, clock, index, searches, turns, memory, build, transport, readiness, tracing } =
    parts
  return createMetrics({
    store,
    storeMetrics,
    index,
    searches,
    turns,
    build,
    engine: transport.engine,
    connectionRefusals: transport.refusals,
    isReady: () => readiness.reasons().length === 0,
    usedBytes: () => usedBytes(memory),
    memoryBoundBytes: options.settings.limits.memoryBytes,
    droppedLogLines: options.droppedLogLines,
    clockBehindMs: () => clock.behindMs(),
    spans: tracing && (() => tracing.use),
    machineMs: options.machineMs,
    thresholds: options.settings.metrics,
  })
}

interface Served extends Base {
  readonly application: Application
  readonly metrics: Metrics
}

/** The port of the API, with a certificate that is renewed when its files change. */
async function openApi(parts: Served, { settings, log }: ServerOptions, closers: Closers): Promise<Listener> {
  const { transport, tls, application, metrics, policies } = parts
  const onRefused = metrics.refusedConnection
  const clientOf = (request: HttpRequest) => clientNetwork(policies.clientAddress(request))
  const options = { ...transportOptions(settings, application), tls, onRefused, clientOf }
  const listener = await transport.listen(options)
  closing(listener, closers)
  if (tls !== undefined) closers.push(followCertificate(tls, listener, log))
  return listener
}

interface Running extends Base {
  readonly api: Listener
  readonly health: ManagementListener | undefined
  readonly metricsListener: ManagementListener | undefined
}

function running(parts: Running, { settings, log }: ServerOptions, closers: Closers): RunningServer {
  const { api, health, metricsListener, readiness, tls, policies } = parts
  return {
    engine: api.engine,
    port: api.port,
    healthPort: health?.port,
    metricsPort: metricsListener?.port,
    scheme: tls === undefined ? 'http' : 'https',
    async reload(changed = settings) {
      log.level = changed.logging.level
      if (tls !== undefined) renewCertificate(api, log)
      await policies.authentication.reload()
    },
    drain: () => readiness.drain(),
    close() {
      readiness.drain()
      return closeAll(closers)
    },
  }
}

/** The socket that copies are asked for on; a server without one still serves. */
async function openControl(store: Store, { settings, log }: ServerOptions) {
  try {
    return await listenForControl(settings.storage.path, {
      copy: () => store.copy(),
      onBrokenOff: error => log.warn({ err: error }, 'a copy of the store broke off'),
    })
  } catch (error) {
    log.warn({ err: error }, 'there is no control socket: a backup has to wait until the server is stopped')
    return undefined
  }
}

/** The store of the data folder; what it tells of itself goes to the log, the metrics and the readiness. */
async function openData(options: ServerOptions, metrics: StoreMetrics, readiness: Readiness): Promise<Store> {
  const { log, nowMs } = options
  const { storage } = options.settings
  const logEvent = createStoreEventLog(log, nowMs)
  const store = await openStore({
    path: storage.path,
    mustExist: storage.mustExist || hadFirstStart(storage.mustExistFile),
    commitDeadlineMs: storage.commitDeadlineMs,
    checkpoint: {
      maxJournalEntries: storage.checkpointJournalEntries,
      maxJournalBytes: storage.checkpointJournalBytes,
      maxJournalAgeMs: storage.checkpointMaxAgeMs,
    },
    monotonicMs: nowMs,
    randomId: randomUUID,
    onFatal: options.onFatal,
    onEvent: event => {
      metrics.note(event)
      readiness.onStoreEvent(event)
      logEvent(event)
    },
    reached: options.reached,
  })
  noteFirstStart(storage.mustExistFile, error =>
    log.error({ err: error }, 'storage.mustExistFile cannot be made: a start without a fleet is not refused'),
  )
  return store
}

function transportOptions(settings: Settings, { handle, onFault }: Application): TransportOptions {
  const { server, limits } = settings
  return {
    host: server.host,
    port: server.port,
    handler: handle,
    onFault,
    limits: {
      bodyBytes: server.bodyLimitBytes,
      // A body that is refused for a byte too many, or for its token, is read to its end whatever the limit is.
      drainBytes: DEFAULT_LIMITS.drainBytes + server.bodyLimitBytes,
      bodyDeadlineMs: server.bodyDeadlineMs,
      answerDeadlineMs: server.answerDeadlineMs,
      connections: connectionBound(settings),
      requestsInFlight: limits.requestsInFlight,
      // The other half is for the store.
      closeDeadlineMs: server.shutdownDeadlineMs / 2,
    },
  }
}

interface ApplicationParts extends Base, Storage, Finding {
  readonly metrics: Metrics
}

function composeApplication(parts: ApplicationParts, options: ServerOptions): Application {
  const { store, clock, build, metrics, searches, memory, tracing } = parts
  const { authentication, cors, rateLimit, distrust, clientAddress, validateSpec } = parts.policies
  const { settings, log, nowMs } = options
  const { server, limits, adapters } = settings
  const fleet = new Fleet({
    store,
    clock,
    ids: createIdSource(randomBytes, store.latestId),
    limits,
    requiredAdapters: { Cluster: adapters.required.cluster, NodePool: adapters.required.nodepool },
    hasRoom: createMemoryGuard(limits.memoryBytes, () => usedBytes(memory), nowMs),
  })
  const parser = createRequestParser(limits, validateSpec)
  const table = operations(limits)
  return createApplication({
    operations: table,
    handlers: {
      ...createDescriptions(build, openApiDocument(table, build.version, server)),
      ...createReads({ state: store.state, searches, pageLimits: server }),
      ...createWrites({ fleet, parser, bodyLimitBytes: server.bodyLimitBytes, onReport: metrics.reports }),
    },
    assets: apiPageAssets(),
    authenticate: authentication.authenticate,
    cors,
    rateLimit,
    distrust,
    clientAddress,
    clock,
    nowMs,
    randomId: randomUUID,
    onRequest: observeRequests(metrics, options),
    tracer: tracing?.tracer,
    onError: (error, requestId) => log.error({ err: error, requestId }, 'a request failed'),
  })
}

/** What is told of a request when it is answered: to the metrics, the log and its trace. */
function observeRequests(metrics: Metrics, { log, settings }: ServerOptions) {
  const logRequest = createRequestLog(log, settings.logging)
  return (record: RequestRecord) => {
    metrics.request(record)
    logRequest(record)
    record.span?.end(record)
  }
}

/** The indexes of all that the store has loaded. */
async function createIndex(store: Store, memory: LinearMemory, { log }: ServerOptions): Promise<FleetIndex> {
  const kernels = loadKernels(memory)
  if (kernels.kind === 'plain') log.warn({ reason: kernels.whyPlain }, 'searches run without WebAssembly')
  return FleetIndex.attachInTurns(store.state, { kernels, isSearchableLabelKey })
}

function createSearches(index: FleetIndex, turns: Turns, { nowMs }: ServerOptions): Searches {
  return {
    Cluster: new ResourceSearch({ index: index.of('Cluster'), turns, nowMs }),
    NodePool: new ResourceSearch({ index: index.of('NodePool'), turns, nowMs }),
  }
}
