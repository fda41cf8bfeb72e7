// Variables that look like settings and are none (contract 1.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settingLeaves } from '../../src/config/schema.ts'
import { isServiceLink } from '../../src/config/service-links.ts'
import { loadConfiguration } from '../../src/config/settings.ts'

function load(environment: Record<string, string>, flags: string[] = []) {
  return loadConfiguration({ flags, environment, readFile: () => undefined })
}

/** What Kubernetes sets for the Services `hyperfleet` (ports `http` and `metrics`) and `hyperfleet-metrics`. */
const LINKS = {
  HYPERFLEET_SERVICE_HOST: '10.0.0.1',
  HYPERFLEET_SERVICE_PORT: '8000',
  HYPERFLEET_SERVICE_PORT_HTTP: '8000',
  HYPERFLEET_SERVICE_PORT_METRICS: '9090',
  HYPERFLEET_PORT: 'tcp://10.0.0.1:8000',
  HYPERFLEET_PORT_8000_TCP: 'tcp://10.0.0.1:8000',
  HYPERFLEET_PORT_8000_TCP_PROTO: 'tcp',
  HYPERFLEET_PORT_8000_TCP_PORT: '8000',
  HYPERFLEET_PORT_8000_TCP_ADDR: '10.0.0.1',
  HYPERFLEET_PORT_9090_UDP: 'udp://10.0.0.1:9090',
  HYPERFLEET_METRICS_SERVICE_HOST: '10.0.0.2',
  HYPERFLEET_METRICS_SERVICE_PORT: '9090',
  HYPERFLEET_METRICS_PORT: 'tcp://10.0.0.2:9090',
  HYPERFLEET_METRICS_PORT_9090_TCP_ADDR: '10.0.0.2',
  HYPERFLEET_SERVER_PORT: 'tcp://10.0.0.3:80',
}

test('the links that Kubernetes sets for Services are ignored with one warning that names them all', () => {
  const { settings, warnings } = load(LINKS)
  assert.deepEqual(settings, load({}).settings)
  assert.equal(warnings.length, 1)
  for (const variable of Object.keys(LINKS)) assert.match(warnings[0] ?? '', new RegExp(`\\b${variable}\\b`))
  assert.match(warnings[0] ?? '', /Kubernetes sets such variables .*'enableServiceLinks: false'/)
  assert.deepEqual(load({}).warnings, [])
})

test('a setting under a link can still be set by a flag, and its variable with any other value', () => {
  assert.equal(load(LINKS, ['--metrics-port', '1']).settings.metrics.port, 1)
  assert.equal(load({ ...LINKS, HYPERFLEET_METRICS_PORT: '2' }).settings.metrics.port, 2)
  assert.throws(() => load({ HYPERFLEET_METRICS_PORT: 'http://10.0.0.2' }), /must be an integer/)
})

test('no setting has the name of a link', () => {
  for (const { variable } of settingLeaves()) assert.equal(isServiceLink(variable, '1'), false, variable)
})

test('an unknown variable is refused with the name that was probably meant', () => {
  for (const [variable, expected] of [
    [
      'HYPERFLEET_SERVER_PROT',
      'HYPERFLEET_SERVER_PROT: there is no such setting; did you mean HYPERFLEET_SERVER_PORT?',
    ],
    ['HYPERFLEET_SERVER_BODYLIMITBYTES', 'did you mean HYPERFLEET_SERVER_BODY_LIMIT_BYTES?'],
    ['HYPERFLEET_CONFG', 'did you mean HYPERFLEET_CONFIG?'],
    [
      'HYPERFLEET_PORT',
      'did you mean HYPERFLEET_SERVER_PORT or HYPERFLEET_HEALTH_PORT or HYPERFLEET_METRICS_PORT?',
    ],
    ['HYPERFLEET_', 'HYPERFLEET_: there is no such setting'],
    [
      'HYPERFLEET_DATABASE_CONNECTION_STRING',
      'HYPERFLEET_DATABASE_CONNECTION_STRING: there is no such setting',
    ],
  ] as const)
    assert.throws(
      () => load({ [variable]: '1' }),
      (error: Error) => error.message.includes(expected),
      variable,
    )
})

test('the variables of the tests are left alone, and that of the cache folder', () => {
  const environment = { HYPERFLEET_TEST_SEED: '1', HYPERFLEET_CACHE_DIR: '/cache', HYPERFLEETX: '1' }
  assert.deepEqual(load(environment).settings, load({}).settings)
})
