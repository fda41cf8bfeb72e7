// Settings: names shared by all versions, sources, and refusals (contract 1.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Settings } from '../../src/config/schema.ts'
import { loadSettings } from '../../src/config/settings.ts'

interface Named {
  readonly variable: string
  readonly flag: string
  readonly text: string
  readonly read: (settings: Settings) => unknown
  readonly fallback: unknown
  readonly value: unknown
}

const NAMED: readonly Named[] = [
  {
    variable: 'HYPERFLEET_SERVER_HOST',
    flag: '--server-host',
    text: '0.0.0.0',
    read: settings => settings.server.host,
    fallback: '127.0.0.1',
    value: '0.0.0.0',
  },
  {
    variable: 'HYPERFLEET_SERVER_PORT',
    flag: '--server-port',
    text: '8001',
    read: settings => settings.server.port,
    fallback: 8000,
    value: 8001,
  },
  {
    variable: 'HYPERFLEET_HEALTH_PORT',
    flag: '--health-port',
    text: '0',
    read: settings => settings.health.port,
    fallback: 8080,
    value: 0,
  },
  {
    variable: 'HYPERFLEET_METRICS_PORT',
    flag: '--metrics-port',
    text: '65535',
    read: settings => settings.metrics.port,
    fallback: 9090,
    value: 65_535,
  },
  {
    variable: 'HYPERFLEET_STORAGE_PATH',
    flag: '--storage-path',
    text: '/var/lib/hyperfleet',
    read: settings => settings.storage.path,
    fallback: './data',
    value: '/var/lib/hyperfleet',
  },
  {
    variable: 'HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER',
    flag: '--adapters-required-cluster',
    text: '["dns","validator"]',
    read: settings => settings.adapters.required.cluster,
    fallback: [],
    value: ['dns', 'validator'],
  },
  {
    variable: 'HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL',
    flag: '--adapters-required-nodepool',
    text: '["pools"]',
    read: settings => settings.adapters.required.nodepool,
    fallback: [],
    value: ['pools'],
  },
  {
    variable: 'HYPERFLEET_SEARCH_SPEC_INDEXES',
    flag: '--search-spec-indexes',
    text: '["spec.region","spec.network.type"]',
    read: settings => settings.search.specIndexes,
    fallback: [],
    value: ['spec.region', 'spec.network.type'],
  },
  {
    variable: 'HYPERFLEET_SERVER_OPENAPI_SCHEMA_PATH',
    flag: '--server-openapi-schema-path',
    text: '/etc/hyperfleet/openapi.yaml',
    read: settings => settings.server.openapiSchemaPath,
    fallback: '',
    value: '/etc/hyperfleet/openapi.yaml',
  },
]

test('contract 1.4: every named setting has its default', () => {
  const settings = loadSettings([], {})
  for (const { variable, read, fallback } of NAMED) assert.deepEqual(read(settings), fallback, variable)
})

test('contract 1.4: every named setting is read from its environment variable', () => {
  for (const { variable, text, read, value } of NAMED)
    assert.deepEqual(read(loadSettings([], { [variable]: text })), value, variable)
})

test('contract 1.4: every named setting is read from its flag, in either form', () => {
  for (const { flag, text, read, value } of NAMED) {
    assert.deepEqual(read(loadSettings([flag, text], {})), value, flag)
    assert.deepEqual(read(loadSettings([`${flag}=${text}`], {})), value, flag)
  }
})

test('contract 1.4: a flag overrides the environment', () => {
  const settings = loadSettings(['--server-port', '8002'], { HYPERFLEET_SERVER_PORT: '8001' })
  assert.equal(settings.server.port, 8002)
})

test('contract 1.4: other environment variables are ignored', () => {
  assert.deepEqual(loadSettings([], { PATH: '/bin', HYPERFLEET: 'x' }), loadSettings([], {}))
})

const WRONG: readonly (readonly [variable: string, ...texts: string[]])[] = [
  ['HYPERFLEET_SERVER_PORT', '', 'eight', '-1', '65536', '80.5', '80.0', '0x50', '1e3', ' 80'],
  ['HYPERFLEET_HEALTH_PORT', '65536'],
  ['HYPERFLEET_METRICS_PORT', 'off'],
  [
    'HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER',
    '',
    'dns',
    '"dns"',
    '{}',
    '[1]',
    '["dns","dns"]',
    '["dns-"]',
    '[""]',
    '["dns"',
    `["${'a'.repeat(256)}"]`,
  ],
  [
    'HYPERFLEET_SEARCH_SPEC_INDEXES',
    'spec.region',
    '["spec"]',
    '["region"]',
    '["spec.a-b"]',
    '["spec.a","spec.a"]',
    '["spec.1.2.3.4.5.6.7.8.9"]',
    '["labels.a"]',
    JSON.stringify(Array.from({ length: 33 }, (_, i) => `spec.k${i}`)),
  ],
  ['HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL', 'null', '["a/b"]', '["a-b","c","a_b"]', '["3d","adapter-3d"]'],
]

test('contract 1.4: an invalid setting is refused with its location', () => {
  for (const [variable, ...texts] of WRONG)
    for (const text of texts)
      assert.throws(
        () => loadSettings([], { [variable]: text }),
        (error: Error) => error.message.includes(variable) && !error.message.includes('\n    at '),
        `${variable}=${text}`,
      )
})

test('contract 13.5: at most 32 paths can be indexed', () => {
  const paths = Array.from({ length: 33 }, (_, i) => `spec.k${i}`)
  const load = (some: readonly string[]) =>
    loadSettings([], { HYPERFLEET_SEARCH_SPEC_INDEXES: JSON.stringify(some) })
  assert.equal(load(paths.slice(1)).search.specIndexes.length, 32)
  assert.throws(
    () => load(paths),
    /HYPERFLEET_SEARCH_SPEC_INDEXES.* must be a JSON array .*at most 32 entries/,
  )
  assert.throws(() => load(['spec.a', 'region']), /entry 2 must match/)
})

test('contract 1.4: all invalid settings are named at once, and unknown flags too', () => {
  assert.throws(
    () => loadSettings(['--health-port', 'x'], { HYPERFLEET_SERVER_PORT: 'y' }),
    (error: Error) =>
      error.message.includes('--health-port') && error.message.includes('HYPERFLEET_SERVER_PORT'),
  )
  assert.throws(() => loadSettings(['--server-prot', '1'], {}), /--server-prot/)
  assert.throws(() => loadSettings(['stray'], {}), /stray/)
})
