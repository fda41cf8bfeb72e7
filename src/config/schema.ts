// Schema of all settings: type, bounds, default and meaning, once. Flags and environment variables are named after the
// path: `server.port` is `--server-port` and `HYPERFLEET_SERVER_PORT` (contract 1.4). The option `secret` keeps a value
// out of everything that is printed. The option `reloadable` means that SIGHUP applies a new value.
import Type from 'typebox'
import { ADAPTER_NAME, conditionType } from '../fleet/adapter-name.ts'
import { COMPATIBILITIES } from '../fleet/conditions.ts'
import { MAX_SPEC_INDEXES, SPEC_PATH } from '../index/spec-path.ts'

const MEBIBYTE = 1024 * 1024
/** Longest time: timers take no more than 24.8 days. */
const DAY_MS = 86_400_000

interface LeafOptions {
  readonly secret?: boolean
  readonly reloadable?: boolean
}

const text = (fallback: string, description: string) => Type.String({ default: fallback, description })
const port = (fallback: number, description: string) =>
  Type.Integer({ minimum: 0, maximum: 65_535, default: fallback, description })
const count = (fallback: number, description: string, bounds: { minimum?: number; maximum?: number } = {}) =>
  Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, ...bounds, default: fallback, description })
const choice = <T extends string>(
  values: readonly [T, ...T[]],
  description: string,
  options: LeafOptions = {},
) => Type.Enum(values, { default: values[0], description, ...options })
const ratio = (fallback: number, description: string) =>
  Type.Number({ minimum: 0, maximum: 1, default: fallback, description })
const adapterNames = (kind: string) =>
  Type.Refine(
    Type.Array(Type.String(ADAPTER_NAME), {
      uniqueItems: true,
      default: [],
      description: `adapters that a ${kind} waits for; empty: every adapter that has reported True or False`,
      example: '["dns","validator"]',
    }),
    names => new Set(names.map(conditionType)).size === new Set(names).size,
    () =>
      'must not name two adapters whose conditions have the same type, such as a-b and a_b: only one of them could report',
  )
const texts = (description: string, example: string) =>
  Type.Array(Type.String({ minLength: 1 }), { uniqueItems: true, default: [], description, example })

