// What a start makes of the settings alone, before the data folder is opened or a port bound. All that is wrong is found
// here and told at once: `hyperfleet serve` and `hyperfleet config --check` both go through it, so that the one refuses
// what the other refuses.
import { randomBytes } from 'node:crypto'
import { loadSpecValidator } from './api/spec-schema.ts'
import { readBuildInfo } from './binary/build-info.ts'
import { type OriginalVariable, unmetDemands } from './config/original.ts'
import type { Settings } from './config/schema.ts'
import { SettingsError } from './config/settings.ts'
import { portFaults } from './config/start-rules.ts'
import { createClientAddress } from './http/admission/client-address.ts'
import { createCors } from './http/admission/cors.ts'
import { Distrust } from './http/admission/distrust.ts'
import { createRateLimit } from './http/admission/rate-limit.ts'
import { createAuthentication } from './http/auth/authentication.ts'
import { isKeySetExposed, keySetUrl } from './http/auth/remote-keys.ts'
import { type CertificateFiles, certificateWarnings, readCertificate } from './http/transport/certificate.ts'
import { chooseTransport } from './http/transport/load.ts'
import { createKeyEventLog } from './observe/key-events.ts'
import type { Logger } from './observe/log/log.ts'
import { startTracing } from './observe/tracing/tracing.ts'
import { checkFolderPath } from './store/folder-path.ts'

export interface PreparationOptions {
  readonly settings: Settings
  /** What the original server's variables ask for (contract 1.6). */
  readonly original?: readonly OriginalVariable[]
  /** Gets what is no reason to refuse the start. */
  readonly log: Logger
  /** The machine's clock in milliseconds since the Unix epoch, and a monotonic one. */
  readonly machineMs: () => number
  readonly nowMs: () => number
}

export type Closers = (() => Promise<void>)[]

/** Has a part closed with the server, if there is one. */
export function closing<T extends { close(): Promise<void> } | undefined>(part: T, closers: Closers): T {
  if (part !== undefined) closers.push(() => part.close())
  return part
}

/** Closes in the opposite order of opening. */
export async function closeAll(closers: Closers): Promise<void> {
  for (const close of closers.splice(0).reverse()) await close()
}

export type Preparation = ReturnType<typeof prepare>

/**
 * Makes everything that rests on the settings alone; what it opens is in `closers`, also when it throws.
 * @throws SettingsError that lists all that is wrong, one fault in a line
 */
export function prepare(options: PreparationOptions, closers: Closers) {
  const { settings, log, nowMs } = options
  const { server, limits } = settings
  const build = readBuildInfo()
  const faults = [...unmetDemands(options.original ?? [], settings), ...portFaults(settings)]
  const attempt = <T>(make: () => T) => attempted(make, faults)
  const tls = attempt(() => tlsFiles(options))
  const transport = attempt(() => chooseTransport(server.engine, hasTls(settings)))
  const cors = attempt(() => createCors(server.corsOrigins))
  const clientAddress = attempt(() => createClientAddress(limits.trustedProxies))
  const authentication = attempt(() => openAuthentication(options, closers))
  const validateSpec = attempt(() =>
    server.openapiSchemaPath === '' ? undefined : loadSpecValidator(server.openapiSchemaPath),
  )
  const tracing = attempt(() => closing(openTracing(build.version, options), closers))
  attempt(() => checkFolderPath(settings.storage.path))
  if (faults.length > 0) throw new SettingsError(faults.join('\n'))
  const { note } = transport()
  if (note !== undefined) log.warn(note)
  return {
    build,
    tls: tls(),
    transport: transport(),
    tracing: tracing(),
    policies: {
      cors: cors(),
      rateLimit: createRateLimit(limits, nowMs),
      distrust: new Distrust(nowMs),
      clientAddress: clientAddress(),
      authentication: authentication(),
      validateSpec: validateSpec(),
    },
  }
}

/** Goes on after a fault, so that all of them are told: what was made is had from the function, which throws after one. */
function attempted<T>(make: () => T, faults: string[]): () => T {
  try {
    const made = make()
    return () => made
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // A parser may show the place of a fault on lines of their own; here each fault has one.
    faults.push(message.trimEnd().replace(/\s*\n\s*/g, ' '))
    return () => {
      throw error
    }
  }
}

function hasTls({ server }: Settings): boolean {
  return server.tlsCertPath !== '' || server.tlsKeyPath !== ''
}

/** Certificate and key of the API port, which are tried; undefined for plain HTTP. */
function tlsFiles({ settings, log, machineMs }: PreparationOptions): CertificateFiles | undefined {
  const { tlsCertPath, tlsKeyPath } = settings.server
  if (!hasTls(settings)) return undefined
  if (tlsCertPath === '' || tlsKeyPath === '')
    throw new Error('server-tls-cert-path and server-tls-key-path are needed together')
  const files = { certPath: tlsCertPath, keyPath: tlsKeyPath }
  readCertificate(files)
  for (const warning of certificateWarnings(files, machineMs())) log.warn(warning)
  return files
}

function openAuthentication({ settings, log, machineMs, nowMs }: PreparationOptions, closers: Closers) {
  const { auth } = settings
  const authentication = createAuthentication(auth, {
    machineMs,
    nowMs,
    fetch,
    onEvent: createKeyEventLog(log),
  })
  closers.push(async () => authentication.close())
  if (auth.enabled && auth.jwksUrl !== '' && isKeySetExposed(keySetUrl(auth.jwksUrl)))
    log.warn('auth.jwksUrl is plain HTTP: whoever is on the way can make valid tokens; use https')
  if (!auth.enabled && (auth.jwksUrl !== '' || auth.jwksFile !== ''))
    log.warn('auth.enabled is false: the key set that auth.jwksUrl or auth.jwksFile names is not used')
  if (auth.enabled && auth.jwksUrl !== '' && auth.jwksFile !== '')
    log.warn('auth.jwksUrl and auth.jwksFile are both set: the file is not read')
  return authentication
}

/** Undefined while tracing is off. */
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
