// The build patches a copy of lmdb's native file, and the store uses that copy.
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { sha256 } from '../../scripts/build/native.mjs'
import { install, mend } from '../../scripts/build/native-lmdb.mjs'
import { LMDB_PINS } from '../../scripts/build/native-pins.mjs'
import { Environment } from '../../src/store/lmdb/environment.ts'
import { temporaryFolder } from './samples.ts'

const require = createRequire(createRequire(import.meta.url).resolve('lmdb'))
const platformPackage = `@lmdb/lmdb-${process.platform}-${process.arch}`
const isLinux = process.platform === 'linux'

test('every native file for this machine is pinned, and the patch changes one byte (contract 9.2)', {
  skip: isLinux ? false : 'only the files for Linux are mended',
}, t => {
  const packageFolder = dirname(require.resolve(platformPackage))
  const names = readdirSync(packageFolder).filter(name => name.endsWith('.node'))
  assert.ok(names.length > 0)
  for (const name of names) {
    const pin = LMDB_PINS.get(`${process.arch}/${name}`)
    const original = readFileSync(join(packageFolder, name))
    const mended = mend(original)
    assert.deepEqual(pin, { before: sha256(original), after: sha256(mended) }, name)
    assert.equal(
      mended.reduce((count, byte, i) => count + Number(byte !== original[i]), 0),
      1,
    )
  }
  const targetFolder = join(temporaryFolder(t), 'mended')
  const files = { arch: process.arch, abi: '115', packageFolder, targetFolder }
  assert.equal(install(files), 3)
  assert.equal(install(files), 0, 'what is there is not written again')
})

test('an unexpected file is not patched', () => {
  assert.throws(() => mend(Buffer.from('something else')), /does not occur exactly once/)
})

test('the store uses the patched file', {
  skip: existsSync('/proc/self/maps') ? false : 'there is no list of loaded files here',
}, async t => {
  const folder = join(temporaryFolder(t), 'environment')
  mkdirSync(folder)
  const environment = new Environment(folder, 10_000)
  const maps = readFileSync('/proc/self/maps', 'utf8')
  assert.match(maps, /native\/lmdb\/prebuilds\/[^/]+\/[^/]+\.node$/m)
  await environment.close()
})