export const SettingsSchema = Type.Object({
  server: Type.Object({
    host: text('127.0.0.1', 'address on which the API, health and metrics listeners bind'),
    port: port(8000, 'port of the API; 0: any free port'),
    tlsCertPath: text('', 'PEM file with the certificate chain of the API port; empty: plain HTTP'),
    tlsKeyPath: text('', 'PEM file with the private key of that certificate'),
    engine: choice(['auto', 'uws', 'node'], 'HTTP engine; auto: uws if its native module loads, else node'),
    bodyLimitBytes: count(MEBIBYTE, 'largest request body', { maximum: 64 * MEBIBYTE }),
    bodyDeadlineMs: count(30_000, 'time limit for the arrival of a request body', { maximum: DAY_MS }),
    pageSizeDefault: count(100, 'items on a page if the request gives no size', { maximum: 1_000_000 }),
    pageSizeMax: count(1000, 'most items on a page; a larger size is reduced to this', {
      maximum: 1_000_000,
    }),
    answerDeadlineMs: count(60_000, 'time limit for a client to read a response; then it is disconnected', {
      maximum: DAY_MS,
    }),
    corsOrigins: texts(
      'origins whose pages may use the API, or `*`; empty: none',
      '["https://console.example.com"]',
    ),
    shutdownDelayMs: count(
      0,
      'time between the stop signal, when /readyz turns 503, and the end of accepting connections',
      {
        minimum: 0,
        maximum: DAY_MS,
      },
    ),
    shutdownDeadlineMs: count(
      20_000,
      'time limit for the stop after that delay; half of it is for requests in flight',
      {
        maximum: DAY_MS,
      },
    ),
    console: Type.Boolean({
      default: true,
      description: 'serve the console, a page on the fleet, at /console/',
    }),
    openapiSchemaPath: text(
      '',
      'OpenAPI document whose schemas ClusterSpec and NodePoolSpec every `spec` must satisfy',
    ),
  }),
  health: Type.Object({ port: port(8080, 'port of /healthz and /readyz; 0: off') }),
  metrics: Type.Object({
    port: port(9090, 'port of /metrics; 0: off'),
    stuckAfterMs: count(600_000, 'time after which a resource that is not ready counts as stuck'),
    staleAfterMs: count(
      3_600_000,
      'age of the oldest report behind Ready after which a resource counts as stale',
    ),
  }),
  storage: Type.Object({
    path: text('./data', 'data folder'),
    mustExist: Type.Boolean({
      default: false,
      description: 'refuse to start without a fleet in the data folder, instead of creating a new one',
    }),
    mustExistFile: text(
      '',
      'file that the first start creates, on another volume than the data folder; once it exists, mustExist is in force',
    ),
    commitDeadlineMs: count(30_000, 'time limit for a commit; then the process ends', {
      maximum: DAY_MS,
    }),
    checkpointJournalEntries: count(100_000, 'number of journal entries that starts a checkpoint'),
    checkpointJournalBytes: count(256 * MEBIBYTE, 'size of the journal that starts a checkpoint'),
    checkpointMaxAgeMs: count(300_000, 'age of the oldest journal entry that starts a checkpoint', {
      maximum: DAY_MS,
    }),
  }),
  cluster: Type.Object({
    engine: choice(
      ['none', 'postgres'],
      'database with the journal that several servers share; none: this server is alone',
    ),
    url: text(
      '',
      'the database, as postgres://user@host:5432/database without a password; sslmode=verify-full unless it says otherwise',
    ),
    passwordPath: text('', 'file with the password of the database; empty: none'),
    tlsCaPath: text(
      '',
      "PEM file with the authorities of the database's certificate; empty: those that Node knows",
    ),
    tlsCertPath: text('', 'PEM file with the certificate of this client of the database; empty: none'),
    tlsKeyPath: text('', 'PEM file with the private key of that certificate'),
    advertiseUrl: text(
      '',
      'URL at which the other servers reach the API of this one, different for each server',
    ),
    peerCaPath: text(
      '',
      "PEM file with the authorities of the other servers' certificates, where advertiseUrl is https; empty: those that Node knows",
    ),
    reads: choice(
      ['writer', 'any'],
      'who answers reads; writer: the server that decides; any: each server from its own memory, perhaps a moment late',
    ),
    maxStalenessMs: count(
      5000,
      'with reads=any, how long ago a server may have found nothing new in the journal; 0: no limit',
      { minimum: 0, maximum: DAY_MS },
    ),
    readWaitMs: count(2000, 'longest wait of a read for a change, or for a server that decides', {
      maximum: DAY_MS,
    }),
  }),
  search: Type.Object({
    specIndexes: Type.Array(Type.String(SPEC_PATH), {
      uniqueItems: true,
      maxItems: MAX_SPEC_INDEXES,
      default: [],
      description: 'paths in `spec` to index for searches and orders; others are searched row by row',
      example: '["spec.region","spec.network.type"]',
    }),
  }),
  compatibility: choice(
    COMPATIBILITIES,
    "conditions to serve: documents (Available and Ready), current (Reconciled and LastKnownReconciled, for today's clients), or both",
  ),
  adapters: Type.Object({
    required: Type.Object({ cluster: adapterNames('cluster'), nodepool: adapterNames('nodepool') }),
  }),
  watches: Type.Object({
    // Clients and proxies take a minute of silence for a lost connection.
    bookmarkIntervalMs: count(15_000, 'time without events after which a watch gets a BOOKMARK', {
      minimum: 1000,
      maximum: 30_000,
    }),
    retainedRemovals: count(
      100_000,
      'removed resources of which a watch can still be sent a DELETED; one that needs more begins with everything that matches',
      { minimum: 0, maximum: 10_000_000 },
    ),
  }),
  limits: Type.Object({
    adaptersPerResource: count(64, 'adapters that may report on one resource'),
    adaptersPerKind: count(256, 'different adapters that may report on one kind of resource'),
    conditionsPerReport: count(32, 'conditions in one report', { minimum: 3 }),
    reasonMaxBytes: count(1024, 'largest reason of a condition, in bytes of UTF-8'),
    messageMaxBytes: count(8192, 'largest message of a condition, in bytes of UTF-8'),
    reportAheadMs: count(600_000, "how far observed_time may be ahead of the server's clock", { minimum: 0 }),
    connections: count(20_000, 'open connections of the API; further ones are closed at once'),
    requestsInFlight: count(4096, 'requests in progress at the same time; further ones get 503'),
    openReads: count(10_000, 'watches and waiting reads at the same time; further ones get 503'),
    openReadsPerClient: count(200, 'watches and waiting reads of one client; further ones get 429'),
    openSearches: count(1000, 'different searches among them; further ones get 503'),
    openRelativeSearches: count(
      100,
      'different searches with relative times among them; further ones get 503',
    ),
    ratePerSecond: count(
      0,
      'requests per second of one client (subject of a token, IPv4 address, or IPv6 /64 network); 0: no limit',
      {
        minimum: 0,
        maximum: 1_000_000,
      },
    ),
    rateBurst: count(100, 'burst of requests that a client may make after a pause', { maximum: 1_000_000 }),
    trustedProxies: texts(
      'addresses or networks of proxies whose X-Forwarded-For is trusted; empty: none',
      '["10.0.0.0/8"]',
    ),
    memoryBytes: count(
      0,
      'size of heap and buffers above which creates and growing changes are refused; 0: no limit',
      {
        minimum: 0,
      },
    ),
  }),
  auth: Type.Object({
    enabled: Type.Boolean({ default: false, description: 'require a bearer token' }),
    jwksUrl: text('', 'URL of the key set; this or jwksFile is required'),
    jwksFile: text('', 'file with the key set'),
    issuer: text('', 'required `iss`; empty: any'),
    audience: text('', 'required `aud`; empty: any'),
    emailClaim: text('email', 'claim for created_by and updated_by'),
    identityFormat: choice(
      ['email', 'any'],
      'form of that claim; any: 1 to 256 characters without control characters, which clients of the documents refuse',
    ),
    leewaySeconds: count(30, 'tolerance for exp and nbf', { minimum: 0, maximum: 600 }),
    requireExpiry: Type.Boolean({
      default: true,
      description: 'refuse a token without `exp`, which would never expire',
    }),
  }),
  logging: Type.Object({
    level: choice(['info', 'trace', 'debug', 'warn', 'error', 'silent'], 'lowest level to log', {
      reloadable: true,
    }),
    format: choice(['json', 'text'], 'JSON lines, or text for people'),
    slowRequestMs: count(500, 'duration from which a request is logged as slow; 0: off', {
      minimum: 0,
    }),
    readSample: ratio(0.001, 'fraction of the successful reads to log'),
    maskedFields: Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
      uniqueItems: true,
      default: [],
      description: 'fields to mask at any depth, in addition to those with credentials',
      example: '["password"]',
    }),
  }),
  tracing: Type.Object({
    enabled: Type.Boolean({ default: false, description: 'trace requests with OpenTelemetry' }),
    endpoint: text('http://localhost:4318/v1/traces', 'URL for spans, as OTLP over HTTP in JSON'),
    sampleRatio: ratio(0.1, "fraction of the requests without a caller's trace to trace"),
    headers: Type.String({
      default: '',
      description:
        'header fields of these requests as comma-separated key=value, such as authorization=Bearer%20TOKEN',
      secret: true,
    }),
    timeoutMs: count(2000, 'time limit for an answer of the collector', { maximum: DAY_MS }),
    serviceName: Type.String({
      minLength: 1,
      default: 'hyperfleet-api',
      description: '`service.name` of the spans',
    }),
    resourceAttributes: text('', 'further attributes of the resource, as comma-separated key=value'),
  }),
})

