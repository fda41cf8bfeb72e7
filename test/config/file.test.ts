// Settings files: what is accepted, and how faults are reported (contract 1.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadConfiguration, SettingsError } from '../../src/config/settings.ts'

const PATH = 'some/config.yaml'

function load(text: string | Uint8Array, environment: Record<string, string> = {}, flags: string[] = []) {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return loadConfiguration({
    flags: ['--config', PATH, ...flags],
    environment,
    readFile: path => (path === PATH ? bytes : undefined),
  })
}

/** Faults of a file, without its path. */
function faultsOf(text: string | Uint8Array): string[] {
  try {
    load(text)
  } catch (error) {
    assert.ok(error instanceof SettingsError)
    return error.message.split('\n').map(line => {
      assert.ok(line.startsWith(`${PATH}:`), line)
      return line.slice(PATH.length + 1).trim()
    })
  }
  return []
}

test('a setting is read from its path, with every kind of value', () => {
  const { settings, file } = load(
    [
      'server: { host: 0.0.0.0, port: 9000 } # a comment',
      'adapters:',
      '  required:',
      '    cluster: [dns, validator]',
      '    nodepool:',
      '      - pools',
      'auth:',
      '  enabled: true',
      '  audience: "12"',
      "  issuer: ''",
    ].join('\n'),
  )
  assert.equal(file, PATH)
  assert.equal(settings.server.host, '0.0.0.0')
  assert.equal(settings.server.port, 9000)
  assert.deepEqual(settings.adapters.required, { cluster: ['dns', 'validator'], nodepool: ['pools'] })
  assert.deepEqual([settings.auth.enabled, settings.auth.audience, settings.auth.issuer], [true, '12', ''])
  assert.equal(settings.metrics.port, 9090)
})

test('empty files, empty sections, byte order marks and Windows line ends are accepted', () => {
  for (const text of ['', '# nothing\n', 'server:\n', 'server:\n  # port: 1\nauth: {}\n', '---\n...\n'])
    assert.equal(load(text).settings.server.port, 8000, JSON.stringify(text))
  assert.equal(load('\ufeffserver:\r\n  port: 1\r\n').settings.server.port, 1)
})

test('flags win over variables, variables over the file, the file over defaults; each setting has its origin', () => {
  const { settings, inForce } = load(
    'server:\n  port: 1\n  host: file\n  bodyLimitBytes: 10\n',
    { HYPERFLEET_SERVER_PORT: '2', HYPERFLEET_SERVER_HOST: 'variable' },
    ['--server-port', '3'],
  )
  const origins = new Map(inForce.map(({ leaf, origin }) => [leaf.name, origin]))
  assert.deepEqual(
    [settings.server.port, settings.server.host, settings.server.bodyLimitBytes],
    [3, 'variable', 10],
  )
  assert.deepEqual(origins.get('server.port'), { kind: 'flag', name: '--server-port' })
  assert.deepEqual(origins.get('server.host'), { kind: 'variable', name: 'HYPERFLEET_SERVER_HOST' })
  assert.deepEqual(origins.get('server.bodyLimitBytes'), { kind: 'file', path: PATH, line: 4, column: 3 })
  assert.deepEqual(origins.get('health.port'), { kind: 'default' })
})

