// The parts of the Helm chart that can be tested without Helm: its values, their schema, and the settings in them.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse } from 'yaml'
import { fileSchema } from '../../src/config/file-schema.ts'
import { loadConfiguration } from '../../src/config/settings.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const CHART = join(ROOT, 'deploy/helm/hyperfleet')
const read = (path: string) => readFileSync(join(CHART, path), 'utf8')
const schema = JSON.parse(read('values.schema.json'))
const isValid = new Ajv2020({ allErrors: true, strict: false }).compile(schema)

/** The schema's faults in the chart's values after a change. */
function faults(change: (values: Record<string, unknown>) => void): string[] {
  const values = parse(read('values.yaml'))
  change(values)
  return isValid(values) ? [] : (isValid.errors ?? []).map(({ instancePath }) => instancePath)
}

test('the chart is of the version of the program', () => {
  const { appVersion } = parse(read('Chart.yaml'))
  assert.equal(appVersion, JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version)
})

test('its values are what their schema allows, and every one of them is in it', () => {
  assert.deepEqual(
    faults(() => {}),
    [],
  )
  const names = Object.keys(parse(read('values.yaml')))
  assert.deepEqual(
    Object.keys(schema.properties)
      .filter(name => name !== 'global')
      .toSorted(),
    names.toSorted(),
  )
})

test('contract 1.4: its schema knows the settings of the server, and no others', () => {
  assert.deepEqual(schema.properties.config, fileSchema(), 'npm run docs:configuration updates it')
  const config = (value: unknown) => faults(values => Object.assign(values, { config: value }))
  assert.deepEqual(config({ logging: { level: 'warn' }, adapters: { required: { cluster: ['dns'] } } }), [])
  assert.deepEqual(config({ logging: { level: 'loud' } }), ['/config/logging/level'])
  assert.deepEqual(config({ server: { prot: 1 } }), ['/config/server'])
})

test('contract 1.4: the settings in its values are a file of settings', () => {
  const { config } = parse(read('values.yaml'))
  const readFile = () => Buffer.from(JSON.stringify(config))
  const { settings } = loadConfiguration({ flags: ['--config', 'values'], environment: {}, readFile })
  assert.equal(settings.server.host, '0.0.0.0')
})

test('contract 14.1: its schema allows several servers only with a journal that they share', () => {
  const servers = (replicaCount: number, cluster: object) =>
    faults(values => Object.assign(values, { replicaCount, config: { cluster } }))
  assert.deepEqual(servers(1, { engine: 'none' }), [])
  assert.deepEqual(servers(1, { engine: 'postgres' }), [])
  assert.deepEqual(servers(3, { engine: 'postgres', reads: 'any', maxStalenessMs: 1000 }), [])
  assert.deepEqual(servers(2, { engine: 'none' }), ['/config/cluster/engine', ''])
  assert.deepEqual(servers(2, {}), ['/config/cluster', ''])
  assert.deepEqual(servers(0, { engine: 'postgres' }), ['/replicaCount'])
})

test('its schema refuses a volume that several nodes write to', () => {
  assert.deepEqual(
    faults(values => Object.assign(Object(values.persistence), { accessModes: ['ReadWriteMany'] })),
    ['/persistence/accessModes/0'],
  )
})

test('its alerts and its dashboard are those of the project', () => {
  for (const [own, path] of [
    ['files/alerts.yaml', 'deploy/prometheus/alerts.yaml'],
    ['files/dashboard.json', 'deploy/grafana/hyperfleet.json'],
  ] as const)
    assert.equal(read(own), readFileSync(join(ROOT, path), 'utf8'))
})

test('its README is made from its values, and says something of every one that is a section', () => {
  const checked = spawnSync(process.execPath, ['scripts/docs/chart.mjs', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  assert.deepEqual([checked.status, checked.stderr], [0, ''])
  const readme = read('README.md')
  for (const name of Object.keys(parse(read('values.yaml'))))
    assert.match(readme, new RegExp(`^\\| \`${name}[\`.]`, 'm'), name)
})

test('its schema allows removing a value only where a template refuses it with a message', () => {
  const { config, ...others } = parse(read('values.yaml'))
  assert.ok(config !== undefined)
  for (const name of Object.keys(others))
    assert.deepEqual(
      faults(values => delete values[name]),
      [''],
      name,
    )
})
