// `hyperfleet config` as a process: its output, its refusals, and the same behaviour in the server (contract 1.4).
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { settingLeaves } from '../../src/config/schema.ts'
import { runCommand } from '../harness/command-process.ts'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'

describe('hyperfleet config', { timeout: TEST_HANGS_AFTER_MS }, () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
    await mkdir(join(folder, 'configs'))
    await writeFile(join(folder, 'configs/config.yaml'), 'server:\n  port: 7000\nauth:\n  issuer: "0123"\n')
  })
  after(() => rm(folder, { recursive: true, force: true }))

  const run = (args: string[], environment: Record<string, string> = {}) =>
    runCommand(['config', ...args], environment, folder).ended

  test('contract 1.4: it shows every setting with its value and its origin', async () => {
    const { code, stdout, stderr } = await run(['--metrics-port', '1'], { HYPERFLEET_HEALTH_PORT: '2' })
    assert.deepEqual([code, stderr], [0, ''])
    const rows = new Map(
      stdout.split('\n').map(line => {
        const [name = '', ...rest] = line.split('|').map(cell => cell.trim())
        return [name, rest]
      }),
    )
    for (const { name } of settingLeaves()) assert.ok(rows.has(name), name)
    assert.deepEqual(rows.get('server.port'), ['7000', './configs/config.yaml:2'])
    assert.deepEqual(rows.get('health.port'), ['2', 'HYPERFLEET_HEALTH_PORT'])
    assert.deepEqual(rows.get('metrics.port'), ['1', '--metrics-port'])
    assert.deepEqual(rows.get('storage.path'), ['"./data"', 'default'])
  })

  test('as JSON it shows the same', async () => {
    const { stdout } = await run(['-o', 'json', '--metrics-port', '1'])
    const { file, settings } = JSON.parse(stdout)
    assert.equal(file, './configs/config.yaml')
    assert.deepEqual(settings[1], {
      name: 'server.port',
      value: 7000,
      origin: { kind: 'file', path: './configs/config.yaml', line: 2, column: 3 },
      flag: '--server-port',
      variable: 'HYPERFLEET_SERVER_PORT',
    })
    assert.equal(settings.length, settingLeaves().length)
  })

  test('as YAML it is a settings file with the same effect', async () => {
    const flags = [
      '--adapters-required-cluster',
      '["dns"]',
      '--auth-audience',
      "#: 'x'",
      '--auth-issuer=true',
    ]
    const before = await run([...flags, '-o', 'json'])
    const yaml = (await run([...flags, '--output=yaml'])).stdout
    const path = join(folder, 'shown.yaml')
    await writeFile(path, yaml)
    const again = await run(['-o', 'json', '--config', path])
    const values = (json: string) =>
      JSON.parse(json).settings.map((setting: { name: string; value: unknown }) => [
        setting.name,
        setting.value,
      ])
    assert.deepEqual(values(again.stdout), values(before.stdout))
    assert.equal(JSON.parse(again.stdout).settings[0].origin.path, path)
  })

  test('passwords in URLs are shown nowhere, neither in what is in force nor in what is refused', async () => {
    const environment = { HYPERFLEET_AUTH_JWKS_URL: 'https://user:pass-word@keys.example/jwks' }
    for (const output of ['table', 'json', 'yaml']) {
      const { code, stdout } = await run(['-o', output], environment)
      assert.equal(code, 0)
      assert.doesNotMatch(stdout, /pass-word/)
      assert.match(stdout, /user:\*\*\*@keys\.example/)
    }
    const yaml = (await run(['-o', 'yaml'], environment)).stdout
    assert.match(yaml, /^ {2}# jwksUrl: /m)
    await writeFile(join(folder, 'masked.yaml'), yaml)
    assert.equal((await run(['--check', '--config', join(folder, 'masked.yaml')])).code, 0)
  })

  test('contract 1.4: --check says what is wrong, all of it, and with code 2; or that nothing is', async () => {
    const right = await run(['--check'], { HYPERFLEET_METRICS_PORT: 'tcp://10.0.0.1:9090' })
    assert.equal(right.code, 0)
    assert.equal(right.stdout, 'the configuration is valid (./configs/config.yaml)\n')
    assert.match(right.stderr, /ignored HYPERFLEET_METRICS_PORT: Kubernetes/)
    const path = join(folder, 'wrong.yaml')
    await writeFile(path, 'server:\n  port: "80"\n  hots: a\n')
    const wrong = await run(['--check', '--config', path, '--health-prot', '1'], {
      HYPERFLEET_METRICS_PORT: 'x',
    })
    assert.deepEqual([wrong.code, wrong.stdout], [2, ''])
    assert.deepEqual(wrong.stderr.trim().split('\n'), [
      `hyperfleet: ${path}:2:9: server.port is "80": must be an integer from 0 to 65535, in plain digits`,
      `${path}:3:3: server.hots: there is no such setting; did you mean host?`,
      'HYPERFLEET_METRICS_PORT is "x": must be an integer from 0 to 65535',
      '--health-prot: there is no such flag; did you mean --health-port?',
    ])
  })

  test('contract 1.6: --check and the start refuse alike, at once and with code 2, what only shows beyond the settings', async () => {
    for (const [flags, expected, environment] of [
      [['--auth-enabled', '--health-port', '7000'], /authentication is on, but neither/, {}],
      [
        [],
        /HYPERFLEET_SERVER_JWT_ENABLED is "1": it asks for authentication/,
        { HYPERFLEET_SERVER_JWT_ENABLED: '1' },
      ],
    ] as const) {
      const checked = await run(['--check', ...flags], environment)
      assert.deepEqual([checked.code, checked.stdout], [2, ''], flags.join(' '))
      assert.match(checked.stderr, expected)
      const served = await runCommand(['serve', ...flags], environment, folder).ended
      assert.equal(served.code, 2, flags.join(' '))
      assert.equal(served.stderr, checked.stderr.replace(/^hyperfleet: ignored .*\n/, ''), flags.join(' '))
    }
  })

  test('--check reports all faults at once, and does not make the data folder', async () => {
    const data = join(folder, 'never')
    const { stderr } = await run([
      '--check',
      '--auth-enabled',
      '--health-port',
      '7000',
      '--storage-path',
      data,
    ])
    assert.equal(stderr.trim().split('\n').length, 2)
    await assert.rejects(stat(data), { code: 'ENOENT' })
    assert.equal((await run(['--check', '--storage-path', data])).code, 0)
    await assert.rejects(stat(data), { code: 'ENOENT' })
  })

  test('the commands for the data folder use the settings file, too', async () => {
    const path = join(folder, 'folder.yaml')
    await writeFile(path, `storage: {path: ${join(folder, 'not-there')}}\n`)
    for (const [flags, environment] of [
      [['--config', path], {}],
      [[], { HYPERFLEET_CONFIG: path }],
    ] as const) {
      const { code, stderr } = await runCommand(['verify', ...flags], environment, folder).ended
      assert.notEqual(code, 0)
      assert.match(stderr, /not-there/)
    }
  })

  test('an unknown output format is refused', async () => {
    const { code, stderr } = await run(['-o', 'xml'])
    assert.equal(code, 2)
    assert.match(stderr, /--output is 'xml': must be one of table, json, yaml/)
  })

  test('contract 1.4: the server uses the settings file, and stops with code 2 at a wrong one', async () => {
    const path = join(folder, 'serve.yaml')
    await writeFile(
      path,
      `server:\n  port: 0\nhealth: {port: 0}\nmetrics: {port: 0}\nstorage:\n  path: ${folder}/data\n`,
    )
    const server = runCommand(
      ['serve'],
      { HYPERFLEET_CONFIG: path, HYPERFLEET_SERVICE_HOST: '10.0.0.1' },
      folder,
    )
    try {
      const ready = JSON.parse(await server.line('"ready"'))
      assert.deepEqual([ready.config, ready.health], [path, 'off'])
      assert.match(await server.line('Kubernetes'), /"level":"warn".*HYPERFLEET_SERVICE_HOST/)
      server.child.kill('SIGTERM')
      assert.equal((await server.ended).code, 0)
    } finally {
      server.child.kill('SIGKILL')
    }
    await writeFile(path, 'server:\n\tport: 0\n')
    const { code, stderr } = await runCommand(['serve', '--config', path], {}, folder).ended
    assert.deepEqual([code, stderr], [2, `hyperfleet: ${path}:2:1: indented with a tab: use spaces\n`])
  })
})
