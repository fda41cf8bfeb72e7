// Preparation of a start from its settings: reports all faults at once, before anything is opened.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { pino } from 'pino'
import { loadConfiguration, SettingsError } from '../../src/config/settings.ts'
import { Lifecycle } from '../../src/start/lifecycle.ts'
import { prepare } from '../../src/start/preparation.ts'
import { CertificateAuthority, whyNoCertificates } from '../harness/certificates.ts'

/** Faults and warnings, one a line. */
async function told(flags: readonly string[], environment: Record<string, string> = {}) {
  const { settings, original } = loadConfiguration({ flags, environment, readFile: () => undefined })
  const warnings: string[] = []
  const log = pino({ level: 'warn' }, { write: line => warnings.push(JSON.parse(line).msg) })
  const life = new Lifecycle()
  try {
    prepare({ settings, original, log, machineMs: Date.now, nowMs: () => 0 }, life)
    return { faults: [], warnings }
  } catch (error) {
    assert.ok(error instanceof SettingsError)
    return { faults: error.message.split('\n'), warnings }
  } finally {
    await life.close()
  }
}

describe('the preparation of a start', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  const file = (name: string, content: string) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }

  test('contract 1.6: faults that show only in files or addresses are reported', async () => {
    const text = file('text', 'no key set, no certificate, no document: [')
    const keys = file('keys.json', '{"keys":[]}')
    for (const [flags, expected, environment = {}] of [
      [['--auth-enabled'], /authentication is on, but neither/],
      [
        ['--auth-enabled', '--auth-jwks-file', join(folder, 'none')],
        /no key set from auth\.jwksFile: ENOENT/,
      ],
      [['--auth-enabled', '--auth-jwks-file', text], /no key set from auth\.jwksFile/],
      [['--auth-enabled', '--auth-jwks-file', folder], /no key set from auth\.jwksFile: EISDIR/],
      [
        ['--auth-enabled', '--auth-jwks-url', 'keys.example/jwks'],
        /no key set from auth\.jwksUrl: it must be an http/,
      ],
      [['--auth-enabled', '--auth-jwks-url', 'ftp://keys.example'], /it must be an http or https URL/],
      [
        ['--auth-enabled', '--auth-jwks-url', 'https://u:p@keys.example'],
        /must not contain a user or a password/,
      ],
      [['--server-openapi-schema-path', join(folder, 'none')], /none cannot be read: ENOENT/],
      [['--server-openapi-schema-path', text], /text cannot be read/],
      [['--server-openapi-schema-path', keys], /lacks components\.schemas\.ClusterSpec/],
      [['--limits-trusted-proxies', '["10.0.0.0/33"]'], /has the invalid entry '10\.0\.0\.0\/33'/],
      [['--server-cors-origins', '["https://a.example/"]'], /has the invalid entry 'https:\/\/a\.example\/'/],
      [
        ['--tracing-enabled', '--tracing-endpoint', 'collector:4318'],
        /tracing\.endpoint is "collector:4318"/,
      ],
      [['--health-port', '8000'], /health\.port is 8000, and so is server\.port/],
      [['--health-port', '7001', '--metrics-port', '7001'], /metrics\.port is 7001, and so is health\.port/],
      [['--server-host', 'http://0.0.0.0'], /server\.host is "http:\/\/0\.0\.0\.0"/],
      [['--server-host='], /server\.host is ""/],
      [['--storage-path', text], /storage\.path is .*: it is not a folder/],
      [['--storage-path', join(text, 'data')], /storage\.path is .*text is not a folder/],
      [['--storage-path='], /storage\.path is ""/],
      [
        [],
        /HYPERFLEET_SERVER_JWT_ENABLED is "1": it asks for authentication/,
        { HYPERFLEET_SERVER_JWT_ENABLED: '1' },
      ],
    ] as const) {
      const { faults } = await told(flags, environment)
      assert.equal(faults.length, 1, `${flags.join(' ')}: ${faults}`)
      assert.match(faults[0] ?? '', expected)
    }
  })

  test('a certificate without its key, a key without a certificate, and a pair that does not match are faults', {
    skip: whyNoCertificates,
  }, async () => {
    const text = file('text', 'no certificate')
    const one = new CertificateAuthority()
    const two = new CertificateAuthority()
    try {
      for (const authority of [one, two]) authority.issue('server')
      const { certPath, keyPath } = one
      for (const [flags, expected] of [
        [
          ['--server-tls-cert-path', certPath],
          /server\.tlsCertPath and server\.tlsKeyPath are required together/,
        ],
        [
          ['--server-tls-key-path', keyPath],
          /server\.tlsCertPath and server\.tlsKeyPath are required together/,
        ],
        [
          ['--server-tls-cert-path', certPath, '--server-tls-key-path', two.keyPath],
          /cannot be used: .*mismatch/,
        ],
        [['--server-tls-cert-path', text, '--server-tls-key-path', keyPath], /cannot be used/],
        [
          ['--server-tls-cert-path', certPath, '--server-tls-key-path', join(folder, 'none')],
          /cannot be used: ENOENT/,
        ],
      ] as const) {
        const { faults } = await told(flags)
        assert.equal(faults.length, 1, `${flags.join(' ')}: ${faults}`)
        assert.match(faults[0] ?? '', expected)
      }
      assert.deepEqual(
        (await told(['--server-tls-cert-path', certPath, '--server-tls-key-path', keyPath])).faults,
        [],
      )
    } finally {
      for (const authority of [one, two]) authority.remove()
    }
  })

  test('all faults are reported at once, and nothing is created', async () => {
    const data = join(folder, 'never')
    const { faults } = await told(['--auth-enabled', '--health-port', '8000', '--storage-path', data])
    assert.equal(faults.length, 2)
    assert.deepEqual((await told(['--storage-path', data])).faults, [])
    assert.throws(() => statSync(data), { code: 'ENOENT' })
  })

  test('unused, missing and exposed keys give warnings', async () => {
    const keys = file('keys.json', '{"keys":[]}')
    for (const [flags, expected] of [
      [['--auth-jwks-file', keys], /auth\.enabled is false: the key set .* is not used/],
      [['--auth-enabled', '--auth-jwks-file', keys], /the key set contains no usable key/],
      [['--auth-enabled', '--auth-jwks-url', 'http://keys.example'], /auth\.jwksUrl is plain HTTP/],
    ] as const) {
      const { faults, warnings } = await told(flags)
      assert.deepEqual([faults, warnings.length], [[], 1])
      assert.match(warnings[0] ?? '', expected)
    }
    for (const url of ['https://keys.example', 'http://localhost:1/', 'http://[::1]:1/', 'http://127.0.0.1/'])
      assert.deepEqual((await told(['--auth-enabled', '--auth-jwks-url', url])).warnings, [], url)
  })
})
