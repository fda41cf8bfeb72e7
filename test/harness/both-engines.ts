// Defines a suite of tests once and runs it on both engines, each with a server that the suite's tests share.
import { after, before, describe } from 'node:test'
import { TestClient } from './client.ts'
import { ENGINES, type EngineName, startTestServer, type TestServer, type TestServerOptions } from './server.ts'

/** The engine, server and client of a running suite; the last two are there once its tests run. */
export class EngineSuite {
  readonly engine: EngineName
  #server: TestServer | undefined
  #client: TestClient | undefined

  constructor(engine: EngineName) {
    this.engine = engine
  }

  get server(): TestServer {
    if (this.#server === undefined) throw new Error('the server is not running yet')
    return this.#server
  }

  get client(): TestClient {
    if (this.#client === undefined) throw new Error('the server is not running yet')
    return this.#client
  }

  async start(options: Omit<TestServerOptions, 'engine'>): Promise<void> {
    this.#server = await startTestServer({ ...options, engine: this.engine })
    this.#client = new TestClient(this.#server.origin)
  }

  async stop(): Promise<void> {
    this.#client?.close()
    await this.#server?.stop()
  }
}

/**
 * @param define defines the tests; it runs before the server does
 * @param prepare puts into the server what all the tests read
 */
export function onBothEngines(
  title: string,
  define: (suite: EngineSuite) => void,
  options: Omit<TestServerOptions, 'engine'> & { prepare?: (suite: EngineSuite) => Promise<void> } = {},
): void {
  const { prepare, ...serverOptions } = options
  for (const engine of ENGINES) {
    describe(`${title} [${engine}]`, () => {
      const suite = new EngineSuite(engine)
      before(async () => {
        await suite.start(serverOptions)
        await prepare?.(suite)
      })
      after(() => suite.stop())
      define(suite)
    })
  }
}
