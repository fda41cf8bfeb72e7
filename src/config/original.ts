// Settings of the original HyperFleet API server (openshift-hyperfleet/hyperfleet-api). Users who migrate get the
// right name, and nothing that the original protected is left open by mistake (contract 1.6).
import { type Settings, settingLeaves } from './schema.ts'

/** Guide that the messages point to. */
export const ORIGINAL_GUIDE = 'docs/guide/coming-from.md'

export interface OriginalSetting {
  /** Path of its key in the original's file. Its variable is `HYPERFLEET_` and the path in capitals. */
  readonly key: string
  /** Name of the setting here; absent if there is no counterpart. */
  readonly here?: string
  /** Flag of the original, without dashes. */
  readonly flag?: string
  /** True if only the original's file has it, and no variable. */
  readonly isFileOnly?: true
}

/** Settings whose variable has the same name here. */
export const SAME_SETTINGS: readonly OriginalSetting[] = [
  { key: 'server.host', here: 'server.host', flag: 'server-host' },
  { key: 'server.port', here: 'server.port', flag: 'server-port' },
  {
    key: 'server.openapi_schema_path',
    here: 'server.openapiSchemaPath',
    flag: 'server-openapi-schema-path',
  },
  { key: 'health.port', here: 'health.port', flag: 'health-port' },
  { key: 'metrics.port', here: 'metrics.port', flag: 'metrics-port' },
  { key: 'logging.level', here: 'logging.level', flag: 'log-level' },
  { key: 'logging.format', here: 'logging.format', flag: 'log-format' },
  { key: 'tracing.enabled', here: 'tracing.enabled' },
  { key: 'tracing.service_name', here: 'tracing.serviceName' },
  { key: 'adapters.required.cluster', here: 'adapters.required.cluster' },
  { key: 'adapters.required.nodepool', here: 'adapters.required.nodepool' },
]

/** Settings of present and earlier versions of the original that do not exist here. Their variables are ignored. */
export const OTHER_SETTINGS: readonly OriginalSetting[] = [
  { key: 'server.hostname', flag: 'server-hostname' },
  { key: 'server.timeouts.read', here: 'server.bodyDeadlineMs', flag: 'server-read-timeout' },
  { key: 'server.timeouts.write', here: 'server.answerDeadlineMs', flag: 'server-write-timeout' },
  { key: 'server.tls.enabled', here: 'server.tlsCertPath', flag: 'server-https-enabled' },
  { key: 'server.tls.cert_file', here: 'server.tlsCertPath', flag: 'server-https-cert-file' },
  { key: 'server.tls.key_file', here: 'server.tlsKeyPath', flag: 'server-https-key-file' },
  { key: 'server.jwt.enabled', here: 'auth.enabled', flag: 'server-jwt-enabled' },
  { key: 'server.jwt.configs', here: 'auth.jwksUrl', isFileOnly: true },
  { key: 'server.jwt.configs', here: 'auth.jwksFile', isFileOnly: true },
  { key: 'server.jwt.issuer_url', here: 'auth.issuer', flag: 'server-jwt-issuer-url' },
  { key: 'server.jwt.audience', here: 'auth.audience', flag: 'server-jwt-audience' },
  { key: 'server.jwt.identity_claim', here: 'auth.emailClaim' },
  { key: 'server.jwk.cert_file', here: 'auth.jwksFile', flag: 'server-jwk-cert-file' },
  { key: 'server.jwk.cert_url', here: 'auth.jwksUrl', flag: 'server-jwk-cert-url' },
  { key: 'server.authz.enabled', here: 'auth.enabled', flag: 'server-authz-enabled' },
  { key: 'server.acl.file', flag: 'server-acl-file' },
  { key: 'server.identity_header' },
  { key: 'server.identity_header.enabled' },
  { key: 'server.identity_header.name' },
  { key: 'server.tenant.enabled', flag: 'server-tenant-enabled' },
  { key: 'server.tenant.system_header', flag: 'server-tenant-system-header' },
  { key: 'server.tenant.dimensions', isFileOnly: true },
  { key: 'logging.output', flag: 'log-output' },
  { key: 'logging.masking.enabled', flag: 'log-masking-enabled' },
  { key: 'logging.masking.headers', flag: 'log-masking-sensitive-headers' },
  { key: 'logging.masking.fields', here: 'logging.maskedFields', flag: 'log-masking-sensitive-fields' },
  { key: 'logging.otel.enabled', here: 'tracing.enabled', flag: 'log-otel-enabled' },
  { key: 'logging.otel.sampling_rate', here: 'tracing.sampleRatio', flag: 'log-otel-sampling-rate' },
  { key: 'metrics.host', here: 'server.host', flag: 'metrics-host' },
  { key: 'metrics.tls.enabled', flag: 'metrics-tls-enabled' },
  { key: 'metrics.tls.cert_file', flag: 'metrics-tls-cert-file' },
  { key: 'metrics.tls.key_file', flag: 'metrics-tls-key-file' },
  { key: 'metrics.label_metrics_inclusion_duration', flag: 'metrics-label-metrics-inclusion-duration' },
  {
    key: 'metrics.reconciliation_stuck_threshold',
    here: 'metrics.stuckAfterMs',
    flag: 'metrics-reconciliation-stuck-threshold',
  },
  {
    key: 'metrics.deletion_stuck_threshold',
    here: 'metrics.stuckAfterMs',
    flag: 'metrics-deletion-stuck-threshold',
  },
  { key: 'health.host', here: 'server.host', flag: 'health-host' },
  { key: 'health.tls.enabled', flag: 'health-tls-enabled' },
  { key: 'health.tls.cert_file', flag: 'health-tls-cert-file' },
  { key: 'health.tls.key_file', flag: 'health-tls-key-file' },
  { key: 'health.shutdown_timeout', here: 'server.shutdownDeadlineMs', flag: 'health-shutdown-timeout' },
  { key: 'health.db_ping_timeout', flag: 'health-db-ping-timeout' },
  { key: 'env' },
  { key: 'use_new_config' },
  { key: 'cluster_adapters', here: 'adapters.required.cluster' },
  { key: 'nodepool_adapters', here: 'adapters.required.nodepool' },
  { key: 'adapters.cluster_adapters', here: 'adapters.required.cluster' },
  { key: 'adapters.nodepool_adapters', here: 'adapters.required.nodepool' },
  { key: 'entities', here: 'adapters.required.cluster', isFileOnly: true },
  { key: 'entities', here: 'adapters.required.nodepool', isFileOnly: true },
]

