// The small disk of the tests: it goes away whatever still uses it, and leaves a test's own fault to be seen.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { diskAccess, mountSmallDisk, runInNamespace } from './small-disk.ts'

const DISK_BYTES = 1 << 20

async function failWithServerLeft(): Promise<void> {
  const disk = mountSmallDisk(DISK_BYTES)
  const left = spawn('sleep', ['1000'], { cwd: disk.folder })
  await once(left, 'spawn')
  try {
    assert.throws(() => {
      try {
        throw new Error('the fault of the test')
      } finally {
        disk.unmount()
      }
    }, /the fault of the test/)
    assert.equal(existsSync(disk.folder), false)
  } finally {
    left.kill('SIGKILL')
  }
}

const TITLE = 'a disk that a process still uses is unmounted, and the fault of its test is seen'
const access = diskAccess()
switch (access.kind) {
  case 'mount':
    test(TITLE, failWithServerLeft)
    break
  case 'namespace':
    test(`${TITLE}, in a namespace that may mount one`, () => {
      assert.equal(runInNamespace(fileURLToPath(import.meta.url)), undefined)
    })
    break
  case 'none':
    test(TITLE, { skip: access.reason }, () => {})
}
