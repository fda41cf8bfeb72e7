// The API as one application: its operations, their handlers, and the policies that apply to every request.
import { randomFillSync, randomInt } from 'node:crypto'
import { openApiDocument } from '../api/openapi.ts'
import { type Operation, operations } from '../api/operations.ts'
import { createRequestParser } from '../api/requests.ts'
import type { SpecValidator } from '../api/spec-schema.ts'
import type { BuildInfo } from '../binary/build-info.ts'
import type { Settings } from '../config/schema.ts'
import type { Fleet } from '../fleet/fleet.ts'
import type { FleetState } from '../state/fleet-state.ts'
import type { Watches } from '../watch/watches.ts'
import type { OpenReads } from './admission/open-reads.ts'
import {
  type Application,
  type ApplicationOptions,
  createApplication,
  createRequestIds,
} from './application.ts'
import type { OperationHandler } from './call.ts'
import { COPY_PATH, type PeerCopies } from './cluster/copies.ts'
import type { Gate } from './cluster/gate.ts'
import { consoleAssets } from './console.ts'
import { EntityTags } from './entity-tags.ts'
import { createFacets } from './facets.ts'
import { HeldReads } from './held-reads.ts'
import { createObserved, type ObservedContext } from './observed.ts'
import { apiPageAssets, createDescriptions } from './pages.ts'
import { createReads, type ReadContext } from './reads.ts'
import { createWrites, type WriteContext } from './writes.ts'

/** Policies for every request, made from the settings. */
export interface Policies
  extends Pick<ApplicationOptions, 'authenticate' | 'clientAddress' | 'cors' | 'distrust' | 'rateLimit'> {
  /** Undefined if no schema of specs is configured. */
  readonly validateSpec: SpecValidator | undefined
}

export interface ApiParts
  extends Pick<ApplicationOptions, 'clock' | 'nowMs' | 'onError' | 'onRequest' | 'tracer'>,
    Pick<ReadContext, 'searches' | 'waiting'>,
    Pick<WriteContext, 'onReport'>,
    ObservedContext {
  readonly settings: Pick<Settings, 'auth' | 'compatibility' | 'limits' | 'server'>
  readonly build: BuildInfo
  readonly policies: Policies
  readonly state: FleetState
  /** The name of the history that sequences are numbers of. */
  readonly history: string
  readonly fleet: Fleet
  readonly watches: Watches
  readonly openReads: OpenReads
  /** Undefined for a server that is alone. */
  readonly gate: Gate | undefined
  /** Copies for other servers; undefined for a server that is alone. */
  readonly copies?: Pick<PeerCopies, 'handle'> | undefined
}

export function createApi(parts: ApiParts): Application {
  const { settings, build, policies, state, history, searches, fleet, onReport } = parts
  const { openReads, waiting, watches, gate, copies, clock, nowMs, tracer, onRequest, onError } = parts
  const { validateSpec, ...rules } = policies
  const { server, limits } = settings
  const tags = new EntityTags(history)
  const held = new HeldReads({ state })
  const table = operations(limits, settings.compatibility)
  return createApplication({
    ...rules,
    operations: table,
    handlers: {
      ...createDescriptions(
        build,
        openApiDocument(table, build.version, { ...server, identityFormat: settings.auth.identityFormat }),
      ),
      ...gated(readsOf(gate, table), {
        ...createReads({
          state,
          searches,
          held,
          pageLimits: server,
          tags,
          waiting,
          watching: {
            watches,
            openReads,
            clientAddress: policies.clientAddress,
            nowMs,
            randomInteger: (min, max) => randomInt(min, max + 1),
          },
          clientAddress: policies.clientAddress,
          clock: clock.now,
        }),
        ...createFacets({ state, searches, held }),
      }),
      ...createObserved(parts),
      ...gated(
        gate?.writes,
        createWrites({
          fleet,
          parser: createRequestParser(limits, validateSpec),
          bodyLimitBytes: server.bodyLimitBytes,
          tags,
          onReport,
        }),
      ),
    },
    assets: new Map([
      ...apiPageAssets(),
      ...(server.console ? consoleAssets() : []),
      ...(copies === undefined ? [] : ([[COPY_PATH, copies.handle]] as const)),
    ]),
    clock,
    nowMs,
    randomId: createRequestIds(randomFillSync),
    tracer,
    onRequest,
    onError,
  })
}

/** The way of reads through the gate of a server in a cluster. */
function readsOf(gate: Gate | undefined, table: Readonly<Record<string, Operation>>): Pass | undefined {
  return (
    gate &&
    ((handle, name) =>
      table[name]?.parameters === 'list' ? gate.watchableLists(handle) : gate.reads(handle))
  )
}

type Pass = (handle: OperationHandler, name: string) => OperationHandler

/** The handlers behind the gate of a server in a cluster; as they are without one. */
function gated<Name extends string>(
  pass: Pass | undefined,
  handlers: Readonly<Record<Name, OperationHandler>>,
): Readonly<Record<Name, OperationHandler>> {
  if (pass === undefined) return handlers
  const passed = Object.entries<OperationHandler>(handlers).map(([name, handle]) => [
    name,
    pass(handle, name),
  ])
  // The same names, each with a handler.
  return Object.fromEntries(passed) as Record<Name, OperationHandler>
}
