// Variables that look like settings and are not (contract 1.4, 1.6).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OTHER_SETTINGS, originalVariable, unmetDemands } from '../../src/config/original.ts'
import { settingLeaves } from '../../src/config/schema.ts'
import { isServiceLink } from '../../src/config/service-links.ts'
import { loadConfiguration } from '../../src/config/settings.ts'

function load(environment: Record<string, string>, flags: string[] = []) {
  return loadConfiguration({ flags, environment, readFile: () => undefined })
}

/** Variables that Kubernetes sets for the Services `hyperfleet` (ports `http` and `metrics`) and `hyperfleet-metrics`. */
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

test('contract 1.6: the links that Kubernetes sets for Services are ignored with one warning that names them all', () => {
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

test('contract 1.6: an unknown variable is refused with the name that was probably meant', () => {
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
      'HYPERFLEET_QUEUE_URL',
      "HYPERFLEET_QUEUE_URL: there is no such setting; 'hyperfleet config -o json' lists the variables of all settings",
    ],
    ['HYPERFLEET_DATABASE', 'HYPERFLEET_DATABASE: there is no such setting'],
    ['HYPERFLEET_SERVER', 'did you mean HYPERFLEET_CLIENT_SERVER?'],
  ] as const)
    assert.throws(
      () => load({ [variable]: '1' }),
      (error: Error) => error.message.includes(expected),
      variable,
    )
})

/** Variables that the original server's chart, image and documentation set. */
const ORIGINAL = {
  HYPERFLEET_DATABASE_HOST: 'db.example',
  HYPERFLEET_DATABASE_PASSWORD_FILE: '/run/secrets/db',
  HYPERFLEET_DATABASE_ANYTHING_ELSE: '1',
  HYPERFLEET_OCM_BASE_URL: 'https://ocm.example',
  HYPERFLEET_LOGGING_OUTPUT: 'stdout',
  HYPERFLEET_LOGGING_MASKING_FIELDS: 'password,token',
  HYPERFLEET_ENV: 'development',
}

test('contract 1.6: variables of the original server are ignored with one warning that names them and their counterparts', () => {
  const { settings, warnings } = load(ORIGINAL)
  assert.deepEqual(settings, load({}).settings)
  assert.equal(warnings.length, 1)
  for (const variable of Object.keys(ORIGINAL))
    assert.match(warnings[0] ?? '', new RegExp(`\\b${variable}\\b`))
  assert.match(warnings[0] ?? '', /docs\/guide\/coming-from\.md/)
  assert.match(warnings[0] ?? '', /MASKING_FIELDS \(here HYPERFLEET_LOGGING_MASKED_FIELDS\)/)
  assert.doesNotMatch(warnings[0] ?? '', /db\.example/)
})

test('contract 1.6: every variable that the guide lists is ignored', () => {
  for (const setting of OTHER_SETTINGS.filter(({ isFileOnly }) => !isFileOnly)) {
    const variable = originalVariable(setting)
    assert.equal(load({ [variable]: 'x' }).warnings.length, 1, variable)
  }
})

const demands = (environment: Record<string, string>, flags: string[] = []) => {
  const { original, settings } = load(environment, flags)
  return unmetDemands(original, settings)
}

test('contract 1.6: a variable that asks for authentication or TLS stops the start unless it is enabled here', () => {
  const auth = ['--auth-enabled']
  const tls = ['--server-tls-cert-path', 'c', '--server-tls-key-path', 'k']
  for (const [variable, met, unmet] of [
    ['HYPERFLEET_SERVER_JWT_ENABLED', auth, tls],
    ['HYPERFLEET_SERVER_AUTHZ_ENABLED', auth, tls],
    ['HYPERFLEET_SERVER_TLS_ENABLED', tls, auth],
  ] as const) {
    // Texts that strconv.ParseBool reads as true, and texts that it rejects.
    for (const text of ['true', 'TRUE', 'True', 't', 'T', '1', 'yes', 'on', ' true'])
      for (const flags of [[], [...unmet]]) {
        const faults = demands({ [variable]: text }, flags)
        assert.equal(faults.length, 1, `${variable}=${text}`)
        assert.match(faults[0] ?? '', new RegExp(`^${variable} is .*off here.*docs/guide/coming-from\\.md$`))
        assert.deepEqual(demands({ [variable]: text }, [...met]), [])
      }
    for (const text of ['false', 'FALSE', 'False', 'f', 'F', '0', ''])
      assert.deepEqual(demands({ [variable]: text }), [], `${variable}=${text}`)
  }
})

test('contract 1.6: tenants, token checks and required adapters of the original stop the start if they are missing here', () => {
  for (const [environment, met] of [
    [{ HYPERFLEET_SERVER_JWT_ISSUER_URL: 'https://i' }, ['--auth-issuer', 'https://i']],
    [{ HYPERFLEET_SERVER_JWT_AUDIENCE: 'a' }, ['--auth-audience', 'a']],
    [{ HYPERFLEET_CLUSTER_ADAPTERS: '["dns"]' }, ['--adapters-required-cluster', '["dns"]']],
    [{ HYPERFLEET_ADAPTERS_NODEPOOL_ADAPTERS: 'dns' }, ['--adapters-required-nodepool', '["dns"]']],
  ] as const) {
    assert.equal(demands(environment, ['--auth-enabled']).length, 1, JSON.stringify(environment))
    assert.deepEqual(demands(environment, ['--auth-enabled', ...met]), [], JSON.stringify(environment))
  }
  assert.equal(demands({ HYPERFLEET_SERVER_TENANT_ENABLED: 'true' }, ['--auth-enabled']).length, 1)
  assert.deepEqual(demands({ HYPERFLEET_SERVER_TENANT_ENABLED: 'false' }), [])
})

test('contract 1.6: flags of the original are refused with their names here', () => {
  for (const [flag, expected] of [
    [
      '--log-level=debug',
      '--log-level: there is no such flag: it belongs to the original HyperFleet API; its name here is --logging-level',
    ],
    ['--db-host=x', 'this server has no counterpart; see docs/guide/coming-from.md'],
    ['--server-https-cert-file=x', 'its name here is --server-tls-cert-path'],
  ] as const)
    assert.throws(
      () => load({}, [flag]),
      (error: Error) => error.message.includes(expected),
      flag,
    )
})

test('contract 1.6: variables of the tests, the client commands and the cache folder are ignored', () => {
  const environment = {
    HYPERFLEET_TEST_SEED: '1',
    HYPERFLEET_CACHE_DIR: '/cache',
    HYPERFLEETX: '1',
    HYPERFLEET_CLIENT_ANY: '1',
  }
  assert.deepEqual(load(environment).settings, load({}).settings)
})
