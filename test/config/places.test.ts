// Choice of the settings file (contract 1.4).
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FILE_PLACES, loadConfiguration } from '../../src/config/settings.ts'

/** Loads with these files; each sets the port of the API. */
function load(files: Record<string, number>, flags: string[] = [], environment: Record<string, string> = {}) {
  return loadConfiguration({
    flags,
    environment,
    readFile: path => (path in files ? Buffer.from(`server: {port: ${files[path]}}`) : undefined),
  })
}

test('the flag names the file, otherwise the variable, otherwise it is the first of two places that exists', () => {
  const [system, local] = FILE_PLACES
  assert.deepEqual([system, local], ['/etc/hyperfleet/config.yaml', './configs/config.yaml'])
  const files = { 'flag.yaml': 1, 'variable.yaml': 2, [system]: 3, [local]: 4 }
  const environment = { HYPERFLEET_CONFIG: 'variable.yaml' }
  assert.equal(load(files, ['--config', 'flag.yaml'], environment).settings.server.port, 1)
  assert.equal(load(files, ['--config=flag.yaml']).file, 'flag.yaml')
  assert.equal(load(files, [], environment).settings.server.port, 2)
  assert.equal(load(files).settings.server.port, 3)
  assert.equal(load({ [local]: 4 }).settings.server.port, 4)
  assert.equal(load({}).settings.server.port, 8000)
  assert.equal(load({}).file, undefined)
})

test('a named file that does not exist is refused, whatever else exists', () => {
  const files = { [FILE_PLACES[0]]: 3 }
  assert.throws(
    () => load(files, ['--config', 'gone.yaml']),
    /--config is "gone\.yaml": there is no such file/,
  )
  const environment = { HYPERFLEET_CONFIG: 'gone.yaml' }
  assert.throws(
    () => load(files, [], environment),
    /HYPERFLEET_CONFIG is "gone\.yaml": there is no such file/,
  )
  assert.throws(() => load(files, [], { HYPERFLEET_CONFIG: '' }), /HYPERFLEET_CONFIG is ""/)
  assert.throws(() => load(files, ['--config']), /--config needs a value/)
})

test('an unreadable file is refused, without trying the next place', () => {
  const load = () =>
    loadConfiguration({
      flags: [],
      environment: {},
      readFile: path => {
        if (path === FILE_PLACES[0]) throw new Error('EACCES: permission denied')
        return Buffer.from('')
      },
    })
  assert.throws(load, /"\/etc\/hyperfleet\/config\.yaml", which cannot be read: EACCES/)
})
