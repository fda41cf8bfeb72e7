import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStore } from '../../src/store/store.ts'
import { openFor, optionsFor, temporaryFolder } from './samples.ts'

const WRITER = fileURLToPath(new URL('./writer-process.js', import.meta.url))

test('a folder in use is refused with a message, and opens after the holder was killed', async t => {
  const folder = temporaryFolder(t)
  const holder = spawn(process.execPath, [WRITER, folder, 'write', '1000000', '-1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  await assert.rejects(openStore(optionsFor(folder)), {
    kind: 'in-use',
    message: /in use by another process/,
  })
  holder.stdout.resume()
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  assert.ok((await openFor(t, folder)).state.resources('Cluster').length > 0)
})

test('two stores of one process cannot use a folder at the same time, but one after the other', async t => {
  const folder = temporaryFolder(t)
  const store = await openFor(t, folder)
  await assert.rejects(openStore(optionsFor(folder)), { kind: 'in-use' })
  await store.close()
  await openFor(t, folder)
})

test('a data folder is created with its parents, and a file in its place is refused', async t => {
  const folder = temporaryFolder(t)
  await openFor(t, join(folder, 'a', 'b'))
  writeFileSync(join(folder, 'file'), '')
  for (const path of [join(folder, 'file'), join(folder, 'file', 'below')]) {
    await assert.rejects(openStore(optionsFor(path)), { kind: 'not-a-directory', message: /not a directory/ })
  }
})
