// A process whose commits get stuck, because its child holds LMDB's write lock on the journal. It prints the events of its store, and
// ends like the process of a server.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openStore } from '../../src/store/store.ts'
import { clusterOf, optionsFor, put } from './samples.ts'

const [folder = ''] = process.argv.slice(2)

const store = await openStore(
  optionsFor(folder, {
    commitDeadlineMs: 200,
    onFatal: error => {
      writeSync(1, `fatal ${error.kind} ${error.message}\n`)
      writeSync(1, `${store.health.kind}\n`)
      process.kill(process.pid, 'SIGKILL')
    },
  }),
)
await store.stage([put(clusterOf(1))])
writeSync(1, 'durable\n')

const lmdb = pathToFileURL(createRequire(import.meta.url).resolve('lmdb')).href
const hold = `
  const { default: { open } } = await import(${JSON.stringify(lmdb)})
  open({ path: ${JSON.stringify(join(folder, 'journal'))}, overlappingSync: false }).transactionSync(() => {
    console.log('held')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3000)
  })`
const holder = spawn(process.execPath, ['--input-type=module', '--eval', hold], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
await once(holder.stdout, 'data')
void store.stage([put(clusterOf(2))])
