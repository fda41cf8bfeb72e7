// A start that expects a fleet. An empty or missing folder then means an unmounted volume, not a new fleet.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { hadFirstStart, noteFirstStart } from '../../src/store/folder/folder.ts'
import { openStore, type StoreEvent } from '../../src/store/store.ts'
import { clusterOf, openFor, optionsFor, put, temporaryFolder } from './samples.ts'

const refused = {
  name: 'StoreError',
  kind: 'missing',
  message: /there is no fleet in the data folder .*, and one is expected/,
}

test('a folder without a fleet is refused, and stays as it was', async t => {
  const base = temporaryFolder(t)
  const missing = join(base, 'missing')
  await assert.rejects(openStore(optionsFor(missing, { mustExist: true })), refused)
  assert.equal(existsSync(missing), false)
  const volume = join(base, 'volume')
  mkdirSync(join(volume, 'lost+found'), { recursive: true })
  await assert.rejects(openStore(optionsFor(volume, { mustExist: true })), refused)
  assert.deepEqual(readdirSync(volume), ['lost+found'])
  // Without the setting the folder is used, and files of the file system stay.
  const events: StoreEvent[] = []
  await (await openFor(t, volume, { onEvent: event => events.push(event) })).close()
  assert.ok(events.some(({ kind }) => kind === 'fleet-begun'))
  assert.ok(existsSync(join(volume, 'lost+found')))
})

test('a folder with a fleet is opened, and a folder with a lost part is refused as such', async t => {
  const folder = join(temporaryFolder(t), 'data')
  const first = await openFor(t, folder)
  await first.stage([put(clusterOf(1))])
  await first.close()
  const events: StoreEvent[] = []
  const again = await openFor(t, folder, { mustExist: true, onEvent: event => events.push(event) })
  assert.equal(again.state.resources('Cluster').length, 1)
  assert.ok(!events.some(({ kind }) => kind === 'fleet-begun'))
  await again.close()
  rmSync(join(folder, 'snapshot'), { recursive: true })
  await assert.rejects(openStore(optionsFor(folder, { mustExist: true })), { kind: 'gap' })
})

test('the first start creates the marker file, if one is configured', t => {
  const file = join(temporaryFolder(t), 'state', 'fleet-exists')
  const errors: unknown[] = []
  noteFirstStart('', error => errors.push(error))
  assert.equal(hadFirstStart(''), false)
  assert.equal(hadFirstStart(file), false)
  noteFirstStart(file, error => errors.push(error))
  noteFirstStart(file, error => errors.push(error))
  assert.equal(hadFirstStart(file), true)
  assert.equal(errors.length, 0)
  noteFirstStart(join(file, 'below'), error => errors.push(error))
  assert.equal(errors.length, 1)
})
