// A folder with a fleet for one test, and the commands on it as users run them.
import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { ServerProcess } from '../crash/server-process.ts'
import { TestClient } from '../harness/client.ts'
import { startTestServer } from '../harness/server.ts'
import { type Program, startProgram } from './program.ts'

/** A temporary folder that is removed after the test. */
export async function place(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hyperfleet-folder-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

export interface Served {
  readonly server: ServerProcess
  readonly client: TestClient
}

/** A server process on a data folder. */
export async function serve(t: TestContext, data: string): Promise<Served> {
  const server = new ServerProcess(data)
  const client = new TestClient(await server.start())
  t.after(async () => {
    client.close()
    await server.kill()
  })
  return { server, client }
}

/** Fills a data folder with clusters, each with a nodepool. */
export async function fill(data: string, clusters: number, specBytes = 100): Promise<void> {
  const server = await startTestServer({ engine: 'node', folder: data })
  const client = new TestClient(server.origin)
  const spec = { filling: 'f'.repeat(specBytes) }
  for (let at = 0; at < clusters; at += 20)
    await Promise.all(
      Array.from({ length: Math.min(20, clusters - at) }, async (_, i) => {
        const { id } = await client.cluster(`filled-${at + i}`, { spec, labels: { n: String(at + i) } })
        await client.nodepool(id, 'workers')
      }),
    )
  client.close()
  await server.server.close()
}

/** Starts a backup of a fleet that exceeds the buffers, and pauses its process in the middle. */
export async function stuckBackup(data: string, to: string): Promise<Program> {
  const program = startProgram('backup', to, '--storage-path', data)
  const isUnderWay = () => partials(to).length > 0
  while (!isUnderWay()) {
    assert.equal(program.process.exitCode, null, 'the backup ended before it was under way')
    await new Promise(resolve => setTimeout(resolve, 1))
  }
  program.process.kill('SIGSTOP')
  assert.equal(existsSync(to), false)
  return program
}

/** Remains of unfinished folders. */
export function partials(to: string): string[] {
  return readdirSync(join(to, '..')).filter(name => name.includes('.partial-'))
}
