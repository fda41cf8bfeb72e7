// Runs client commands as users do: each in its own process, against a real server.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestClient } from '../harness/client.ts'
import { type CommandProcess, type Ended, runCommand } from '../harness/command-process.ts'
import { startTestServer, type TestServer } from '../harness/server.ts'

export interface Shell {
  readonly server: TestServer
  /** A client for test data. */
  readonly client: TestClient
  /** The user's home folder, which is also the working folder. */
  readonly home: string
  start(args: readonly string[], environment?: Record<string, string>): CommandProcess
  run(...args: readonly string[]): Promise<Ended>
  /** Runs with standard input. */
  feed(input: string, ...args: readonly string[]): Promise<Ended>
  stop(): Promise<void>
}

export async function startShell(environment: Record<string, string> = {}): Promise<Shell> {
  const server = await startTestServer({ engine: 'node', environment })
  const home = await mkdtemp(join(tmpdir(), 'hyperfleet-home-'))
  const client = new TestClient(server.origin)
  const start = (args: readonly string[], more: Record<string, string> = {}) =>
    runCommand(args, { HOME: home, HYPERFLEET_CLIENT_SERVER: server.origin, ...more }, home)
  return {
    server,
    client,
    home,
    start,
    run: (...args) => start(args).ended,
    feed: (input, ...args) => {
      const { child, ended } = start(args)
      child.stdin?.end(input)
      return ended
    },
    async stop() {
      client.close()
      await server.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}
