// Checksums in the lock file: npm verifies a package against its integrity, and accepts one without.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

interface Entry {
  readonly integrity?: string
  readonly link?: boolean
}

const LOCK_FILE = fileURLToPath(new URL('../../../package-lock.json', import.meta.url))
// Written by npm.
const { packages } = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as {
  readonly packages: Readonly<Record<string, Entry>>
}

test('every package has a checksum, native code for every platform included', () => {
  const unpinned = Object.entries(packages)
    .filter(
      ([path, { integrity, link }]) => path !== '' && link !== true && !/^sha512-/.test(integrity ?? ''),
    )
    .map(([path]) => path)
  assert.deepEqual(unpinned, [])
  // The platforms of the image and of the one-file program.
  for (const native of ['@lmdb/lmdb-linux-x64', '@lmdb/lmdb-linux-arm64', '@btc-vision/uwebsockets.js'])
    assert.ok(packages[`node_modules/${native}`] !== undefined, native)
})
