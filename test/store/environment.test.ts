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

test('an append that is not beyond the end is refused, wherever it is in a commit', async t => {
  const environment = new Environment(temporaryFolder(t), 30_000)
  t.after(() => environment.close())
  const value = Buffer.alloc(10)
  const append = (key: number) => ({ kind: 'append', key, value }) as const
  const put = (key: number) => ({ kind: 'put', key, value }) as const
  await environment.commit([put(1), append(5), put(2), append(6), { kind: 'remove', key: 1 }])
  assert.deepEqual(
    environment.read(undefined, 10).map(({ key }) => key),
    [2, 5, 6],
  )
  for (const writes of [[append(6)], [append(3)], [put(4), append(3)], [append(8), append(7), put(9)]])
    await assert.rejects(environment.commit(writes), { kind: 'invariant', message: /is not beyond the end/ })
})
