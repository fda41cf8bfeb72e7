import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { openStore } from '../../src/store/store.ts'
import { dump, optionsFor, temporaryFolder } from './samples.ts'

const PROCESS = fileURLToPath(new URL('./stuck-process.js', import.meta.url))

test('a commit that does not settle within its deadline ends the process (contract 9.2)', async t => {
  const folder = temporaryFolder(t)
  const stuck = spawn(process.execPath, [PROCESS, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => stuck.kill('SIGKILL'))
  let output = ''
  stuck.stdout.on('data', data => {
    output += data
  })
  const [, signal] = await once(stuck, 'exit')
  assert.equal(signal, 'SIGKILL')
  assert.match(output, /^durable\nfatal deadline a commit to .*journal is not done after 200 ms\nfailed\n$/)
  // The announced write is on disk. The write that never settled may be.
  const store = await openStore(optionsFor(join(folder)))
  assert.ok(dump(store).length >= 1)
  await store.close()
})
