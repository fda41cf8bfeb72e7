import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count } from '../../src/cli/terminal/text.ts'
import { checkTable } from '../../tools/simulate/checks.ts'
import { Progress } from '../../tools/simulate/progress.ts'

test('the progress rewrites one line on a terminal and clears it in the end', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const traffic = { requests: 0, retries: 2 }
  let nowMs = 0
  let written = ''
  const write = (text: string) => {
    written += text
  }
  const progress = new Progress({ isTerminal: true, write }, () => nowMs, traffic)
  await progress.during(
    () => 'creating: 7 of 9',
    async () => {
      nowMs = 250
      traffic.requests = 1000
      t.mock.timers.tick(250)
    },
  )
  progress.note('created 9')
  assert.equal(written, '\r\x1b[Kcreating: 7 of 9, 4,000 requests/s, 2 retries\r\x1b[K\r\x1b[Kcreated 9\n')
})

test('the progress writes plain lines every few seconds into a pipe', async t => {
  t.mock.timers.enable({ apis: ['setInterval'] })
  const lines: string[] = []
  const output = { isTerminal: false, write: (text: string) => lines.push(text) }
  const progress = new Progress(output, () => 0, { requests: 0, retries: 0 })
  await progress.during(
    () => 'life',
    async () => t.mock.timers.tick(12_000),
  )
  assert.deepEqual(lines, Array(2).fill('life, 0 requests/s, 0 retries\n'))
})

test('numbers are shown with thousands set apart', () => {
  assert.deepEqual([0, 999, 1000, 1234567.8].map(count), ['0', '999', '1,000', '1,234,568'])
})

test('the table of checks is aligned and says what failed', () => {
  const table = checkTable([
    { name: 'clusters', expected: 1000, found: 1000 },
    { name: 'clusters ready', expected: 7, found: 12 },
  ])
  assert.equal(
    table,
    [
      'check          | expected | found | ok',
      '---------------|----------|-------|----',
      'clusters       |     1000 |  1000 | yes',
      'clusters ready |        7 |    12 | NO',
    ].join('\n'),
  )
})
