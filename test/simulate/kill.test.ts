// The server is killed and restarted during a simulation. No acknowledged write may be missing.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Program, startProgram } from '../cli/program.ts'
import { freePort } from '../harness/free-port.ts'
import { ENGINES } from '../harness/server.ts'
import { runSimulation, wrongChecks } from './simulation-run.ts'

for (const engine of ENGINES)
  test(`contract 4.8, 5.7, 12.4, 12.5: a server killed in the middle and started again costs nothing, and a watcher knows what is listed [${engine}]`, async t => {
    const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-test-'))
    const port = await freePort()
    let server = await serve(engine, port, folder)
    t.after(async () => {
      await kill(server)
      await rm(folder, { recursive: true, force: true })
    })
    const restart = async () => {
      await kill(server)
      server = await serve(engine, port, folder)
    }
    let writes = 0
    let restarts = Promise.resolve()
    const args = [
      '--server',
      `http://127.0.0.1:${port}`,
      '--clusters',
      '60',
      '--duration',
      '2',
      '--rate',
      '400',
      '--watch',
    ]
    const { result, notes } = await runSimulation(args, client => ({
      ...client,
      send(method, path, body) {
        if (method !== 'GET') writes += 1
        // During the creation, the first reports, and the life.
        if (method !== 'GET' && [100, 500, 1200].includes(writes)) restarts = restarts.then(restart)
        return client.send(method, path, body)
      },
    }))
    await restarts
    assert.deepEqual(wrongChecks(result), [])
    assert.ok(writes > 1200, 'every restart should have happened')
    assert.ok(result.traffic.retries > 0)
    assert.match(notes, /^the watches sent [\d,]+ events and lasted through [1-9]\d* outages$/m)
    const watched = result.checks.filter(({ name }) => name.endsWith('that a watcher knows as listed'))
    assert.deepEqual(
      watched.map(({ found }) => found > 0),
      [true, true],
    )
  })

async function serve(engine: string, port: number, folder: string): Promise<Program> {
  const off = ['--health-port', '0', '--metrics-port', '0']
  const place = ['--server-port', String(port), '--storage-path', folder, '--server-engine', engine]
  const program = startProgram('serve', ...place, ...off)
  await program.says('"ready"')
  return program
}

async function kill({ process: child }: Program): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'close')
}
