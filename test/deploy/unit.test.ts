// The systemd unit: compared with the settings that it depends on, and reviewed by systemd.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EXIT } from '../../src/cli/command.ts'
import { loadSettings } from '../../src/config/settings.ts'

const UNIT = fileURLToPath(new URL('../../../deploy/systemd/hyperfleet.service', import.meta.url))
/** Exposure on a scale to 10. systemd calls anything below 2 well protected. */
const MOST_EXPOSURE = '1.5'
const text = readFileSync(UNIT, 'utf8')
const NO_SYSTEMD = 'systemd-analyze is not there; Debian has it in the package systemd'

function value(name: string): string {
  const found = [...text.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, of = '']) => of)
  assert.equal(found.length, 1, name)
  return found[0] ?? ''
}

test('contract 4.9: it waits for an orderly stop, and has files for every connection', () => {
  const { server, limits } = loadSettings([], {})
  const stopMs = server.shutdownDelayMs + server.shutdownDeadlineMs
  assert.ok(Number(/^(\d+)s$/.exec(value('TimeoutStopSec'))?.[1]) * 1000 > stopMs)
  assert.ok(Number(value('LimitNOFILE')) > 2 * limits.connections)
  assert.equal(value('RestartPreventExitStatus'), String(EXIT.usage))
  assert.match(value('ExecReload'), /kill -HUP \$MAINPID$/)
})

test('it can write only to its own folders', () => {
  assert.deepEqual([value('ProtectSystem'), value('ProtectHome')], ['strict', 'yes'])
  assert.equal(value('WorkingDirectory'), `/var/lib/${value('StateDirectory')}`)
  assert.equal(value('User'), 'hyperfleet')
})

test('systemd finds no fault in it', t => {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  // An existing program, because a missing one is a fault.
  const copy = join(folder, 'hyperfleet.service')
  writeFileSync(copy, text.replace('/usr/local/bin/hyperfleet', process.execPath))
  const checked = spawnSync('systemd-analyze', ['verify', '--man=no', copy], { encoding: 'utf8' })
  if (checked.error !== undefined) return t.skip(NO_SYSTEMD)
  const ofUnit = `${checked.stdout}${checked.stderr}`.split('\n').filter(line => line.includes(copy))
  assert.deepEqual(ofUnit, [])
})

test('systemd rates it well protected', t => {
  const checked = spawnSync(
    'systemd-analyze',
    ['security', '--offline=true', `--threshold=${Number(MOST_EXPOSURE) * 10}`, UNIT],
    {
      encoding: 'utf8',
    },
  )
  if (checked.error !== undefined) return t.skip(NO_SYSTEMD)
  // Before version 250, systemd reviews only loaded units.
  if (/unrecognized option/.test(checked.stderr)) return t.skip('this systemd-analyze cannot review a file')
  assert.equal(checked.status, 0, checked.stdout.split('\n').slice(-3).join(' '))
})
