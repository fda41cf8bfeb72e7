import assert from 'node:assert/strict'
import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Environment } from '../../src/store/lmdb/environment.ts'
import { temporaryFolder } from './samples.ts'

test('a commit that meets damaged pages asks for a restore from a backup', async t => {
  const folder = temporaryFolder(t)
  const environment = new Environment(folder, 30_000)
  t.after(() => environment.close())
  const writes = Array.from({ length: 100 }, (_, i) => ({
    kind: 'put' as const,
    key: i,
    value: Buffer.alloc(1000),
  }))
  await environment.commit(writes)
  const path = join(folder, 'data.mdb')
  const file = openSync(path, 'r+')
  const start = 2 * 4096
  writeSync(file, Buffer.alloc(statSync(path).size - start), 0, null, start)
  closeSync(file)
  await assert.rejects(environment.commit(writes), {
    name: 'StorageFailedError',
    kind: 'damaged',
    message: /Restore the data folder from a backup/,
  })
})
