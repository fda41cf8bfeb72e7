// The install script, run in a temporary root: the files that it installs, keeps and removes.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const SCRIPT = join(ROOT, 'deploy/systemd/install.sh')
const skip = process.platform !== 'linux' && 'systemd is on Linux only'

interface Place {
  readonly folder: string
  readonly destination: string
  /** A stand-in for the one-file program. */
  readonly binary: string
  install(...args: string[]): string
  refused(...args: string[]): string
  /** The text of a file below the destination. */
  read(path: string): string
  files(): string[]
}

function place(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const destination = join(folder, 'root')
  const binary = join(folder, 'program')
  writeFileSync(binary, '#!/bin/sh\necho first "$@"\n')
  const run = (args: string[]) =>
    spawnSync('sh', [SCRIPT, ...args], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, DESTDIR: destination },
    })
  return {
    folder,
    destination,
    binary,
    install(...args) {
      const { status, stdout, stderr } = run(args)
      assert.equal(status, 0, stderr)
      return stdout
    },
    refused(...args) {
      const { status, stderr } = run(args)
      assert.notEqual(status, 0)
      return stderr
    },
    read: path => readFileSync(join(destination, path), 'utf8'),
    files: () =>
      existsSync(destination)
        ? readdirSync(destination, { recursive: true, encoding: 'utf8' }).toSorted()
        : [],
  }
}

test('it installs a one-file program with unit, settings and data folder', { skip }, t => {
  const { destination, binary, install, read } = place(t)
  install('--binary', binary, '--prefix', '/opt/hyperfleet')
  const program = join(destination, 'opt/hyperfleet/bin/hyperfleet')
  assert.equal(spawnSync(program, ['serve'], { encoding: 'utf8' }).stdout, 'first serve\n')
  const unit = read('etc/systemd/system/hyperfleet.service')
  assert.match(unit, /^ExecStart=\/opt\/hyperfleet\/bin\/hyperfleet serve$/m)
  assert.equal(statSync(join(destination, 'var/lib/hyperfleet')).mode & 0o777, 0o700)
  assert.match(read('etc/hyperfleet/config.yaml'), /path: \/var\/lib\/hyperfleet\/data/)
})

test('run again it replaces the program, and leaves settings and data alone', { skip }, t => {
  const { destination, binary, install, read } = place(t)
  install('--binary', binary)
  writeFileSync(join(destination, 'etc/hyperfleet/config.yaml'), 'server: {port: 9000}\n')
  mkdirSync(join(destination, 'var/lib/hyperfleet/data'))
  writeFileSync(binary, '#!/bin/sh\necho second\n')
  install('--binary', binary)
  assert.match(read('usr/local/bin/hyperfleet'), /second/)
  assert.equal(read('etc/hyperfleet/config.yaml'), 'server: {port: 9000}\n')
  assert.ok(existsSync(join(destination, 'var/lib/hyperfleet/data')))
})

test('--uninstall removes program and unit, and keeps settings and data', { skip }, t => {
  const { binary, install, files } = place(t)
  install('--binary', binary)
  install('--uninstall')
  const left = files()
  assert.ok(left.includes('var/lib/hyperfleet') && left.includes('etc/hyperfleet/config.yaml'))
  assert.deepEqual(
    left.filter(path => /bin\/|\.service|lib\/hyperfleet\/./.test(path)),
    [],
  )
})

test('--dry-run prints every step and runs none', { skip }, t => {
  const { binary, install, files, destination } = place(t)
  const said = install('--binary', binary, '--dry-run')
  assert.deepEqual(files(), [])
  for (const path of [
    'usr/local/bin/hyperfleet',
    'etc/systemd/system/hyperfleet.service',
    'var/lib/hyperfleet',
  ])
    assert.ok(said.includes(join(destination, path)), path)
  install('--binary', binary)
  const before = files()
  install('--uninstall', '--dry-run')
  assert.deepEqual(files(), before)
})

test('it installs the build with the packages that the server needs, and the program runs', { skip }, t => {
  const { destination, install, read } = place(t)
  install('--build', ROOT)
  const library = join(destination, 'usr/local/lib/hyperfleet')
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies))
    assert.ok(existsSync(join(library, 'node_modules', name)), name)
  for (const name of Object.keys(devDependencies))
    assert.ok(!existsSync(join(library, 'node_modules', name)), name)
  const [, command = ''] =
    /^exec .* "(\/usr\/local\/lib\/\S+)" "\$@"$/m.exec(read('usr/local/bin/hyperfleet')) ?? []
  const checked = spawnSync(process.execPath, [join(destination, command), 'config', '--check'], {
    encoding: 'utf8',
    cwd: destination,
    env: {},
  })
  assert.deepEqual([checked.status, checked.stderr], [0, ''])
})

test('impossible requests are refused with a message', { skip }, t => {
  const { folder, binary, refused, files } = place(t)
  assert.match(refused('--binary', join(folder, 'none')), /does not exist/)
  assert.match(refused('--build', folder), /no build in/)
  assert.match(refused('--binary', binary, '--build', ROOT), /exclude each other/)
  for (const prefix of ['relative', '/', '/a/', '/a b', '/a|b'])
    assert.match(refused('--binary', binary, '--prefix', prefix), /must be a plain absolute path/)
  assert.match(refused('--start'), /^Usage:/)
  assert.match(refused('--prefix'), /needs a value/)
  assert.deepEqual(files(), [])
})

test('shellcheck finds no fault', { skip }, t => {
  const checked = spawnSync('shellcheck', [SCRIPT], { encoding: 'utf8' })
  if (checked.error !== undefined)
    return t.skip('shellcheck is not there; Debian has it in the package shellcheck')
  assert.equal(`${checked.stdout}${checked.stderr}`, '')
})