export type Settings = Type.Static<typeof SettingsSchema>

/** A setting: one leaf of the schema. */
export interface SettingLeaf {
  /** `['server', 'port']`. */
  readonly path: readonly string[]
  /** `server.port`. */
  readonly name: string
  /** `server-port`, without the dashes. */
  readonly flag: string
  /** `HYPERFLEET_SERVER_PORT`. */
  readonly variable: string
  readonly schema: Type.TSchema & { readonly default?: unknown; readonly description?: string }
  /** True if its value must never be printed. */
  readonly isSecret: boolean
  /** True if SIGHUP applies a new value; otherwise it takes a restart. */
  readonly isReloadable: boolean
}

/** All settings in the order of the schema. */
export function settingLeaves(
  schema: Type.TSchema = SettingsSchema,
  path: readonly string[] = [],
): SettingLeaf[] {
  if (!Type.IsObject(schema)) return [toLeaf(schema, path)]
  return Object.entries(schema.properties).flatMap(([name, member]) => settingLeaves(member, [...path, name]))
}

function toLeaf(schema: Type.TSchema, path: readonly string[]): SettingLeaf {
  const words = path.flatMap(segment => segment.split(/(?=[A-Z])/)).map(word => word.toLowerCase())
  return {
    path,
    name: path.join('.'),
    flag: words.join('-'),
    variable: `HYPERFLEET_${words.join('_').toUpperCase()}`,
    schema,
    isSecret: 'secret' in schema && schema.secret === true,
    isReloadable: 'reloadable' in schema && schema.reloadable === true,
  }
}