/** Sections that are ignored as a whole: there is no database here, and no OCM. */
const IGNORED_SECTIONS = ['database', 'ocm']
/** Prefixes of the flags of those sections. */
const IGNORED_FLAGS = ['db-', 'ocm-']

/** A variable of the original, as found in the environment. */
export interface OriginalVariable {
  readonly variable: string
  readonly text: string
}

export function originalVariable({ key }: OriginalSetting): string {
  return `HYPERFLEET_${key.replaceAll('.', '_').toUpperCase()}`
}

const BY_VARIABLE = new Map(
  OTHER_SETTINGS.filter(({ isFileOnly }) => !isFileOnly).map(setting => [originalVariable(setting), setting]),
)
const IGNORED_PREFIXES = IGNORED_SECTIONS.map(section => `HYPERFLEET_${section.toUpperCase()}_`)

/** Reports whether a variable belongs to the original server, past or present, and not to this one. */
export function isOriginalVariable(variable: string): boolean {
  return BY_VARIABLE.has(variable) || IGNORED_PREFIXES.some(prefix => variable.startsWith(prefix))
}

/** Builds the one warning for all of them; undefined if there are none. */
export function originalWarning(
  variables: readonly string[],
  variableOf: ReadonlyMap<string, string>,
): string | undefined {
  if (variables.length === 0) return undefined
  const named = variables.toSorted().map(variable => {
    const here = BY_VARIABLE.get(variable)?.here
    return here === undefined ? variable : `${variable} (here ${variableOf.get(here)})`
  })
  return `ignored ${named.join(', ')}: settings of the original HyperFleet API that this server does not have; see ${ORIGINAL_GUIDE}`
}

/** A protection or a wait that a variable of the original asks for. A start that does not provide it is refused. */
interface Demand {
  readonly variable: string
  readonly isAsked: (text: string) => boolean
  readonly isMet: (settings: Settings) => boolean
  readonly message: string
}

/** Texts that Go's `strconv.ParseBool` reads as false. Any other text asks for protection, or tries to. */
const FALSE_TEXTS = ['', '0', 'f', 'F', 'false', 'FALSE', 'False']
const isOn = (text: string) => !FALSE_TEXTS.includes(text)
const isGiven = (text: string) => text !== ''

const AUTHENTICATION =
  'it asks for authentication, which is off here: set auth.enabled (HYPERFLEET_AUTH_ENABLED), or set the variable to false'
