// A server in its own process, so that its memory and time are separate from the clients'.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { EngineName } from '../harness/server.ts'

const PROCESS = fileURLToPath(new URL('./separate-server-process.js', import.meta.url))

export interface SeparateServer {
  readonly port: number
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  isAlive(): boolean
  /** Heap size after a collection. */
  heapBytes(): Promise<number>
  /** Stops the process in an orderly way and removes its folder. */
  stop(): Promise<void>
}

/** @param environment settings as environment variables, `HYPERFLEET_…` */
export async function startSeparateServer(
  engine: EngineName,
  environment: Record<string, string> = {},
): Promise<SeparateServer> {
  const folder = mkdtempSync(join(tmpdir(), 'hyperfleet-test-'))
  const child = spawn(
    process.execPath,
    ['--expose-gc', PROCESS, engine, folder, JSON.stringify(environment)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async () => Number((await lines.next()).value)
  const port = await next()
  return {
    port,
    origin: `http://127.0.0.1:${port}`,
    isAlive: () => child.exitCode === null,
    heapBytes() {
      child.stdin.write('heap\n')
      return next()
    },
    async stop() {
      child.stdin.end()
      if (child.exitCode === null) await new Promise(resolve => child.once('exit', resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
