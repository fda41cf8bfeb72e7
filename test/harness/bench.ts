// A set of tests that runs on each engine against a server of its own, with a machine clock that the tests move.
import { after, before, describe } from 'node:test'
import { TestClient } from './client.ts'
import { TEST_HANGS_AFTER_MS } from './patience.ts'
import { ENGINES, type EngineName, startTestServer, type TestServer } from './server.ts'

/** The machine's time when a bench starts. */
export const START_MS = Date.UTC(2026, 2, 1, 12)

/** RFC 3339 for so many seconds after the start; whole seconds have no fraction, as the server prints them. */
export function at(seconds: number): string {
  return new Date(START_MS + seconds * 1000).toISOString().replace('.000Z', 'Z')
}

/** One engine's server with a client, while its tests run. */
export class Bench {
  readonly engine: EngineName
  /** Clock of the server's machine. */
  clockMs = START_MS
  readonly #environment: Record<string, string>
  #server: TestServer | undefined
  #client: TestClient | undefined
  #names = 0

  constructor(engine: EngineName, environment: Record<string, string>) {
    this.engine = engine
    this.#environment = environment
  }

  get server(): TestServer {
    if (this.#server === undefined) throw new Error('the server runs only while tests run')
    return this.#server
  }

  get client(): TestClient {
    this.#client ??= new TestClient(this.server.origin)
    return this.#client
  }

  /** A name that no other resource of this server has; it fits a nodepool too. */
  name(): string {
    this.#names += 1
    return `n-${String(this.#names).padStart(5, '0')}`
  }

  /** Moves the machine's clock to so many seconds after the start. */
  clockAt(seconds: number): void {
    this.clockMs = START_MS + seconds * 1000
  }

  async start(): Promise<void> {
    this.#server = await startTestServer({
      engine: this.engine,
      environment: this.#environment,
      machineMs: () => this.clockMs,
    })
  }

  /** Stops the server and starts it on the same folder. */
  async restart(environment?: Record<string, string>): Promise<void> {
    this.#closeClient()
    this.#server = await this.server.restart(environment)
  }

  async stop(): Promise<void> {
    this.#closeClient()
    await this.#server?.stop()
  }

  #closeClient(): void {
    this.#client?.close()
    this.#client = undefined
  }
}

/** Defines the same tests for each engine; all of one engine share its server. */
export function benchOnBothEngines(
  title: string,
  define: (bench: Bench) => void,
  environment: Record<string, string> = {},
): void {
  for (const engine of ENGINES) {
    describe(`${title} (${engine})`, { timeout: TEST_HANGS_AFTER_MS }, () => {
      const bench = new Bench(engine, environment)
      before(() => bench.start())
      after(() => bench.stop())
      define(bench)
    })
  }
}
