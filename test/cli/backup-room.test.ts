// Backups to special disks: a full one, and a folder that is the root of a disk and cannot be renamed.
import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { diskAccess, mountSmallDisk, runInNamespace } from '../harness/small-disk.ts'
import { fill, place, serve } from './folder-process.ts'
import { runProgram } from './program.ts'

const access = diskAccess()

if (access.kind !== 'mount')
  test('backups on small disks', { skip: access.kind === 'none' && access.reason }, () => {
    assert.equal(runInNamespace(fileURLToPath(import.meta.url)), undefined)
  })
else {
  test('a backup without enough space says so, leaves nothing, and does not touch the server', async t => {
    const folder = await place(t)
    const data = join(folder, 'data')
    await fill(data, 100, 60_000)
    const { client } = await serve(t, data)
    const disk = mountSmallDisk(2 << 20)
    t.after(() => disk.unmount())
    for (const to of [join(disk.folder, 'saved'), disk.folder]) {
      const { code, output } = await runProgram('backup', to, '--storage-path', data)
      assert.equal(code, 1, output)
      assert.match(output, /^hyperfleet: not enough space for .*: free some, or choose another disk\.$/m)
      assert.deepEqual(readdirSync(disk.folder), [])
    }
    await client.cluster('still-here')
  })

  test('a backup fills the root of a disk, and is restored to one', async t => {
    const folder = await place(t)
    const data = join(folder, 'data')
    await fill(data, 5)
    for (const [command, ...names] of [
      ['backup', '--storage-path', data],
      ['restore', data, '--storage-path'],
    ] as const) {
      const disk = mountSmallDisk(32 << 20)
      try {
        const { code, output } = await runProgram(command, ...names, disk.folder)
        assert.equal(code, 0, output)
        const manifest = command === 'backup' ? ['manifest.json'] : []
        assert.deepEqual(readdirSync(disk.folder).sort(), ['journal', 'lock', ...manifest, 'snapshot'])
        assert.equal(statSync(join(disk.folder, 'snapshot')).mode & 0o077, 0)
        const verified = await runProgram('verify', disk.folder)
        assert.equal(verified.code, 0, verified.output)
      } finally {
        disk.unmount()
      }
    }
  })
}
