// Servers of a cluster as processes of their own, on a PostgreSQL of the test's.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { TestClient } from './client.ts'
import { apiOf, COMMAND, type CommandProcess, type Ended, runCommand, runFile } from './command-process.ts'
import { freePort } from './free-port.ts'
import { WAIT_HANGS_AFTER_MS } from './patience.ts'
import { Postgres } from './postgres.ts'

/** The part of a server in its cluster, as `/readyz` shows it. */
export interface ShownPart {
  readonly role: 'writer' | 'follower'
  readonly state: string
  readonly epoch: number
  readonly writer: string | null
  readonly sequence: number
  readonly behind: number
  readonly settings_differ: boolean
}

export interface Ready {
  readonly status: number
  readonly reasons: readonly string[]
  readonly cluster: ShownPart | undefined
}

export class ClusterServer {
  readonly folder: string
  readonly client: TestClient
  readonly origin: string
  readonly port: number
  readonly #healthPort: number
  readonly #environment: Record<string, string>
  #process: CommandProcess | undefined

  private constructor(folder: string, ports: readonly [number, number], environment: Record<string, string>) {
    const [port, healthPort] = ports
    this.folder = folder
    this.port = port
    this.origin = `http://127.0.0.1:${port}`
    this.client = new TestClient(this.origin)
    this.#healthPort = healthPort
    this.#environment = {
      HYPERFLEET_SERVER_PORT: String(port),
      HYPERFLEET_HEALTH_PORT: String(healthPort),
      HYPERFLEET_METRICS_PORT: '0',
      HYPERFLEET_STORAGE_PATH: folder,
      HYPERFLEET_CLUSTER_ENGINE: 'postgres',
      HYPERFLEET_CLUSTER_ADVERTISE_URL: this.origin,
      ...environment,
    }
  }

  static async make(folder: string, environment: Record<string, string>): Promise<ClusterServer> {
    return new ClusterServer(folder, [await freePort(), await freePort()], environment)
  }

  /** The present process. */
  get process(): CommandProcess {
    if (this.#process === undefined) throw new Error('the server has not been started')
    return this.#process
  }

  /** Starts the server, and resolves when it serves. */
  async start(environment: Record<string, string> = {}, command?: string): Promise<void> {
    await apiOf(this.begin(environment, command))
  }

  /**
   * Starts the server.
   * @param command the program: another build if a test has made one
   */
  begin(environment: Record<string, string> = {}, command = COMMAND): CommandProcess {
    const variables = { PATH: process.env.PATH, ...this.#environment, ...environment }
    this.#process = runFile(process.execPath, [command, 'serve'], variables, process.cwd())
    return this.#process
  }

  /** Runs a command to its end with the settings of the server. */
  run(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
    return runCommand(args, { ...this.#environment, ...environment }).ended
  }

  async ready(): Promise<Ready> {
    const response = await fetch(`http://127.0.0.1:${this.#healthPort}/readyz`)
    const { reasons = [], cluster } = (await response.json()) as Partial<Ready>
    return { status: response.status, reasons, cluster }
  }

  async stop(): Promise<void> {
    if (!this.isRunning) return
    this.process.child.kill('SIGTERM')
    await this.process.ended
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return
    this.process.child.kill('SIGKILL')
    await this.process.ended
  }

  get isRunning(): boolean {
    const child = this.#process?.child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }
}

export class TestCluster {
  readonly postgres: Postgres
  readonly #folder = mkdtempSync(join(tmpdir(), 'hyperfleet-cluster-'))
  readonly #servers: ClusterServer[] = []

  private constructor(postgres: Postgres) {
    this.postgres = postgres
  }

  static async start(programs: string): Promise<TestCluster> {
    return new TestCluster(await Postgres.start(programs))
  }

  /** A server that is not started yet. */
  async server(environment: Record<string, string> = {}): Promise<ClusterServer> {
    const folder = join(this.#folder, String(this.#servers.length))
    const server = await ClusterServer.make(folder, {
      HYPERFLEET_CLUSTER_URL: this.postgres.url,
      ...environment,
    })
    this.#servers.push(server)
    return server
  }

  async remove(): Promise<void> {
    await Promise.all(this.#servers.map(server => server.kill()))
    await this.postgres.remove()
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10 })
  }
}

/** Resolves with the first result that is not undefined; the error of the wait says what did not come. */
export async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
  const untilMs = performance.now() + WAIT_HANGS_AFTER_MS
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > untilMs) throw new Error(`still not: ${what}`)
    await sleep(50)
  }
}

/** Resolves when the server is the writer. */
export function writing(server: ClusterServer): Promise<ShownPart> {
  return until(`${server.origin} is the writer`, async () => {
    const { cluster } = await server.ready()
    return cluster?.role === 'writer' ? cluster : undefined
  })
}
