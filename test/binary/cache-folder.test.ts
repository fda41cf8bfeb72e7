// The cache folder for native modules: the places where it may be, and the places that are refused.
import assert from 'node:assert/strict'
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CacheError } from '../../src/binary/cache-error.ts'
import { type CachePlaces, cacheFolder } from '../../src/binary/cache-folder.ts'
import { temporaryFolder } from '../store/samples.ts'

const userId = process.getuid?.() ?? -1
const SYSTEM = { skip: userId === -1 ? 'files have no owner here' : false }

/** A user's folders, all below `root`. */
function placesIn(root: string, environment: CachePlaces['environment'] = {}): CachePlaces {
  return { environment, homeFolder: join(root, 'home'), temporaryFolder: join(root, 'tmp'), userId }
}

function assertRefused(places: CachePlaces, words: RegExp): void {
  assert.throws(
    () => cacheFolder(places),
    (error: unknown) =>
      error instanceof CacheError && words.test(error.message) && /HYPERFLEET_CACHE_DIR/.test(error.message),
  )
}

test(
  'the cache folder is made for this user alone, with the folders above it, and found again',
  SYSTEM,
  t => {
    const path = join(temporaryFolder(t), 'not', 'there', 'yet')
    const places = placesIn('/nowhere', { HYPERFLEET_CACHE_DIR: path })
    assert.equal(cacheFolder(places), path)
    assert.equal(statSync(path).mode & 0o777, 0o700)
    assert.equal(cacheFolder(places), path)
  },
)

test(
  'without a named folder it is that of the cache home, then of the home, then of temporary files',
  SYSTEM,
  t => {
    const root = temporaryFolder(t)
    const places = placesIn(root)
    const environment = { XDG_CACHE_HOME: join(root, 'caches'), HYPERFLEET_CACHE_DIR: '' }
    assert.equal(cacheFolder({ ...places, environment }), join(root, 'caches', 'hyperfleet'))
    const ofHome = join(root, 'home', '.cache', 'hyperfleet')
    assert.equal(cacheFolder({ ...places, environment: { XDG_CACHE_HOME: 'relative' } }), ofHome)
    assert.equal(cacheFolder(places), ofHome)
    const ofTemporary = join(root, 'tmp', `hyperfleet-${userId}`)
    assert.equal(cacheFolder({ ...places, homeFolder: undefined }), ofTemporary)
    writeFileSync(join(root, 'file'), '')
    assert.equal(cacheFolder({ ...places, homeFolder: join(root, 'file') }), ofTemporary)
    assert.equal(statSync(ofTemporary).mode & 0o777, 0o700)
  },
)

test('a named folder is never replaced by another', SYSTEM, t => {
  const root = temporaryFolder(t)
  writeFileSync(join(root, 'file'), '')
  const beneathFile = { HYPERFLEET_CACHE_DIR: join(root, 'file', 'cache') }
  assertRefused(placesIn(root, beneathFile), /cannot be created/)
  assertRefused(placesIn(root, { HYPERFLEET_CACHE_DIR: join(root, 'file') }), /is not a folder/)
  if (existsSync('/proc'))
    assertRefused(placesIn(root, { HYPERFLEET_CACHE_DIR: '/proc/none' }), /cannot be created/)
})

test('without any folder that can be written to, the message names each and the way out', SYSTEM, t => {
  const root = temporaryFolder(t)
  const file = join(root, 'file')
  writeFileSync(file, '')
  const places = { ...placesIn(root), homeFolder: file, temporaryFolder: file }
  assertRefused(places, /file\/\.cache.*; .*file\/hyperfleet-/)
})

test('a folder that others can write to is refused', SYSTEM, t => {
  for (const mode of [0o777, 0o770, 0o702, 0o1777]) {
    const path = join(temporaryFolder(t), 'shared')
    mkdirSync(path)
    chmodSync(path, mode)
    const places = placesIn('/nowhere', { HYPERFLEET_CACHE_DIR: path })
    assertRefused(places, /can be written to by others/)
    const beneath = { HYPERFLEET_CACHE_DIR: join(path, 'hyperfleet') }
    assert.equal(cacheFolder({ ...places, environment: beneath }), join(path, 'hyperfleet'))
  }
})

test('a folder of somebody else is refused, in the folder of temporary files too', {
  skip: userId === 0 ? false : 'only root can give a folder away',
}, t => {
  const root = temporaryFolder(t)
  const path = join(root, 'tmp', 'hyperfleet-0')
  mkdirSync(path, { recursive: true, mode: 0o700 })
  chownSync(path, 1234, 1234)
  assertRefused({ ...placesIn(root), homeFolder: undefined }, /belongs to user 1234/)
})

test('a link is refused, wherever it leads', SYSTEM, t => {
  const root = temporaryFolder(t)
  const path = join(root, 'link')
  mkdirSync(join(root, 'own'), { mode: 0o700 })
  symlinkSync(join(root, 'own'), path)
  assertRefused(placesIn(root, { HYPERFLEET_CACHE_DIR: path }), /is not a folder/)
})
