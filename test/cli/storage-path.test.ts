// Impossible data folders: each command ends with one line that explains the fault.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plantedFolder, soundFleet } from '../ops/audit/planted-folder.ts'
import { place, serve } from './folder-process.ts'
import { runProgram } from './program.ts'

const NO_PORTS = ['--server-port', '0', '--health-port', '0', '--metrics-port', '0']

test('a storage.path that cannot be a folder ends the start at once, with code 2 and a message', async t => {
  const base = await place(t)
  writeFileSync(join(base, 'file'), 'x')
  symlinkSync(join(base, 'nothing'), join(base, 'dangling'))
  symlinkSync(join(base, 'loop'), join(base, 'loop'))
  const cases: readonly (readonly [string, RegExp])[] = [
    [join(base, 'file'), /file.* is not a (directory|folder)/],
    [join(base, 'file/below/data'), /file is not a folder|is below something that is not a directory/],
    [join(base, 'dangling'), /dangling is a link to .*nothing, where nothing is/],
    [join(base, 'loop'), /loop is a link to .*loop, where nothing is|ELOOP/],
    [join(base, 'x'.repeat(300)), /is too long a path|ENAMETOOLONG/],
    ['/dev/null', /null.* is not a (directory|folder)/],
    ...(existsSync('/proc/self')
      ? ([
          ['/proc/x', /\/proc\/x cannot be made: the system allows no folder there/],
          ['/proc/x/y/z', /cannot be made/],
        ] as const)
      : []),
  ]
  await Promise.all(
    cases.map(async ([path, words]) => {
      const { code, output } = await runProgram('serve', '--storage-path', path, ...NO_PORTS)
      assert.equal(code, 2, `${path}: ${output}`)
      assert.match(output, words)
      assert.doesNotMatch(output, /\n\s+at /)
    }),
  )
  assert.deepEqual(readdirSync(base).sort(), ['dangling', 'file', 'loop'])
})

test('commands that create folders and files also end with a message if they cannot', async t => {
  const base = await place(t)
  writeFileSync(join(base, 'file'), 'x')
  const saved = await plantedFolder(t, soundFleet())
  const places = [join(base, 'file/below'), join(base, 'x'.repeat(300)), '/proc/x']
  const commands = places.flatMap(path => [
    ['backup', path, '--storage-path', saved],
    ['restore', saved, '--storage-path', path],
    ['restore', saved, '--replace', '--storage-path', path],
    ['import', '/dev/null', '--storage-path', path],
    ['export', '-o', path, '--storage-path', saved],
  ])
  for (const command of commands) {
    const { code, output } = await runProgram(...command)
    assert.equal(code, 1, `${command.join(' ')}: ${output}`)
    assert.match(
      output,
      /^hyperfleet: .*(is not a folder, or a part|the path .* is too long|cannot create anything in|no whole export)/m,
      command.join(' '),
    )
    assert.doesNotMatch(output, /\n\s+at /)
  }
})

test('folders, files and the socket that commands create are private to their user', async t => {
  const base = await place(t)
  const data = join(base, 'data')
  const mask = process.umask(0)
  t.after(() => process.umask(mask))
  const { server, client } = await serve(t, data)
  await client.cluster('private')
  assert.deepEqual(openIn(data), [])
  assert.ok(existsSync(join(data, 'control.sock')))
  const saved = join(base, 'saved')
  const text = join(base, 'fleet.jsonl')
  const at = ['--storage-path', data]
  assert.equal((await runProgram('backup', saved, ...at)).code, 0)
  assert.equal((await runProgram('export', '-o', text, ...at)).code, 0)
  assert.equal((await server.stop()).code, 0)
  for (const command of [
    ['restore', saved, '--replace', ...at],
    ['restore', saved, '--storage-path', join(base, 'restored')],
    ['import', text, '--storage-path', join(base, 'imported')],
  ])
    assert.equal((await runProgram(...command)).code, 0, command.join(' '))
  assert.deepEqual(openIn(base), [])
})

/** Paths in a folder, including the folder, that other users can access. */
function openIn(folder: string): string[] {
  const names = ['.', ...readdirSync(folder, { recursive: true }).map(String)]
  return names.filter(name => (statSync(join(folder, name)).mode & 0o077) !== 0)
}

test('storage.mustExist refuses a missing folder, creates nothing, and accepts a folder with a fleet', async t => {
  const base = await place(t)
  const data = join(base, 'data')
  mkdirSync(data)
  const refused = await runProgram('serve', '--storage-path', data, '--storage-must-exist', ...NO_PORTS)
  assert.equal(refused.code, 1)
  assert.match(refused.output, /there is no fleet in the data folder .*data, and one is expected/)
  assert.deepEqual(readdirSync(data), [])
  const first = await serve(t, data)
  await first.client.cluster('first')
  assert.equal((await first.server.stop()).code, 0)
  assert.match(first.server.log, /the data folder contains no fleet; creating a new one/)
})
