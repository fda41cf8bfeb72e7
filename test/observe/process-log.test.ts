// The log of the server process from start to end, all of which is written.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { TEST_HANGS_AFTER_MS } from '../harness/patience.ts'

const COMMAND = fileURLToPath(new URL('../../src/cli/hyperfleet.js', import.meta.url))

/** Runs a server until it is ready and `act` is done, then stops it. Returns its whole output. */
async function said(flags: readonly string[], act: (api: string) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
  const ports = ['--server-port', '0', '--health-port', '0', '--metrics-port', '0']
  const child = spawn(
    process.execPath,
    [COMMAND, 'serve', '--storage-path', join(folder, 'data'), ...ports, ...flags],
    { env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const ended = once(child, 'close')
  try {
    let text = ''
    const api = new Promise<string>(resolve => {
      child.stdout.on('data', chunk => {
        text += chunk
        const [found] = /http:\/\/[^" ]+\/v1/.exec(text) ?? []
        if (found !== undefined) resolve(found)
      })
    })
    await act(await api)
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
    return text
  } finally {
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
}

const write = async (api: string) => {
  const answer = await fetch(`${api}/clusters`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer secret-token' },
    body: '{"kind":"Cluster","name":"said","spec":{"word":"secret-spec"}}',
  })
  assert.equal(answer.status, 201)
}

test('start, ready, a write, drain and checkpoint are logged, and the last line is written too', {
  timeout: TEST_HANGS_AFTER_MS,
}, async () => {
  // Fewer than the files that any machine lets it open, which it would warn of.
  const text = await said(['--limits-connections', '500'], write)
  const lines = text
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const messages = lines.map(({ msg }) => msg)
  for (const [i, message] of [
    'recovery: done',
    'the data folder contains no fleet; creating a new one',
    'ready',
    'authentication is off',
    'no adapters are required of clusters and nodepools: a deletion before the first report',
    'written',
    'stopping: ',
    'checkpoint: folding',
    'checkpoint: done',
    'stopped',
  ].entries())
    assert.ok(messages[i]?.startsWith(message), `line ${i} is ${messages[i]}`)
  for (const { level, time } of lines) {
    assert.ok(['info', 'warn'].includes(level))
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  }
  assert.doesNotMatch(text, /secret/)
})

test('contract 11.8: a start without a list of required adapters says so, and names the kinds', {
  timeout: TEST_HANGS_AFTER_MS,
}, async () => {
  const lists = ['--adapters-required-cluster', '["dns"]']
  assert.match(
    await said(lists, write),
    /no adapters are required of nodepools: .*; see --adapters-required-nodepool"/,
  )
  const both = [...lists, '--adapters-required-nodepool', '["pool"]']
  assert.doesNotMatch(await said(both, write), /no adapters are required/)
})

test('in text form each line begins with time and level', { timeout: TEST_HANGS_AFTER_MS }, async () => {
  const text = await said(['--logging-format', 'text'], write)
  for (const line of text.trim().split('\n')) assert.match(line, /^\d{4}-\S+Z (INFO |WARN ) \S/)
})
