// The real server in a temporary folder on free ports, for tests; and the two engines to run them on.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { loadSettings } from '../../src/config/settings.ts'
import { type RunningServer, startServer } from '../../src/main.ts'
import { createLogger } from '../../src/observe/log/log.ts'
import { LogOutput, STANDARD_OUTPUT } from '../../src/observe/log/output.ts'

export const ENGINES = ['uws', 'node'] as const
export type EngineName = (typeof ENGINES)[number]

export interface TestServer {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string
  readonly server: RunningServer
  readonly folder: string
  /** Stops the server, and starts another on the same folder. */
  restart(environment?: Record<string, string>): Promise<TestServer>
  /** Stops the server and removes its folder. */
  stop(): Promise<void>
}

export interface TestServerOptions {
  readonly engine: EngineName
  /** Settings as environment variables, `HYPERFLEET_…`. */
  readonly environment?: Record<string, string>
  readonly folder?: string
  /** The machine's clock in milliseconds. */
  readonly machineMs?: () => number
  /** Destination of its log, at the level of the environment. */
  readonly output?: LogOutput
}

/** Starts a server that serves on a free port; health and metrics are off unless the environment says otherwise. */
export async function startTestServer(options: TestServerOptions): Promise<TestServer> {
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'hyperfleet-test-')))
  const settings = loadSettings([], {
    HYPERFLEET_SERVER_PORT: '0',
    HYPERFLEET_HEALTH_PORT: '0',
    HYPERFLEET_METRICS_PORT: '0',
    HYPERFLEET_LOGGING_LEVEL: 'silent',
    HYPERFLEET_STORAGE_PATH: folder,
    HYPERFLEET_SERVER_ENGINE: options.engine,
    ...options.environment,
  })
  const output = options.output ?? new LogOutput(STANDARD_OUTPUT)
  const server = await startServer({
    settings,
    log: createLogger(settings.logging, output),
    droppedLogLines: () => output.dropped,
    machineMs: options.machineMs ?? Date.now,
    nowMs: () => performance.now(),
    onFatal: error => {
      throw error
    },
  })
  return {
    origin: `http://127.0.0.1:${server.port}`,
    server,
    folder,
    async restart(environment) {
      await server.close()
      return startTestServer({
        ...options,
        folder,
        environment: { ...options.environment, ...environment },
      })
    },
    async stop() {
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
