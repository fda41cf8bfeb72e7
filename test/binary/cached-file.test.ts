// Content-addressed files: complete or missing, and never with other content.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { CacheError } from '../../src/binary/cache-error.ts'
import { cachedFile } from '../../src/binary/cached-file.ts'
import { temporaryFolder } from '../store/samples.ts'

const MODULE = new URL('../../src/binary/cached-file.js', import.meta.url).href

test('a file is written once, under the checksum of its content, for its owner alone', t => {
  const folder = temporaryFolder(t)
  const bytes = Buffer.from('a module')
  const path = cachedFile(folder, 'some.node', bytes, randomUUID)
  const digest = createHash('sha256').update(bytes).digest('hex')
  assert.equal(path, join(folder, `${digest}-some.node`))
  assert.deepEqual(readFileSync(path), bytes)
  const { ino, mode } = statSync(path)
  assert.equal(mode & 0o777, 0o500)
  assert.equal(cachedFile(folder, 'some.node', bytes, randomUUID), path)
  assert.equal(statSync(path).ino, ino)
  assert.deepEqual(readdirSync(folder), [`${digest}-some.node`])
})

test('a file whose content is not that of its name is replaced', t => {
  const folder = temporaryFolder(t)
  const bytes = Buffer.from('a module')
  const path = cachedFile(folder, 'some.node', bytes, randomUUID)
  for (const spoilt of ['another module', 'a modulf', '']) {
    chmodSync(path, 0o700)
    writeFileSync(path, spoilt)
    assert.equal(cachedFile(folder, 'some.node', bytes, randomUUID), path)
    assert.deepEqual(readFileSync(path), bytes)
  }
})

test('a file that cannot be written is reported with a remedy', t => {
  const folder = join(temporaryFolder(t), 'gone')
  assert.throws(
    () => cachedFile(folder, 'some.node', Buffer.from('a module'), randomUUID),
    (error: unknown) => error instanceof CacheError && /HYPERFLEET_CACHE_DIR/.test(error.message),
  )
})

test('of many processes that write it at once each finds it whole, and nothing is left behind', async t => {
  const folder = temporaryFolder(t)
  const source = join(temporaryFolder(t), 'source')
  const bytes = randomBytes(4 << 20)
  writeFileSync(source, bytes)
  const program = `
    import { randomUUID } from 'node:crypto'
    import { readFileSync } from 'node:fs'
    const { cachedFile } = await import(${JSON.stringify(MODULE)})
    const bytes = readFileSync(${JSON.stringify(source)})
    for (let i = 0; i < 20; i++) {
      const path = cachedFile(${JSON.stringify(folder)}, 'some.node', bytes, randomUUID)
      if (!readFileSync(path).equals(bytes)) process.exit(1)
    }
  `
  const codes = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' })
      const [code] = await once(child, 'exit')
      return code
    }),
  )
  assert.deepEqual(codes, [0, 0, 0, 0, 0, 0])
  assert.equal(readdirSync(folder).length, 1)
})