const DEMANDS: readonly Demand[] = [
  {
    variable: 'HYPERFLEET_SERVER_JWT_ENABLED',
    isAsked: isOn,
    isMet: ({ auth }) => auth.enabled,
    message: AUTHENTICATION,
  },
  {
    variable: 'HYPERFLEET_SERVER_AUTHZ_ENABLED',
    isAsked: isOn,
    isMet: ({ auth }) => auth.enabled,
    message: AUTHENTICATION,
  },
  {
    variable: 'HYPERFLEET_SERVER_TLS_ENABLED',
    isAsked: isOn,
    isMet: ({ server }) => server.tlsCertPath !== '',
    message:
      'it asks for TLS, which is off here: set server.tlsCertPath (HYPERFLEET_SERVER_TLS_CERT_PATH) and server.tlsKeyPath, ' +
      'or set the variable to false',
  },
  {
    variable: 'HYPERFLEET_SERVER_TENANT_ENABLED',
    isAsked: isOn,
    isMet: () => false,
    message: 'this server does not separate tenants: every user of the API sees the whole fleet',
  },
  {
    variable: 'HYPERFLEET_SERVER_JWT_ISSUER_URL',
    isAsked: isGiven,
    isMet: ({ auth }) => !auth.enabled || auth.issuer !== '',
    message: 'tokens of any issuer would be accepted: set auth.issuer (HYPERFLEET_AUTH_ISSUER)',
  },
  {
    variable: 'HYPERFLEET_SERVER_JWT_AUDIENCE',
    isAsked: isGiven,
    isMet: ({ auth }) => !auth.enabled || auth.audience !== '',
    message: 'tokens for any audience would be accepted: set auth.audience (HYPERFLEET_AUTH_AUDIENCE)',
  },
  ...['HYPERFLEET_CLUSTER_ADAPTERS', 'HYPERFLEET_ADAPTERS_CLUSTER_ADAPTERS'].map(variable => ({
    variable,
    isAsked: isGiven,
    isMet: ({ adapters }: Settings) => adapters.required.cluster.length > 0,
    message:
      'clusters would be ready without these adapters: set adapters.required.cluster (HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER)',
  })),
  ...['HYPERFLEET_NODEPOOL_ADAPTERS', 'HYPERFLEET_ADAPTERS_NODEPOOL_ADAPTERS'].map(variable => ({
    variable,
    isAsked: isGiven,
    isMet: ({ adapters }: Settings) => adapters.required.nodepool.length > 0,
    message:
      'nodepools would be ready without these adapters: set adapters.required.nodepool (HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL)',
  })),
]

/** Variables of the original that can stop a start. */
export const DEMANDING_VARIABLES: readonly string[] = DEMANDS.map(({ variable }) => variable)

/** Lists the demands of the original's variables that these settings do not meet, one fault a line (contract 1.6). */
export function unmetDemands(variables: readonly OriginalVariable[], settings: Settings): string[] {
  return variables.flatMap(({ variable, text }) =>
    DEMANDS.filter(
      demand => demand.variable === variable && demand.isAsked(text) && !demand.isMet(settings),
    ).map(({ message }) => `${variable} is ${JSON.stringify(text)}: ${message}; see ${ORIGINAL_GUIDE}`),
  )
}

/** Names of this server's own settings and sections, which the original may share. */
const OWN_KEYS: ReadonlySet<string> = new Set(
  settingLeaves().flatMap(({ path }) =>
    path.map((_, i) =>
      path
        .slice(0, i + 1)
        .join('.')
        .toLowerCase(),
    ),
  ),
)

/**
 * Names here of a key in the original's file: several for a section, none without a counterpart, undefined if the
 * original has no such key either. The original ignores case in keys.
 */
export function originalKey(path: readonly string[]): readonly string[] | undefined {
  const key = path.join('.').toLowerCase()
  if (OWN_KEYS.has(key)) return undefined
  if (IGNORED_SECTIONS.includes(key)) return []
  const under = [...SAME_SETTINGS, ...OTHER_SETTINGS].filter(
    setting => setting.key === key || setting.key.startsWith(`${key}.`),
  )
  if (under.length === 0) return undefined
  return [...new Set(under.flatMap(({ here }) => here ?? []))]
}

/** Names here of a flag of the original, given without dashes. */
export function originalFlag(flag: string): readonly string[] | undefined {
  const setting = [...SAME_SETTINGS, ...OTHER_SETTINGS].find(candidate => candidate.flag === flag)
  if (setting !== undefined) return setting.here === undefined ? [] : [setting.here]
  return IGNORED_FLAGS.some(prefix => flag.startsWith(prefix)) ? [] : undefined
}