test('a wrong value in the file is reported with line, column, the value and what is allowed', () => {
  const wrong: readonly (readonly [text: string, fault: string])[] = [
    [
      'server:\n  port: http',
      '2:9: server.port is "http": must be an integer from 0 to 65535, in plain digits',
    ],
    [
      'server:\n  port: "80"',
      '2:9: server.port is "80": must be an integer from 0 to 65535, in plain digits',
    ],
    [
      'server: {port: 0x50}',
      '1:16: server.port is "0x50": must be an integer from 0 to 65535, in plain digits',
    ],
    [
      'server: {port: 1e3}',
      '1:16: server.port is "1e3": must be an integer from 0 to 65535, in plain digits',
    ],
    [
      'server: {port: 80.5}',
      '1:16: server.port is "80.5": must be an integer from 0 to 65535, in plain digits',
    ],
    [
      'server: {port: 65536}',
      '1:16: server.port is 65536: must be an integer from 0 to 65535, in plain digits',
    ],
    ['server:\n  port:\n', '2:8: server.port is null: must be an integer from 0 to 65535, in plain digits'],
    ['server: {port}', '1:10: server.port is null: must be an integer from 0 to 65535, in plain digits'],
    ['server:\n  engine: apache', '2:11: server.engine is "apache": must be one of auto, uws, node'],
    ['auth: {enabled: yes}', '1:17: auth.enabled is "yes": must be true or false'],
    [
      'auth: {issuer: 0x10}',
      "1:16: auth.issuer is 16: must be text: '' if it is empty, quoted if it looks like a number",
    ],
    [
      'auth: {issuer: 12}',
      "1:16: auth.issuer is 12: must be text: '' if it is empty, quoted if it looks like a number",
    ],
    [
      'adapters: {required: {cluster: dns}}',
      '1:32: adapters.required.cluster is "dns": must be a list of strings such as ["dns","validator"], without duplicates',
    ],
    ['server: 8000', `1:9: server must be a section with any of these keys: `],
    ['- server', '1:1: the file must be a section with any of these keys: server, health,'],
    ['server', '1:1: the file must be a section with any of these keys: server, health,'],
  ]
  for (const [text, expected] of wrong) {
    const faults = faultsOf(text)
    assert.equal(faults.length, 1, `${text}: ${faults}`)
    assert.ok(faults[0]?.startsWith(expected), `${faults[0]}\n${expected}`)
  }
  assert.match(
    faultsOf('adapters: {required: {cluster: [dns, dns_]}}')[0] ?? '',
    /cluster is \["dns","dns_"\]: .*; entry 2 must match pattern/,
  )
  assert.match(
    faultsOf('adapters: {required: {cluster: [dns, Dns]}}')[0] ?? '',
    /cluster is \["dns","Dns"\]: must not name two adapters whose conditions have the same type/,
  )
})

test('an unknown setting is reported with the name that was probably meant', () => {
  for (const [text, expected] of [
    ['server:\n  prot: 1', '2:3: server.prot: there is no such setting; did you mean port?'],
    ['sever: {}', '1:1: sever: there is no such setting; did you mean server?'],
    [
      'server: {body_limit_bytes: 1}',
      '1:10: server.body_limit_bytes: there is no such setting; write it bodyLimitBytes',
    ],
    [
      'server: {body-limit-bytes: 1}',
      '1:10: server.body-limit-bytes: there is no such setting; write it bodyLimitBytes',
    ],
    ['Server: {port: 1}', '1:1: Server: there is no such setting; write it server'],
    [
      'port: 1',
      '1:1: port: there is no such setting; did you mean server.port or health.port or metrics.port?',
    ],
    [
      'server.port: 1',
      '1:1: server.port: there is no such setting; write it as server: port: each key indented under the previous one',
    ],
    ['__proto__: {port: 1}', '1:1: __proto__: there is no such setting; expected one of server, health,'],
    ['health: {<<: 1}', '1:10: health.<<: there is no such setting; expected one of port'],
    ['health: {1: 1}', '1:10: health.1: there is no such setting; expected one of port'],
    ['health: {[a]: 1}', '1:10: health.: there is no such setting; expected one of port'],
  ] as const) {
    const faults = faultsOf(text)
    assert.equal(faults.length, 1, `${text}: ${faults}`)
    assert.ok(faults[0]?.startsWith(expected), `${faults[0]}\n${expected}`)
  }
})

test('duplicate keys, anchors, tags, tabs, several documents and invalid YAML are refused with their position', () => {
  for (const [text, ...expected] of [
    ['server:\n  port: 1\n  host: a\n  port: 2', '4:3: port is a duplicate key'],
    ['health: {port: 1}\nserver: {port: 1}\nhealth: {port: 2}', '3:1: health is a duplicate key'],
    ['server:\n\tport: 1', '2:1: indented with a tab: use spaces'],
    ['adapters:\n  required:\n    cluster:\n    - a\n\t- b', '5:1: indented with a tab: use spaces'],
    [
      'health: &a {port: 1}\nmetrics: *a',
      '1:12: anchors and aliases are not supported: write the value out',
      '2:10: anchors and aliases are not supported: write the value out',
    ],
    ['server: {port: !!str 1}', '1:22: tags are not supported: write the value alone'],
    ['health: {port: 1}\n---\nhealth: {port: 2}', '2:1: only one document is allowed'],
    ['auth: {issuer: "x', '1:18: not YAML: Missing closing "quote'],
  ] as const) {
    const faults = faultsOf(text)
    assert.equal(faults.length, expected.length, `${text}: ${faults}`)
    for (const [i, fault] of faults.entries())
      assert.ok(fault.startsWith(expected[i] ?? '?'), `${fault}\n${expected[i]}`)
  }
})

