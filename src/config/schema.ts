// Schema of all settings: type, bounds, default and meaning, once. Flags and environment variables are named after the
// path: `server.port` is `--server-port` and `HYPERFLEET_SERVER_PORT` (contract 1.4). The option `secret` keeps a value
// out of everything that is printed. The option `reloadable` means that SIGHUP applies a new value.
import Type from 'typebox'
import { ADAPTER_NAME, conditionType } from '../fleet/adapter-name.ts'
import { COMPATIBILITIES } from '../fleet/conditions.ts'

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
      'must not name two adapters whose conditions would have the same type, such as a-b and a_b: one of them could never report',
  )
const texts = (description: string, example: string) =>
  Type.Array(Type.String({ minLength: 1 }), { uniqueItems: true, default: [], description, example })

export const SettingsSchema = Type.Object({
  server: Type.Object({
    host: text('127.0.0.1', 'address that the API, health and metrics listeners bind'),
    port: port(8000, 'port of the API; 0 takes a free one'),
    tlsCertPath: text('', 'certificate chain of the API port in PEM; empty: plain HTTP'),
    tlsKeyPath: text('', 'private key of that certificate in PEM'),
    engine: choice(['auto', 'uws', 'node'], 'HTTP engine; auto takes uws where its native module loads'),
    bodyLimitBytes: count(MEBIBYTE, 'largest request body', { maximum: 64 * MEBIBYTE }),
    bodyDeadlineMs: count(30_000, 'time in which a request body must have arrived', { maximum: DAY_MS }),
    pageSizeDefault: count(100, 'items on a page when the request names no size', { maximum: 1_000_000 }),
    pageSizeMax: count(1000, 'most items on a page; larger sizes are lowered to it', { maximum: 1_000_000 }),
    answerDeadlineMs: count(60_000, 'time in which a client must have read an answer, else it is cut off', {
      maximum: DAY_MS,
    }),
    corsOrigins: texts(
      'origins whose pages may use the API, or `*`; empty: none',
      '["https://console.example.com"]',
    ),
    shutdownDelayMs: count(
      0,
      'time from the stop signal, at which /readyz turns 503, until no more connections are taken',
      {
        minimum: 0,
        maximum: DAY_MS,
      },
    ),
    shutdownDeadlineMs: count(
      20_000,
      'time after that delay in which the server ends; half of it is for requests in flight',
      {
        maximum: DAY_MS,
      },
    ),
    openapiSchemaPath: text('', 'OpenAPI document whose ClusterSpec and NodePoolSpec `spec` must satisfy'),
  }),
  health: Type.Object({ port: port(8080, 'port of /healthz and /readyz; 0 switches it off') }),
  metrics: Type.Object({
    port: port(9090, 'port of /metrics; 0 switches it off'),
    stuckAfterMs: count(600_000, 'time after which a resource that is not ready counts as stuck'),
    staleAfterMs: count(
      3_600_000,
      'age of the oldest report behind Ready from which a resource counts as stale',
    ),
  }),
  storage: Type.Object({
    path: text('./data', 'data folder'),
    mustExist: Type.Boolean({
      default: false,
      description: 'whether a start on a folder without a fleet is refused, in place of beginning a new one',
    }),
    mustExistFile: text(
      '',
      'file made by the first start, on another volume than the data folder; once it is there, mustExist is in force',
    ),
    commitDeadlineMs: count(30_000, 'time in which a commit must settle, else the process ends', {
      maximum: DAY_MS,
    }),
    checkpointJournalEntries: count(100_000, 'journal entries that start a checkpoint'),
    checkpointJournalBytes: count(256 * MEBIBYTE, 'journal bytes that start a checkpoint'),
    checkpointMaxAgeMs: count(300_000, 'age of the oldest journal entry that starts a checkpoint', {
      maximum: DAY_MS,
    }),
  }),
  compatibility: choice(
    COMPATIBILITIES,
    "clients that are served: those of the documents (conditions Available and Ready), today's (current: Reconciled and LastKnownReconciled), or both",
  ),
  adapters: Type.Object({
    required: Type.Object({ cluster: adapterNames('cluster'), nodepool: adapterNames('nodepool') }),
  }),
  limits: Type.Object({
    adaptersPerResource: count(64, 'adapters that may report about one resource'),
    adaptersPerKind: count(256, 'different adapters that may report about one kind of resource'),
    conditionsPerReport: count(32, 'conditions in one report', { minimum: 3 }),
    reasonMaxBytes: count(1024, "a condition's reason, in bytes of UTF-8"),
    messageMaxBytes: count(8192, "a condition's message, in bytes of UTF-8"),
    reportAheadMs: count(600_000, "how far observed_time may be ahead of the server's clock", { minimum: 0 }),
    connections: count(10_000, 'connections of the API at the same time; one more is closed at once'),
    requestsInFlight: count(4096, 'requests being decided at the same time; one more is answered 503'),
    ratePerSecond: count(
      0,
      'requests in a second that one client may make (subject of a token, IPv4 address, or IPv6 network of /64); 0: no limit',
      {
        minimum: 0,
        maximum: 1_000_000,
      },
    ),
    rateBurst: count(100, 'requests that a client may make at once after a pause', { maximum: 1_000_000 }),
    trustedProxies: texts(
      'addresses or networks of proxies whose X-Forwarded-For is believed; empty: none',
      '["10.0.0.0/8"]',
    ),
    memoryBytes: count(0, 'heap and buffers above which creates and growing changes are refused; 0: none', {
      minimum: 0,
    }),
  }),
  auth: Type.Object({
    enabled: Type.Boolean({ default: false, description: 'whether requests need a bearer token' }),
    jwksUrl: text('', 'where the key set is fetched; this or jwks-file is needed'),
    jwksFile: text('', 'file that holds the key set'),
    issuer: text('', 'required `iss`; empty: any'),
    audience: text('', 'required `aud`; empty: any'),
    emailClaim: text('email', 'claim that created_by and updated_by come from'),
    identityFormat: choice(
      ['email', 'any'],
      'form of that claim; any: 1 to 256 characters without control characters, which clients of the documents refuse',
    ),
    leewaySeconds: count(30, 'tolerance for exp and nbf', { minimum: 0, maximum: 600 }),
    requireExpiry: Type.Boolean({
      default: true,
      description: 'whether a token without `exp` is refused; it would count for ever',
    }),
  }),
  logging: Type.Object({
    level: choice(['info', 'trace', 'debug', 'warn', 'error', 'silent'], 'lowest level that is logged', {
      reloadable: true,
    }),
    format: choice(['json', 'text'], 'lines of JSON, or of text for a person'),
    slowRequestMs: count(500, 'requests that take this long get a line; 0: none does for that', {
      minimum: 0,
    }),
    readSample: ratio(0.001, 'which part of the successful reads gets a line'),
    maskedFields: Type.Array(Type.String({ minLength: 1, maxLength: 63 }), {
      uniqueItems: true,
      default: [],
      description: 'fields whose values are masked, at any depth, beside those that hold credentials',
      example: '["password"]',
    }),
  }),
  tracing: Type.Object({
    enabled: Type.Boolean({ default: false, description: 'whether requests are traced with OpenTelemetry' }),
    endpoint: text('http://localhost:4318/v1/traces', 'where spans are posted, as OTLP over HTTP in JSON'),
    sampleRatio: ratio(0.1, 'which part of the requests without a trace of their caller is traced'),
    headers: Type.String({
      default: '',
      description:
        'header fields of such a POST, such as authorization=Bearer%20TOKEN; key=value, with commas between',
      secret: true,
    }),
    timeoutMs: count(2000, 'time in which the collector must have answered', { maximum: DAY_MS }),
    serviceName: Type.String({
      minLength: 1,
      default: 'hyperfleet-api',
      description: '`service.name` of the spans',
    }),
    resourceAttributes: text('', 'further attributes of the resource: key=value, with commas between'),
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
