// Composes the server: checks → health listener → fleet → metrics → API → listeners.
import { randomUUID } from 'node:crypto'
import type { Settings } from './config/schema.ts'
import { clientNetwork } from './http/admission/client-network.ts'
import { OpenReads } from './http/admission/open-reads.ts'
import { createApi } from './http/api.ts'
import { followCertificate, renewCertificate } from './http/certificates.ts'
import { transportLimits } from './http/transport/limits.ts'
import { WaitingReads } from './http/waiting-reads.ts'
import { FleetHistory } from './observe/fleet-history.ts'
import { listenForHealth, listenForMetrics } from './observe/health.ts'
import { createCopyEventLog } from './observe/log/cluster-events.ts'
import { createRequestLog } from './observe/log/requests.ts'
import { COPY_OUTCOMES } from './observe/metrics/cluster-metrics.ts'
import { Tally } from './observe/metrics/described.ts'
import { createMetrics } from './observe/metrics/metrics.ts'
import { connectionBound } from './observe/process-limits.ts'
import { Readiness } from './observe/readiness.ts'
import { type FleetOptions, openFleet } from './start/fleet.ts'
import { Lifecycle } from './start/lifecycle.ts'
import { type PreparationOptions, prepare } from './start/preparation.ts'

/** A server that serves requests. */
export interface RunningServer {
  readonly engine: 'uws' | 'node'
  readonly scheme: 'http' | 'https'
  readonly port: number
  /** Undefined if the listener is disabled (contract 1.1). */
  readonly healthPort: number | undefined
  readonly metricsPort: number | undefined
  /**
   * Applies what may change while the server runs: reloadable settings, the certificate, and the keys for tokens.
   * @param changed the settings of the start by default
   */
  reload(changed?: Settings): Promise<void>
  /** Makes /readyz report that the server is shutting down. The server continues to serve. */
  drain(): void
  /** Finishes requests in flight, then closes the store. */
  close(): Promise<void>
}

export interface ServerOptions extends PreparationOptions, FleetOptions {
  readonly settings: Settings
  /** Number of lines that the log has lost. */
  readonly droppedLogLines: () => number
}

/**
 * Starts the server. Resolves once it serves requests. Leaves nothing open if it throws.
 * @throws SettingsError that lists all faults of the settings
 * @throws Error whose message says what prevents the start
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

/** Opens the parts in the order of their dependencies. */
async function compose(options: ServerOptions, life: Lifecycle): Promise<RunningServer> {
  const { settings, log, nowMs } = options
  const { server } = settings

  const prepared = prepare(options, life)
  const { tls, transport, tracing, policies } = prepared

  // Listens before the store opens, so that a probe can see it load.
  const readiness = new Readiness()
  const onRouteFault = (error: unknown) => log.error({ err: error }, 'a management route failed')
  const health = life.open(await listenForHealth(server.host, settings.health.port, readiness, onRouteFault))

  const parts = await openFleet(options, readiness, life)

  const cluster = await startMember(options, parts, readiness, life)

  const openReads = new OpenReads(settings.limits)

  const { state } = parts
  const waiting = new WaitingReads({ state, openReads, nowMs, random: Math.random })
  const metrics = createMetrics({
    ...options,
    ...prepared,
    ...parts,
    readiness,
    openReads,
    copies: cluster?.copyOutcomes,
  })
  const logRequest = createRequestLog(log, settings.logging)
  const fleetHistory = new FleetHistory(parts.index, settings.compatibility)
  life.open(fleetHistory.follow(parts.clock.now, state))
  const { handle, onFault } = createApi({
    ...prepared,
    ...parts,
    openReads,
    waiting,
    gate: cluster?.gate,
    copies: cluster?.copies,
    settings,
    nowMs,
    tracer: tracing?.tracer,
    onReport: metrics.reports,
    metrics,
    fleetHistory,
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
      retain: pieces => parts.state.retain(pieces),
      onRefused: metrics.refusedConnection,
      clientOf: request => clientNetwork(policies.clientAddress(request)),
      limits: transportLimits(settings, connectionBound(settings)),
    }),
  )
  // Closed before the listener, which finishes requests. Streams have no end of their own.
  life.open({ close: () => waiting.stop() })
  life.open({ close: () => parts.watches.stop() })
  life.open({ close: () => cluster?.copies.stop() })
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

/** Joins a cluster, if the settings name one, and applies what its database has. */
async function startMember(
  { settings, log, nowMs }: ServerOptions,
  { joinCluster, store }: Pick<Awaited<ReturnType<typeof openFleet>>, 'joinCluster' | 'store'>,
  readiness: Readiness,
  life: Lifecycle,
) {
  if (joinCluster === undefined) return undefined
  const { reads, maxStalenessMs, readWaitMs, advertiseUrl, peerCaPath } = settings.cluster
  // Loaded only here: a server that is alone does not need it.
  const [{ Gate }, { Forwarder }, { followAuthorities }, { PeerCopies }, { PeerTokens }] = await Promise.all([
    import('./http/cluster/gate.ts'),
    import('./http/cluster/forwarder.ts'),
    import('./http/cluster/peer-authorities.ts'),
    import('./http/cluster/copies.ts'),
    import('./replication/peer-token.ts'),
  ])
  const { member, engine } = await joinCluster()
  readiness.follow({
    status: () => member.status,
    settings: member.self.settings,
    maxStalenessMs: reads === 'any' ? maxStalenessMs : 0,
  })
  member.start()
  await member.caughtUp()
  const forwarder = life.open(new Forwarder(advertiseUrl))
  const useAuthorities = (authorities: Buffer | undefined) => {
    forwarder.authorities = authorities
  }
  const unfollow = followAuthorities(peerCaPath, useAuthorities, reason =>
    log.error({ reason }, 'authorities of the other servers unusable; keeping the previous ones'),
  )
  life.open({ close: unfollow })
  const { commitDeadlineMs } = settings.storage
  const { bodyLimitBytes } = settings.server
  const gate = new Gate({
    member,
    forwarder,
    reads,
    maxStalenessMs,
    readWaitMs,
    commitDeadlineMs,
    bodyLimitBytes,
    nowMs,
  })
  const copyOutcomes = new Tally(COPY_OUTCOMES)
  const logCopy = createCopyEventLog(log)
  const copies = new PeerCopies({
    tokens: new PeerTokens({ store: engine, self: advertiseUrl, nowMs, randomId: randomUUID }),
    copy: () => store.copy(true),
    position: () => member.status.position,
    sequence: () => store.state.sequence,
    fault: () => member.status.fault?.message,
    nowMs,
    onEvent: event => {
      copyOutcomes.add(event.outcome)
      logCopy(event)
    },
  })
  return { gate, copies, copyOutcomes }
}