test('files that are binary, too large, too wide or too deep are refused', () => {
  assert.deepEqual(faultsOf(Buffer.from([0x61, 0x3a, 0x20, 0xff])), ['not UTF-8'])
  assert.deepEqual(faultsOf(Buffer.alloc(1024 * 1024 + 1, '#')), ['larger than 1 MiB'])
  assert.deepEqual(faultsOf(`#\na: ${'['.repeat(20_000)}`), ['2:1: a line of more than 4096 characters'])
  for (const nested of [
    '['.repeat(4000),
    `${'['.repeat(2000)}${']'.repeat(2000)}`,
    '- '.repeat(2000),
    '{a: '.repeat(1000),
  ])
    assert.equal(faultsOf(`a: ${nested}`).length, 1)
  let deep = ''
  for (let i = 0; i < 1000; i++) deep += `${' '.repeat(i)}a:\n`
  assert.equal(faultsOf(deep).length, 1)
})

test('an alias that would explode is refused at once', () => {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]']
  for (const [before, name] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi'].map(pair => [...pair]))
    lines.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`)
  assert.ok(faultsOf(lines.join('\n')).every(fault => fault.endsWith('write the value out')))
})

test('contract 1.6: a file of the original server is refused with the name of the guide, and each key with its name here', () => {
  for (const [text, ...expected] of [
    [
      'server:\n  port: 8000\n  tls:\n    enabled: true\n    cert_file: c.pem\n',
      'server.tls',
      '3:3: server.tls: there is no such setting; its name here is server.tlsCertPath, server.tlsKeyPath',
    ],
    [
      'database: {host: db}',
      'database',
      '1:1: database: there is no such setting; this server has no counterpart',
    ],
    [
      'Database: {host: db}',
      'Database',
      '1:1: Database: there is no such setting; this server has no counterpart',
    ],
    [
      'server: {openapi_schema_path: openapi.yaml}',
      'server.openapi_schema_path',
      '1:10: server.openapi_schema_path: there is no such setting; its name here is server.openapiSchemaPath',
    ],
    [
      'entities:\n  - kind: Cluster\n    required_adapters: [dns]\n',
      'entities',
      '1:1: entities: there is no such setting; its name here is adapters.required.cluster, adapters.required.nodepool',
    ],
    [
      'logging: {level: info, output: stdout}',
      'logging.output',
      '1:24: logging.output: there is no such setting; this server has no counterpart',
    ],
  ] as const) {
    const [key, ...faults] = expected
    const [whole = '', ...each] = faultsOf(text)
    assert.match(
      whole,
      /^this is a configuration file of the original HyperFleet API .*docs\/guide\/coming-from\.md/,
    )
    assert.ok(whole.includes(`(it has ${key})`), whole)
    assert.deepEqual(each, faults)
  }
})

test('contract 1.6: a file of the original server is recognized even if its YAML is refused here', () => {
  const [whole = '', anchor] = faultsOf('database: &db {host: db}\nentities: []\n')
  assert.match(
    whole,
    /of the original HyperFleet API \(it has database, entities\).*docs\/guide\/coming-from\.md/,
  )
  assert.match(anchor ?? '', /^1:15: anchors and aliases are not supported/)
})

test('contract 1.6: a file that means the same to both servers is accepted', () => {
  const text = 'server: {host: 0.0.0.0, port: 1}\nlogging: {level: debug, format: text}\nmetrics: {port: 2}\n'
  assert.equal(load(text).settings.server.port, 1)
})
