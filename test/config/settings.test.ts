import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingLeaves } from '../../src/config/schema.ts'
import { loadSettings, SettingsError } from '../../src/config/settings.ts'

/** Name, flag and default, fixed by the contract. */
const FIXED = [
  ['HYPERFLEET_SERVER_HOST', 'server-host', '127.0.0.1'],
  ['HYPERFLEET_SERVER_PORT', 'server-port', 8000],
  ['HYPERFLEET_HEALTH_PORT', 'health-port', 8080],
  ['HYPERFLEET_METRICS_PORT', 'metrics-port', 9090],
  ['HYPERFLEET_STORAGE_PATH', 'storage-path', './data'],
  ['HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER', 'adapters-required-cluster', []],
  ['HYPERFLEET_ADAPTERS_REQUIRED_NODEPOOL', 'adapters-required-nodepool', []],
  ['HYPERFLEET_SERVER_OPENAPI_SCHEMA_PATH', 'server-openapi-schema-path', ''],
] as const

test('the settings of the first version have their names and defaults (contract 1.4)', () => {
  const leaves = new Map(settingLeaves().map(leaf => [leaf.variable, leaf]))
  for (const [variable, flag, fallback] of FIXED) {
    assert.equal(leaves.get(variable)?.flag, flag)
    assert.deepEqual(leaves.get(variable)?.schema.default, fallback)
  }
})

test('a flag wins over the environment, which wins over the default (contract 1.4)', () => {
  const environment = { HYPERFLEET_SERVER_PORT: '8001', HYPERFLEET_HEALTH_PORT: '8002' }
  const settings = loadSettings(['--server-port', '9001', '--adapters-required-cluster=["dns"]'], environment)
  assert.equal(settings.server.port, 9001)
  assert.equal(settings.health.port, 8002)
  assert.equal(settings.metrics.port, 9090)
  assert.deepEqual(settings.adapters.required, { cluster: ['dns'], nodepool: [] })
})

test('a wrong setting is refused with its origin, its text and what is allowed', () => {
  const environment = {
    HYPERFLEET_SERVER_PORT: 'http',
    HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER: 'dns',
    HYPERFLEET_AUTH_ENABLED: 'yes',
  }
  assert.throws(
    () => loadSettings(['--server-engine', 'apache'], environment),
    (error: unknown) => {
      assert.ok(error instanceof SettingsError)
      const lines = error.message.split('\n')
      assert.equal(lines.length, 4, 'every fault has its line')
      assert.match(error.message, /HYPERFLEET_SERVER_PORT is "http": must be an integer from 0 to 65535/)
      assert.match(error.message, /HYPERFLEET_ADAPTERS_REQUIRED_CLUSTER is "dns": must be a JSON array/)
      assert.match(error.message, /HYPERFLEET_AUTH_ENABLED is "yes": must be true or false/)
      assert.match(error.message, /--server-engine is "apache": must be one of auto, uws, node/)
      return true
    },
  )
})

test('ports beyond 65535, fractions, and required adapters that are no adapter names are refused', () => {
  for (const flags of [
    ['--server-port', '65536'],
    ['--server-port', '-1'],
    ['--server-port', '80.5'],
    ['--adapters-required-cluster', '["dns."]'],
    ['--adapters-required-cluster', '["dns","dns"]'],
    ['--adapters-required-nodepool', '{"dns":1}'],
  ]) {
    assert.throws(() => loadSettings(flags, {}), SettingsError, flags.join(' '))
  }
})

test('an unknown flag is refused with the name that was probably meant, and its value gives no second fault', () => {
  for (const [flags, expected] of [
    [['--server-prot', '1'], '--server-prot: there is no such flag; did you mean --server-port?'],
    [['--server-prot=1'], '--server-prot: there is no such flag; did you mean --server-port?'],
    [
      ['--port', '1'],
      '--port: there is no such flag; did you mean --server-port or --health-port or --metrics-port?',
    ],
    [['-p', '1'], '-p: there is no such flag'],
    [['serve'], '"serve": settings are given by flags, such as --server-port'],
    [['--server-port'], "--server-port needs a value; write one that begins with '-' as --server-port=VALUE"],
    [
      ['--server-port', '--server-host'],
      "--server-port needs a value; write one that begins with '-' as --server-port=VALUE",
    ],
  ] as const)
    assert.throws(() => loadSettings(flags, {}), { name: 'SettingsError', message: expected })
})

test('a flag that is on or off needs no value to be on', () => {
  const auth = { HYPERFLEET_AUTH_JWKS_URL: 'http://127.0.0.1/keys' }
  for (const [flags, expected] of [
    [['--auth-enabled'], true],
    [['--auth-enabled', '--server-port', '1'], true],
    [['--auth-enabled', 'true'], true],
    [['--auth-enabled', 'false'], false],
    [['--auth-enabled=false', '--server-port=1'], false],
    [['--auth-enabled', '--auth-enabled=false'], false],
  ] as const)
    assert.equal(loadSettings(flags, auth).auth.enabled, expected, flags.join(' '))
  assert.throws(() => loadSettings(['--auth-enabled', 'maybe'], auth), {
    message: '--auth-enabled is "maybe": must be true or false',
  })
  assert.throws(() => loadSettings(['--auth-enabled='], auth), /--auth-enabled/)
})

test('the last of several flags counts', () => {
  assert.equal(loadSettings(['--server-port', '1', '--server-port=2'], {}).server.port, 2)
})

test('an overridden value must be valid too', () => {
  assert.throws(
    () => loadSettings(['--server-port', '1'], { HYPERFLEET_SERVER_PORT: 'x' }),
    /HYPERFLEET_SERVER_PORT is "x"/,
  )
})
