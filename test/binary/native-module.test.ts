// Loading a native module from a folder that forbids execution.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CacheError } from '../../src/binary/cache-error.ts'
import { loadNative } from '../../src/binary/native-module.ts'
import { diskAccess, mountSmallDisk, runInNamespace } from '../harness/small-disk.ts'
import { temporaryFolder } from '../store/samples.ts'

const NAME = 'fs-native-extensions.node'
const MODULE = new URL('../../src/binary/native-module.js', import.meta.url).href
const packageFolder = dirname(createRequire(import.meta.url).resolve('fs-native-extensions/package.json'))
const original = join(packageFolder, 'prebuilds', `${process.platform}-${process.arch}`, NAME)
const access = diskAccess()

/** Error of a separate process that loads the file: the system's loader caches a file that it has refused. */
function refusal(path: string): string {
  const program = `
    const { loadNative } = await import(${JSON.stringify(MODULE)})
    try {
      loadNative(${JSON.stringify(path)})
    } catch (error) {
      console.log(error.name + ': ' + error.message)
    }
  `
  const args = ['--input-type=module', '-e', program]
  return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout
}

test('a cache folder on a file system mounted with noexec is reported as such, with a remedy', {
  skip: access.kind === 'none' ? access.reason : false,
}, () => {
  if (access.kind === 'namespace') {
    assert.equal(runInNamespace(fileURLToPath(import.meta.url)), undefined)
    return
  }
  const disk = mountSmallDisk(1 << 20, 'noexec')
  try {
    const path = join(disk.folder, NAME)
    copyFileSync(original, path)
    assert.match(refusal(path), /^CacheError: .*noexec.*HYPERFLEET_CACHE_DIR/)
  } finally {
    disk.unmount()
  }
})

test('a native module that can be loaded is, and what else is wrong with one is told as it is', t => {
  const path = join(temporaryFolder(t), NAME)
  copyFileSync(original, path)
  assert.ok(Object.hasOwn(Object(loadNative(path)), 'tryLock'))
  assert.throws(
    () => loadNative(join(dirname(path), 'gone.node')),
    (error: unknown) => !(error instanceof CacheError),
  )
})
