// Files of a data folder are private to their user, because they have all that the API protects by authentication.
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { test } from 'node:test'
import type { Store, StoreEvent } from '../../src/store/store.ts'
import { clusterOf, openFor, put, temporaryFolder } from './samples.ts'

/** Paths in a folder, including itself, to which others have access. */
export function openToOthers(folder: string): string[] {
  const paths = [folder, ...readdirSync(folder, { recursive: true }).map(name => join(folder, String(name)))]
  return paths
    .filter(path => (statSync(path).mode & 0o077) !== 0)
    .map(path => `${relative(folder, path)} ${(statSync(path).mode & 0o7777).toString(8)}`)
}

async function write(store: Store): Promise<void> {
  await store.stage([put(clusterOf(1))])
  await store.close()
}

for (const mask of [0o000, 0o022, 0o077]) {
  test(`new files are private to their user under any umask (here ${mask.toString(8).padStart(3, '0')})`, async t => {
    const folder = join(temporaryFolder(t), 'above', 'data')
    const before = process.umask(mask)
    try {
      await write(await openFor(t, folder))
    } finally {
      process.umask(before)
    }
    assert.deepEqual(openToOthers(join(folder, '..')), [])
  })
}

test('a folder that was open to others is closed at the next start, which is reported', async t => {
  const folder = join(temporaryFolder(t), 'data')
  await write(await openFor(t, folder))
  for (const name of ['.', ...readdirSync(folder, { recursive: true })]) {
    const path = join(folder, String(name))
    chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644)
  }
  const events: StoreEvent[] = []
  await write(await openFor(t, folder, { onEvent: event => events.push(event) }))
  assert.deepEqual(openToOthers(folder), [])
  const [told] = events.filter(event => event.kind === 'folder-was-open')
  assert.ok(told?.access.closed.includes(folder) && told.access.open.length === 0)
})

test('a folder with other files keeps its permissions, which is reported; the files of the store are closed', async t => {
  const folder = join(temporaryFolder(t), 'shared')
  mkdirSync(folder)
  writeFileSync(join(folder, 'letter.txt'), 'x', { mode: 0o600 })
  chmodSync(folder, 0o1777)
  const events: StoreEvent[] = []
  await write(await openFor(t, folder, { onEvent: event => events.push(event) }))
  assert.deepEqual(openToOthers(folder), [' 1777'])
  const [told] = events.filter(event => event.kind === 'folder-was-open')
  assert.deepEqual(told?.access, { closed: [], open: [folder] })
})
