// OpenTelemetry's own variables as settings of tracing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfiguration } from '../../src/config/settings.ts'

function load(environment: Record<string, string>, flags: readonly string[] = [], file?: string) {
  const readFile = (path: string) => (path === 'f.yaml' && file !== undefined ? Buffer.from(file) : undefined)
  const named = file === undefined ? flags : ['--config', 'f.yaml', ...flags]
  const { settings, warnings, inForce } = loadConfiguration({ flags: named, environment, readFile })
  return { tracing: settings.tracing, warnings, inForce }
}

const DEFAULTS = load({}).tracing

test('the endpoint for traces is used as given, the endpoint for all signals gets the path appended, and either enables tracing', () => {
  const cases: readonly (readonly [environment: Record<string, string>, endpoint: string])[] = [
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c:4318' }, 'http://c:4318/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://c/otlp/' }, 'https://c/otlp/v1/traces'],
    [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://c:4318/' }, 'http://c:4318/'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://b/x' },
      'http://b/x',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a', OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '' },
      'http://a/v1/traces',
    ],
  ]
  for (const [environment, endpoint] of cases) {
    const { tracing, warnings } = load(environment)
    assert.deepEqual([tracing.endpoint, tracing.enabled, warnings], [endpoint, true, []])
  }
})

test("the server's own settings win, wherever they stand", () => {
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel',
    OTEL_SERVICE_NAME: 'otel',
    OTEL_TRACES_SAMPLER: 'parentbased_always_on',
  }
  const own = load({
    ...environment,
    HYPERFLEET_TRACING_ENABLED: 'false',
    HYPERFLEET_TRACING_SERVICE_NAME: 'own',
  })
  assert.deepEqual([own.tracing.enabled, own.tracing.serviceName], [false, 'own'])
  const file = load(environment, ['--tracing-sample-ratio', '0.5'], 'tracing: {endpoint: "http://file/x"}')
  assert.deepEqual(
    [file.tracing.endpoint, file.tracing.sampleRatio, file.tracing.serviceName],
    ['http://file/x', 0.5, 'otel'],
  )
  const shown = file.inForce.find(({ leaf }) => leaf.name === 'tracing.serviceName')
  assert.deepEqual(shown?.origin, { kind: 'variable', name: 'OTEL_SERVICE_NAME' })
})

test('headers, timeout, service and resource are read, and the variables for traces take precedence', () => {
  const { tracing, warnings } = load({
    OTEL_EXPORTER_OTLP_HEADERS: 'a=b',
    OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'authorization=Bearer%20x, x-tenant=t',
    OTEL_EXPORTER_OTLP_TIMEOUT: '10000',
    OTEL_SERVICE_NAME: 'fleet',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=prod,team=a%2Cb',
  })
  assert.deepEqual(warnings, [])
  assert.deepEqual(tracing, {
    ...DEFAULTS,
    headers: 'authorization=Bearer%20x, x-tenant=t',
    timeoutMs: 10_000,
    serviceName: 'fleet',
    resourceAttributes: 'deployment.environment=prod,team=a%2Cb',
  })
})

test('samplers set the ratio of requests without a parent that are traced', () => {
  for (const [sampler, argument, ratio, warns] of [
    ['parentbased_always_on', '', 1, 0],
    ['parentbased_always_off', '', 0, 0],
    ['parentbased_traceidratio', '0.25', 0.25, 0],
    ['parentbased_traceidratio', '', 1, 0],
    ['always_on', '0.5', 1, 1],
    ['traceidratio', '0.5', 0.5, 1],
    ['parentbased_traceidratio', '7', DEFAULTS.sampleRatio, 1],
    ['parentbased_traceidratio', 'half', DEFAULTS.sampleRatio, 1],
    ['jaeger_remote', '', DEFAULTS.sampleRatio, 1],
  ] as const) {
    const { tracing, warnings } = load({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: argument })
    assert.deepEqual([tracing.sampleRatio, warnings.length], [ratio, warns], `${sampler} ${argument}`)
  }
})

test('OTEL_SDK_DISABLED and OTEL_TRACES_EXPORTER turn tracing off and on', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c' }
  for (const [environment, enabled] of [
    [{ ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }, false],
    [{ ...endpoint, OTEL_SDK_DISABLED: 'yes' }, true],
    [{ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }, false],
    [{ OTEL_TRACES_EXPORTER: 'otlp' }, true],
    [{ OTEL_SERVICE_NAME: 'x' }, false],
  ] as const)
    assert.deepEqual(
      [load(environment).tracing.enabled, load(environment).warnings],
      [enabled, []],
      JSON.stringify(environment),
    )
  const other = load({ ...endpoint, OTEL_TRACES_EXPORTER: 'zipkin' })
  assert.equal(other.tracing.enabled, false)
  assert.match(
    other.warnings[0] ?? '',
    /^OTEL_TRACES_EXPORTER names an exporter that this server does not have/,
  )
})

test('a wrong or unsupported variable gives a warning with its name and without its value', () => {
  for (const [name, value] of [
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'http/protobuf'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'secret:4317'],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', 'ftp://secret'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'secret'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a b=secret'],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=secret%0d%0ax: y'],
    ['OTEL_RESOURCE_ATTRIBUTES', 'a=%secret'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '-1'],
    ['OTEL_EXPORTER_OTLP_TIMEOUT', '0'],
  ] as const) {
    const { tracing, warnings } = load({ [name]: value })
    assert.deepEqual(tracing, DEFAULTS, name)
    assert.equal(warnings.length, 1, name)
    assert.ok(warnings[0]?.startsWith(`${name} is ignored: `) && !warnings[0].includes('secret'), warnings[0])
  }
  assert.deepEqual(load({ OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json', OTEL_PROPAGATORS: 'b3' }).warnings, [])
})
