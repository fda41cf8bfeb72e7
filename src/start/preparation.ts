// Prepares the parts of a server that depend only on the settings, before the data folder or a port is opened. Finds all faults
// and reports them together. `hyperfleet serve` and `hyperfleet config --check` share it, so both refuse the same settings.

import { randomBytes } from 'node:crypto'
import { loadSpecValidator } from '../api/spec-schema.ts'
import { type BuildInfo, readBuildInfo } from '../binary/build-info.ts'
import { type OriginalVariable, unmetDemands } from '../config/original.ts'
import type { Settings } from '../config/schema.ts'
import { SettingsError } from '../config/settings.ts'
import { clusterFaults, portFaults } from '../config/start-rules.ts'
import { createClientAddress } from '../http/admission/client-address.ts'
import { createCors } from '../http/admission/cors.ts'
import { Distrust } from '../http/admission/distrust.ts'
import { createRateLimit } from '../http/admission/rate-limit.ts'
import type { Policies } from '../http/api.ts'
import { type Authentication, createAuthentication } from '../http/auth/authentication.ts'
import { isKeySetExposed, keySetUrl } from '../http/auth/remote-keys.ts'
import { type CertificateFiles, certificateWarnings, readCertificate } from '../http/transport/certificate.ts'
import { chooseTransport } from '../http/transport/load.ts'
import type { Transport } from '../http/transport/transport.ts'
import { createKeyEventLog } from '../observe/log/events.ts'
import type { Logger } from '../observe/log/log.ts'
import { startTracing, type Tracing } from '../observe/tracing/tracing.ts'
import { checkFolderPath } from '../store/folder/folder-path.ts'
import { reasonOf } from '../wire/text.ts'
import type { Lifecycle } from './lifecycle.ts'

export interface PreparationOptions {
  readonly settings: Settings
  /** Variables of the original server, which may demand a protection (contract 1.6). */
  readonly original?: readonly OriginalVariable[]
  /** Receives warnings, which do not prevent the start. */
  readonly log: Logger
  /** The machine's clock in milliseconds since the Unix epoch. */
  readonly machineMs: () => number
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number
}

export interface Preparation {
  readonly build: BuildInfo
  /** Undefined for plain HTTP. */
  readonly tls: CertificateFiles | undefined
  readonly transport: Transport
  /** Undefined if tracing is off. */
  readonly tracing: Tracing | undefined
  readonly policies: Policies
  /** Reads the keys for tokens again. */
  readonly reloadKeys: () => Promise<void>
}

/**
 * Prepares the parts. Everything that it opens is in the lifecycle, also if it throws.
 * @throws SettingsError that lists all faults, one a line
 */
export function prepare(options: PreparationOptions, life: Lifecycle): Preparation {
  const { settings, log, nowMs } = options
  const { server, limits } = settings
  const build = readBuildInfo()
  const faults = [
    ...unmetDemands(options.original ?? [], settings),
    ...portFaults(settings),
    ...clusterFaults(settings),
  ]
  const attempt = <T>(make: () => T) => attempted(make, faults)
  const tls = attempt(() => tlsFiles(options))
  const transport = attempt(() => chooseTransport(server.engine, hasTls(settings)))
  const cors = attempt(() => createCors(server.corsOrigins))
  const clientAddress = attempt(() => createClientAddress(limits.trustedProxies))
  const authentication = attempt(() => life.open(createTokenCheck(options)))
  const validateSpec = attempt(() =>
    server.openapiSchemaPath === '' ? undefined : loadSpecValidator(server.openapiSchemaPath),
  )
  const tracing = attempt(() => life.open(openTracing(build.version, options)))
  attempt(() => checkFolderPath(settings.storage.path))
  if (faults.length > 0) throw new SettingsError(faults.join('\n'))
  if (transport().note !== undefined) log.warn(transport().note)
  return {
    build,
    tls: tls(),
    transport: transport(),
    tracing: tracing(),
    policies: {
      authenticate: authentication().authenticate,
      clientAddress: clientAddress(),
      cors: cors(),
      distrust: new Distrust(nowMs),
      rateLimit: createRateLimit(limits, nowMs),
      validateSpec: validateSpec(),
    },
    reloadKeys: () => authentication().reload(),
  }
}

/** Collects a fault instead of throwing it. The returned function returns the part, or throws if there was a fault. */
function attempted<T>(make: () => T, faults: string[]): () => T {
  try {
    const made = make()
    return () => made
  } catch (error) {
    const message = reasonOf(error)
    // A parser may show the position of a fault on further lines. Here each fault takes one line.
    faults.push(message.trimEnd().replace(/\s*\n\s*/g, ' '))
    return () => {
      throw error
    }
  }
}

function hasTls({ server }: Settings): boolean {
  return server.tlsCertPath !== '' || server.tlsKeyPath !== ''
}

/** Certificate and key of the API port, checked; undefined for plain HTTP. */
function tlsFiles({ settings, log, machineMs }: PreparationOptions): CertificateFiles | undefined {
  const { tlsCertPath, tlsKeyPath } = settings.server
  if (!hasTls(settings)) return undefined
  if (tlsCertPath === '' || tlsKeyPath === '')
    throw new Error('server.tlsCertPath and server.tlsKeyPath are required together')
  const files = { certPath: tlsCertPath, keyPath: tlsKeyPath }
  readCertificate(files)
  for (const warning of certificateWarnings(files, machineMs())) log.warn(warning)
  return files
}

/** Creates the authentication, and warns of settings that contradict each other. */
function createTokenCheck({ settings, log, machineMs, nowMs }: PreparationOptions): Authentication {
  const { auth } = settings
  const authentication = createAuthentication(auth, {
    machineMs,
    nowMs,
    fetch,
    onEvent: createKeyEventLog(log),
  })
  if (auth.enabled && auth.jwksUrl !== '' && isKeySetExposed(keySetUrl(auth.jwksUrl)))
    log.warn('auth.jwksUrl is plain HTTP: anyone on the network path can forge tokens; use https')
  if (!auth.enabled && (auth.jwksUrl !== '' || auth.jwksFile !== ''))
    log.warn('auth.enabled is false: the key set in auth.jwksUrl or auth.jwksFile is not used')
  if (auth.enabled && auth.jwksUrl !== '' && auth.jwksFile !== '')
    log.warn('auth.jwksUrl and auth.jwksFile are both set: the file is ignored')
  return authentication
}

/** Starts tracing; undefined if it is off. */
function openTracing(version: string, { settings, log, machineMs, nowMs }: PreparationOptions) {
  if (!settings.tracing.enabled) return undefined
  const random = Math.random
  return startTracing({
    settings: settings.tracing,
    version,
    log,
    machineMs,
    nowMs,
    random,
    randomBytes,
    fetch,
  })
}
