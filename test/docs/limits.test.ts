// Keeps docs/guide/limits.md and the code together.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

test('the numbers of docs/guide/limits.md are those of the code', () => {
  const checked = spawnSync(process.execPath, ['scripts/docs/limits.mjs', '--check'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  assert.deepEqual([checked.status, checked.stderr], [0, ''])
})
